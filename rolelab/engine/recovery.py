"""After a death: each operation that was begun and has no outcome is looked up.

A create: what it made is adopted, or removed where its secret is lost. An update: it is said again by the next `up`.
A delete: what is still there stays, what is gone is gone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rolelab.aws.failures import AwsFailure
from rolelab.engine import plan, values
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Resource
from rolelab.engine.types.base import Made, ResourceType
from rolelab.engine.world import World
from rolelab.errors import CannotTell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolelab.engine.state import DraftState, StateStore


def look(
    known: ResourceType, cloud: Cloud, intent: PendingOperation, world: World, *, touch: bool = True
) -> Made | None:
    """Return what an interrupted create made, if it is of use; what is of no use is removed (with `touch`).

    Raises:
        AwsFailure: it could not be found out.
    """
    opened = replace(intent, resource=_opened(intent.resource))
    made = known.find(cloud, opened)
    if made is not None or not touch:
        return made
    ids = frozenset(one.id for one in world.everything if one.type == known.token)
    lost = known.lost(cloud, opened, ids)
    if lost is not None:
        known.delete(cloud, replace(opened.resource, id=lost))
    return None


def recover(store: StateStore, types: Mapping[str, ResourceType], cloud: Cloud) -> int:
    """Find out what became of every open intent; return how many there were.

    Raises:
        CannotTell: AWS did not say; the intents that are left stay open.
    """
    count = len(store.world.pending_operations)
    for number, intent in _in_order(store.world):
        known = types[intent.resource.type]
        try:
            _close(store, number, intent, known, cloud)
        except AwsFailure as failure:
            raise _cannot_tell(intent, failure) from None
    return count


def foresee(draft: DraftState, types: Mapping[str, ResourceType], cloud: Cloud) -> None:
    """Take into a preview what `recover` would find; nothing is touched.

    Raises:
        CannotTell: AWS did not say.
    """
    for _, intent in _in_order(draft.world):
        known, resource = types[intent.resource.type], intent.resource
        try:
            if intent.op == "create":
                made = look(known, cloud, intent, draft.world, touch=False)
                if made is not None:
                    draft.put(adopted(intent, known, made))
            elif intent.op == "update":
                draft.put(said_again(draft.world, intent, known, cloud))
            elif known.read(cloud, plan.located(resource, draft.world.live)) is None:
                draft.drop(resource, pending_deletion=intent.pending_deletion)
        except AwsFailure as failure:
            raise _cannot_tell(intent, failure) from None


def _in_order(world: World) -> list[tuple[int, PendingOperation]]:
    """Return the open intents: updates first, since what hangs on a renamed user is found under its new name.

    The others oldest first: two lost keys of one user are told apart by their order.
    """
    return sorted(
        world.pending_operations.items(), key=lambda item: (item[1].op != "update", item[0])
    )


def _cannot_tell(intent: PendingOperation, failure: AwsFailure) -> CannotTell:
    return CannotTell(
        f"what became of an interrupted {intent.op} could not be found out: {failure}",
        where=intent.resource.urn,
        do="run the same command again",
    )


def _close(
    store: StateStore, number: int, intent: PendingOperation, known: ResourceType, cloud: Cloud
) -> None:
    if intent.op == "create":
        made = look(known, cloud, intent, store.world)
        if made is None:
            store.refused(number)
        else:
            store.done(number, adopted(intent, known, made))
    elif intent.op == "update":
        store.done(number, said_again(store.world, intent, known, cloud))
    elif known.read(cloud, plan.located(intent.resource, store.world.live)) is None:
        store.done(number)
    else:
        store.refused(number)


def adopted(intent: PendingOperation, known: ResourceType, made: Made) -> Resource:
    """Return the resource that an interrupted create made."""
    outputs = plan.secrets_marked(known, made.outputs, intent.resource.inputs, ())
    return replace(intent.resource, id=made.id, outputs=outputs)


def said_again(
    world: World, intent: PendingOperation, known: ResourceType, cloud: Cloud
) -> Resource:
    """Return the resource of an interrupted update: as it was, its inputs not to be relied on."""
    old = world.live[intent.resource.urn]
    id_ = known.moved(cloud, old, intent)
    return replace(
        old, id=id_, stale=True, formerly=old.formerly if id_ == old.id else [*old.formerly, old.id]
    )


def _opened(resource: Resource) -> Resource:
    return replace(resource, inputs=values.plain(resource.inputs))
