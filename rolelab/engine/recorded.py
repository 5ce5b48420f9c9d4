"""What is known of a stack without a run: its outputs, its resources, whether a run was cut short.

Light: neither Pulumi nor boto3 is loaded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rolelab.engine import set_aside, stack_lock, state, values
from rolelab.engine.resource import Properties
from rolelab.engine.stack import Home
from rolelab.engine.world import World
from rolelab.errors import CannotTell, LabError
from rolelab.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the state of one stack says."""

    exists: bool
    """False: nothing was ever made, or all of it was destroyed."""
    instance: str
    """The AWS that the resources are in, as text; `home` has its parts."""
    counts: dict[str, int]
    """Resource type -> how many; components and the stack are not counted."""
    doomed: int
    """Replaced resources whose deletion is pending; the name is that of `status --json`."""
    pending: tuple[tuple[str, str], ...]
    """Operations without an outcome, as operation and URN: of a run under way or killed."""
    holder: str
    """Who works on the stack right now; empty if nobody does."""
    elsewhere: dict[str, int]
    """Other AWSs that the stack has something in, as text -> how many resources."""

    @property
    def home(self) -> Home | None:
        """The AWS that the resources are in; None before the first run."""
        return Home.parse(self.instance)


def outputs(
    project: Project,
    stack: str,
    at: Home | None = None,
    *,
    show_secrets: bool = False,
    only_there: bool = False,
) -> Properties:
    """Return the stack's outputs, keys sorted, secrets as `[secret]` unless asked for.

    Empty if there is none. `at` is the AWS that is asked about: where the stack has nothing in it,
    or it is not named, the one that the stack was last worked on in (not with `only_there`).

    Raises:
        CannotTell: the state cannot be read.
    """
    world = _worlds(project, stack, at)[0]
    is_there = at is not None and _distance(world, at) < _ELSEWHERE
    resource = world.stack
    if resource is None or (only_there and not is_there):
        return {}
    shown = values.plain(resource.outputs) if show_secrets else values.masked(resource.outputs)
    return {key: _sorted(shown[key]) for key in sorted(shown)}


def status(project: Project, stack: str, at: Home | None = None) -> Status:
    """Return what there is, without asking AWS; `at` as for `outputs`.

    Raises:
        CannotTell: the state cannot be read.
    """
    world, *others = _worlds(project, stack, at)
    counts = Counter(resource.type for resource in world.everything if resource.custom)
    return Status(
        exists=world.holds_anything,
        instance=str(world.home or ""),
        counts=dict(sorted(counts.items())),
        doomed=len(world.pending_deletions),
        pending=tuple(
            (pending.op, pending.resource.urn) for pending in world.pending_operations.values()
        ),
        holder=stack_lock.holder(project.stack_home(stack)),
        elsewhere={
            str(other.home): sum(resource.custom for resource in other.everything)
            for other in others
            if other.holds_anything
        },
    )


def unique_ids(project: Project, stack: str, at: Home) -> set[str]:
    """Return the unique ids of the stack's users and roles: their buckets have them as makers.

    Raises:
        LabError: the state cannot be read.
    """
    made = [
        values.plain(resource.outputs.get("uniqueId"))
        for world in _worlds(project, stack, at)
        if world.home == at
        for resource in world.everything
    ]
    return {unique_id for unique_id in made if unique_id}


def _worlds(project: Project, stack: str, at: Home | None) -> list[World]:
    """Return the states of a stack in all AWSs, the one that is asked about first."""
    folder = project.stack_home(stack)
    try:
        present = state.read(folder)
        worlds = [present, *set_aside.worlds(folder, present)]
    except LabError as error:
        # Not 1: nothing was done, nor found to be wrong with the lab.
        raise CannotTell(error.what, where=error.where, do=error.do) from None
    if at is not None:
        worlds.sort(key=lambda world: _distance(world, at))
    return worlds


_ELSEWHERE = 2


def _distance(world: World, at: Home) -> int:
    """Return how far a state is from an AWS: 0 its own, 1 perhaps, 2 another account's, 3 others'.

    Which account the key of an endpoint is of is not known here.
    """
    if world.home == at:
        return 0
    if not at.is_beside(world.home):
        return 3
    return 1 if at.kind == "endpoint" else _ELSEWHERE


def _sorted(value: object) -> object:
    """Return mappings with their keys sorted.

    On the way from the program they lose their order anyway.
    """
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [_sorted(one) for one in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
