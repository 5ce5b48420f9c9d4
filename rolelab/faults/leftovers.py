"""What faults added beside the lab: found by their path, and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from rolelab.aws import removal
from rolelab.aws.clients import Clients
from rolelab.aws.iam_calls import listed
from rolelab.faults.scene import PATH, path_of
from rolelab.outputs import Lab, Learner

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that a fault made."""

    kind: str
    name: str
    concerns: frozenset[str] = frozenset()
    """Names of the users and roles that have it."""
    remove: Callable[[], object] = field(repr=False, compare=False, default=lambda: None)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def find(clients: Clients, lab: Lab, learner: Learner | None = None) -> list[Leftover]:
    """Return what is under the faults' path, in the order of its removal.

    What is the lab's own and was moved there is not among it. With a learner, only what concerns
    that learner's user and nobody else.

    Raises:
        AwsFailure: it cannot be listed.
    """
    iam = clients.iam
    own = {lab.role.name, *(other.user_name for other in lab.learners)}
    added = [leftover for leftover in _all_of(iam, lab) if leftover.name not in own]
    if learner is None:
        return added
    alone = frozenset((learner.user_name,))
    return [leftover for leftover in added if leftover.concerns == alone]


def _all_of(iam: IAMClient, lab: Lab) -> Iterable[Leftover]:
    for user in _listed(iam, lab, "Users"):
        name = user["UserName"]
        yield Leftover("user", name, remove=partial(removal.remove_user, iam, name, force=True))
    for role in _listed(iam, lab, "Roles"):
        name = role["RoleName"]
        yield Leftover("role", name, remove=partial(removal.remove_role, iam, name, force=True))
    for group in _listed(iam, lab, "Groups"):
        name = group["GroupName"]
        members = listed(iam, "GetGroup", "Users", GroupName=name)
        concerns = frozenset(member["UserName"] for member in members)
        yield Leftover("group", name, concerns, partial(removal.remove_group, iam, name))
    for policy in _listed(iam, lab, "Policies", Scope="Local"):
        arn = policy["Arn"]
        concerns = frozenset(name for _, name in removal.users_of_policy(iam, arn))
        remove = partial(removal.remove_policy, iam, arn, force=True)
        yield Leftover("policy", arn, concerns, remove)


def _listed(iam: IAMClient, lab: Lab, part: str, **more: str) -> list[dict[str, str]]:
    """Return what is under the lab's own path, or under the one that earlier versions used."""
    entries = listed(iam, f"List{part}", part, PathPrefix=PATH, **more)
    return [entry for entry in entries if entry["Path"] in (PATH, path_of(lab))]
