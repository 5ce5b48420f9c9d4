"""What is known of a stack without a run: its outputs, its resources, whether a run was cut short.

Light: neither Pulumi nor boto3 is loaded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rolelab.engine import stack_lock, state, values
from rolelab.engine.resource import Properties
from rolelab.engine.stack import Home
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

    @property
    def home(self) -> Home | None:
        """The AWS that the resources are in; None before the first run."""
        return Home.parse(self.instance)


def outputs(project: Project, stack: str, *, show_secrets: bool = False) -> Properties:
    """Return the stack's outputs, keys sorted, secrets as `[secret]` unless asked for.

    Empty if there is none.

    Raises:
        LabError: the state cannot be read.
    """
    resource = state.read(project.stack_home(stack)).stack
    if resource is None:
        return {}
    shown = values.plain(resource.outputs) if show_secrets else values.masked(resource.outputs)
    return {key: _sorted(shown[key]) for key in sorted(shown)}


def status(project: Project, stack: str) -> Status:
    """Return what there is, without asking AWS.

    Raises:
        LabError: the state cannot be read.
    """
    folder = project.stack_home(stack)
    world = state.read(folder)
    counts = Counter(resource.type for resource in world.everything if resource.custom)
    return Status(
        exists=bool(world.everything or world.pending_operations),
        instance=str(world.home or ""),
        counts=dict(sorted(counts.items())),
        doomed=len(world.pending_deletions),
        pending=tuple(
            (pending.op, pending.resource.urn) for pending in world.pending_operations.values()
        ),
        holder=stack_lock.holder(folder),
    )


def _sorted(value: object) -> object:
    """Return mappings with their keys sorted.

    On the way from the program they lose their order anyway.
    """
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [_sorted(one) for one in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
