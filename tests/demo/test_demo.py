"""The lesson is told as it happens, and only as long as it is true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rolelab import project
from rolelab.aws.clients import Clients
from rolelab.demo import lesson
from rolelab.demo.acts import Acts
from rolelab.demo.lesson_stack import STACK, LessonStack
from rolelab.engine.stack import Home, Stack
from rolelab.errors import LabError
from rolelab.localaws.process.record import Instance
from rolelab.report.lesson_screen import LessonAnswer, LessonStep

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::000000000000:role/s3Access"

TITLES = [
    "Make the lab, still without the grant",
    "The user is somebody",
    "The user can do nothing",
    "The role is there, and trusts the account",
    "The switch is refused",
    "Why it was refused",
    "The grant",
    "The switch",
    "S3 at work: a bucket",
    "S3 at work: write, read, remove",
    "The role has its limits, too",
    "Switch back",
    "Refused again",
    "Clean up",
    "Nothing is left",
]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as a learner does."""
    command = [sys.executable, "-m", "rolelab", "demo", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_the_demo_tells_the_whole_lesson_in_its_order() -> None:
    """What a newcomer sees first: every step, AWS's own words, and nothing left at the end."""
    run = demo()
    assert run.returncode == 0, run.stdout + run.stderr
    places = [
        run.stdout.index(f"{number:>2}  {title}   as ")
        for number, title in enumerate(TITLES, start=1)
    ]
    assert places == sorted(places)
    assert run.stdout.count("✓ refused") == 4
    who = "User: arn:aws:iam::000000000000:user/testuser"
    lists = f"{who} is not authorized to perform: s3:ListAllMyBuckets because no identity-based"
    assert run.stdout.count(lists) == 2
    assert f"{who} is not authorized to perform: sts:AssumeRole on resource: {ROLE}\n" in run.stdout
    assert f"not allowed to call sts:AssumeRole on {ROLE}: no identity-based policy" in run.stdout
    assert "you are now arn:aws:sts::000000000000:assumed-role/s3Access/lesson" in run.stdout
    assert "0 users, 0 roles, 0 policies, 0 buckets" in run.stdout
    assert run.stderr == ""


def test_a_piped_demo_is_plain_text() -> None:
    """It ends up in a log or a mail: no colour codes, no padding, no ARN broken in two."""
    lines = demo().stdout.splitlines()
    assert not any("\x1b" in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_a_pause_without_a_terminal_is_refused_in_one_line() -> None:
    """A demo that waits for an Enter nobody can press would hang."""
    run = demo("--pause")
    assert run.returncode == 2
    assert (
        run.stderr
        == "error: nobody is there to press Enter (--pause): leave it out, or use a terminal\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_demo_that_is_ended_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """A closed terminal must not leave a folder with the learner's key."""
    command = [sys.executable, "-m", "rolelab", "demo"]
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "The user is somebody" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        process.stdout.read()
        said = process.stderr.read()
    assert list(tmp_path.iterdir()) == []
    assert process.returncode == 130
    assert said.strip() == "error: interrupted"


@dataclass
class Seen:
    """A screen that remembers."""

    steps: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    def step(self, step: LessonStep) -> None:
        self.steps.append(step.title)

    def answer(self, step: LessonStep, answer: LessonAnswer, seconds: float) -> None:
        if not answer.as_taught:
            self.wrong.append(f"{step.title}: {answer.outcome}")


class Spoilt(LessonStack):
    """A stack with which something is done between `up` and the next step."""

    def __init__(self, stack: LessonStack, after_up: Callable[[bool], None]) -> None:
        super().__init__(stack.stack)
        self._after_up = after_up

    def up(self, *, grant: bool) -> tuple[Mapping[str, Any], Sequence[str]]:
        made = super().up(grant=grant)
        self._after_up(grant)
        return made


@pytest.fixture
def stack(local_aws: Instance, account: str, tmp_path: Path) -> LessonStack:
    """Return the lesson's stack in an account of its own."""
    here = replace(project.find(ROOT), home=tmp_path)
    return LessonStack(
        Stack(
            project=here,
            name=STACK,
            configuration=here.config(STACK),
            endpoint=local_aws.endpoint(account),
            home=Home("local", local_aws.instance_id),
        )
    )


def tell(stack: LessonStack) -> Seen:
    """Tell the lesson on a stack."""
    seen = Seen()
    lesson.tell(Acts(stack.stack.endpoint, stack), seen.step, seen.answer)
    return seen


def test_an_intact_lab_is_told_to_the_end(stack: LessonStack) -> None:
    """The twin of what follows."""
    assert tell(stack) == Seen(TITLES, [])


def _no_grant(aws: Clients, grant: bool) -> None:
    if grant:
        aws.iam.delete_user_policy(UserName="testuser", PolicyName="AssumeRole")


def _grant_too_early(aws: Clients, grant: bool) -> None:
    if not grant:
        aws.iam.attach_user_policy(
            UserName="testuser", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )


def _no_s3(aws: Clients, grant: bool) -> None:
    if grant:
        aws.iam.detach_role_policy(
            RoleName="s3Access", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
        )


def _too_much(aws: Clients, grant: bool) -> None:
    if grant:
        aws.iam.attach_role_policy(
            RoleName="s3Access", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )


def _key_off(aws: Clients, grant: bool) -> None:
    (key,) = aws.iam.list_access_keys(UserName="testuser")["AccessKeyMetadata"]
    aws.iam.update_access_key(
        UserName="testuser", AccessKeyId=key.get("AccessKeyId", ""), Status="Inactive"
    )


def _something_stays(aws: Clients, grant: bool) -> None:
    if grant:
        aws.iam.create_user(UserName="forgotten")


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (_grant_too_early, "The user can do nothing: allowed"),
        (_no_grant, "The switch: refused"),
        (_no_s3, "S3 at work: a bucket: refused"),
        (_too_much, "The role has its limits, too: allowed"),
        (_key_off, "The user is somebody: failed"),
        (_something_stays, "Nothing is left: allowed"),
    ],
)
def test_a_lesson_that_is_not_true_stops_says_so_and_cleans_up(
    stack: LessonStack, spoil: Callable[[Clients, bool], None], wrong: str
) -> None:
    """A demo that goes on regardless would teach what AWS does not do."""
    aws = Clients(stack.stack.endpoint)
    seen = tell(Spoilt(stack, lambda grant: spoil(aws, grant)))
    assert seen.wrong == [wrong]
    assert seen.steps == TITLES[: len(seen.steps)]
    names = [user.get("UserName") for user in aws.iam.list_users()["Users"]]
    assert names in ([], ["forgotten"])
    assert aws.iam.list_roles()["Roles"] == []


def test_a_program_that_fails_is_told_in_one_line(stack: LessonStack, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("open('/nowhere/at/all')\n")
    here = replace(stack.stack, project=project.find(tmp_path))
    with pytest.raises(LabError) as failed:
        LessonStack(here).up(grant=True)
    (line,) = str(failed.value).splitlines()
    assert line.endswith(
        "Program failed with an unhandled exception: FileNotFoundError:"
        " [Errno 2] No such file or directory: '/nowhere/at/all'"
    )
