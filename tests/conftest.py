"""What every test may ask for: the local AWS in this process, and an account of its own on it."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance
from tests import seeds

KEPT = "KEPT_FOR_PACKAGE_CLIENTS_"
_TAKEN = ("AWS_", "BOTO_", "PULUMI_", "ROLELAB_LOCAL_", "ROLELAB_TRACEBACK")
_TAKEN_OF_A_SCREEN = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")


def bare_surroundings() -> None:
    """Make this process, and so its children, one that nobody has set up in a special way.

    A background job of a script ignores Ctrl-C, a shell may lead to an account of AWS or Pulumi and
    through a proxy: what a test needs of that, it sets itself. A proxy is kept under another name
    for package clients.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual)
    for name in list(os.environ):
        if name.startswith(_TAKEN) or name in _TAKEN_OF_A_SCREEN:
            del os.environ[name]
        elif name.lower().endswith("_proxy") and not name.startswith(KEPT):
            os.environ[KEPT + name] = os.environ.pop(name)


bare_surroundings()

_accounts = random.SystemRandom()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how the same numbers are drawn again."""
    if terminalreporter.stats.get("failed") and "not long" not in config.option.markexpr:
        terminalreporter.write_line(f"make test-long SEED={seeds.SEED} draws the same again")


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail, and end it, if a local AWS in one of this session's folders outlives the tests."""
    base = tmp_path_factory.getbasetemp()
    yield
    left = local_aws_processes(base)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == {}, "tests have left these running"


def local_aws_processes(below: Path) -> dict[int, str]:
    """Return the folders of running local AWS below one, by process id; Linux only."""
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "rolelab.localaws.process" in words:
                home = words[words.index("rolelab.localaws.process") + 1]
                if Path(home).is_relative_to(below):
                    found[int(process.name)] = home
    return found


@pytest.fixture(scope="session", autouse=True)
def usual_collections() -> Iterator[None]:
    """Let the engine set no garbage aside here.

    It does so for a process that runs one program. One of hundreds looks through all that it
    holds before each: half of the time of the engine's tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "freeze", lambda: None)
        patch.setattr(gc, "get_freeze_count", lambda: 0)
        yield


@pytest.fixture(scope="session")
def local_aws() -> Iterator[Instance]:
    """One local AWS a test process, in a thread of it."""
    from rolelab.localaws.process.server import in_process

    with in_process() as instance:
        yield instance


@pytest.fixture
def account() -> str:
    """A 12-digit account that no other test uses: its id is the access key of its root."""
    return f"{_accounts.randrange(10**11, 10**12)}"


@pytest.fixture
def root(local_aws: Instance, account: str) -> Clients:
    """Clients of the account's root on the local AWS."""
    return Clients(local_aws.endpoint(account))
