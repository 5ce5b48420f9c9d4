from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.errors import LabError
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.probe import State
from rolelab.localaws.process.record import Instance, prepare


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            # A child of ours stays as a zombie until it is waited for.
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} lives on")


def test_it_starts_once_and_is_found_again(home: Path) -> None:
    """A second command joins the server of the first."""
    first = lifecycle.ensure(home)
    second = lifecycle.ensure(home)
    assert (first.started, second.started) == (True, False)
    assert first.instance == second.instance
    found = probe.find(home)
    assert found.state is State.RUNNING
    assert found.instance == first.instance
    assert first.instance.url in found.line


def test_of_callers_at_once_one_starts_it(home: Path) -> None:
    """Two terminals, one server."""
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lifecycle.ensure, [home] * 4))
    assert sum(one.started for one in started) == 1
    assert len({(one.instance.pid, one.instance.instance_id) for one in started}) == 1


def test_only_its_owner_can_read_what_it_keeps(home: Path) -> None:
    """The folder holds the administrator's secret and every learner's."""
    made = lifecycle.ensure(home).instance
    Clients(made.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    open_to_others = [path for path in home.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_the_secret_is_in_no_log_and_on_no_command_line(home: Path) -> None:
    """Both can be read by others than the owner, or are passed on when help is asked for."""
    made = lifecycle.ensure(home).instance
    secret = made.secret.reveal()
    assert secret not in (home / "log").read_text()
    command_line = Path(f"/proc/{made.pid}/cmdline")
    if command_line.exists():
        assert secret.encode() not in command_line.read_bytes()
        assert secret.encode() not in Path(f"/proc/{made.pid}/environ").read_bytes()
    assert secret not in repr(made)


def test_what_it_holds_outlives_an_orderly_end(home: Path) -> None:
    """A lab is picked up the next day: users, roles, objects, the instance's id and secret."""
    first = lifecycle.ensure(home).instance
    admin = Clients(first.endpoint("111122223333"))
    admin.iam.create_user(UserName="anna")
    key = admin.iam.create_access_key(UserName="anna")["AccessKey"]
    admin.s3.create_bucket(Bucket="anna-bucket")
    admin.s3.put_object(Bucket="anna-bucket", Key="a/b", Body=b"hello")
    assert lifecycle.stop(home).state is State.STOPPED

    second = lifecycle.ensure(home).instance
    assert (second.instance_id, second.secret, second.port) == (
        first.instance_id,
        first.secret,
        first.port,
    )
    admin = Clients(second.endpoint("111122223333"))
    assert [
        one.get("AccessKeyId")
        for one in admin.iam.list_access_keys(UserName="anna")["AccessKeyMetadata"]
    ] == [key["AccessKeyId"]]
    assert admin.s3.get_object(Bucket="anna-bucket", Key="a/b")["Body"].read() == b"hello"


def test_what_it_held_is_gone_after_a_kill_and_the_new_one_says_so(home: Path) -> None:
    """The engine's state belongs to one instance: half of it under the old id is worse."""
    first = lifecycle.ensure(home).instance
    Clients(first.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)
    first = lifecycle.ensure(home).instance
    os.kill(first.pid, signal.SIGKILL)
    _wait_until_gone(first.pid)
    found = probe.find(home)
    assert found.state is State.DEAD
    assert "killed" in found.line

    again = lifecycle.ensure(home)
    assert again.started
    assert "lost" in again.line
    assert again.instance.instance_id != first.instance_id
    assert again.instance.secret != first.secret
    assert Clients(again.instance.endpoint()).iam.list_users()["Users"] == []


def test_a_hung_server_is_recognised_and_can_be_ended(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that lives and says nothing must not be waited for for ever."""
    monkeypatch.setattr(probe, "_ANSWER_S", 0.2)
    monkeypatch.setattr(probe, "_SETTLE_S", 0.2)
    monkeypatch.setattr(lifecycle, "_HUNG_STOP_S", 0.2)
    made = lifecycle.ensure(home).instance
    os.kill(made.pid, signal.SIGSTOP)
    found = probe.find(home)
    assert found.state is State.HUNG
    assert str(made.pid) in found.line
    with pytest.raises(LabError, match="does not answer"):
        lifecycle.ensure(home)
    assert lifecycle.stop(home).state is State.DEAD
    _wait_until_gone(made.pid)


def test_a_foreign_program_on_its_port_is_not_taken_for_it(home: Path) -> None:
    """After a restart of the machine anything may listen there, and must not get our requests."""
    made = lifecycle.ensure(home).instance
    lifecycle.stop(home)
    with socket.create_server(("127.0.0.1", made.port)) as foreign:

        def answer() -> None:
            for body in (
                b'{"instance": "%s", "proof": "0"}' % made.instance_id.encode(),
                b"nonsense",
            ):
                connection, _ = foreign.accept()
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        found = [probe.find(home), probe.find(home)]
        thread.join()
        assert [one.state for one in found] == [State.FOREIGN] * 2
        assert str(made.port) in found[0].line
        foreign.close()
    assert lifecycle.ensure(home).instance.instance_id == made.instance_id


def test_it_moves_to_another_port_where_its_own_is_taken(home: Path) -> None:
    """Never a fixed port; what it holds comes along."""
    made = lifecycle.ensure(home).instance
    lifecycle.stop(home)
    with socket.create_server(("127.0.0.1", made.port)) as foreign:
        threading.Thread(target=_refuse_all, args=(foreign,), daemon=True).start()
        moved = lifecycle.ensure(home).instance
    assert moved.port != made.port
    assert moved.instance_id == made.instance_id


def _refuse_all(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def test_it_ends_by_itself_when_nobody_asks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten server must not run for ever; health checks do not keep it."""
    monkeypatch.setenv(lifecycle.IDLE_VARIABLE, "0.3")
    made = lifecycle.ensure(home).instance
    deadline = time.monotonic() + 10
    while probe.find(home).state is not State.STOPPED:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    monkeypatch.delenv(lifecycle.IDLE_VARIABLE)
    assert lifecycle.ensure(home).instance.instance_id == made.instance_id


def test_it_ends_when_its_folder_is_removed_and_leaves_the_next_one_alone(home: Path) -> None:
    """`rm -rf .rolelab`, and a new lab at once: its objects and its record are its own."""
    old = lifecycle.ensure(home).instance
    old_s3 = Clients(old.endpoint()).s3
    old_s3.create_bucket(Bucket="old-bucket")
    shutil.rmtree(home)
    new = lifecycle.ensure(home).instance
    assert new.instance_id != old.instance_id
    with contextlib.suppress(Exception):  # whatever it answers, or if it has ended already
        old_s3.put_object(Bucket="old-bucket", Key="a", Body=b"x")
    _wait_until_gone(old.pid)
    found = probe.find(home)
    assert (found.state, found.instance) == (State.RUNNING, new)
    assert [path for path in (home / "state").rglob("*") if path.is_file()] == []
    assert lifecycle.stop(home).state is State.STOPPED


def test_it_ends_when_its_folder_is_moved_and_loses_nothing(home: Path) -> None:
    """What it holds goes with the folder; a new one in the old place is another."""
    old = lifecycle.ensure(home).instance
    Clients(old.endpoint()).iam.create_user(UserName="anna")
    s3 = Clients(old.endpoint()).s3
    s3.create_bucket(Bucket="anna-bucket")
    moved = home.parent.parent / "moved"
    home.parent.rename(moved)
    new = lifecycle.ensure(home).instance
    _wait_until_gone(old.pid)
    assert Clients(new.endpoint()).iam.list_users()["Users"] == []
    again = lifecycle.ensure(moved / "local").instance
    try:
        assert again.instance_id == old.instance_id
        assert [
            user["UserName"] for user in Clients(again.endpoint()).iam.list_users()["Users"]
        ] == ["anna"]
    finally:
        lifecycle.stop(moved / "local")


def test_a_wrong_idle_time_is_one_clear_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason comes from the background process to the one who asked for it."""
    monkeypatch.setenv(lifecycle.IDLE_VARIABLE, "soon")
    with pytest.raises(
        LabError, match=r"'soon' is not a number of seconds \(ROLELAB_LOCAL_IDLE_S\)"
    ):
        lifecycle.ensure(home)


def test_a_broken_record_counts_as_none(home: Path) -> None:
    """Whatever is in the file, the answer is a state and not a traceback."""
    prepare(home)
    for content in ("", "{", "[]", '{"port": 1}', json.dumps({"port": "x"})):
        (home / "instance.json").write_text(content)
        assert probe.find(home).state is State.STOPPED


def test_credentials_of_the_shell_do_not_reach_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MiniStack would take AWS_ACCESS_KEY_ID for root."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    made = lifecycle.ensure(home).instance
    environment = Path(f"/proc/{made.pid}/environ")
    if not environment.exists():
        pytest.skip("no /proc on this system")
    assert b"AWS_" not in environment.read_bytes().replace(b"ROLELAB", b"")


def test_looking_loads_nothing_heavy() -> None:
    """`rolelab local status` has 0.15 s."""
    heavy = {"boto3", "pulumi", "ministack", "uvicorn", "asyncio", "rich"}
    code = f"import sys, rolelab.localaws.process.probe; print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_another_version_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, local_aws: Instance
) -> None:
    """Without the pin pip takes an older MiniStack, which enforces nothing."""
    from rolelab.localaws.ministack import emulator

    monkeypatch.setitem(emulator.PINS, "ministack", "1.4.21")
    with pytest.raises(
        LabError, match=r"^the local AWS needs ministack 1\.4\.21, and this Python has 1\.5\.33"
    ):
        emulator.check_versions()


def test_one_in_a_process_at_a_time_and_the_next_is_empty(tmp_path: Path) -> None:
    """A demo after a demo starts from nothing; two at once would share what they hold."""
    code = """
from rolelab.aws.clients import Clients
from rolelab.errors import LabError
from rolelab.localaws.process.server import in_process
seen = []
for _ in range(3):
    with in_process() as running:
        iam = Clients(running.endpoint()).iam
        seen.append(len(iam.list_users()["Users"]))
        iam.create_user(UserName="anna")
        try:
            with in_process():
                pass
        except LabError as error:
            seen.append(str(error))
print(seen)
"""
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.stderr == ""
    assert told.stdout.strip() == str([0, "a local AWS already runs in this process"] * 3)
