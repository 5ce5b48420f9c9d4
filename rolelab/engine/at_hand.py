"""The state that a run works with: the stack's own, in the AWS that the run is about."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from rolelab.engine.cloud import Cloud
from rolelab.engine.set_aside import file_of
from rolelab.engine.stack import Home, Stack
from rolelab.engine.state import DraftState, StateStore, read, world_in
from rolelab.engine.world import World
from rolelab.steps import Listener, Message, Severity


@contextmanager
def draft(stack: Stack, kind: str, cloud: Cloud, listener: Listener) -> Generator[DraftState]:  # noqa: ARG001
    """Yield the state as a preview may change it: in memory only.

    Raises:
        LabError: it cannot be read.
        CannotTell: the AWS that the environment names does not answer.
    """
    before = read(stack.folder)
    world = world_in(stack.folder, before, _homes(stack, cloud))
    if world is not before and before.holds_anything:
        _tell_of_another(before, world, stack, listener)
    yield DraftState(world)


@contextmanager
def store(stack: Stack, kind: str, cloud: Cloud, listener: Listener) -> Generator[StateStore]:
    """Hold the stack's state; one that belongs to another AWS is set aside for this one's.

    Raises:
        LabError: another process works on the stack; the state cannot be read or written.
        CannotTell: the AWS that the environment names does not answer.
    """
    homes = _homes(stack, cloud)
    held = StateStore(stack.folder, command="up" if kind == "update" else kind)
    try:
        if before := held.work_in(homes):
            _tell_of_another(before, held.world, stack, listener)
        yield held
    finally:
        held.close()


def _homes(stack: Stack, cloud: Cloud) -> tuple[Home, ...]:
    """Return the AWS that a run works in, and what an earlier version called it.

    An AWS that the environment names is asked first: a wrong address must not be taken for an AWS
    in which nothing is.

    Raises:
        CannotTell: it does not say who asks.
    """
    if stack.home.kind == "local":
        return (stack.home,)
    return (replace(stack.home, account=cloud.account_id), stack.home)


def _tell_of_another(before: World, now: World, stack: Stack, listener: Listener) -> None:
    """Tell that the state was of another AWS, what there is of it in this one, and where it is."""
    home = before.home
    if home is None or now.home is None:
        return
    if home.is_beside(now.home):
        whose = f"another account of this AWS ({home.words})"
    elif home.kind == now.home.kind == "local":
        whose = f"another local AWS ({home})"
    else:
        whose = f"another AWS ({home.words})"
    here = "its own is taken up again" if now.holds_anything else "nothing of it exists"
    file = file_of(stack.folder, home)
    kept = f"kept in {file}" if file.exists() else "kept"
    text = f"the state is of {whose}: in this one {here}; the other is {kept}"
    listener(Message(Severity.WARNING, text))
