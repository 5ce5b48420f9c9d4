from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process import lifecycle, probe

ROOT = Path(__file__).parents[2]


@dataclass
class Lab:
    """A project folder of its own, and `rolelab` run in it."""

    folder: Path

    def rolelab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rolelab", "local", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def home(self) -> Path:
        return self.folder / ".rolelab" / "local"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    yield Lab(tmp_path)
    lifecycle.stop(tmp_path / ".rolelab" / "local")


def test_it_is_started_seen_and_stopped(lab: Lab) -> None:
    """Exit codes say it too: 0 it runs, 1 it does not."""
    before = lab.rolelab("status")
    assert (before.returncode, before.stdout.strip()) == (1, "the local AWS is not running")
    started = lab.rolelab("start")
    assert started.returncode == 0, started.stderr
    assert re.fullmatch(
        r"started the local AWS at http://127\.0\.0\.1:\d+ \(process \d+\)\n", started.stdout
    )
    again = lab.rolelab("start")
    assert again.stdout.startswith("the local AWS runs at ")
    assert lab.rolelab("status").returncode == 0
    assert (
        lab.rolelab("stop").stdout
        == "the local AWS is stopped; what it holds is kept for the next start\n"
    )
    assert lab.rolelab("status").returncode == 1
    assert lab.rolelab("stop").returncode == 0


def test_env_is_what_a_shell_takes(lab: Lab) -> None:
    """A shell evaluates it, and every AWS tool works on the local AWS."""
    told = lab.rolelab("env", "--account", "111122223333").stdout
    assert [line.partition("=")[0] for line in told.splitlines()] == [
        "export AWS_ENDPOINT_URL", "export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY",
        "export AWS_REGION", "export AWS_DEFAULT_REGION",
    ]  # fmt: skip
    assert all(re.fullmatch(r"export [A-Z_]+='[^']*'", line) for line in told.splitlines())
    code = 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'
    script = f"{told}{sys.executable} -c '{code}'"
    shell = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert shell.stdout.strip() == "arn:aws:iam::111122223333:root"


def test_env_keeps_a_proxy_out_of_the_way(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell sends to the local AWS is the administrator's."""
    for name in (
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert len(lab.rolelab("env").stdout.splitlines()) == 5
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "corp.example")
    assert lab.rolelab("env").stdout.splitlines()[5:] == [
        "export NO_PROXY='corp.example,127.0.0.1,localhost'",
        "export no_proxy='corp.example,127.0.0.1,localhost'",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "fish"])
def test_env_unsets_what_would_win_over_it(lab: Lab, shell: str) -> None:
    """A session token of another key, a profile: each tool would be somebody else, or fail."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    winning = {
        "AWS_SESSION_TOKEN": "old",
        "AWS_SECURITY_TOKEN": "old",
        "AWS_PROFILE": "admin",
        "AWS_DEFAULT_PROFILE": "admin",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "ROLELAB_WHO": "testuser",
    }
    kept = {"AWS_CONFIG_FILE": "/dev/null", "AWS_PAGER": "", "AWS_CA_BUNDLE": "/etc/ca"}
    command = (
        f'{"set -eu; " if shell != "fish" else ""}eval "$({sys.executable} -m rolelab local env)"'
    )
    done = subprocess.run(
        [shell, "-c", f"{command}; env"],
        cwd=lab.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **winning, **kept},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert not seen.keys() & (winning.keys() - {"ROLELAB_WHO"})
    assert {name: seen[name] for name in kept} == kept
    assert seen["AWS_ACCESS_KEY_ID"] == "000000000000"
    assert seen["ROLELAB_WHO"] == "administrator of 000000000000"
    assert done.stderr == "With these lines this shell is no longer testuser's.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["env", "--account", "12"],
            "'12' is not an account id (--account): give 12 digits, such as 000000000000",
        ),
        (
            ["clock", "--forward", "soon"],
            "'soon' is not a length of time (--forward): give one such as 90s, 30m, 2h or 1d",
        ),
        (["events"], "the local AWS is not running: start it with `rolelab local start`"),
    ],
)
def test_wrong_usage_is_one_clear_line(lab: Lab, arguments: list[str], said: str) -> None:
    """What is wrong, where, and what to do; no traceback."""
    if arguments[0] == "clock":
        lab.rolelab("start")
    told = lab.rolelab(*arguments)
    assert told.returncode in (2, 3)
    assert told.stderr == f"error: {said}\n"


def test_events_and_clock_from_the_command_line(lab: Lab) -> None:
    """What an instructor sees, and how a lesson sees a session end."""
    lab.rolelab("start")
    running = probe.find(lab.home).instance
    assert running
    Clients(running.endpoint("111122223333")).iam.create_user(UserName="anna")
    line = lab.rolelab("events").stdout.strip()
    assert re.fullmatch(r"\S+Z  root +iam:CreateUser +anna  ok", line), line
    event = json.loads(lab.rolelab("events", "--json", "--account", "111122223333").stdout)
    assert (event["eventName"], event["requestParameters"]) == ("CreateUser", {"userName": "anna"})
    assert lab.rolelab("events", "--account", "999999999999").stdout == ""

    assert lab.rolelab("clock").stdout == "the local AWS has the real time\n"
    assert lab.rolelab("clock", "--forward", "2h").stdout == "the local AWS is 2:00:00 ahead\n"
    Clients(running.endpoint("111122223333")).iam.create_user(UserName="berta")
    made = Clients(running.endpoint("111122223333")).iam.get_user(UserName="berta")["User"][
        "CreateDate"
    ]
    assert 7100 < made.timestamp() - time.time() < 7300
    assert lab.rolelab("clock", "--reset").stdout == "the local AWS has the real time\n"


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    """`rolelab local` without anything is how it is learned."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rolelab", "local", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("start", "stop", "status", "env", "events", "clock"):
        assert re.search(rf"^  {name} ", told.stdout, re.MULTILINE)
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert loaded & {"boto3", "pulumi", "ministack", "uvicorn", "asyncio", "rich"} == set()
