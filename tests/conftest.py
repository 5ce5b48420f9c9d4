"""What every test may ask for: the local AWS in this process, and an account of its own on it."""

from __future__ import annotations

import gc
import os
import random
import signal
from collections.abc import Iterator

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance
from tests import seeds


def bare_surroundings() -> None:
    """Make this process, and so its children, one that nobody has set up in a special way.

    A background job of a script ignores Ctrl-C, a shell may lead to an account of AWS or Pulumi and
    through a proxy: what a test needs of that, it sets itself. Proxies stay for package clients.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual)
    for name in list(os.environ):
        if (
            name.startswith(("AWS_", "BOTO_", "PULUMI_", "ROLELAB_LOCAL_", "ROLELAB_TRACE"))
            or name in _OF_A_SCREEN
        ):
            del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"


_OF_A_SCREEN = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE")
bare_surroundings()

_accounts = random.SystemRandom()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how the same numbers are drawn again."""
    if terminalreporter.stats.get("failed") and "not long" not in config.option.markexpr:
        terminalreporter.write_line(f"make test-long SEED={seeds.SEED} draws the same again")


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
