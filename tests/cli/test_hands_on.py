"""`rolelab exec` and `rolelab profiles`: the lesson by hand, with the tools of work."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import labs
from tests.cli.conftest import ROOT, Run

SHOW = ["--", sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


def test_the_aws_cli_is_refused_as_the_learner_and_works_with_the_role(
    rolelab: Run, aws_cli: Path
) -> None:
    """The lesson in two commands, by the real tool."""
    refused = rolelab("exec", "--as", "testuser", "--", str(aws_cli), "s3", "ls")
    assert refused.returncode == 255
    assert "AccessDenied" in refused.stderr
    worked = rolelab(
        "exec", "--as", "testuser", "--role", "--", str(aws_cli), "s3", "mb", "s3://hands-on-bucket"
    )
    assert (worked.returncode, worked.stdout) == (0, "make_bucket: hands-on-bucket\n")


def test_the_aws_cli_switches_by_itself_with_the_written_profiles(
    rolelab: Run, aws_cli: Path, made: labs.MadeLab, tmp_path: Path
) -> None:
    """As at work: the tool assumes the role, and the trail shows the learner's name."""
    written = rolelab("profiles")
    assert written.returncode == 0, written.stderr
    lines = dict(re.findall(r"^export (\w+)=(.*)$", written.stdout, re.MULTILINE))

    def aws(profile: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], **lines}
        asked = [str(aws_cli), "--profile", profile, *arguments]
        return subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)

    assert "AccessDenied" in aws("testuser", "s3", "ls").stderr
    assert aws("testuser@s3Access", "s3", "ls").returncode == 0
    who = json.loads(aws("testuser@s3Access", "sts", "get-caller-identity").stdout)
    assert who["Arn"] == f"arn:aws:sts::{made.account}:assumed-role/s3Access/testuser"


def test_a_command_sees_the_learners_credentials_and_nothing_that_interferes(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """A profile, a session token or an endpoint of the caller's must not take their place."""
    interfering = {
        "AWS_PROFILE": "admin",
        "AWS_SESSION_TOKEN": "old",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/x",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_PAGER": "",
        "HOME": "/root",
    }
    run = rolelab("exec", *SHOW, env=interfering)
    assert run.returncode == 0, run.stderr
    seen = {
        name: value for name, value in json.loads(run.stdout).items() if name.startswith("AWS_")
    }
    learner = made.raw["learners"]["testuser"]
    assert seen == {
        "AWS_ACCESS_KEY_ID": learner["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": learner["secretAccessKey"],
        "AWS_ENDPOINT_URL": made.instance.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_PAGER": "",
    }
    assert json.loads(run.stdout)["HOME"] == "/root"


def test_with_the_role_the_credentials_are_the_sessions(rolelab: Run) -> None:
    """A temporary key with its token, and not the learner's own."""
    seen = json.loads(rolelab("exec", "--role", *SHOW).stdout)
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert seen["AWS_SESSION_TOKEN"]


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", -15)])
def test_the_commands_exit_code_is_given_back(rolelab: Run, script: str, code: int) -> None:
    """Scripts go by it; a death by a signal is seen as one (128 + 15 to a shell)."""
    assert rolelab("exec", "--", "sh", "-c", script).returncode == code


def test_a_commands_own_options_are_not_taken(rolelab: Run) -> None:
    """`--help` after the command is the command's."""
    assert rolelab("exec", "echo", "--help", "-s").stdout == "--help -s\n"


def test_a_command_that_does_not_exist_is_one_line_and_127(rolelab: Run) -> None:
    """As a shell says it."""
    run = rolelab("exec", "--", "no-such-command")
    assert run.returncode == 127
    assert run.stderr.startswith("error: cannot run no-such-command")
    assert len(run.stderr.splitlines()) == 1


def test_without_the_aws_cli_one_line_says_how_to_get_it(rolelab: Run, tmp_path: Path) -> None:
    """The first command of the lesson must not be a dead end."""
    run = rolelab("exec", "--", "aws", "s3", "ls", env={"PATH": str(tmp_path)})
    assert run.returncode == 127
    assert run.stderr.startswith("error: the AWS CLI is not on PATH: install it: `pipx install")
    assert len(run.stderr.splitlines()) == 1


def test_the_aws_cli_uses_no_session_of_a_lab_before(
    rolelab: Run, aws_cli: Path, made: labs.MadeLab, tmp_path: Path
) -> None:
    """It keeps them by role and session name, which are the same in every lab of these names."""

    def buckets() -> subprocess.CompletedProcess[str]:
        lines = rolelab("profiles").stdout
        script = f"{lines}{aws_cli} --profile testuser@s3Access s3 ls"
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        asked = ["sh", "-c", script]
        return subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)

    assert buckets().returncode == 0
    assert list((tmp_path / ".aws" / "cli" / "cache").iterdir()), "nothing kept, nothing proven"
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    assert "sts:AssumeRole" in buckets().stderr


@pytest.mark.parametrize(
    ("conditions", "constant"),
    [
        (None, "role_session_name"),
        ({"StringEquals": {"sts:ExternalId": "anna"}}, "external_id"),
        ({"Null": {"sts:ExternalId": "true"}}, "role_session_name"),
    ],
)
def test_profiles_are_of_an_edition_whatever_the_trust_policy_asks(
    rolelab: Run,
    made: labs.MadeLab,
    tmp_path: Path,
    conditions: dict[str, dict[str, str]] | None,
    constant: str,
) -> None:
    """What the role asks for is not what may differ."""
    made.raw["role"]["trust"] = labs.trust_of(made.account, conditions)
    config = tmp_path / ".rolelab" / "profiles" / "dev" / "config"
    editions = set[str]()
    for _ in range(2):
        assert rolelab("profiles").returncode == 0
        lines = dict(re.findall(r"^(\w+) = (.*)$", config.read_text(), re.MULTILINE))
        editions.add(json.dumps(lines))
        assert lines[constant] in ("testuser", "anna")
        assert ("external_id" in lines) == (conditions is None or constant == "external_id")
        assert 1800 < int(lines.get("duration_seconds", 3600)) <= 3600
    assert len(editions) == 2


@pytest.mark.parametrize("word", ["", " "])
def test_an_empty_command_is_wrong_usage(rolelab: Run, word: str) -> None:
    """As of a variable that a script forgot to set."""
    run = rolelab("exec", "--", word)
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)


def test_the_administrator_looks_at_the_lab_from_outside(rolelab: Run, made: labs.MadeLab) -> None:
    """Whose repairs `verify` proposes; nothing of the learner's is in the environment."""
    run = rolelab("exec", "--admin", *SHOW)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["AWS_ACCESS_KEY_ID"] == made.account
    assert seen["AWS_ENDPOINT_URL"] == made.instance.url
    assert seen["ROLELAB_WHO"] == "administrator"
    both = rolelab("exec", "--admin", "--role", *SHOW)
    assert (both.returncode, both.stdout) == (2, "")


def test_a_refused_switch_says_so_in_awss_words(rolelab: Run, made: labs.MadeLab) -> None:
    """Before the grant `--role` is refused; no traceback, and the command is not run."""
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    run = rolelab("exec", "--role", "--", "echo", "ran")
    assert (run.returncode, run.stdout) == (1, "")
    assert "is not authorized to perform: sts:AssumeRole" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_wrong_key_is_told_from_a_refusal(rolelab: Run, made: labs.MadeLab) -> None:
    """A deleted key says nothing about permissions."""
    made.root.iam.delete_access_key(
        UserName="testuser", AccessKeyId=made.raw["learners"]["testuser"]["accessKeyId"]
    )
    run = rolelab("exec", "--role", "--", "echo", "ran")
    assert run.returncode == 1
    assert "AWS does not take the key: InvalidClientTokenId" in run.stderr


def test_an_unknown_learner_is_wrong_usage(rolelab: Run) -> None:
    """The error names who there is."""
    run = rolelab("exec", "--as", "nobody", "--", "true")
    assert run.returncode == 2
    assert "testuser" in run.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "dash", "fish"])
def test_without_a_command_a_shells_prompt_says_who_one_is(
    made: labs.MadeLab, tmp_path: Path, shell: str
) -> None:
    """One must not forget whose credentials a window has."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not on this machine")
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    outputs = made.write(tmp_path)
    environment = {
        **os.environ,
        **made.environment,
        "SHELL": path,
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }
    environment |= {"HOME": str(tmp_path), "HISTFILE": ""}
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - becomes the command
        os.chdir(tmp_path)
        command = [sys.executable, "-m", "rolelab", "exec", "--outputs", str(outputs)]
        os.execve(sys.executable, command, environment)  # noqa: S606 - our own
    seen = _read_until(terminal, "(testuser) ")
    os.write(terminal, b"export ROLELAB_WHO='somebody'\n")
    seen += _read_until(terminal, "(somebody) ")
    os.write(terminal, b"echo key=$AWS_ACCESS_KEY_ID; exit 3\n")
    seen += _read_until(terminal, f"key={made.raw['learners']['testuser']['accessKeyId']}")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert "You are testuser, on" in seen
    assert os.waitstatus_to_exitcode(status) == 3


def _read_until(terminal: int, text: str) -> str:
    seen = ""
    deadline = time.monotonic() + 30
    while text not in seen and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 4096).decode()
            except OSError:
                break
    assert text in seen, seen
    return seen


def test_profiles_are_private_and_show_no_secret(
    rolelab: Run, made: labs.MadeLab, tmp_path: Path
) -> None:
    """The files hold keys: their owner's only, and nothing of it on the screen."""
    run = rolelab("profiles")
    assert run.returncode == 0, run.stderr
    folder = tmp_path / ".rolelab" / "profiles" / "dev"
    for path in (folder / "config", folder / "credentials"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = made.raw["learners"]["testuser"]["secretAccessKey"]
    assert secret in (folder / "credentials").read_text()
    assert secret not in run.stdout + run.stderr + (folder / "config").read_text()


def test_profiles_are_written_again_but_never_over_what_is_not_ours(
    rolelab: Run, tmp_path: Path
) -> None:
    """A learner's own ~/.aws/config is worth more than ours."""
    assert rolelab("profiles", "--to", str(tmp_path / "mine")).returncode == 0
    assert rolelab("profiles", "--to", str(tmp_path / "mine")).returncode == 0
    theirs = tmp_path / "theirs" / "config"
    theirs.parent.mkdir()
    theirs.write_text("[default]\nregion = eu-west-1\n")
    run = rolelab("profiles", "--to", str(theirs.parent))
    assert run.returncode == 2
    assert theirs.read_text() == "[default]\nregion = eu-west-1\n"
    assert not (theirs.parent / "credentials").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "fish"])
def test_profiles_unset_what_would_win_over_them(
    rolelab: Run, tmp_path: Path, shell: str, made: labs.MadeLab
) -> None:
    """An endpoint of the shell's would send the learner's requests elsewhere."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    winning = {
        "AWS_PROFILE": "admin",
        "AWS_SESSION_TOKEN": "old",
        "AWS_ENDPOINT_URL": made.instance.url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "ROLELAB_WHO": "testuser",
    }
    run = rolelab("profiles", env=winning)
    assert "AWS_PROFILE, " in run.stderr
    after = subprocess.run(
        [shell, "-c", f"{run.stdout}env"],
        env={"PATH": os.environ["PATH"], "AWS_PAGER": "", **made.environment, **winning},
        capture_output=True,
        text=True,
        check=True,
    )
    assert after.stderr == ""
    folder = tmp_path / ".rolelab" / "profiles" / "dev"
    assert {
        line for line in after.stdout.splitlines() if line.startswith(("AWS_", "ROLELAB_"))
    } == {
        f"AWS_CONFIG_FILE={folder / 'config'}",
        f"AWS_SHARED_CREDENTIALS_FILE={folder / 'credentials'}",
        "AWS_PAGER=",
        "ROLELAB_WHO=profiles",
    }


def test_profiles_do_not_follow_a_link_out_of_the_folder(rolelab: Run, tmp_path: Path) -> None:
    """A link to ~/.aws/credentials would be written through."""
    (tmp_path / "there").write_text("precious")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "credentials").symlink_to(tmp_path / "there")
    assert rolelab("profiles", "--to", str(tmp_path / "mine")).returncode == 2
    assert (tmp_path / "there").read_text() == "precious"
