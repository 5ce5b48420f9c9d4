"""A copy of the project with a local AWS of its own; its commands with their time and memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "__main__.py",
    "components",
    "rolelab",
    "bench",
    "requirements.txt",
)
STACK = "bench"
LAB_ACCOUNT = "000000000000"
OTHER_ACCOUNT = "111111111111"
"""Where the bare calls make what they make, so that they meet nothing of the lab's."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process, from its start to its end."""

    seconds: float
    cpu_s: float
    peak_mb: float
    exit_code: int
    said: str

    def json(self) -> Any:
        """Return what the last line of its output holds as JSON."""
        return json.loads(self.said.strip().splitlines()[-1])


class Failed(Exception):
    """A command did not do what is measured: a figure of it would be none."""


def timed(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], expect: int | None = 0
) -> Run:
    """Run a command to its end.

    Raises:
        Failed: its exit code is not the expected one.
    """
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if expect is not None and process.returncode != expect:
        raise Failed(
            f"{' '.join(map(str, command))}: exit code {process.returncode}\n{said[-2000:]}"
        )
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(
        seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / unit, process.returncode, said
    )


def clean_environment() -> dict[str, str]:
    """Return this environment without what would change what is measured."""
    dropped = ("AWS_", "PULUMI_", "ROLELAB_", "PYTHON", "VIRTUAL_ENV", "TF_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


class Project:
    """A copy of the project in a folder that goes again, with its local AWS."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rolelab-bench-"))
        self.env = clean_environment()
        for name in COPIED:
            source = ROOT / name
            # Times are kept, so that the compiled bytecode stays valid.
            if source.is_dir():
                shutil.copytree(source, self.folder / name)
            else:
                shutil.copy2(source, self.folder / name)
        self.learners(1)

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.rolelab("local", "stop", expect=None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def learners(self, count: int) -> None:
        """Write the stack's configuration: so many learners."""
        config = f"config:\n  aws:region: us-east-1\n  assume-role-lab:learnerCount: {count}\n"
        (self.folder / f"Pulumi.{STACK}.yaml").write_text(config, encoding="utf-8")

    def python(
        self, *args: str, env: Mapping[str, str] | None = None, expect: int | None = 0
    ) -> Run:
        """Run this Python in the copy."""
        return timed(
            [sys.executable, *args], cwd=self.folder, env=self.env | dict(env or {}), expect=expect
        )

    def rolelab(self, *args: str, expect: int | None = 0) -> Run:
        """Run one command of rolelab in the copy."""
        return self.python("-m", "rolelab", *args, expect=expect)

    def up(self) -> Run:
        """Make the lab, or bring it up to date."""
        return self.rolelab("up", "--yes", "--stack", STACK)

    def destroy(self) -> Run:
        """Remove the lab."""
        return self.rolelab("destroy", "--yes", "--stack", STACK)

    def outputs(self) -> Any:
        """Return the stack's outputs, secrets included."""
        return json.loads(
            self.rolelab("outputs", "--json", "--show-secrets", "--stack", STACK).said
        )

    def aws(self, account: str = OTHER_ACCOUNT) -> dict[str, str]:
        """Return the variables that lead any AWS tool to the local AWS, as root of an account."""
        lines = self.rolelab("local", "env", "--account", account).said
        return dict(re.findall(r"^export (\w+)='(.*)'$", lines, re.MULTILINE))

    def floor(self, what: str, count: int, env: Mapping[str, str]) -> float:
        """Return the seconds that the bare calls take (bench/floor.py)."""
        return float(self.python("-m", "bench.floor", what, str(count), env=env).json()["seconds"])

    def verify_floor(self) -> float:
        """Return the seconds that the calls of `verify` take by themselves on the present lab."""
        secrets = self.folder / "outputs.json"
        secrets.touch(mode=0o600)
        try:
            secrets.write_text(json.dumps(self.outputs()), encoding="utf-8")
            return float(
                self.python(
                    "-m", "bench.floor", "verify", str(secrets), env=self.aws(LAB_ACCOUNT)
                ).json()["seconds"]
            )
        finally:
            secrets.unlink()
