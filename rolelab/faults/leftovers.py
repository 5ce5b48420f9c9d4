"""What faults added beside the lab: found by their path, and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rolelab.aws import removal
from rolelab.aws.clients import Clients
from rolelab.aws.failures import translated
from rolelab.faults.scene import PATH
from rolelab.outputs import Lab


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that a fault made."""

    kind: str
    name: str
    remove: Callable[[], object] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def find(clients: Clients, lab: Lab) -> list[Leftover]:
    """Return what is under the faults' path, in the order of its removal.

    What is the lab's own and was moved there is not among it.

    Raises:
        AwsFailure: it cannot be listed.
    """
    iam = clients.iam
    own = {lab.role.name, *(learner.user_name for learner in lab.learners)}
    with translated("ListLeftovers"):
        users = [user["UserName"] for user in iam.list_users(PathPrefix=PATH)["Users"]]
        roles = [role["RoleName"] for role in iam.list_roles(PathPrefix=PATH)["Roles"]]
        groups = [group["GroupName"] for group in iam.list_groups(PathPrefix=PATH)["Groups"]]
        listed = iam.list_policies(Scope="Local", PathPrefix=PATH)["Policies"]
        policies = [policy.get("Arn", "") for policy in listed]
    kinds: tuple[tuple[str, list[str], Callable[[str], object]], ...] = (
        ("user", users, lambda name: removal.remove_user(iam, name, force=True)),
        ("role", roles, lambda name: removal.remove_role(iam, name, force=True)),
        ("group", groups, lambda name: _remove_group(clients, name)),
        ("policy", policies, lambda arn: removal.remove_policy(iam, arn)),
    )
    return [
        Leftover(kind, name, partial(remove, name))
        for kind, names, remove in kinds
        for name in names
        if name not in own
    ]


def _remove_group(clients: Clients, name: str) -> None:
    iam = clients.iam
    with translated("DeleteGroup"):
        members: list[Any] = iam.get_group(GroupName=name)["Users"]
        for user in members:
            iam.remove_user_from_group(GroupName=name, UserName=user["UserName"])
        for policy in iam.list_group_policies(GroupName=name)["PolicyNames"]:
            iam.delete_group_policy(GroupName=name, PolicyName=policy)
        for attached in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
            iam.detach_group_policy(GroupName=name, PolicyArn=attached.get("PolicyArn", ""))
        iam.delete_group(GroupName=name)
