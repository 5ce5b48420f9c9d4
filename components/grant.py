"""The user's half of role assumption."""

from typing import Optional

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from . import documents, limits
from .faults import refuse, require


class AssumeRoleGrantArgs(TypedDict):
    """Who may assume which role."""

    user_name: pulumi.Input[str]
    """IAM user who may switch."""
    role_arn: pulumi.Input[str]
    """The one role they may assume."""
    policy: NotRequired[pulumi.Input[str]]
    """The policy for that role as JSON (`AssumeRoleGrant.policy_for(role_arn)`), to share it."""
    policy_name: NotRequired[pulumi.Input[str]]
    """Name of the inline policy (default: `AssumeRole-` and the role's name)."""


def _name_for(role_arn: str) -> str:
    return f"AssumeRole-{role_arn.rpartition('/')[2]}"


class AssumeRoleGrant(pulumi.ComponentResource):
    """An inline policy that lets one user call `sts:AssumeRole` on one role, and nothing more."""

    policy_name: pulumi.Output[str]
    """Name of the inline policy."""

    def __init__(
        self,
        name: str,
        args: AssumeRoleGrantArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("assume-role-lab:index:AssumeRoleGrant", name, None, opts)
        require(AssumeRoleGrantArgs, args, name)
        policy_name = args.get("policy_name")
        if isinstance(policy_name, str):
            refuse(f"policy_name {policy_name!r}", limits.name(policy_name, longest=128))
        policy = aws.iam.UserPolicy(
            name,
            # A name that follows from the role: another grant of the same user is another policy.
            name=policy_name or pulumi.Output.from_input(args["role_arn"]).apply(_name_for),
            user=args["user_name"],
            policy=args.get("policy") or self.policy_for(args["role_arn"]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.policy_name = policy.name
        self.register_outputs({})

    @staticmethod
    def policy_for(role_arn: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the policy's text: to be made once where a class of 1,000 shares one role."""
        return pulumi.Output.from_input(role_arn).apply(
            lambda arn: documents.as_json(documents.grant(arn))
        )
