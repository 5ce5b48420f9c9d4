"""What goes wrong around the background process: told as it is, with a way out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.errors import CannotTell, LabError
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.probe import State
from rolelab.localaws.process.record import read_record


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 900 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(disk)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("only root may mount a disk")
    try:
        yield disk
        lifecycle.stop(disk / "local", force=True)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def _users(home: Path) -> list[str]:
    return [
        one["UserName"]
        for one in Clients(lifecycle.ensure(home).instance.endpoint()).iam.list_users()["Users"]
    ]


def test_on_a_full_disk_it_does_not_end_before_it_is_saved(small_disk: Path) -> None:
    """It said that it hung and was killed, which was untrue, and what it held was lost."""
    home = small_disk / "local"
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    s3 = Clients(made.endpoint("111122223333")).s3
    s3.create_bucket(Bucket="anna-bucket")
    filler = _fill(small_disk)
    s3.put_object(Bucket="anna-bucket", Key="a/b", Body=b"hello" * 2000)
    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(
            LabError, match="could not save what it holds, no room on the disk"
        ) as told:
            lifecycle.stop(home)
        assert str(home) in str(told.value)
        assert "--force" in str(told.value)
        assert told.value.exit_code == 1
        assert probe.find(home).state is State.RUNNING
    assert time.monotonic() - began < 5
    filler.unlink()
    assert lifecycle.stop(home).state is State.STOPPED
    assert _users(home) == ["anna"]
    s3 = Clients(lifecycle.ensure(home).instance.endpoint("111122223333")).s3
    assert s3.get_object(Bucket="anna-bucket", Key="a/b")["Body"].read() == b"hello" * 2000


def test_on_a_full_disk_the_start_fails_at_once_and_loses_nothing(small_disk: Path) -> None:
    """It was waited for for thirty seconds."""
    home = small_disk / "local"
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)
    filler = _fill(small_disk)
    began = time.monotonic()
    with pytest.raises(LabError, match="no room on the disk"):
        lifecycle.ensure(home)
    assert time.monotonic() - began < 10
    filler.unlink()
    assert _users(home) == ["anna"]


def test_what_cannot_be_saved_is_given_up_by_force_only(home: Path) -> None:
    """Whatever keeps it from saving, the choice is the user's."""
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    shutil.rmtree(home / "state")
    (home / "state").write_text("in the way")
    with pytest.raises(LabError, match="could not save"):
        lifecycle.stop(home)
    assert _users(home) == ["anna"]
    assert "could not save" in (home / "log").read_text()
    ended = lifecycle.stop(home, force=True)
    assert ended.state is State.DEAD
    assert (
        ended.line
        == "the local AWS could not save what it held and was ended by force: that is lost"
    )


def test_a_start_that_cannot_write_says_so_at_once(home: Path) -> None:
    """The reason comes from the background process."""
    (home / "secret").mkdir(parents=True)
    began = time.monotonic()
    with pytest.raises(LabError, match="cannot write"):
        lifecycle.ensure(home)
    assert time.monotonic() - began < 10
    (home / "secret").rmdir()
    assert _users(home) == []


@pytest.mark.parametrize("spoilt", ["another", None, "\udcff"])
def test_a_secret_that_is_not_its_own_is_told_apart_and_mended_by_a_stop(
    home: Path, spoilt: str | None
) -> None:
    """It answers, and well: it was said not to, and killed."""
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    if spoilt is None:
        (home / "secret").unlink()
    else:
        (home / "secret").write_text(spoilt, errors="surrogateescape")
    found = probe.find(home)
    assert found.state is State.ASTRAY
    assert "the folder's secret is not its own" in found.line
    with pytest.raises(CannotTell, match=r"secret is not its own.*rolelab local stop"):
        lifecycle.ensure(home)
    assert lifecycle.stop(home).state is State.STOPPED
    again = lifecycle.ensure(home).instance
    assert (again.instance_id, again.secret) == (made.instance_id, made.secret)
    assert _users(home) == ["anna"]


def test_a_kept_world_outlives_the_loss_of_the_secret(home: Path) -> None:
    """The secret opens it; it does not hold it."""
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)
    (home / "secret").unlink()
    assert lifecycle.ensure(home).instance.instance_id == made.instance_id
    assert _users(home) == ["anna"]


@pytest.mark.parametrize("record", ["{", '{"pid": "x"}', ""])
def test_a_garbled_record_of_a_living_one_is_no_dead_end(
    home: Path, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` said "end it", and `stop` "try again", for ever."""
    monkeypatch.setattr(probe, "_SETTLE_S", 0.2)
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    (home / "instance.json").write_text(record)
    with pytest.raises(CannotTell, match="rolelab local stop"):
        lifecycle.ensure(home)
    assert lifecycle.stop(home).state is State.STOPPED
    assert _users(home) == ["anna"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pid", "x"),
        ("pid", -1),
        ("pid", 0),
        ("pid", True),
        ("port", 70000),
        ("port", None),
        ("kept", 1),
        ("region", 2),
    ],
)
def test_a_record_with_wrong_types_is_none(home: Path, field: str, value: object) -> None:
    """A process id that is none must reach no signal."""
    lifecycle.ensure(home)
    lifecycle.stop(home)
    content = json.loads((home / "instance.json").read_text())
    (home / "instance.json").write_text(json.dumps(content | {field: value}))
    assert read_record(home) is None
    assert probe.find(home).state is State.STOPPED
    assert lifecycle.stop(home).state is State.STOPPED


@pytest.mark.parametrize("name", ["alive", "instance.json"])
def test_what_cannot_be_looked_at_is_not_taken_for_stopped(home: Path, name: str) -> None:
    """A file that may not be read, or a loop of links, as here."""
    lifecycle.ensure(home)
    lifecycle.stop(home)
    (home / name).unlink()
    (home / name).symlink_to(name)
    for look in (probe.find, lifecycle.ensure, lifecycle.stop):
        with pytest.raises(CannotTell, match=rf"cannot find out .*{name}"):
            look(home)
    (home / name).unlink()


def test_a_hung_one_is_out_of_reach(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3, as for every AWS that does not answer."""
    monkeypatch.setattr(probe, "_ANSWER_S", 0.2)
    monkeypatch.setattr(probe, "_SETTLE_S", 0.2)
    monkeypatch.setattr(lifecycle, "_HUNG_STOP_S", 0.2)
    made = lifecycle.ensure(home).instance
    os.kill(made.pid, signal.SIGSTOP)
    with pytest.raises(CannotTell, match="does not answer"):
        lifecycle.ensure(home)
    ended = lifecycle.stop(home)
    assert ended.line == "the local AWS hung and was killed; what it held is lost"


def test_one_of_older_code_is_restarted_with_what_it_holds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade, the server that still runs would answer as before it."""
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    content = json.loads((home / "instance.json").read_text())
    (home / "instance.json").write_text(json.dumps(content | {"code": "older"}))
    assert "older code" in probe.find(home).line
    again = lifecycle.ensure(home)
    assert again.started
    assert "restarted" in again.line
    assert (again.instance.instance_id, again.instance.port) == (made.instance_id, made.port)
    assert again.instance.pid != made.pid
    assert _users(home) == ["anna"]


def test_force_is_offered_on_the_command_line() -> None:
    """The way out that the message names."""
    told = subprocess.run(
        [sys.executable, "-m", "rolelab", "local", "stop", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--force" in told.stdout
