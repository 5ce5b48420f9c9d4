"""A state that an earlier version left behind, cut short in the middle of a replacement.

Recorded on 28 November 2026: the new role was made, its attachment's deletion and its grant's
update had no outcome yet. Whoever changes the format reads it all the same, or says what to do.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rolelab.engine import recorded, state
from rolelab.engine.stack import Home
from rolelab.engine.world import World
from tests.engine.stacks import StackRunner, in_step

RECORDED = Path(__file__).with_name("recorded_state")


@pytest.fixture
def folder(stack: StackRunner) -> Path:
    """The recorded files, as the stack's own."""
    shutil.copytree(RECORDED, stack.folder)
    return stack.folder


def test_all_of_it_is_read(stack: StackRunner, folder: Path) -> None:
    world = state.read(folder)
    assert world.check() == []
    assert world.home == Home("local", "0123456789abcdef")
    assert sorted(one.name for one in world.live.values()) == [
        "ada", "exp-dev", "grant", "key", "role", "s3",
    ]  # fmt: skip
    assert [(old.name, old.id) for old in world.pending_deletions] == [("role", "reader")]
    pending = [(one.op, one.resource.name) for one in world.pending_operations.values()]
    assert pending == [("delete", "s3"), ("update", "grant")]
    assert stack.outputs(show_secrets=True)["secret"] == "not-a-secret"
    assert recorded.status(stack.project, "dev").doomed == 1


def test_it_is_cleared_up(stack: StackRunner, folder: Path) -> None:
    """Nothing of it is in this AWS, so `destroy` finds that out and forgets it all."""
    path = folder / "state.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "instance": str(stack.home)}))
    assert stack.destroy().ok
    assert stack.world.everything == []
    assert stack.world.pending_operations == {}
    assert in_step(stack.clients, stack.world) == []


@pytest.mark.parametrize("home", ["i-1", "i-1/123456789012", "http://127.0.0.1:4566/AKIA1", ""])
def test_a_home_is_read_as_it_was_written(home: str) -> None:
    assert str(Home.parse(home) or "") == home


def _has_no_id(world: World) -> None:
    world.live[next(urn for urn in world.live if urn.endswith("::ada"))].id = ""


def _is_kept_twice(world: World) -> None:
    world.pending_deletions *= 2


def _is_gone_already(world: World) -> None:
    world.pending_deletions.clear()
    world.live = {urn: one for urn, one in world.live.items() if not urn.endswith("::s3")}


def _has_another_urn(world: World) -> None:
    world.live = {urn.replace("::key", "::k"): one for urn, one in world.live.items()}


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_has_no_id, "::ada has no id"),
        (_is_kept_twice, "kept twice"),
        (_is_gone_already, "pending delete of"),
        (_has_another_urn, "is kept as"),
    ],
)
def test_a_state_that_cannot_be_is_told(
    folder: Path, spoil: Callable[[World], None], fault: str
) -> None:
    """The check that follows every line of these tests sees what it is for."""
    world = state.read(folder)
    spoil(world)
    assert fault in "\n".join(world.check())
