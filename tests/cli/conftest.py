"""The command line in a process of its own, on a lab in the test's local AWS; and the real AWS CLI."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.lifecycle import Instance
from tests import labs

ROOT = Path(__file__).resolve().parents[2]
AWS_CLI = "awscli==1.46.3"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def made(root: Clients, account: str, local_aws: Instance) -> labs.MadeLab:
    """The intact lab with one learner."""
    return labs.make(root, account, local_aws)


@pytest.fixture
def rolelab(made: labs.MadeLab, tmp_path: Path) -> Run:
    """Run `rolelab COMMAND --outputs FILE ARGUMENTS…` from a project folder of the test's own."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")

    def run(
        command: str, *arguments: str, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        outputs = made.write(tmp_path)
        given = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        given |= {**made.environment, "PYTHONPATH": str(ROOT), **(env or {})}
        return subprocess.run(
            [sys.executable, "-m", "rolelab", command, "--outputs", str(outputs), *arguments],
            cwd=tmp_path,
            env=given,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture(scope="session")
def aws_cli() -> Path:
    """The real AWS CLI, in an environment of its own: it pins another botocore than the lab does."""
    home = ROOT / ".cache" / AWS_CLI.replace("==", "-")
    tool = home / "bin" / "aws"
    home.parent.mkdir(exist_ok=True)
    with (home.parent / "awscli.lock").open("w") as lock:
        # Tests run in several processes; one of them installs it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "whole").exists():
            said = _install(home)
            if said:
                pytest.skip(f"the AWS CLI cannot be installed here: {said}")
            (home / "whole").touch()
    return tool


def _install(home: Path) -> str:
    shutil.rmtree(home, ignore_errors=True)
    uv = shutil.which("uv")
    if uv and not subprocess.run([uv, "--version"], capture_output=True, check=False).returncode:
        steps = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
            [
                uv,
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
                str(home / "bin" / "python"),
                AWS_CLI,
            ],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(home)],
            [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", AWS_CLI],
        ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return (
                done.stderr.strip().splitlines()[-1]
                if done.stderr.strip()
                else f"exit {done.returncode}"
            )
    return ""
