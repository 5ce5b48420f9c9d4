"""The lab as `rolelab up` makes it, in an account of its own, and commands in this process."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from rolelab.aws.clients import Clients
from rolelab.cli.main import cli
from rolelab.errors import LabError
from rolelab.localaws.process.record import Instance
from tests.e2e.conftest import program_in
from tests.engine.stacks import left


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    exit_code: int
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLab:
    """A folder with the lab's program, and the account that it is made in."""

    path: Path
    root: Clients

    def configure(self, stack: str = "dev", **values: str) -> None:
        """Write a stack's configuration."""
        lines = [f"  assume-role-lab:{key}: {value}\n" for key, value in values.items()]
        text = "".join(["config:\n  aws:region: us-east-1\n", *lines])
        (self.path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")

    def rolelab(self, words: str) -> Ran:
        """Run a command, as it is typed."""
        result = CliRunner().invoke(cli, shlex.split(words), standalone_mode=False)
        code = result.return_value or 0
        if result.exception is not None:
            if not isinstance(result.exception, LabError):
                raise result.exception
            code = result.exception.exit_code
        return Ran(exit_code=code, out=f"{result.output}{result.exception or ''}")

    def done(self, words: str) -> str:
        """Run a command that must do what it is for; return what it printed."""
        ran = self.rolelab(words)
        assert ran.exit_code == 0, (words, ran)
        return ran.out

    @property
    def left(self) -> dict[str, list[str]]:
        """What the account holds, groups too."""
        groups = [group["GroupName"] for group in self.root.iam.list_groups()["Groups"]]
        return left(self.root) | ({"groups": groups} if groups else {})


@pytest.fixture
def own_lab(
    tmp_path: Path,
    root: Clients,
    account: str,
    local_aws: Instance,
    monkeypatch: pytest.MonkeyPatch,
) -> OwnLab:
    """The program in a folder of its own, not made yet; the environment names the account."""
    program_in(tmp_path / "lab")
    monkeypatch.chdir(tmp_path / "lab")
    for name, value in {
        "AWS_ENDPOINT_URL": local_aws.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal(),
    }.items():
        monkeypatch.setenv(name, value)
    return OwnLab(path=tmp_path / "lab", root=root)
