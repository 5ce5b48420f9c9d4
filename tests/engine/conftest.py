"""A stack of its own for each test, on an account of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rolelab.aws.clients import Clients
from rolelab.engine.state import StateStore
from rolelab.localaws.process.record import Instance
from tests.engine import runner as runner_process
from tests.engine.stacks import StackRunner


@pytest.fixture
def stack(
    tmp_path: Path,
    local_aws: Instance,
    account: str,
    root: Clients,
    monkeypatch: pytest.MonkeyPatch,
) -> StackRunner:
    """A project without a program yet; its state is checked after every line."""
    monkeypatch.setattr(StateStore, "_write", runner_process.checked(StateStore._write))  # pyright: ignore[reportPrivateUsage]
    return StackRunner(tmp_path, local_aws, account, root)


@pytest.fixture
def make_stack(local_aws: Instance, account: str, root: Clients) -> Callable[[Path], StackRunner]:
    """Make another project, in the test's account."""

    def make(folder: Path) -> StackRunner:
        folder.mkdir()
        return StackRunner(folder, local_aws, account, root)

    return make


class Runner:
    """Runs the engine in a process of its own, which may be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("runner.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )

    def run(
        self, stack: StackRunner, call: str, *, kill: tuple[int, str] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Run `up`, `preview` or `destroy`.

        `kill`: at which journal line, and `before`, `after` or `torn`.
        """
        request = {
            "call": call,
            "root": str(stack.root),
            "stack": stack.stack,
            "config": {f"exp:{key}": value for key, value in stack.config.items()},
            "url": stack.aws.url,
            "account": stack.account,
            "secret": stack.aws.secret.reveal(),
            "home": [stack.home.id, stack.home.account],
            "options": options,
            "kill": {"line": kill[0], "when": kill[1]} if kill else None,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """A process that runs the engine, once a test process."""
    running = Runner()
    yield running
    running.close()
