"""What stacks had in a local AWS that is gone for certain, because it was emptied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rolelab.engine import set_aside, stack_lock, state
from rolelab.engine.state import StateStore
from rolelab.engine.world import World
from rolelab.errors import LabError


def stacks_in(stacks: Path, instance_id: str) -> Iterator[Path]:
    """Yield the folders of those stacks that have something in an instance of the local AWS.

    Raises:
        LabError: somebody works on one of them, or its state cannot be read.
    """
    for folder in sorted(path for path in stacks.glob("*") if path.is_dir()):
        present = state.read(folder)
        worlds = [present, *set_aside.worlds(folder, present)]
        if any(_is_in(world, instance_id) and world.holds_anything for world in worlds):
            if holder := stack_lock.holder(folder):
                what, do = f"stack {folder.name} is in use by {holder}", "wait until it has ended"
                raise LabError(what, where=str(folder), do=do)
            yield folder


def forget(folder: Path, instance_id: str) -> None:
    """Let a stack know that what it had in an instance is gone; what it has elsewhere stays.

    Raises:
        LabError: somebody works on it, or its state cannot be read or written.
    """
    held = StateStore(folder, command="local reset")
    try:
        if _is_in(held.world, instance_id):
            held.world = World()
            held.fold()
        for world in list(set_aside.worlds(folder, held.world)):
            if world.home and _is_in(world, instance_id):
                set_aside.forget(folder, world.home)
    finally:
        held.close()


def _is_in(world: World, instance_id: str) -> bool:
    home = world.home
    return home is not None and (home.kind, home.id) == ("local", instance_id)
