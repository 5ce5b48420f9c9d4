"""Of all commands: the exit code says whose turn it is, one line what to do. No traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rolelab.cli.main import COMMANDS
from rolelab.localaws.process.record import read_record
from tests.e2e.conftest import Done, Folder, folder_in

TOUCHES_STACK = [
    "preview",
    "up",
    "destroy",
    "outputs",
    "status",
    "verify",
    "explain",
    "exec",
    "profiles",
    "break",
    "mend",
    "console",
    "reset",
]
READS_LAB = ["verify", "explain", "exec", "profiles", "break", "mend"]
ARGUMENTS = {
    "up": ["--yes"],
    "destroy": ["--yes"],
    "exec": ["--", "true"],
    "break": ["grant-missing"],
    "mend": ["--yes"],
    "reset": ["testuser", "--yes"],
}


def run(folder: Folder, command: str, *more: str) -> Done:
    """Run a command with what it needs; options first: `exec` takes all others for another's."""
    return folder.rolelab(command, *more, *ARGUMENTS.get(command, []))


def one_line(done: Done) -> str:
    """Return what was said of the error: one line, and no traceback anywhere."""
    assert "Traceback" not in done.out + done.err
    lines = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.err
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_no_error(folder: Folder, command: str) -> None:
    done = folder.rolelab(command, "--help")
    assert (done.exit_code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: rolelab {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_is_none_is_wrong_usage(folder: Folder, command: str) -> None:
    done = folder.rolelab(command, "--no-such-option")
    assert done.exit_code == 2
    assert "Traceback" not in done.err


def test_a_command_that_is_none_is_wrong_usage(folder: Folder) -> None:
    done = folder.rolelab("upp")
    assert done.exit_code == 2
    assert "upp" in done.err


@pytest.mark.parametrize("command", TOUCHES_STACK)
def test_without_a_project_one_line_says_where_to_go(
    folder: Folder, tmp_path: Path, command: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run(Folder(path=elsewhere, env=folder.env), command)
    assert done.exit_code == 2
    assert "no Pulumi.yaml here or above" in one_line(done)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("command", TOUCHES_STACK)
def test_a_stack_name_that_is_none_is_wrong_usage(folder: Folder, command: str) -> None:
    """It would become a path: `../..` must not lead out of the project."""
    done = run(folder, command, "--stack", "../../etc")
    assert done.exit_code == 2
    assert "not a name for a stack" in one_line(done)
    assert not (folder.path / ".rolelab").exists()


@pytest.mark.parametrize("command", READS_LAB)
def test_where_there_is_no_lab_one_line_says_up(folder: Folder, command: str) -> None:
    done = run(folder, command)
    assert done.exit_code == 2
    assert "up" in one_line(done)


@pytest.mark.parametrize("command", ["preview", "up"])
def test_all_faults_of_the_configuration_come_at_once(folder: Folder, command: str) -> None:
    """Each with its place and what to do; nothing was made."""
    folder.configure(roleName="s3 access", maxSessionDuration="100", rolName="x")
    done = run(folder, command)
    assert done.exit_code == 2
    assert "Traceback" not in done.err
    for part in ("roleName", "maxSessionDuration", "did you mean roleName?"):
        assert part in done.err
    made = json.loads(folder.rolelab("status", "--json").out)["counts"]
    assert made == {}


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_without_a_terminal_yes_is_asked_for(folder: Folder, command: str) -> None:
    done = folder.rolelab(command)
    assert done.exit_code == 2
    assert "--yes" in one_line(done)


def test_up_refuses_an_endpoint_that_is_not_this_machine(folder: Folder) -> None:
    """Accounts are for the Pulumi CLI."""
    env = {
        "AWS_ENDPOINT_URL": "https://iam.amazonaws.com",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x" * 40,
    }
    done = folder.rolelab("up", "--yes", env=env)
    assert done.exit_code == 2
    assert "pulumi up" in one_line(done)


def test_status_and_outputs_of_nothing_are_no_error(folder: Folder) -> None:
    assert folder.rolelab("status").exit_code == 0
    done = folder.rolelab("outputs", "--json")
    assert (done.exit_code, done.out.strip()) == (0, "{}")


def take_the_grant_away(folder: Folder) -> None:
    """As a careless administrator would."""
    code = (
        "import boto3; iam = boto3.client('iam'); "
        "iam.delete_user_policy(UserName='testuser', PolicyName='AssumeRole')"
    )
    subprocess.run([sys.executable, "-c", code], env={**folder.env, **folder.aws()}, check=True)


def kill_the_local_aws(folder: Folder) -> None:
    record = read_record(folder.path / ".rolelab" / "local")
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)


LIFE: list[tuple[str, Callable[[Folder], object] | None, list[str], int]] = [
    ("up makes it", None, ["up", "--yes"], 0),
    ("up again, as expected", None, ["up", "--yes", "--expect-no-changes"], 0),
    ("preview of nothing", None, ["preview", "--expect-no-changes"], 0),
    ("an output", None, ["outputs", "accountId"], 0),
    ("no such output", None, ["outputs", "nosuch"], 2),
    ("an intact lab", None, ["verify"], 0),
    ("why it works", None, ["explain"], 0),
    ("broken on purpose", None, ["break", "grant-missing"], 0),
    ("a broken lab", None, ["verify", "--wait", "0"], 1),
    ("mended", None, ["mend", "--yes"], 0),
    ("intact again", None, ["verify"], 0),
    ("no such fault", None, ["break", "nosuch"], 2),
    ("a learner who is none", None, ["exec", "--as", "nobody", "--", "true"], 2),
    ("exec gives back the command's own", None, ["exec", "--", "sh", "-c", "exit 7"], 7),
    ("local runs", None, ["local", "status"], 0),
    (
        "a change that was not expected",
        lambda f: f.configure(grant="false"),
        ["preview", "--expect-no-changes"],
        1,
    ),
    ("destroy", None, ["destroy", "--yes"], 0),
    ("verify of what is gone", None, ["verify"], 2),
    ("destroy of nothing", None, ["destroy", "--yes"], 0),
    ("local stops", None, ["local", "stop"], 0),
    ("local does not run", None, ["local", "status"], 1),
    ("no record of what does not run", None, ["local", "events"], 3),
]


def test_the_exit_codes_of_a_whole_life(folder: Folder) -> None:
    """One after the other on one stack: what a script that drives the lab relies on."""
    for what, before, words, expected in LIFE:
        if before:
            before(folder)
        done = folder.rolelab(*words)
        assert done.exit_code == expected, (what, done)
        assert "Traceback" not in done.out + done.err, what


def test_a_broken_lab_is_a_failure(folder: Folder) -> None:
    folder.rolelab("up", "--yes")
    take_the_grant_away(folder)
    assert folder.rolelab("verify", "--wait", "0").exit_code == 1


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A lab whose local AWS was killed."""
    with folder_in(tmp_path_factory.mktemp("killed")) as folder:
        folder.rolelab("up", "--yes")
        kill_the_local_aws(folder)
        yield folder


@pytest.mark.parametrize("command", READS_LAB)
def test_a_local_aws_that_was_killed_is_not_a_broken_lab(killed: Folder, command: str) -> None:
    """3: it could not be found out. Never 1, which would say that the lab is wrong."""
    done = run(killed, command)
    assert done.exit_code == 3
    assert "killed" in one_line(done)
