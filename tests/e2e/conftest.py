"""The project as its users have it: a folder of their own, this Python, no environment."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.conftest import aws_cli as aws_cli

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120


def bare_environment(home: Path) -> dict[str, str]:
    """Return what a fresh login has: no AWS, no Pulumi, no Python settings."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left: exit code and both streams."""

    exit_code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with the program in it, and commands run there."""

    path: Path
    env: Mapping[str, str] = field(repr=False)

    def rolelab(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> Done:
        """Run one command of rolelab, without a terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "rolelab", *words],
            cwd=self.path,
            env={**self.env, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=TIMEOUT_S,
            check=False,
        )
        return Done(exit_code=done.returncode, out=done.stdout, err=done.stderr)

    def aws(self) -> dict[str, str]:
        """Return the variables that lead any AWS tool to the running local AWS."""
        return dict(
            re.findall(r"^export (\w+)='(.*)'$", self.rolelab("local", "env").out, re.MULTILINE)
        )

    def configure(self, stack: str = "dev", **values: str) -> None:
        """Write a stack's configuration: keys of the lab's namespace and their YAML."""
        lines = [f"  assume-role-lab:{key}: {value}\n" for key, value in values.items()]
        text = "".join(["config:\n  aws:region: us-east-1\n", *lines])
        (self.path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")


def program_in(path: Path) -> None:
    """Put the program there; rolelab itself is the installed one, as in an editable install."""
    path.mkdir(parents=True, exist_ok=True)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(ROOT / name, path / name)
    (path / "components").symlink_to(ROOT / "components")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """The program in a folder of its own; its local AWS ends with the test."""
    with folder_in(tmp_path) as made:
        yield made


@contextlib.contextmanager
def folder_in(home: Path) -> Iterator[Folder]:
    """Put the program in a folder of its own there, and stop its local AWS at the end."""
    path = home / "lab"
    program_in(path)
    made = Folder(path=path, env=bare_environment(home))
    yield made
    if (path / ".rolelab" / "local").exists():
        made.rolelab("local", "stop")
