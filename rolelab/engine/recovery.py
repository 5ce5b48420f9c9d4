"""After a death: each operation that was begun and has no outcome is looked up.

A create: what it made is adopted, or removed where its secret is lost. An update: the next `up`
makes it again. A delete: what is still there stays, what is gone is gone.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from rolelab.aws.failures import AwsFailure
from rolelab.engine import properties, values
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Resource
from rolelab.engine.state import DraftState, StateStore
from rolelab.engine.types.base import Made, ResourceType
from rolelab.engine.types.table import TYPES
from rolelab.engine.world import World
from rolelab.errors import CannotTell


def recover(store: StateStore, cloud: Cloud) -> int:
    """Find out what became of every pending operation; return how many there were.

    Raises:
        CannotTell: AWS did not answer; the operations that are left stay pending.
    """
    count = len(store.world.pending_operations)
    for number, pending in _in_order(store.world):
        with _asking_about(pending):
            happened, resource = _outcome(pending, cloud, store.world, touch=True)
        if happened:
            store.done(number, resource)
        else:
            store.refused(number)
    return count


def foresee(draft: DraftState, cloud: Cloud) -> None:
    """Take into a preview what `recover` would find; nothing is touched.

    Raises:
        CannotTell: AWS did not answer.
    """
    for _, pending in _in_order(draft.world):
        with _asking_about(pending):
            happened, resource = _outcome(pending, cloud, draft.world, touch=False)
        if resource is not None:
            draft.put(resource)
        elif happened:
            draft.drop(pending.resource, pending_deletion=pending.pending_deletion)


def look(
    known: ResourceType,
    cloud: Cloud,
    pending: PendingOperation,
    world: World,
    *,
    touch: bool = True,
) -> Made | None:
    """Return what an interrupted create made, if it is of use; else it is removed (with `touch`).

    Raises:
        AwsFailure: it could not be found out.
    """
    opened = replace(pending.resource, inputs=values.plain(pending.resource.inputs))
    pending = replace(pending, resource=opened)
    made = known.find(cloud, pending)
    if made is not None or not touch:
        return made
    ids = frozenset(other.id for other in world.everything if other.type == known.token)
    lost = known.lost(cloud, pending, ids)
    if lost is not None:
        known.delete(cloud, replace(opened, id=lost))
    return None


def _outcome(
    pending: PendingOperation, cloud: Cloud, world: World, *, touch: bool
) -> tuple[bool, Resource | None]:
    """Return whether an operation happened, and the resource that there is by it."""
    resource = pending.resource
    known = TYPES[resource.type]
    if pending.op == "create":
        made = look(known, cloud, pending, world, touch=touch)
        if made is None:
            return False, None
        outputs = properties.secrets_marked(known, made.outputs, resource.inputs, ())
        return True, replace(resource, id=made.id, outputs=outputs)
    if pending.op == "update":
        # As it was, but its inputs are not to be relied on.
        old = world.live[resource.urn]
        id_ = known.moved(cloud, old, pending)
        formerly = old.formerly if id_ == old.id else [*old.formerly, old.id]
        return True, replace(old, id=id_, stale=True, formerly=formerly)
    return known.read(cloud, world.located(resource)) is None, None


def _in_order(world: World) -> list[tuple[int, PendingOperation]]:
    """Return the pending operations.

    Updates first, since what hangs on a renamed user is found under its new name. The others oldest
    first: two lost keys of one user are told apart by their order.
    """
    return sorted(
        world.pending_operations.items(), key=lambda item: (item[1].op != "update", item[0])
    )


@contextmanager
def _asking_about(pending: PendingOperation) -> Generator[None]:
    try:
        yield
    except AwsFailure as failure:
        raise CannotTell(
            f"what became of an interrupted {pending.op} could not be found out: {failure}",
            where=pending.resource.urn,
            do="run the same command again",
        ) from None
