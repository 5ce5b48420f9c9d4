"""`rolelab preview | up | destroy | outputs | status` as typed: what is printed, asked, refused, and the exit code."""

# ruff: noqa: E501 - commands and their words, a row a case
from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rolelab.localaws.process.record import Instance

ROOT = Path(__file__).resolve().parents[2]


class Lab:
    """A copy of the project whose commands run in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PULUMI_"))
        }
        self.environment["PYTHONPATH"] = str(ROOT)
        shutil.copy(ROOT / "__main__.py", folder)
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        (folder / "components").symlink_to(ROOT / "components")

    def run(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rolelab", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def in_a_terminal(self, *arguments: str, answer: str) -> tuple[int, str]:
        """Run a command in a terminal, answer its question, and return the exit code and what was shown."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(  # noqa: S606 - in the terminal's child
                sys.executable,
                [sys.executable, "-m", "rolelab", *arguments],
                {**self.environment, "TERM": "xterm"},
            )
        shown = b""
        answered = False
        while True:
            try:
                block = os.read(terminal, 4096)
            except OSError:
                break
            if not block:
                break
            shown += block
            if not answered and b"[y/N]" in shown:
                answered = True
                os.write(terminal, answer.encode() + b"\n")
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown.decode(errors="replace").replace("\r", "")

    def configure(self, **values: Any) -> None:
        lines = "".join(
            f"  {key.replace('__', ':')}: {json.dumps(value)}\n" for key, value in values.items()
        )
        (self.folder / "Pulumi.dev.yaml").write_text(f"config:\n{lines}" if lines else "")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A project with a local AWS of its own in the background, started by the first command that needs it."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.run("local", "stop")


@pytest.fixture
def lab(running: Lab) -> Iterator[Lab]:
    """The project, with nothing made and the default configuration."""
    running.configure()
    yield running
    running.configure()
    done = running.run("destroy", "--yes")
    assert done.returncode == 0, done.stderr


def test_from_nothing_to_nothing(lab: Lab) -> None:
    """The commands of the README, one after the other, with what they say."""
    planned = lab.run("preview")
    assert planned.returncode == 0
    assert "    + 10 to create" in planned.stdout
    made = lab.run("up", "--yes")
    assert made.returncode == 0
    assert " +  aws:iam:User lab-testuser: created (" in made.stdout
    assert "    + 10 created" in made.stdout
    again = lab.run("up", "--yes")
    assert "    10 unchanged" in again.stdout
    assert lab.run("preview", "--expect-no-changes").returncode == 0
    assert lab.run("up", "--yes", "--expect-no-changes").returncode == 0

    assert lab.run("outputs", "region").stdout == "us-east-1\n"
    assert lab.run("outputs", "region", "--json").stdout == '"us-east-1"\n'
    shown = json.loads(lab.run("outputs", "--json").stdout)
    assert shown["learners"]["testuser"]["secretAccessKey"] == "[secret]"
    opened = json.loads(lab.run("outputs", "--json", "--show-secrets").stdout)
    assert len(opened["learners"]["testuser"]["secretAccessKey"]) == 40
    assert opened["learners"]["testuser"]["secretAccessKey"] not in made.stdout + made.stderr
    status = lab.run("status").stdout
    assert "stack dev: 5 resources" in status
    assert "1 aws:iam:User" in status

    gone = lab.run("destroy", "--yes")
    assert gone.returncode == 0
    assert "    - 10 deleted" in gone.stdout
    assert lab.run("outputs", "--json").stdout == "{}\n"
    assert "nothing" in lab.run("status").stdout


def test_where_there_is_no_terminal_yes_is_demanded(lab: Lab) -> None:
    for command in ("up", "destroy"):
        refused = lab.run(command, stdin="y\n")
        assert refused.returncode == 2
        assert refused.stderr.splitlines() == [
            f"error: {command} asks before it does anything, and there is no terminal: give --yes"
        ]


def test_in_a_terminal_the_plan_is_shown_and_asked(lab: Lab) -> None:
    code, shown = lab.in_a_terminal("up", answer="n")
    assert code == 1
    assert "to create" in shown
    assert shown.rstrip().endswith("Nothing was changed.")
    assert "error" not in shown
    assert json.loads(lab.run("outputs", "--json").stdout) == {}
    code, shown = lab.in_a_terminal("up", answer="y")
    assert code == 0, shown
    assert "10 created" in shown
    # Nothing to do is said, and not asked about.
    code, shown = lab.in_a_terminal("up", answer="")
    assert code == 0
    assert "10 unchanged" in shown
    assert "[y/N]" not in shown
    code, shown = lab.in_a_terminal("destroy", answer="y")
    assert code == 0
    assert "10 deleted" in shown


def test_expected_no_changes_and_there_were_some(lab: Lab) -> None:
    """As with Pulumi, `up` says so after having made them."""
    before = lab.run("preview", "--expect-no-changes")
    assert before.returncode == 1
    assert "no changes were expected for preview, but 10 changes were proposed" in before.stderr
    assert lab.run("up", "--yes", "--expect-no-changes").returncode == 1
    assert lab.run("up", "--yes", "--expect-no-changes").returncode == 0


def test_a_preview_names_the_property_that_replaces(lab: Lab) -> None:
    lab.run("up", "--yes")
    lab.configure(roleName="other")
    planned = lab.run("preview").stdout
    assert " +- aws:iam:Role lab-role [id=s3Access]: replace (because of name)" in planned
    assert '      ~ name: "s3Access" => "other"  [replaces]' in planned
    assert "      ~ policy: " in planned
    assert "=> [unknown]" in planned


def test_json_in_the_shapes_of_the_pulumi_cli(lab: Lab) -> None:
    planned = json.loads(lab.run("preview", "--json").stdout)
    assert planned["changeSummary"] == {"create": 10}
    assert {step["op"] for step in planned["steps"]} == {"create"}
    lines = [json.loads(line) for line in lab.run("up", "--yes", "--json").stdout.splitlines()]
    assert [line["sequence"] for line in lines] == list(range(len(lines)))
    summary = lines[-1]["summaryEvent"]
    assert summary["resourceChanges"] == {"create": 10}
    assert summary["result"] == "succeeded"
    told = [
        line["resOutputsEvent"]["metadata"]["op"] for line in lines if "resOutputsEvent" in line
    ]
    assert told == ["create"] * 10
    gone = [json.loads(line) for line in lab.run("destroy", "--yes", "--json").stdout.splitlines()]
    assert gone[-1]["summaryEvent"]["resourceChanges"] == {"delete": 10}


def test_faults_in_the_configuration_come_all_at_once(lab: Lab) -> None:
    """Those that only the types show, and those that only the lab's own rules show, in one go."""
    lab.configure(roleName="not good!", maxSessionDuration=60, lerners=["a"], grant="maybe")
    for command in (("preview",), ("up", "--yes")):
        refused = lab.run(*command)
        assert refused.returncode == 2
        lines = refused.stderr.splitlines()
        assert len(lines) == 4
        assert all(line.startswith("error: ") for line in lines)
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"AWS_ENDPOINT_URL": "https://iam.amazonaws.com"}, "use `pulumi up` for an account"),
        ({"AWS_ENDPOINT_URL": "http://10.0.0.1:4566", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, "local AWS only"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "there is no key for it"),
    ],
)  # fmt: skip
def test_an_endpoint_that_is_not_this_machine_is_refused(
    lab: Lab, environment: dict[str, str], told: str
) -> None:
    for command in (("preview",), ("up", "--yes"), ("destroy", "--yes")):
        refused = lab.run(*command, **environment)
        assert refused.returncode == 2
        assert told in refused.stderr


def test_another_local_aws_can_be_named(lab: Lab, local_aws: Instance, account: str) -> None:
    """Its state belongs to that address and key: the project's own local AWS is another world."""
    other = {
        "AWS_ENDPOINT_URL": local_aws.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal(),
    }
    assert lab.run("up", "--yes", "-s", "elsewhere", "--create", **other).returncode == 0
    assert (
        json.loads(lab.run("outputs", "--json", "-s", "elsewhere").stdout)["accountId"] == account
    )
    assert lab.run("destroy", "--yes", "-s", "elsewhere", **other).returncode == 0


def test_the_environment_of_local_env_means_the_projects_own(lab: Lab) -> None:
    lab.run("up", "--yes")
    lines = lab.run("local", "env").stdout.splitlines()
    environment = dict(
        line.removeprefix("export ").replace("'", "").split("=", 1)
        for line in lines
        if line.startswith("export")
    )
    assert "10 unchanged" in lab.run("up", "--yes", **environment).stdout


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"aws__profile": "work"}, "rolelab does not honour aws:profile"),
        ({"aws__accessKey": {"secure": "v1:abc"}}, "encrypted values are for `pulumi up`"),
    ],
)
def test_configuration_of_the_provider_is_honoured_or_refused(
    lab: Lab, config: dict[str, Any], told: str
) -> None:
    lab.configure(**config)
    refused = lab.run("preview")
    assert refused.returncode == 2
    assert told in refused.stderr
    lab.configure(aws__region="eu-central-1")
    assert lab.run("up", "--yes").returncode == 0
    assert lab.run("outputs", "region").stdout == "eu-central-1\n"


@pytest.mark.parametrize("stack", ["../x", "a b", ""])
def test_a_name_that_is_none_for_a_stack_is_refused(lab: Lab, stack: str) -> None:
    for command in (("preview",), ("up", "--yes"), ("destroy", "--yes"), ("outputs",), ("status",)):
        assert lab.run(*command, "--stack", stack).returncode == 2


def test_an_unknown_output_is_named(lab: Lab) -> None:
    refused = lab.run("outputs", "nosuch")
    assert refused.returncode == 2
    assert "does not have an output 'nosuch'" in refused.stderr


@pytest.mark.parametrize("region", ["us east", "mars-1", ["us-east-1"]])
def test_a_region_that_is_none_is_refused_before_anything_starts(lab: Lab, region: object) -> None:
    lab.configure(aws__region=region)
    refused = lab.run("preview")
    assert refused.returncode == 2
    assert "is not a region (Pulumi.dev.yaml, aws:region)" in refused.stderr


def test_a_bucket_that_a_learner_left_is_named_by_destroy(lab: Lab) -> None:
    """It is in nobody's state, and one forgotten in an account costs money."""
    lab.run("up", "--yes")
    make = "import boto3, sys; getattr(boto3.client('s3'), sys.argv[1] + '_bucket')(Bucket='left-over')"
    assert lab.run("exec", "--role", "--", sys.executable, "-c", make, "create").returncode == 0
    gone = lab.run("destroy", "--yes")
    assert gone.returncode == 0
    assert "1 bucket is left, made by learners: left-over" in gone.stdout
    lab.run("up", "--yes")
    assert lab.run("exec", "--role", "--", sys.executable, "-c", make, "delete").returncode == 0
    assert "left" not in lab.run("destroy", "--yes").stdout


def test_buckets_of_others_are_not_called_the_learners(lab: Lab) -> None:
    """An administrator's, and those of another stack's sessions, are none of this lab's."""
    other = "config:\n  assume-role-lab:roleName: blue\n  assume-role-lab:learners: [ben]\n"
    (lab.folder / "Pulumi.blue.yaml").write_text(other, encoding="utf-8")
    lab.run("up", "--yes")
    lab.run("up", "--yes", "--stack", "blue")
    make = "import boto3, sys; boto3.client('s3').create_bucket(Bucket=sys.argv[1])"
    python = ("--", sys.executable, "-c", make)
    assert lab.run("exec", "--admin", *python, "boss").returncode == 0
    assert lab.run("exec", "--role", *python, "of-dev").returncode == 0
    assert lab.run("exec", "--role", "--stack", "blue", *python, "of-blue").returncode == 0
    # Who has a bucket and asks for it again has not made it.
    assert lab.run("exec", "--admin", *python, "of-blue").returncode == 0
    lab.run("local", "stop")
    gone = lab.run("destroy", "--yes", "--stack", "blue").stdout
    assert "1 bucket is left, made by learners: of-blue" in gone
    assert "rolelab exec --stack blue --admin -- aws s3 rb --force s3://of-blue" in gone
    assert "boss" not in gone
    assert "of-dev" not in gone
    assert "made by learners: of-dev\n" in lab.run("destroy", "--yes").stdout


def test_a_name_that_another_stack_has_says_what_to_do(lab: Lab) -> None:
    """Two stacks in one account cannot both have the role s3Access."""
    lab.run("up", "--yes")
    refused = lab.run("up", "--yes", "-s", "other", "--create")
    assert refused.returncode == 1
    assert "EntityAlreadyExists" in refused.stdout + refused.stderr
    assert "give it another name in the configuration" in refused.stdout + refused.stderr
    assert lab.run("destroy", "--yes", "-s", "other").returncode == 0
    assert lab.run("verify").returncode == 0


def test_a_second_run_is_told_who_holds_the_stack(lab: Lab) -> None:
    """The first one waits in its program; the second says by which command and process the stack is held."""
    program = lab.folder / "__main__.py"
    original = program.read_text()
    program.write_text(
        "import sys, time\nopen('started', 'w').close()\nwhile open('started').read() == '': time.sleep(0.01)\n"
    )
    started = lab.folder / "started"
    started.unlink(missing_ok=True)
    first = subprocess.Popen(
        [sys.executable, "-m", "rolelab", "up", "--yes"],
        cwd=lab.folder,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not started.exists():
            assert first.poll() is None
            time.sleep(0.01)
        second = lab.run("destroy", "--yes")
        assert second.returncode == 1
        assert (
            f"stack dev is in use by `rolelab up` (process {first.pid}, since 20" in second.stderr
        )
        assert "in use by `rolelab up`" in lab.run("status").stdout
    finally:
        started.write_text("go on")
        assert first.wait(60) == 0
        program.write_text(original)


def test_ctrl_c_ends_with_an_exit_code_that_says_unfinished(lab: Lab) -> None:
    import signal

    lab.configure(learnerCount=60)
    first = subprocess.Popen(
        [sys.executable, "-m", "rolelab", "up", "--yes", "--parallel", "2", "--json"],
        cwd=lab.folder, env=lab.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert first.stdout is not None
    for line in first.stdout:
        if "resOutputsEvent" in line and "aws:iam" in line:
            break
    first.send_signal(signal.SIGINT)
    rest, said = first.communicate(timeout=60)
    assert first.returncode == 1
    assert "update canceled: not everything was done" in said
    assert json.loads(rest.splitlines()[-1])["summaryEvent"]["result"] == "failed"
    assert lab.run("up", "--yes").returncode == 0


def test_an_error_of_the_program_shows_its_own_lines_and_exits_1(lab: Lab) -> None:
    program = lab.folder / "__main__.py"
    original = program.read_text()
    program.write_text("def fall():\n    raise ValueError('no such thing')\nfall()\n")
    try:
        failed = lab.run("preview")
    finally:
        program.write_text(original)
    assert failed.returncode == 1
    assert "ValueError: no such thing" in failed.stdout
    assert "site-packages" not in failed.stdout + failed.stderr
    assert failed.stderr.splitlines() == ["error: preview failed"]


@pytest.mark.parametrize(
    "words",
    [("outputs",), ("status",), ("up", "--help"), ("destroy", "--help"), ("preview", "--help")],
)
def test_light_commands_load_neither_pulumi_nor_boto3(lab: Lab, words: tuple[str, ...]) -> None:
    code = (
        "import sys, os, rolelab.cli.main as m\n"
        "def leave(code):\n"
        "    print('LOADED', sorted({'pulumi', 'boto3', 'botocore', 'rich', 'google.protobuf', 'asyncio'} & set(sys.modules)))\n"
        "    os._exit(code)\n"
        "m._end = leave\n"
        f"sys.argv = ['rolelab', *{list(words)!r}]\n"
        "print = __builtins__.print if hasattr(__builtins__, 'print') else print\n"
        "sys.stdout.reconfigure(line_buffering=True)\n"
        "m.main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=lab.folder,
        env=lab.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "LOADED []" in ran.stdout


def test_destroy_does_without_pulumi(lab: Lab) -> None:
    lab.run("up", "--yes")
    code = (
        "import sys, os, rolelab.cli.main as m\n"
        "def leave(code):\n    sys.stderr.write(str('pulumi' in sys.modules)); os._exit(code)\n"
        "m._end = leave\nsys.argv = ['rolelab', 'destroy', '--yes']\nm.main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=lab.folder,
        env=lab.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "False")
