"""A local AWS that hangs while a command works on it: named soon, and got rid of as it is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from rolelab.localaws.process import control, probe
from tests.cli.test_local_lab import Project, project

__all__ = ["project"]
pytestmark = pytest.mark.long

GIVEN_UP_S = 30
"""It is 15, and some for the machine."""


def _stopped_in(project: Project, *arguments: str) -> tuple[int, str, float]:
    """Stop the local AWS amid a command; return exit code, last line, and seconds from then."""
    running = probe.find(project.local)
    assert running.instance is not None
    assert running.pid is not None
    before = len(control.events(running.instance))
    with subprocess.Popen(
        [sys.executable, "-m", "rolelab", *arguments],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while len(control.events(running.instance)) < before + 30:
            assert process.poll() is None
        os.kill(running.pid, signal.SIGSTOP)
        began = time.monotonic()
        said, _ = process.communicate(timeout=120)
    return process.returncode, said.splitlines()[-1], time.monotonic() - began


@pytest.mark.parametrize("command", [("up", "--yes"), ("verify",), ("destroy", "--yes")])
def test_a_local_aws_that_hangs_is_given_up(project: Project, command: tuple[str, ...]) -> None:
    """Botocore alone waits five times for a minute, for each call; and what is said helps."""
    settings = "config:\n  assume-role-lab:learnerCount: 100\n"
    (project.folder / "Pulumi.dev.yaml").write_text(settings, encoding="utf-8")
    before = ("local", "start") if command[0] == "up" else ("up", "--yes")
    assert project.rolelab(*before).returncode == 0
    code, line, seconds = _stopped_in(project, *command)
    assert (code, seconds < GIVEN_UP_S) == (3, True), (line, seconds)
    assert "does not answer" in line, line
    assert "`rolelab local stop`" in line, line
    assert "was killed" in project.rolelab("local", "stop").stdout
    assert project.rolelab("up", "--yes").returncode == 0


def test_one_that_goes_on_in_time_is_waited_for(project: Project) -> None:
    """Twelve seconds are long for a call, and nothing is lost by them: nor is it made twice."""
    settings = "config:\n  assume-role-lab:learnerCount: 50\n"
    (project.folder / "Pulumi.dev.yaml").write_text(settings, encoding="utf-8")
    assert project.rolelab("local", "start").returncode == 0
    running = probe.find(project.local)
    go_on = f"sleep 12; kill -CONT {running.pid}"
    with subprocess.Popen(["sh", "-c", go_on]):
        code, line, _ = _stopped_in(project, "up", "--yes")
    assert code == 0, line
    assert project.rolelab("verify").returncode == 0
