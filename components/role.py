"""The role that is assumed: who it trusts, what it may do, how long a session lasts."""

from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from . import documents, limits
from .faults import refuse, require
from .tags import tags


class AssumableRoleArgs(TypedDict):
    """The role's name, its trust policy, its permissions and its session limit."""

    role_name: str
    """Name of the IAM role: 1 to 64 letters, digits and +=,.@_-."""
    trust_policy: pulumi.Input[dict[str, Any]]
    """Who may assume the role, as a document: `documents.trust(principal_arn, conditions)`."""
    managed_policies: list[pulumi.Input[str]]
    """What the role may do: names of AWS managed policies, or ARNs (of the same program's, too)."""
    max_session_duration: NotRequired[int]
    """The longest session in seconds, 3600 (default) to 43200."""
    tags: NotRequired[dict[str, str]]
    """Tags beside lab, stack and purpose."""


class AssumableRole(pulumi.ComponentResource):
    """An IAM role with a trust policy and managed policies."""

    role_name: pulumi.Output[str]
    """Name of the IAM role."""
    role_arn: pulumi.Output[str]
    """ARN of the IAM role."""

    def __init__(
        self,
        name: str,
        args: AssumableRoleArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("assume-role-lab:index:AssumableRole", name, None, opts)
        require(AssumableRoleArgs, args, name)
        session = args.get("max_session_duration", limits.ROLE_SESSION_SECONDS[0])
        refuse(f"role_name {args['role_name']!r}", limits.name(args["role_name"]))
        refuse("max_session_duration", limits.role_session(session))
        # What another resource makes is not known yet; AWS is the one to check it.
        named = [policy for policy in args["managed_policies"] if isinstance(policy, str)]
        refuse("managed_policies", limits.managed_policies(named))
        trust = args["trust_policy"]
        if isinstance(trust, dict):
            refuse("trust_policy", limits.document_size(trust, most=limits.TRUST_POLICY_SIZE))
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=args["role_name"],
            assume_role_policy=documents.as_json(trust)
            if isinstance(trust, dict)
            else pulumi.Output.json_dumps(trust),
            max_session_duration=session,
            # A policy that somebody attached must not keep the role from being removed.
            force_detach_policies=True,
            tags=tags("role", args.get("tags")),
            opts=child,
        )
        partition = aws.get_partition(opts=pulumi.InvokeOptions(parent=self)).partition
        for number, policy in enumerate(args["managed_policies"], start=1):
            arn = documents.managed_policy(policy, partition) if isinstance(policy, str) else policy
            which = limits.policy_label(policy) if isinstance(policy, str) else str(number)
            aws.iam.RolePolicyAttachment(
                f"{name}-{which}", role=role.name, policy_arn=arn, opts=child
            )
        self.role_name = role.name
        self.role_arn = role.arn
        self.register_outputs({"role_name": role.name, "role_arn": role.arn})
