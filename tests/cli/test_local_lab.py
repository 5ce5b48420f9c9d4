"""`verify`, `exec`, `profiles`, `break` and `mend` on a lab that `up` made, as people use them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from rolelab.engine import stack_lock
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.record import read_record
from tests.cli.conftest import ROOT


class Project:
    """A copy of the program in a folder of its own, with a local AWS of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
            shutil.copy(ROOT / name, folder / name)
        for package in ("components", "rolelab"):
            (folder / package).symlink_to(ROOT / package)
        self.local = folder / ".rolelab" / "local"

    def rolelab(
        self, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [sys.executable, "-m", "rolelab", *arguments],
            cwd=self.folder,
            env={**outside, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    """A project whose local AWS ends with the test."""
    made = Project(tmp_path)
    yield made
    lifecycle.stop(made.local)


@pytest.fixture
def lab(project: Project) -> Project:
    """The same with the lab up."""
    up = project.rolelab("up", "--yes")
    assert up.returncode == 0, up.stderr
    return project


def test_the_lab_is_proven_before_and_after_a_rest(lab: Project) -> None:
    """A local AWS that ended in order is started again by whoever needs it, with what it held."""
    assert lab.rolelab("verify").returncode == 0
    assert lab.rolelab("local", "stop").returncode == 0
    again = lab.rolelab("verify")
    assert again.returncode == 0, again.stdout + again.stderr
    assert lab.rolelab("exec", "--", "true").returncode == 0


def test_a_killed_local_aws_is_said_and_is_exit_code_3(lab: Project) -> None:
    """What it held is lost: neither a pass nor a failure of the lab."""
    record = read_record(lab.local)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    for command in (["verify"], ["exec", "--", "true"], ["profiles"], ["explain"]):
        run = lab.rolelab(*command)
        assert run.returncode == 3, command
        assert len(run.stderr.splitlines()) == 1
        assert "rolelab up" in run.stderr


def test_a_state_that_cannot_be_read_is_exit_code_3(lab: Project) -> None:
    """Exit code 1 would say that the lab is broken, and nobody has looked at it."""
    (lab.folder / ".rolelab" / "stacks" / "dev" / "state.json").write_text("x\n")
    for command in (
        ["verify"],
        ["exec", "--", "true"],
        ["profiles"],
        ["explain"],
        ["mend", "--yes"],
    ):
        run = lab.rolelab(*command)
        assert run.returncode == 3, (command, run.stderr)
        assert len(run.stderr.splitlines()) == 1


@pytest.mark.long
def test_a_hung_local_aws_is_to_be_stopped_first(lab: Project) -> None:
    """`up` would refuse to start another beside it; what is said is what works."""
    record = read_record(lab.local)
    assert record is not None
    os.kill(record.pid, signal.SIGSTOP)
    run = lab.rolelab("verify")
    assert run.returncode == 3
    assert run.stderr.splitlines()[-1].endswith("run `rolelab local stop`, then `rolelab up` again")
    stopped = lab.rolelab("local", "stop")
    assert (stopped.returncode, "what it held is lost" in stopped.stdout) == (1, True)
    assert lab.rolelab("up", "--yes").returncode == 0
    assert lab.rolelab("verify").returncode == 0


def test_a_console_password_is_kept_as_declared(project: Project) -> None:
    """One that is gone is missed, and recreated; one that nobody declared is found, and deleted."""
    settings = project.folder / "Pulumi.dev.yaml"
    declared = settings.read_text(encoding="utf-8")
    assert "assume-role-lab:console: true" in declared
    assert project.rolelab("up", "--yes").returncode == 0
    assert project.rolelab("verify").returncode == 0
    assert project.rolelab("break", "password-missing").returncode == 0
    assert "FAIL  declared.user-password" in project.rolelab("verify", "--wait", "0").stdout
    mended = project.rolelab("mend", "--yes")
    assert (mended.returncode, "rolelab up --refresh" in " ".join(mended.stdout.split())) == (
        1,
        True,
    )
    assert project.rolelab("up", "--yes", "--refresh").returncode == 0
    assert project.rolelab("verify").returncode == 0
    settings.write_text(declared.replace("console: true", "console: false"), encoding="utf-8")
    assert project.rolelab("up", "--yes").returncode == 0
    assert project.rolelab("break", "password-added").returncode == 0
    assert "FAIL  declared.user-password" in project.rolelab("verify", "--wait", "0").stdout
    assert project.rolelab("mend", "--yes").returncode == 0
    assert project.rolelab("verify").returncode == 0


def test_without_a_lab_the_commands_say_what_to_do(project: Project) -> None:
    """Nothing was made yet, or all was destroyed: no local AWS is started for that."""
    for command in (
        ["verify"],
        ["exec", "--", "true"],
        ["profiles"],
        ["explain"],
        ["mend", "--yes"],
    ):
        run = project.rolelab(*command)
        assert run.returncode == 2
        assert "run `rolelab up` first" in run.stderr
    assert not project.local.exists()


def test_a_riddle_and_its_mending_leave_the_engine_nothing_to_do(lab: Project) -> None:
    """`mend` puts back exactly what `up` made: the next `up` sees no drift."""
    assert lab.rolelab("break", "grant-missing").returncode == 0
    assert lab.rolelab("verify", "--wait", "0").returncode == 1
    assert lab.rolelab("mend", "--yes").returncode == 0
    assert lab.rolelab("verify").returncode == 0
    again = lab.rolelab("up", "--yes", "--refresh", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr


def test_what_mend_cannot_bring_back_a_refreshed_up_does(lab: Project) -> None:
    """A lost key is recreated, as `mend` says."""
    assert lab.rolelab("break", "key-deleted").returncode == 0
    mended = lab.rolelab("mend", "--yes")
    assert mended.returncode == 1
    assert "rolelab up --refresh" in mended.stdout
    assert lab.rolelab("up", "--yes", "--refresh").returncode == 0
    assert lab.rolelab("verify").returncode == 0


def test_profiles_are_in_the_projects_own_folder(lab: Project) -> None:
    """And for their owner only."""
    assert lab.rolelab("profiles").returncode == 0
    path = lab.folder / ".rolelab" / "profiles" / "dev" / "credentials"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_after_a_reset_the_stack_knows_that_its_lab_is_gone(lab: Project) -> None:
    """`up` makes it anew, and nothing of the one before is looked for or set aside."""
    again = lab.rolelab("local", "reset", "--yes")
    assert (again.returncode, again.stderr) == (0, "")
    assert "stack dev: its lab is gone; `rolelab up` makes it anew" in again.stdout
    assert "stack dev: nothing" in lab.rolelab("status").stdout
    assert "there is no lab" in lab.rolelab("verify").stderr
    assert lab.rolelab("outputs").stdout == "{}\n"
    destroyed = lab.rolelab("destroy", "--yes")
    assert (destroyed.returncode, destroyed.stderr) == (0, "")
    up = lab.rolelab("up", "--yes")
    assert (up.returncode, up.stderr) == (0, "")
    assert "11 created" in up.stdout
    assert lab.rolelab("verify").returncode == 0
    assert list((lab.folder / ".rolelab" / "stacks" / "dev").glob("elsewhere-*")) == []


def test_a_reset_is_refused_while_somebody_works_on_a_stack(lab: Project) -> None:
    """`up` would go on in an AWS in which nothing is."""
    descriptor = stack_lock.take(lab.folder / ".rolelab" / "stacks" / "dev", "up")
    try:
        refused = lab.rolelab("local", "reset", "--yes")
    finally:
        os.close(descriptor)
    assert refused.returncode == 1
    assert "stack dev is in use by `rolelab up`" in refused.stderr
    assert lab.rolelab("verify").returncode == 0


def test_what_a_learner_did_is_told_from_what_was_proven_with_their_key(project: Project) -> None:
    """An instructor sees how far somebody is: user and session, and no check of `verify`."""
    stack = project.folder / "Pulumi.dev.yaml"
    stack.write_text("config:\n  assume-role-lab:learners: [anna, tom]\n")
    assert project.rolelab("up", "--yes").returncode == 0
    assert project.rolelab("verify").returncode == 0
    assert project.rolelab("explain", "--as", "tom").returncode == 0

    def done(*options: str) -> list[tuple[str, str]]:
        told = project.rolelab("local", "events", "--json", *options)
        assert (told.returncode, told.stderr) == (0, "")
        events = [json.loads(line) for line in told.stdout.splitlines()]
        return [
            (event["eventName"], event["userIdentity"]["arn"].rpartition(":")[2])
            for event in events
        ]

    assert done("--as", "tom") == []
    none = project.rolelab("local", "events", "--as", "tom")
    assert (none.stdout, none.stderr) == ("", "no calls of tom are recorded\n")
    assert len(done()) > 50, "without a learner everything is told"
    code = "import boto3; boto3.client('s3').list_buckets()"
    assert project.rolelab("exec", "--as", "tom", "--", sys.executable, "-c", code).returncode == 1
    role = project.rolelab("exec", "--as", "tom", "--role", "--", sys.executable, "-c", code)
    assert role.returncode == 0
    assert done("--as", "tom") == [
        ("ListBuckets", "user/tom"),
        ("AssumeRole", "user/tom"),
        ("GetCallerIdentity", "assumed-role/s3Access/tom"),
        ("ListBuckets", "assumed-role/s3Access/tom"),
    ]
    nobody = project.rolelab("local", "events", "--as", "nobody")
    assert (nobody.returncode, "no learner is called 'nobody'" in nobody.stderr) == (2, True)


def test_profiles_follow_the_lab_to_its_next_life(lab: Project, aws_cli: Path) -> None:
    """Made again, it has other keys, and the AWS CLI still has a session of the one before."""
    lines = lab.rolelab("profiles").stdout

    def buckets() -> subprocess.CompletedProcess[str]:
        script = f"{lines}{aws_cli} --profile testuser@s3Access s3 ls"
        environment = {"PATH": os.environ["PATH"], "HOME": str(lab.folder)}
        asked = ["sh", "-c", script]
        return subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)

    assert buckets().returncode == 0
    assert lab.rolelab("destroy", "--yes").returncode == 0
    assert buckets().returncode != 0
    assert lab.rolelab("up", "--yes").returncode == 0
    assert (buckets().returncode, buckets().stderr) == (0, "")
    assert "rolelab profiles" in lab.rolelab("break", "grant-missing").stdout
    assert buckets().returncode == 0, "a session that exists goes on, as with AWS"
    assert lab.rolelab("profiles").returncode == 0
    assert "sts:AssumeRole" in buckets().stderr


def test_an_unknown_stack_has_no_lab(lab: Project) -> None:
    """Another stack's lab is never taken for it."""
    run = lab.rolelab("verify", "--stack", "other")
    assert run.returncode == 2
    assert "no such stack: other" in run.stderr


def test_the_pulumi_clis_stack_is_read_by_its_own_command(lab: Project, tmp_path: Path) -> None:
    """`--pulumi`: the outputs from `pulumi stack output`, AWS as the environment says."""
    outputs = lab.rolelab("outputs", "--json", "--show-secrets").stdout
    (tmp_path / "outputs.json").write_text(outputs)
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "pulumi"
    script.write_text(
        '#!/bin/sh\ncase "$*" in'
        ' "--non-interactive stack output --json --show-secrets --stack prod")\n'
        f'  cat {tmp_path}/outputs.json;;\n*) echo "error: no stack named $*" >&2; exit 6;; esac\n'
    )
    script.chmod(0o755)
    running = probe.find(lab.local).instance
    assert running is not None
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": json.loads(outputs)["accountId"],
        "AWS_SECRET_ACCESS_KEY": running.secret.reveal(),
    }
    run = lab.rolelab("verify", "--pulumi", "-s", "prod", env=environment)
    assert run.returncode == 0, run.stdout + run.stderr
    assert lab.rolelab("verify", "--pulumi", "-s", "nosuch", env=environment).returncode == 2
    assert lab.rolelab("verify", "--pulumi", env={"PATH": "/nowhere"}).returncode == 2


def test_a_session_is_counted_by_the_clock_that_made_it(lab: Project) -> None:
    """The local AWS's time can be moved for a lesson; an intact lab is not broken by that."""
    assert lab.rolelab("local", "clock", "--forward", "2h").returncode == 0
    proved = lab.rolelab("verify")
    assert proved.returncode == 0, proved.stdout


def test_local_env_never_lets_the_next_command_go_elsewhere(project: Project) -> None:
    """`eval` of nothing succeeds, and the next `aws` would ask the shell's own account."""
    printed = project.rolelab("local", "env")
    assert printed.returncode == 0
    assert "export AWS_ENDPOINT_URL='http://127.0.0.1:" in printed.stdout
