"""Deletions: which there are, in what order, and one after the other as their way gets clear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor as Threads
from dataclasses import dataclass
from queue import SimpleQueue

from rolelab.engine.resource import Resource
from rolelab.engine.types.base import ResourceType
from rolelab.engine.world import World
from rolelab.steps import Op, Step


@dataclass(frozen=True, slots=True)
class Deletion:
    """One resource to be deleted."""

    resource: Resource
    pending: bool = False
    """A replaced one, whose deletion is pending; another resource has the URN by now."""

    @property
    def op(self) -> Op:
        """What it is called where it is not part of a replacement under way."""
        return Op.DELETE_REPLACED if self.pending else Op.DELETE

    def step(self, op: Op) -> Step:
        """Return the deletion as it is told."""
        resource = self.resource
        return Step(
            op=op,
            urn=resource.urn,
            type=resource.type,
            name=resource.name,
            id=resource.id,
            retain=resource.retain,
            custom=resource.custom,
        )


# -- which ----------------------------------------------------------------------------------------


def everything(world: World) -> list[Deletion]:
    """Return all resources, the replaced ones included."""
    replaced = [Deletion(resource, pending=True) for resource in world.pending_deletions]
    return [*(Deletion(resource) for resource in world.live.values()), *replaced]


def undeclared(world: World, registered: Collection[str], skipped: Iterable[str]) -> list[Deletion]:
    """Return what the program does not declare, but for what a skipped resource still needs."""
    needed = needed_by(skipped, world.live)
    replaced = [Deletion(old, pending=True) for old in world.pending_deletions]
    live = [Deletion(old) for urn, old in list(world.live.items()) if urn not in registered]
    return [deletion for deletion in replaced + live if deletion.resource.urn not in needed]


def needed_by(urns: Iterable[str], live: Mapping[str, Resource]) -> set[str]:
    """Return the URNs that these resources refer to, directly or by others."""
    needed: set[str] = set()
    waiting = [urn for urn in urns if urn in live]
    while waiting:
        resource = live.get(waiting.pop())
        if resource is not None:
            fresh = resource.refers_to - needed
            needed |= fresh
            waiting += fresh
    return needed


def dependent_replacements(
    urn: str, live: Mapping[str, Resource], registered: Collection[str]
) -> list[Resource]:
    """Return what must be deleted before `urn` can be, because a new one of it replaces that, too.

    A dependant is replaced if one of the properties that replace it gets its value from there; one
    that can be changed in place stays. Those in `registered` were decided on already. Dependants
    come first.
    """
    replaced: dict[str, Resource] = {}
    waiting = [urn]
    while waiting:
        source = waiting.pop()
        for resource in live.values():
            if resource.urn in replaced or resource.urn in registered:
                continue
            if any(source in urns for urns in resource.replacing.values()):
                replaced[resource.urn] = resource
                waiting.append(resource.urn)
    return in_order(list(replaced.values()))


def in_the_way(
    known: ResourceType, wanted: Resource, replaced: Sequence[Resource], world: World
) -> list[Resource]:
    """Return replaced resources that keep AWS from taking the new one, dependants first.

    Their deletion is pending since an earlier run that was cut short, and they have the name that
    the new one is to have, or use up the quota: it cannot wait until the end of this run.
    """
    if not known.exclusive:
        return []

    def held(resource: Resource) -> str:
        return str(world.located(resource).inputs.get(known.exclusive)).lower()

    rivals = [old for old in replaced if old.type == known.token and held(old) == held(wanted)]
    urns = {rival.urn for rival in rivals}
    needing = [old for old in replaced if old not in rivals and not urns.isdisjoint(old.refers_to)]
    return in_order([*rivals, *needing])


def hanging_on(
    rivals: Sequence[Resource], live: Mapping[str, Resource], registered: Collection[str]
) -> list[Resource]:
    """Return the resources not registered yet that still hang on these, dependants first.

    An attachment to a replaced role that is removed only now: an earlier run did not come to
    replacing it.
    """
    ids = {(rival.urn, rival.id) for rival in rivals}
    return in_order(
        [
            resource
            for resource in live.values()
            if resource.urn not in registered
            and any(
                (urn, resource.inputs.get(name)) in ids
                for name, urns in resource.replacing.items()
                for urn in urns
            )
        ]
    )


# -- in what order --------------------------------------------------------------------------------


def in_order(resources: Sequence[Resource]) -> list[Resource]:
    """Return resources in an order of deletion: dependants first."""
    return [resources[index] for index in _order(resources)]


def planned(deletions: Sequence[Deletion]) -> list[Deletion]:
    """Return deletions in an order in which they can be carried out."""
    return [deletions[index] for index in _order([deletion.resource for deletion in deletions])]


def _order(resources: Sequence[Resource]) -> list[int]:
    """Return indices in waves: nothing in a wave is needed by what comes after it."""
    waits, frees = _blocked_by(resources)
    wave = [index for index, count in enumerate(waits) if count == 0]
    order: list[int] = []
    while wave:
        order += wave
        wave = [other for index in wave for other in _freed(waits, frees[index])]
    return order


def _blocked_by(resources: Sequence[Resource]) -> tuple[list[int], list[list[int]]]:
    """Return for each how many others must go before it, and whose way is clear when it is gone."""
    holders: dict[str, list[int]] = defaultdict(list)
    for index, resource in enumerate(resources):
        holders[resource.urn].append(index)
    waits = [0] * len(resources)
    frees: list[list[int]] = [[] for _ in resources]
    for index, resource in enumerate(resources):
        for urn in resource.refers_to:
            for other in holders.get(urn, ()):
                waits[other] += 1
                frees[index].append(other)
    return waits, frees


def _freed(waits: list[int], others: Iterable[int]) -> list[int]:
    """Take one off what these wait for; return those that wait no longer."""
    for other in others:
        waits[other] -= 1
    return [other for other in others if waits[other] == 0]


# -- one after the other --------------------------------------------------------------------------


def carry_out(
    deletions: Sequence[Deletion], delete: Callable[[Deletion], bool], threads: Threads
) -> None:
    """Delete, each when nothing that needs it is left; wait until all that can be done is done.

    `delete` returns whether the resource is gone; what it needs stays if not. What it raises is
    raised here, once nothing runs any more. This thread alone decides what comes next.
    """
    waits, frees = _blocked_by([deletion.resource for deletion in deletions])
    finished: SimpleQueue[tuple[int, bool | BaseException]] = SimpleQueue()

    def job(index: int) -> None:
        try:
            finished.put((index, delete(deletions[index])))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            finished.put((index, error))

    ready = [index for index, count in enumerate(waits) if count == 0]
    running, unexpected = 0, None
    while ready or running:
        for index in ready:
            threads.submit(job, index)
        running += len(ready)
        index, outcome = finished.get()
        running -= 1
        ready = _freed(waits, frees[index]) if outcome is True else []
        if isinstance(outcome, BaseException):
            unexpected = unexpected or outcome
    if unexpected:
        raise unexpected
