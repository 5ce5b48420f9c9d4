"""The user with no permissions: who a learner is before they switch to the role."""

from typing import Optional

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from . import limits
from .faults import refuse, require
from .tags import tags


class NoPermissionUserArgs(TypedDict):
    """What the user is called and how they sign in."""

    user_name: str
    """Name of the IAM user: 1 to 64 letters, digits and +=,.@_-."""
    console: NotRequired[bool]
    """Whether the user also gets a password for the AWS console (default: false)."""
    tags: NotRequired[dict[str, str]]
    """Tags beside lab, stack and purpose."""


class NoPermissionUser(pulumi.ComponentResource):
    """An IAM user with an access key and no permission; what a learner attaches goes with it."""

    user_name: pulumi.Output[str]
    """Name of the IAM user."""
    user_arn: pulumi.Output[str]
    """ARN of the IAM user."""
    access_key_id: pulumi.Output[str]
    """Id of the access key."""
    secret_access_key: pulumi.Output[str]
    """The access key's secret, marked as a secret."""
    console_password: Optional[pulumi.Output[str]]  # noqa: UP045 - the component host knows this spelling
    """First password for the console, marked as a secret; none unless asked for."""

    def __init__(
        self,
        name: str,
        args: NoPermissionUserArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("assume-role-lab:index:NoPermissionUser", name, None, opts)
        require(NoPermissionUserArgs, args, name)
        refuse(f"user_name {args['user_name']!r}", limits.name(args["user_name"]))
        child = pulumi.ResourceOptions(parent=self)
        user = aws.iam.User(
            name,
            name=args["user_name"],
            # Keys, a password or an MFA device of a learner's own must not keep it from going.
            force_destroy=True,
            tags=tags("learner", args.get("tags")),
            opts=child,
        )
        key = aws.iam.AccessKey(name, user=user.name, opts=child)
        self.user_name = user.name
        self.user_arn = user.arn
        self.access_key_id = key.id
        self.secret_access_key = key.secret
        self.console_password = None
        if args.get("console"):
            profile = aws.iam.UserLoginProfile(
                name,
                user=user.name,
                # A learner types it from a hand-out and has no permission to change it.
                password_reset_required=False,
                opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["password"]),
            )
            self.console_password = profile.password
        self.register_outputs({})
