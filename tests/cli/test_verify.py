"""`rolelab verify` as a process: exit codes, forms of output, interrupts, what it loads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import labs
from tests.cli.conftest import ROOT, Run


def test_an_intact_lab_is_exit_code_0_every_time(rolelab: Run) -> None:
    """Twenty checks and more, and the last line says it all."""
    run = rolelab("verify")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("The lab is as it should be")


def test_piped_output_is_plain_and_fits_80_columns(rolelab: Run, made: labs.MadeLab) -> None:
    """For logs and screen readers: no colour, no boxes; longer is only what cannot be broken."""
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    run = rolelab("verify", "--wait", "0.1")
    assert run.returncode == 1
    assert "FAIL  assume.role" in run.stdout
    assert "\x1b" not in run.stdout
    assert not any("\u2500" <= character <= "\u259f" for character in run.stdout)
    assert [
        line
        for line in run.stdout.splitlines()
        if len(line) > 80 and len(line.split()) > 1 and not line.endswith(" -- \\")
    ] == []


def test_json_on_the_standard_output_is_nothing_but_json(rolelab: Run, made: labs.MadeLab) -> None:
    """For programs; the secrets of the lab are nowhere in it."""
    run = rolelab("verify", "--json", "-")
    assert run.returncode == 0
    content = json.loads(run.stdout)
    assert content["exitCode"] == 0
    assert content["counts"]["fail"] == 0
    assert {"check", "learner", "verdict", "expected", "got", "said", "who", "action"} <= set(
        content["findings"][0]
    )
    assert made.raw["learners"]["testuser"]["secretAccessKey"] not in run.stdout


def test_a_json_file_is_written_whole_or_not_at_all(rolelab: Run, tmp_path: Path) -> None:
    """The old one stays when the new one cannot be written, and no scrap is left beside it."""
    target = tmp_path / "out" / "verify.json"
    target.parent.mkdir()
    assert rolelab("verify", "--json", str(target)).returncode == 0
    assert json.loads(target.read_text())["exitCode"] == 0
    assert [path.name for path in target.parent.iterdir()] == ["verify.json"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--json", "missing/report"], "cannot be written: No such file or directory (--json"),
        (["--html", "."], "cannot be written: Is a directory (--html"),
        (["--junit", "/proc/report"], "cannot be written: "),
        (["--html", ""], "no file is named (--html)"),
        (["--json", "-", "--html", "-"], "two forms cannot share the standard output"),
        (["--json", "report", "--junit", "./report"], "two forms cannot share ./report"),
    ],
)
def test_where_a_report_cannot_go_is_said_before_the_work(
    rolelab: Run, tmp_path: Path, arguments: list[str], says: str
) -> None:
    """Wrong usage, not a failed check, and nobody waits for a verification whose report is lost."""
    run = rolelab("verify", *arguments)
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: {says}")
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "report").exists()


def test_a_report_that_is_lost_at_the_end_is_no_failed_check(rolelab: Run) -> None:
    """The disk is full by then: it could not be told, exit code 3."""
    run = rolelab("verify", "--json", "/dev/full")
    assert run.returncode == 3
    assert "cannot be written: No space left on device" in run.stderr


def test_outputs_come_from_the_standard_input_too(rolelab: Run, made: labs.MadeLab) -> None:
    """No file with secrets: `rolelab outputs --json --show-secrets | rolelab verify …`."""
    run = rolelab("verify", "--outputs", "-", stdin=json.dumps(made.raw))
    assert run.returncode == 0, run.stderr


def test_a_lab_of_another_program_is_proven_without_a_project(
    rolelab: Run, made: labs.MadeLab, tmp_path: Path
) -> None:
    """Terraform's, or a script's: what is needed of the outputs, and a report for a CI."""
    (tmp_path / "Pulumi.yaml").unlink()
    needed = {name: made.raw[name] for name in ("accountId", "region", "learners")}
    role = {name: made.raw["role"][name] for name in ("name", "arn", "maxSessionDuration")}
    run = rolelab(
        "verify",
        "--outputs",
        "-",
        "--junit",
        "report.xml",
        stdin=json.dumps(needed | {"role": role}),
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert 'failures="0"' in (tmp_path / "report.xml").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outputs.json", "report.xml"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "there is no lab"),
        ("[]", "is not a JSON object"),
        ("{", "is not JSON"),
        ('{"accountId": "1"}', "lack region, role, learners"),
        ("\xff", "is not JSON"),
    ],
)
def test_outputs_that_are_not_whole_are_wrong_usage(rolelab: Run, text: str, says: str) -> None:
    """One line that says what is wrong, exit code 2."""
    run = rolelab("verify", "--outputs", "-", stdin=text)
    assert run.returncode == 2
    assert says in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["--no-admin"]])
def test_a_lab_without_learners_is_wrong_usage_and_never_a_pass(
    rolelab: Run, made: labs.MadeLab, arguments: list[str]
) -> None:
    """The role alone proves nothing, and no check at all still less."""
    made.raw["learners"] = {}
    run = rolelab("verify", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert "the outputs lack learners" in run.stderr


@pytest.mark.parametrize("command", ["verify", "explain", "mend"])
def test_a_strange_arn_is_wrong_usage_everywhere(
    rolelab: Run, made: labs.MadeLab, command: str
) -> None:
    """One line that names the output."""
    made.raw["role"]["arn"] = "nonsense"
    run = rolelab(command, *(["--yes"] if command == "mend" else []))
    assert run.returncode == 2
    assert run.stderr.startswith("error: role.arn is 'nonsense', not the ARN of role s3Access")
    assert len(run.stderr.splitlines()) == 1


def test_masked_outputs_are_wrong_usage_that_says_how(rolelab: Run, made: labs.MadeLab) -> None:
    """The likeliest mistake: outputs written without --show-secrets."""
    made.raw["learners"]["testuser"]["secretAccessKey"] = "[secret]"
    run = rolelab("verify")
    assert run.returncode == 2
    assert "--show-secrets" in run.stderr


def test_an_aws_out_of_reach_is_exit_code_3(rolelab: Run) -> None:
    """It says nothing about the lab; and it does not take a minute for each check."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        run = rolelab("verify", "--wait", "0.2", env={"AWS_ENDPOINT_URL": url})
    assert run.returncode == 3, run.stdout
    assert "could not be found out" in run.stdout
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_nothing_behind(
    made: labs.MadeLab, tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C, or an end from outside, at any moment: all is removed, and the code is 130."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    for index in range(15):
        name = f"more{index}"
        made.raw["learners"][name] = labs.make_learner(made.root, name, made.raw["role"]["arn"])
    outputs = made.write(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "rolelab", "verify", "--outputs", str(outputs)],
        cwd=tmp_path,
        env={**os.environ, **made.environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while (
        not made.root.s3.list_buckets()["Buckets"]
        and time.monotonic() < deadline
        and process.poll() is None
    ):
        time.sleep(0.005)
    assert made.root.s3.list_buckets()["Buckets"], "it ended before it could be interrupted"
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert made.root.s3.list_buckets()["Buckets"] == []


@pytest.mark.parametrize("command", ["verify", "exec", "profiles"])
def test_what_a_command_does_not_need_is_not_loaded(command: str, tmp_path: Path) -> None:
    """Help starts in no time, and these commands never load pulumi."""
    code = (
        "import sys, importlib; importlib.import_module('rolelab.cli.main').cli("
        f"[{command!r}, '--help'], standalone_mode=False); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "('pulumi', 'boto3', 'botocore', 'rich', 'ministack', 'yaml', 'jinja2')), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stderr.strip() == "[]"


def test_a_whole_verification_never_loads_pulumi(made: labs.MadeLab, tmp_path: Path) -> None:
    """It takes 0.3 s to load, and a learner's machine may not have it."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    code = (
        "import sys; from rolelab.cli.main import cli; "
        f"words = ['verify', '--outputs', {str(made.write(tmp_path))!r}]; "
        "code = cli(words, standalone_mode=False); "
        "heavy = ('pulumi', 'pulumi_aws', 'ministack', 'grpc'); "
        "print(code, [m for m in sys.modules if m.split('.')[0] in heavy])"
    )
    environment = {**os.environ, **made.environment, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "0 []"


def test_the_script_is_the_command() -> None:
    """`python verify.py` is `rolelab verify`."""
    run = subprocess.run(
        [sys.executable, "verify.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("Usage: rolelab verify")
