"""The state on disk: private, never lost, read by anybody, written by one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolelab.engine import recorded, set_aside, stack_lock, state
from rolelab.engine.resource import PendingOperation, Resource
from rolelab.engine.stack import Home
from rolelab.engine.state import StateStore
from rolelab.engine.world import World
from rolelab.errors import LabError
from tests.engine.stacks import StackRunner


def _resource(name: str, id_: str = "", **more: object) -> Resource:
    urn = f"urn:pulumi:dev::exp::aws:iam/user:User::{name}"
    return Resource(urn=urn, type="aws:iam/user:User", custom=True, id=id_, **more)  # pyright: ignore[reportArgumentType]


def test_the_files_are_the_owners_alone(stack: StackRunner) -> None:
    """The state holds secrets: no other user of the machine may read it."""
    stack.up('u = aws.iam.User("u", name="ada")\nk = aws.iam.AccessKey("k", user=u.name)')
    folder = stack.folder
    for path in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_folders_are_the_owners_alone_whatever_the_umask(stack: StackRunner) -> None:
    before = os.umask(0)
    try:
        stack.up('aws.iam.User("u", name="ada")')
    finally:
        os.umask(before)
    for path in (stack.folder, stack.folder.parent, stack.folder.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in stack.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_state_is_written_to_no_place_that_somebody_prepared(tmp_path: Path) -> None:
    """A link in its place is replaced, not followed, and a wide mode is not kept."""
    elsewhere = tmp_path / "elsewhere"
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("state.json.new", "state.json"):
        (folder / name).symlink_to(elsewhere)
    elsewhere.write_text(json.dumps({"version": 1, "generation": 1, **World().to_json()}))
    before = elsewhere.read_text()
    elsewhere.chmod(0o666)
    held = StateStore(folder, command="up")
    held.put(_resource("a", "a"))
    held.close()
    assert elsewhere.read_text() == before
    assert stat.S_IMODE((folder / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["state.json", "journal.0", "elsewhere-x.json"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(LabError, match="it is not a file"):
        list(set_aside.worlds(tmp_path, state.read(tmp_path)))


@pytest.mark.parametrize("moment", ["before the fold", "after the fold"])
def test_a_death_in_the_middle_of_a_move_to_another_aws_loses_nothing(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = Home("local", "here"), Home("local", "there")
    for home, name in ((here, "a"), (there, "b"), (here, "a")):
        held = StateStore(tmp_path, command="up")
        held.work_in((home,))
        held.put(_resource(name, name))
        held.close()

    def die(*_: object) -> None:
        raise SystemExit

    held = StateStore(tmp_path, command="up")
    with monkeypatch.context() as patch:
        if moment == "before the fold":
            patch.setattr(held, "fold", die)
        else:
            patch.setattr(set_aside, "forget", die)
        with pytest.raises(SystemExit):
            held.work_in((there,))
    os.close(held._lock_file)  # pyright: ignore[reportPrivateUsage] - as if it had died
    for home, name in ((here, "a"), (there, "b")):
        again = StateStore(tmp_path, command="up")
        again.work_in((home,))
        assert [resource.name for resource in again.world.live.values()] == [name]
        again.close()


def test_a_second_process_is_told_who_holds_the_stack(tmp_path: Path) -> None:
    holding = StateStore(tmp_path / "dev", command="up")
    with pytest.raises(
        LabError, match=rf"stack dev is in use by `rolelab up` \(process {os.getpid()}, since 20"
    ) as caught:
        StateStore(tmp_path / "dev", command="destroy")
    assert caught.value.exit_code == 1
    assert stack_lock.holder(tmp_path / "dev").startswith("`rolelab up` (process")
    holding.close()
    assert stack_lock.holder(tmp_path / "dev") == ""
    StateStore(tmp_path / "dev", command="destroy").close()


def test_a_lock_left_by_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        StateStore(tmp_path / "dev", command="up")
        os._exit(0)
    os.waitpid(child, 0)
    assert "up" in (tmp_path / "dev" / "lock").read_text()
    StateStore(tmp_path / "dev", command="destroy").close()


def test_one_stack_does_not_lock_another(tmp_path: Path) -> None:
    first, second = (
        StateStore(tmp_path / "one", command="up"),
        StateStore(tmp_path / "two", command="up"),
    )
    first.close()
    second.close()


def test_a_run_under_way_can_be_read(tmp_path: Path) -> None:
    held = StateStore(tmp_path / "dev", command="up")
    number = held.begin(PendingOperation(op="create", at=1.0, resource=_resource("a")))
    assert set(state.read(tmp_path / "dev").pending_operations) == {number}
    held.done(number, _resource("a", "a"))
    assert list(state.read(tmp_path / "dev").live) == [_resource("a").urn]
    held.close()


@pytest.mark.parametrize(
    "content", ["", "{", '{"version": 1}', "[]", '{"version": 99, "generation": 1}']
)
def test_a_state_that_cannot_be_read_is_one_clear_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(LabError) as caught:
        state.read(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_half_written_last_line_never_happened_and_glues_to_nothing(tmp_path: Path) -> None:
    held = StateStore(tmp_path, command="up")
    held.put(_resource("a", "a"))
    (journal,) = tmp_path.glob("journal.*")
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:-20])
    os.close(held._lock_file)  # pyright: ignore[reportPrivateUsage] - as if it had died

    again = StateStore(tmp_path, command="up")
    again.put(_resource("b", "b"))
    assert [one.name for one in state.read(tmp_path).live.values()] == ["a", "b"]
    again.close()


def test_a_death_between_rename_and_removal_does_no_harm(tmp_path: Path) -> None:
    """A journal of an older generation is in the snapshot already: it is not applied twice."""
    held = StateStore(tmp_path, command="up")
    number = held.begin(PendingOperation(op="create", at=1.0, resource=_resource("a")))
    held.done(number, _resource("a", "a"))
    (journal,) = tmp_path.glob("journal.*")
    kept = journal.read_bytes()
    held.close()
    journal.write_bytes(kept)
    again = StateStore(tmp_path, command="up")
    assert len(again.world.everything) == 1
    again.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "state.json"]


def test_a_full_disk_stops_the_run_before_anything_is_begun(
    stack: StackRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up('aws.iam.User("u", name="ada")')
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if b'"begin"' in data:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(state.os, "write", full)
    ran = stack.up('aws.iam.User("u", name="ada")\naws.iam.User("v", name="grace")')
    assert not ran.ok
    assert "the state cannot be written" in ran.errors[0]
    assert stack.left() == {"users": ["ada"]}


def test_the_state_belongs_to_one_local_aws(stack: StackRunner) -> None:
    """Another instance is an empty world: that is said, and everything is made there."""
    stack.up('aws.iam.User("u", name="ada")')
    stack.clients.iam.delete_user(UserName="ada")
    world = json.loads((stack.folder / "state.json").read_text())
    world["instance"] = "gone"
    (stack.folder / "state.json").write_text(json.dumps(world))
    assert stack.preview().did == [("create", "u")]
    ran = stack.up()
    assert ran.did == [("create", "u")]
    assert any(
        "the state is of another local AWS (gone)" in getattr(event, "text", "")
        for event in ran.events
    )


def test_status_needs_no_aws(stack: StackRunner) -> None:
    assert not recorded.status(stack.project, "dev").exists
    stack.up('u = aws.iam.User("u", name="ada")\nk = aws.iam.AccessKey("k", user=u.name)')
    status = recorded.status(stack.project, "dev")
    assert status.exists
    assert status.counts == {"aws:iam/accessKey:AccessKey": 1, "aws:iam/user:User": 1}
    assert (status.pending, status.holder, status.instance) == ((), "", str(stack.home))


# -- random programs of operations, stopped anywhere -----------------------------------------------

_KINDS = ["create", "update", "delete", "replace", "drop", "rename", "fold"]
_OPERATIONS = st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, 4)), max_size=25)


@settings(deadline=None, max_examples=60)
@given(operations=_OPERATIONS, cut=st.floats(0, 1), torn=st.booleans())
def test_whatever_is_written_is_read_again_however_it_was_stopped(
    tmp_path_factory: pytest.TempPathFactory,
    operations: list[tuple[str, int]],
    cut: float,
    torn: bool,
) -> None:
    """Reading after any prefix of the journal gives the world as it was then.

    A torn line counts for nothing.
    """
    folder = tmp_path_factory.mktemp("state")
    held = StateStore(folder, command="up")
    worlds: list[dict[str, object]] = [held.world.to_json()]
    for operation, which in operations:
        _operate(held, operation, which)
        worlds.append(held.world.to_json())
        assert World.from_json(json.loads(json.dumps(worlds[-1]))).to_json() == worlds[-1]
        assert state.read(folder).to_json() == worlds[-1]
    (journal,) = folder.glob("journal.*")
    whole = journal.read_bytes().split(b"\n")[:-1]
    kept = whole[: round(len(whole) * cut)]
    rest = whole[len(kept)][:-1] if torn and len(kept) < len(whole) else b""
    journal.write_bytes(b"".join(line + b"\n" for line in kept) + rest)
    expected = state.read(folder).to_json()
    os.close(held._lock_file)  # pyright: ignore[reportPrivateUsage] - as if it had died
    again = StateStore(folder, command="up")
    assert again.world.to_json() == expected
    again.put(_resource("new", "new"))
    again.close()
    read = state.read(folder)
    assert _resource("new").urn in read.live
    assert len(read.everything) == len({(one.urn, one.id) for one in read.everything})


def _operate(held: StateStore, operation: str, which: int) -> None:
    name = f"r{which}"
    urn = _resource(name).urn
    old = held.world.live.get(urn)
    if operation == "fold":
        held.fold()
    elif operation == "create" and old is None:
        number = held.begin(PendingOperation(op="create", at=1.0, resource=_resource(name)))
        if which % 2:
            held.done(number, _resource(name, f"id{number}"))
        elif which:
            held.refused(number)
    elif operation == "replace" and old is not None:
        number = held.begin(
            PendingOperation(op="create", at=1.0, resource=_resource(name), replaces=True)
        )
        held.done(number, _resource(name, f"id{number}"))
    elif operation == "update" and old is not None:
        number = held.begin(
            PendingOperation(
                op="update", at=1.0, resource=_resource(name, old.id, inputs={"n": which})
            )
        )
        held.done(number, _resource(name, old.id, inputs={"n": which}))
    elif operation == "delete" and held.world.everything:
        victim = held.world.everything[which % len(held.world.everything)]
        pending = any(victim is one for one in held.world.pending_deletions)
        held.done(
            held.begin(
                PendingOperation(op="delete", at=1.0, resource=victim, pending_deletion=pending)
            )
        )
    elif operation == "drop" and old is not None:
        held.drop(old, pending_deletion=False)
    elif operation == "rename" and old is not None:
        held.rename(urn, _resource(f"{name}x{len(held.world.live)}").urn)
