"""Where AWS has what the state knows: found by its unique id, under whatever name it has by now.

A user that somebody renamed still has its key; one that somebody else made under the old name is
not the stack's. Names alone tell neither.

Source: IAM User Guide, "IAM identifiers", unique identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from rolelab.aws.iam_calls import listed
from rolelab.engine import values
from rolelab.engine.cloud import Cloud
from rolelab.engine.deletion import Deletion, everything
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.state import StackState
from rolelab.engine.types.base import Listing, ResourceType
from rolelab.engine.types.table import TYPES

PAGE = 1000
"""Entries asked for at once.

Source: IAM API Reference, ListUsers, MaxItems.
"""


@dataclass(slots=True)
class AccountHeld:
    """The users, roles and customer managed policies of an account, each kind listed once."""

    cloud: Cloud
    _listed: dict[str, list[Mapping[str, str]]] = field(
        default_factory=dict[str, "list[Mapping[str, str]]"]
    )

    def entries(self, known: ResourceType, listing: Listing) -> list[Mapping[str, str]]:
        """Return all there are of a type, as AWS lists them.

        Raises:
            AwsFailure: they cannot be listed.
        """
        if known.token not in self._listed:
            page = {"MaxItems": PAGE, **listing.parameters}
            iam = self.cloud.iam
            self._listed[known.token] = listed(iam, listing.operation, listing.part, **page)
        return self._listed[known.token]

    def ids(self, known: ResourceType, listing: Listing) -> Mapping[str, str]:
        """Return unique id -> id of all there are of a type.

        Raises:
            AwsFailure: they cannot be listed.
        """
        entries = self.entries(known, listing)
        return {entry[listing.unique_id]: entry[listing.id] for entry in entries}


def catch_up(
    state: StackState,
    account: AccountHeld,
    *,
    on_stranger: Callable[[Deletion], object],
    untagged_are_strangers: bool,
    of: Collection[Resource] | None = None,
) -> None:
    """Take into the state what has another name by now, and forget what is somebody else's.

    What carries the name and the tags of a resource that is gone is that resource, recreated. What
    carries the name alone is a stranger's: the resource is dropped, with what hung on it, and
    `on_stranger` is told. Without tags in the declaration nothing tells the two apart:
    `untagged_are_strangers` decides. With `of`, only these few are looked at, and the account is
    listed for those alone that are not under their names.

    Raises:
        AwsFailure: AWS could not be asked.
    """
    by_type: dict[str, Mapping[str, str]] = {}
    chosen = everything(state.world) if of is None else [Deletion(resource) for resource in of]
    for entry in chosen:
        known = TYPES.get(entry.resource.type)
        if known is None or known.listing is None:
            continue
        unique_id = unique_id_of(known, entry.resource)
        if not unique_id or (of is not None and _is_there(account, known, entry.resource)):
            continue
        if known.token not in by_type:
            by_type[known.token] = account.ids(known, known.listing)
        ids = by_type[known.token]
        if ids.get(unique_id) == entry.resource.id:
            continue
        if unique_id in ids:
            _take_new_name(state, entry, ids[unique_id])
        elif entry.resource.id in ids.values():
            there = known.read(account.cloud, entry.resource)
            if there is None or (_is_untagged(entry.resource) and not untagged_are_strangers):
                continue
            if entry.pending or not _has_tags_of(entry.resource, there):
                _forget(state, entry)
                on_stranger(entry)
            else:
                state.put(_recreated(entry.resource, there))


def _is_there(account: AccountHeld, known: ResourceType, resource: Resource) -> bool:
    there = known.read(account.cloud, resource)
    if there is None or known.listing is None:
        return False
    return there.get(known.listing.output) == unique_id_of(known, resource)


def unique_id_of(known: ResourceType, resource: Resource) -> str:
    """Return the unique id in the state; empty where there is none, as in an old state."""
    if known.listing is None:
        return ""
    return str(values.plain(resource.outputs.get(known.listing.output)) or "")


def _take_new_name(state: StackState, entry: Deletion, name: str) -> None:
    """Take the present name; what hangs on the resource is looked for under it from now on."""
    resource = entry.resource
    if not entry.pending:
        state.put(replace(resource, id=name, formerly=[*resource.formerly, resource.id]))


def _recreated(resource: Resource, there: Properties) -> Resource:
    ours = {key: value for key, value in there.items() if key in resource.outputs}
    by_aws = {"arn", "uniqueId", "policyId", "createDate"}
    return replace(
        resource,
        outputs={**resource.outputs, **{key: ours[key] for key in ours.keys() & by_aws}},
    )


def _forget(state: StackState, entry: Deletion) -> None:
    """Drop a resource, and with it what hung on it: under that name it would be a stranger's."""
    if not entry.pending:
        for other in list(state.world.live.values()):
            if any(entry.resource.urn in urns for urns in other.replacing.values()):
                state.drop(other, pending_deletion=False)
    state.drop(entry.resource, pending_deletion=entry.pending)


def _tags(properties: Properties) -> Mapping[str, str]:
    return values.plain(properties.get("tags")) or {}


def _is_untagged(resource: Resource) -> bool:
    return not _tags(resource.inputs)


def _has_tags_of(resource: Resource, there: Properties) -> bool:
    declared = _tags(resource.inputs)
    return bool(declared) and declared.items() <= _tags(there).items()
