"""`rolelab console` as a program: where it is, how it ends, and a local AWS started anew."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from rolelab.console import address
from rolelab.console.serving import ConsoleServer, follower
from rolelab.localaws.process import probe
from rolelab.localaws.process.record import DEFAULT_ACCOUNT
from tests.console.conftest import serving
from tests.console.plain import PlainBrowser
from tests.e2e.conftest import Folder
from tests.e2e.conftest import folder as folder

Popen = subprocess.Popen[str]


def home_of(folder: Folder) -> Path:
    """Return where the local AWS of a folder is kept."""
    return folder.path / ".rolelab" / "local"


@contextmanager
def console_of(folder: Folder, *options: str, **env: str) -> Iterator[tuple[str, Popen]]:
    """Run `rolelab console`; yield where it is, and the process; it ends by Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rolelab", "console", *options],
        cwd=folder.path,
        env=dict(folder.env) | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+) \(account \d{12}\)", line)
        assert found, line
        while "/signin/root?token=" not in line:
            line = process.stdout.readline()
            assert line
        yield found[1], process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
    assert process.returncode == 0


def test_it_serves_until_it_is_interrupted(folder: Folder) -> None:
    """It prints where it is; the local AWS goes on without it."""
    with console_of(folder) as (where, _):
        assert urllib3.request("GET", f"{where}/signin").status == 200
        taken = folder.rolelab("console", "--port", where.rpartition(":")[2])
        assert (taken.exit_code, "cannot listen on port" in taken.err) == (2, True)
    assert probe.find(home_of(folder)).instance is not None


def test_a_request_under_way_is_not_told_as_a_failure(folder: Folder) -> None:
    """Ctrl-C during an upload, and an upload that the browser breaks off: no traceback."""
    folder.rolelab("local", "start")
    with console_of(folder) as (where, process):
        host = where.removeprefix("http://")
        place = ("127.0.0.1", int(host.rpartition(":")[2]))
        head = f"POST /signin HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\nhalf"
        with socket.create_connection(place) as broken_off:
            broken_off.sendall(head.encode())
        with socket.create_connection(place) as under_way:
            under_way.sendall(head.encode())
            assert urllib3.request("GET", f"{where}/signin").status == 200
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=15)
    assert told == ""


def test_the_link_of_root_is_on_no_command_line(folder: Folder, tmp_path: Path) -> None:
    """With `--open` a browser is given a file of the owner's, which leads to the link."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {seen}\n')
    browser.chmod(0o700)
    with console_of(folder, "--open", BROWSER=f"{browser} %s") as (where, _):
        assert urllib3.request("GET", f"{where}/signin").status == 200
    opened = seen.read_text().strip()
    assert opened == (home_of(folder) / "console-open.html").as_uri()
    page = home_of(folder) / "console-open.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert f"{where}/signin/root?token=" in page.read_text()


def test_another_program_is_not_taken_for_the_console(folder: Folder) -> None:
    """`status` must not send people with their passwords to whoever has the port by now."""
    folder.rolelab("local", "start")
    home = home_of(folder)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address.keep(home, f"http://127.0.0.1:{other.getsockname()[1]}")
        assert address.running(home) == ""
        with console_of(folder) as (where, _):
            assert address.running(home) == where
    assert address.running(home) == ""


def test_status_says_where_one_signs_in_without_a_lab(folder: Folder) -> None:
    """A lab made by hand is in no stack, and its console is there all the same."""
    with console_of(folder) as (where, _):
        told = folder.rolelab("status")
        assert (told.exit_code, "stack dev: nothing" in told.out) == (0, True)
        assert f"sign in      {where}/signin\n" in told.out
    assert "sign in" not in folder.rolelab("status").out


@pytest.mark.parametrize("named", ["111122223333", "", "444455556666"])
def test_root_of_the_account_that_the_lab_is_in_signs_in(folder: Folder, named: str) -> None:
    """`up` may have been led to another account than the first, and another shell is not.

    Root of an account without the lab sees nothing of it; one that is named is meant.
    """
    folder.rolelab("local", "start")
    there = {**folder.aws(), "AWS_ACCESS_KEY_ID": "111122223333"}
    assert folder.rolelab("up", "--yes", env=there).exit_code == 0
    here = {**folder.aws(), "AWS_ACCESS_KEY_ID": named} if named else {}
    with console_of(folder, **here) as (where, _):
        page = urllib3.request("GET", f"{where}/signin").data.decode()
        assert f'value="{named or "111122223333"}"' in page


def test_it_follows_the_local_aws(folder: Folder) -> None:
    """Stopped: the page says what to do. Started anew at any port: who was signed in goes on."""
    folder.rolelab("local", "start")
    home = home_of(folder)
    instance = probe.find(home).instance
    assert instance is not None
    with serving(ConsoleServer(instance, DEFAULT_ACCOUNT, now_at=follower(home))) as console:
        browser = PlainBrowser(console).as_root()
        folder.rolelab("local", "stop")
        stopped = browser.get("/iam/users")
        assert stopped.status == 502
        assert "`rolelab local start`" in stopped.alert
        with socket.create_server(("127.0.0.1", instance.port)):
            folder.rolelab("local", "start")
            again = browser.get("/iam/users")
            assert (again.status, again.alert) == (200, "")
            assert console.around.instance.port != instance.port


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"address": "http://127.0.0.1:x"})])
def test_a_spoilt_note_of_the_address_is_none(tmp_path: Path, content: str) -> None:
    """It is a convenience: what is wrong in it must not stop anything."""
    (tmp_path / "console.json").write_text(content)
    assert address.running(tmp_path) == ""
