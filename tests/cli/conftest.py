"""The command line in a process of its own, on a lab in the local AWS; and the real AWS CLI."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance
from tests import labs
from tools import environment

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run_rolelab(
    folder: Path, *arguments: str, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `rolelab ARGUMENTS…` in a folder, with nothing of AWS in its environment but `env`."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "rolelab", *arguments],
        cwd=folder,
        env={**outside, "PYTHONPATH": str(ROOT), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


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
        return run_rolelab(
            tmp_path,
            *(command, "--outputs", str(outputs), *arguments),
            stdin=stdin,
            env={**made.environment, **(env or {})},
        )

    return run


@pytest.fixture(scope="session")
def aws_cli() -> Path:
    """The real AWS CLI, which `make` installs once a machine."""
    if not environment.has_aws_cli():
        pytest.skip("no AWS CLI: touch requirements-aws-cli.txt, and make installs it")
    return environment.aws_cli() / "bin" / "aws"
