"""Every command that rolelab prints does what it says in any shell, and reaches its own lab."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rolelab.faults import FAULTS
from tests import seeds
from tests.e2e.conftest import Done, Folder

_BEGINS = re.compile(r"\s*(?:rolelab|pulumi|aws|AWS_ENDPOINT_URL=\S+) ")


def commands_in(told: str) -> list[str]:
    """Return the commands that stand on lines of their own, with the lines that continue them."""
    commands: list[str] = []
    lines = iter(told.splitlines())
    for line in lines:
        if not _BEGINS.match(line):
            continue
        command = line.strip()
        while not _is_whole(command):
            command += "\n" + next(lines)
        commands.append(command)
    return commands


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return False
    return not command.endswith("\\")


class Trap:
    """A profile in `~/.aws` that leads elsewhere, and notes whoever follows it."""

    def __init__(self, home: Path) -> None:
        self.followed: list[str] = []
        followed = self.followed

        class Elsewhere(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                followed.append(self.path)
                self.send_error(500)

            do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - the names of http.server

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        self._mark = home / "asked-for-credentials"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        folder = home / ".aws"
        folder.mkdir()
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        (folder / "config").write_text(
            f"[default]\nregion = eu-west-1\nendpoint_url = {url}\nservices = elsewhere\n"
            "ignore_configured_endpoint_urls = true\n"
            f"credential_process = touch {self._mark}\n"
            f"[services elsewhere]\niam =\n  endpoint_url = {url}\n"
        )

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def assert_unused(self) -> None:
        """Nobody went there."""
        assert self.followed == []
        assert not self._mark.exists()


@contextmanager
def trap_in(home: Path) -> Iterator[Trap]:
    """Lay the trap; look at the end whether somebody went into it."""
    trap = Trap(home)
    try:
        yield trap
        trap.assert_unused()
    finally:
        trap.close()


@pytest.fixture
def trap(folder: Folder) -> Iterator[Trap]:
    """The trap in the home of whoever types."""
    with trap_in(folder.path.parent) as laid:
        yield laid


def typed(folder: Folder, command: str, aws_cli: Path) -> Done:
    """Type a command into a shell of the lab's folder that holds nothing special."""
    path = os.pathsep.join([folder.env["PATH"], str(aws_cli.parent)])
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder.path,
        env={**folder.env, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Done(exit_code=done.returncode, out=done.stdout, err=done.stderr)


ALWAYS = ["grant-other-role", "trust-external-id", "user-renamed", "key-deleted", "role-deleted"]


def _faults() -> list[object]:
    rest = [fault for fault in FAULTS if fault not in ALWAYS]
    rest = seeds.share(rest, of=3)
    return [*ALWAYS, *(pytest.param(fault, marks=pytest.mark.long) for fault in rest)]


@pytest.mark.parametrize("name", _faults())
@pytest.mark.usefixtures("trap")
def test_what_verify_prints_puts_the_lab_right(folder: Folder, aws_cli: Path, name: str) -> None:
    """Copied one after the other into a plain shell, though `~/.aws` leads to an account."""
    console = FAULTS[name].console
    if console is not None:
        folder.configure("tuesday", console=str(console).lower())
    else:
        folder.configure("tuesday")
    stack = ("--stack", "tuesday")
    assert "`rolelab up --stack tuesday` makes the lab" in folder.rolelab("status", *stack).out
    assert folder.rolelab("up", "--yes", *stack).exit_code == 0
    assert folder.rolelab("break", name, *stack).exit_code == 0
    told = folder.rolelab("verify", "--wait", "0.1", *stack)
    assert told.exit_code == 1, told.err
    commands = commands_in(told.out)
    assert commands, told.out
    for command in commands:
        done = typed(folder, command, aws_cli)
        assert done.exit_code == 0, (command, done.out, done.err)
    after = folder.rolelab("verify", *stack)
    assert after.exit_code == 0, after.out


@pytest.mark.usefixtures("trap")
def test_what_explain_and_mend_print_puts_the_lab_right(folder: Folder, aws_cli: Path) -> None:
    """`explain` says it for one call; `mend` shows what it is about to do."""
    assert folder.rolelab("up", "--yes").exit_code == 0
    for command in ("explain", "mend"):
        assert folder.rolelab("break", "grant-other-role").exit_code == 0
        told = folder.rolelab(command, *(["--yes"] if command == "mend" else []))
        commands = commands_in(told.out)
        assert commands, told.out
        for printed in commands:
            assert typed(folder, printed, aws_cli).exit_code == 0, printed
        assert folder.rolelab("verify").exit_code == 0
