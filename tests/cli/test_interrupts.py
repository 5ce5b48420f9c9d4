"""Two interrupts within 30 ms, at any moment of a command: no hang, no traceback, nothing left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.record import read_record
from tests import seeds
from tests.cli.conftest import ROOT
from tests.cli.test_local_lab import Project

LEARNERS = 40
LASTS_S = {"up": 2.0, "destroy": 1.2, "verify": 3.0, "demo": 1.5}
"""About how long each command takes, from its first moment on."""
ARGUMENTS = {"up": ["--yes"], "destroy": ["--yes"]}
ENDED_BY = (0, 1, 130, -signal.SIGTERM, -signal.SIGHUP)
"""Done before it came, stopped in order, at once; by the signal itself, before anything began."""


_TELLS_WHEN_IT_BEGINS = """
import rolelab.ctrl_c
begin = rolelab.ctrl_c.end_on_ctrl_c
def told():
    begin()
    print("begins", flush=True)
rolelab.ctrl_c.end_on_ctrl_c = told
from rolelab.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A class of its own, whose local AWS ends with these tests."""
    made = Project(tmp_path_factory.mktemp("interrupts"))
    settings = f"config:\n  assume-role-lab:learnerCount: {LEARNERS}\n"
    (made.folder / "Pulumi.dev.yaml").write_text(settings, encoding="utf-8")
    yield made
    lifecycle.stop(made.local)


def interrupted_twice(project: Project, command: str, draw: random.Random) -> tuple[int, str]:
    """Run a command, and send two signals at a moment of it; return its exit code and its words."""
    # From its own first line on: Python's start is nobody's to guard.
    process = subprocess.Popen(
        [sys.executable, "-c", _TELLS_WHEN_IT_BEGINS, command, *ARGUMENTS.get(command, [])],
        cwd=project.folder,
        env={**os.environ, "TMPDIR": str(project.folder / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    time.sleep(draw.uniform(0, LASTS_S[command]))
    number = draw.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    for pause_s in (draw.uniform(0, 0.03), 0):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        time.sleep(pause_s)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def what_is_left(project: Project) -> list[str]:
    """Return the names of everything in the local AWS."""
    running = probe.find(project.local).instance
    assert running is not None
    clients = Clients(running.endpoint())
    return [
        *(user["UserName"] for user in clients.iam.list_users()["Users"]),
        *(role["RoleName"] for role in clients.iam.list_roles()["Roles"]),
        *(bucket.get("Name", "") for bucket in clients.s3.list_buckets()["Buckets"]),
    ]


@pytest.mark.parametrize("command", LASTS_S)
@pytest.mark.parametrize("seed", seeds.runs(sample=1, whole=15 if seeds.WHOLE else 5))
def test_a_pair_of_interrupts_leaves_nothing_that_destroy_does_not_know(
    project: Project, command: str, seed: object
) -> None:
    temporary = project.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    if command in ("destroy", "verify"):
        assert project.rolelab("up", "--yes").returncode == 0
    code, said = interrupted_twice(project, command, random.Random(f"{command} {seed}"))
    assert code in ENDED_BY, said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    assert list(temporary.iterdir()) == []
    destroyed = project.rolelab("destroy", "--yes")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert what_is_left(project) == []


def early(folder: Path, command: str, after_s: float) -> str:
    """Run a command, press Ctrl-C so long after its own first line ran; return its words."""
    process = subprocess.Popen(
        [sys.executable, "-c", _TELLS_WHEN_IT_BEGINS, command, "--help"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    time.sleep(after_s)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said
    return said


@pytest.mark.parametrize("after_ms", [0, 5, 10, 20, 40, 80])
def test_ctrl_c_while_a_command_is_still_loaded_is_one_line(tmp_path: Path, after_ms: int) -> None:
    """Python itself would print a traceback of the import it was in."""
    said = early(tmp_path, "up", after_ms / 1000)
    assert said == "error: interrupted\n" or said.startswith("Usage:")


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_an_aws_that_is_lost_in_the_middle_is_told_soon_in_one_line(
    project: Project, command: str
) -> None:
    """Exit code 3, not 1: what was in flight is not known, and the next run finds out."""
    assert project.rolelab("local", "start").returncode == 0
    if command == "destroy":
        assert project.rolelab("up", "--yes").returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "rolelab", command, "--yes", "--parallel", "4"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    while "s)" not in process.stdout.readline():
        assert process.poll() is None
    record = read_record(project.local)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    began = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert time.monotonic() - began < 10, "3 s, on a machine that has nothing else to do"
    (line,) = said.splitlines()
    assert "AWS no longer answers" in line
    assert project.rolelab("destroy", "--yes").returncode == 0


def test_nothing_is_loaded_before_ctrl_c_is_taken() -> None:
    """What is loaded first is where Ctrl-C would show a traceback."""
    code = (
        "import os, sys; before = set(sys.modules); import rolelab.__main__;"
        "print(sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "['rolelab', 'rolelab.__main__', 'rolelab.ctrl_c']\n"
