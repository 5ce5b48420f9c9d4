from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.probe import State
from rolelab.secret import Credentials, Secret

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


def environment_of(lines: str) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)='(.*)'$", lines, re.MULTILINE))


def clients_of(lines: str) -> Clients:
    """Return clients for what `local env` prints."""
    environment = environment_of(lines)
    keys = Credentials(
        access_key_id=environment["AWS_ACCESS_KEY_ID"],
        secret_access_key=Secret(environment["AWS_SECRET_ACCESS_KEY"]),
    )
    url, region = environment["AWS_ENDPOINT_URL"], environment["AWS_REGION"]
    return Clients(Endpoint(url=url, region=region, credentials=keys))


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


def test_a_folder_without_a_project_has_one_of_its_own(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """For other people's code: no Pulumi, no configuration."""
    elsewhere = Lab(tmp_path_factory.mktemp("elsewhere"))
    refused = elsewhere.rolelab("start")
    assert refused.returncode == 2
    assert "name a folder with --dir" in refused.stderr
    folder = ["--dir", "double"]
    stopped = elsewhere.rolelab("events", *folder)
    start = f"rolelab local start --dir {elsewhere.folder / 'double'}"
    assert (stopped.returncode, f"start it with `{start}`" in stopped.stderr) == (3, True)
    try:
        assert elsewhere.rolelab("start", *folder).returncode == 0
        assert elsewhere.rolelab("status", *folder).returncode == 0
        assert lab.rolelab("status").returncode == 1
        root = clients_of(elsewhere.rolelab("env", *folder).stdout)
        assert root.sts.get_caller_identity()["Account"] == "000000000000"
        event = json.loads(elsewhere.rolelab("events", "--json", *folder).stdout)
        assert event["eventName"] == "GetCallerIdentity"
        assert list(elsewhere.folder.iterdir()) == [elsewhere.folder / "double"]
        # In somebody's repository, `git add .` must not take the secrets.
        ignored = elsewhere.folder / "double" / ".rolelab" / ".gitignore"
        assert ignored.read_text() == "*\n"
    finally:
        assert elsewhere.rolelab("stop", *folder).returncode == 0
    assert elsewhere.rolelab("status", *folder).returncode == 1


@pytest.mark.parametrize("folder", ["", "Pulumi.yaml"])
def test_what_is_no_folder_is_wrong_usage(lab: Lab, folder: str) -> None:
    """One line, whatever the command."""
    for command in ("start", "stop", "status", "env", "events", "clock"):
        told = lab.rolelab(command, "--dir", folder)
        assert (told.returncode, len(told.stderr.splitlines())) == (2, 1)
        assert "is not a folder (--dir)" in told.stderr


def test_it_starts_on_the_port_that_is_asked_for(lab: Lab) -> None:
    """For a configuration file that names one; a port in use is one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = lab.rolelab("start", "--port", str(port))
    assert refused.returncode == 2
    assert f"port {port} is in use (--port)" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    started = lab.rolelab("start", "--port", str(port))
    assert (started.returncode, started.stderr) == (0, "")
    assert f"http://127.0.0.1:{port} " in started.stdout
    assert lab.rolelab("start", "--port", str(port)).returncode == 0
    another = lab.rolelab("start", "--port", str(port % 60000 + 1024))
    assert another.returncode == 2
    assert f"runs on port {port} (--port): stop it with `rolelab local stop`" in another.stderr


def test_a_reset_empties_it_and_shells_go_on(lab: Lab) -> None:
    """All accounts are empty; the address and the key that a shell has stay good."""
    lab.rolelab("start")
    root = clients_of(lab.rolelab("env").stdout)
    iam, s3 = root.iam, root.s3
    iam.create_user(UserName="anna")
    s3.create_bucket(Bucket="anna-bucket")
    s3.put_object(Bucket="anna-bucket", Key="a/b", Body=b"hello")
    asked = lab.rolelab("reset")
    assert (asked.returncode, "give --yes" in asked.stderr) == (2, True)
    assert len(iam.list_users()["Users"]) == 1
    before = probe.find(lab.home).instance
    done = lab.rolelab("reset", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    after = probe.find(lab.home).instance
    assert before
    assert after
    assert after.instance_id != before.instance_id
    assert iam.list_users()["Users"] == []
    assert s3.list_buckets()["Buckets"] == []
    assert lab.rolelab("stop").returncode == 0
    assert lab.rolelab("reset", "--yes").stdout == "the local AWS is empty, and not running\n"
    lab.rolelab("start")
    assert iam.list_users()["Users"] == []


def test_what_is_lost_is_no_success(lab: Lab) -> None:
    """A script that stops it must not take a killed one for one that is kept."""
    lab.rolelab("start")
    running = probe.find(lab.home).instance
    assert running
    os.kill(running.pid, signal.SIGKILL)
    while probe.find(lab.home).state is not State.DEAD:
        time.sleep(0.01)
    stopped = lab.rolelab("stop")
    assert (stopped.returncode, "lost" in stopped.stdout) == (1, True)
    assert lab.rolelab("reset", "--yes").returncode == 0
    stopped = lab.rolelab("stop")
    assert (stopped.returncode, "lost" in stopped.stdout) == (0, False)


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
    for name in ("start", "stop", "reset", "status", "env", "events", "clock"):
        assert re.search(rf"^  {name} ", told.stdout, re.MULTILINE)
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert loaded & {"boto3", "pulumi", "ministack", "uvicorn", "asyncio", "rich"} == set()
