"""Names that others have in the account: looked at before anything is made.

Where a role's name turns out to be taken in the middle of an `up`, half a lab is there already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rolelab.engine import values
from rolelab.engine.cloud import Cloud
from rolelab.engine.decide import Operation
from rolelab.engine.types.base import Listing, ResourceType
from rolelab.engine.types.table import TYPES
from rolelab.engine.whereabouts import AccountHeld, unique_id_of
from rolelab.engine.world import World

_SHOWN = 20
"""Names that are told one by one, each with who has it; the others are counted."""

Name = tuple[str, str]
"""A type's token and a name in lower case: AWS does not regard its case."""


@dataclass(slots=True)
class TakenNames:
    """What others have, and which of it a program wants."""

    others: Mapping[Name, str]
    """Name -> the id of what has it."""
    wanted: list[Operation] = field(default_factory=list[Operation])

    def look_at(self, operation: Operation) -> None:
        """Note an operation that would make something under a name that is taken."""
        if operation.old is None and self._holder(operation):
            self.wanted.append(operation)

    def lines(self, cloud: Cloud, project: str, stack: str) -> Iterator[tuple[str, str]]:
        """Yield URN and words for each name that is wanted and taken.

        Raises:
            AwsFailure: AWS does not say who has it.
        """
        for operation in self.wanted[:_SHOWN]:
            resource = operation.resource
            known, name = TYPES[resource.type], values.plain(resource.inputs["name"])
            there = known.read(cloud, replace(resource, id=self._holder(operation))) or {}
            whose = _whose(there.get("tags") or {}, project, stack)
            yield (
                resource.urn,
                f"{known.label} {name} is there already (EntityAlreadyExists), {whose}:"
                " give it another name in the configuration, or remove that one",
            )
        if len(self.wanted) > _SHOWN:
            yield "", f"and {len(self.wanted) - _SHOWN} more names are taken"

    def _holder(self, operation: Operation) -> str:
        resource = operation.resource
        name = values.plain(resource.inputs.get("name"))
        return self.others.get((resource.type, str(name).lower()), "")


def of_others(account: AccountHeld, world: World) -> Mapping[Name, str]:
    """Return the ids, by name, of all users, roles and policies that the state does not know.

    Raises:
        AwsFailure: they cannot be listed.
    """
    others: dict[Name, str] = {}
    for known in TYPES.values():
        if known.listing is not None:
            others |= _of_others(account, known, known.listing, world)
    return others


def _of_others(
    account: AccountHeld, known: ResourceType, listing: Listing, world: World
) -> Mapping[Name, str]:
    own = [resource for resource in world.everything if resource.type == known.token]
    ours = {unique_id_of(known, resource) for resource in own}
    # An old state goes by ids alone.
    by_id = {resource.id for resource in own if not unique_id_of(known, resource)}
    return {
        (known.token, entry[listing.name or listing.id].lower()): entry[listing.id]
        for entry in account.entries(known, listing)
        if entry[listing.unique_id] not in ours and entry[listing.id] not in by_id
    }


def _whose(tags: Mapping[str, str], project: str, stack: str) -> str:
    lab, its_stack = tags.get("lab"), tags.get("stack")
    if not (lab and its_stack):
        return "made by somebody else (it has no lab's tags)"
    if (lab, its_stack) == (project, stack):
        return "made by a stack of this name whose state is elsewhere"
    return f"made by stack {its_stack} of {lab}"
