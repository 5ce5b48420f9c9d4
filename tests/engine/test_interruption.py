"""Ctrl-C and SIGTERM.

What is in flight finishes and is recorded, and the outcome says that it was not finished.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future

import pytest

from rolelab.engine.registration import Registrations
from rolelab.engine.resource import Goal, Registered
from rolelab.engine.tally import Tally
from rolelab.errors import Interrupted
from rolelab.steps import Began, Ended, Event, Severity
from tests.engine.conftest import Runner
from tests.engine.stacks import StackRunner, in_step

CLASS = """
for number in range(30):
    user = aws.iam.User(f"u{number}", name=f"u{number}", force_destroy=True)
    aws.iam.AccessKey(f"u{number}", user=user.name)
"""


class After:
    """Sends a signal to this process when so many operations have ended."""

    def __init__(
        self, taken: threading.Event, count: int, number: signal.Signals, times: int = 1
    ) -> None:
        self._left = count
        self._number = number
        self._times = times
        self._taken = taken

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ended) and event.step.custom:
            self._left -= 1
            if self._left == 0:
                for _ in range(self._times):
                    os.kill(os.getpid(), self._number)
                # Until it has been taken: on a busy machine all would be done before.
                assert self._taken.wait(60)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Is set once a run has been told to stop."""
    event, stop = threading.Event(), Tally.stop

    def noticed(tally: Tally) -> None:
        stop(tally)
        event.set()

    monkeypatch.setattr(Tally, "stop", noticed)
    return event


def test_an_interrupt_at_the_last_operation_is_told_all_the_same(
    stack: StackRunner, taken: threading.Event
) -> None:
    """No event of the run comes after it that the words could come with."""
    stack.program('aws.iam.User("u0", name="u0")')
    stack.up()
    stack.program('aws.iam.User("u0", name="u0")\naws.iam.User("u1", name="u1")')
    stack.listener = After(taken, 1, signal.SIGINT)
    assert any("^C received" in text for text in stack.up().messages(Severity.WARNING))


def test_the_rest_of_the_program_is_left(
    stack: StackRunner, taken: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To go through it takes the SDK seconds for a class, and nothing of it is carried out."""
    stack.program(CLASS)
    late: list[str] = []
    register = Registrations.register

    def noticed(registrations: Registrations, goal: Goal) -> Registered | Future[Registered]:
        late.extend([goal.urn] * taken.is_set())
        return register(registrations, goal)

    monkeypatch.setattr(Registrations, "register", noticed)
    stack.listener = After(taken, 5, signal.SIGINT)
    ran = stack.up(parallel=4)
    assert isinstance(ran.result.error, Interrupted)
    assert not late
    stack.listener = None
    assert stack.up().result.ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_is_recorded_and_carried_on(
    stack: StackRunner, taken: threading.Event, number: signal.Signals
) -> None:
    stack.program(CLASS)
    stack.listener = After(taken, 5, number)
    ran = stack.up(parallel=4)
    stack.listener = None
    assert isinstance(ran.result.error, Interrupted)
    assert ran.result.error.exit_code == 1
    assert not ran.result.summary.finished
    assert 5 <= len(ran.did) < 60
    assert any("finishing what is in flight" in text for text in ran.messages(Severity.WARNING))
    assert in_step(stack.clients, stack.world) == []
    assert stack.world.pending_operations == {}
    assert len(stack.up().did) == 60 - len(ran.did)
    assert in_step(stack.clients, stack.world) == []


def test_an_interrupted_destroy_says_that_things_are_left(
    stack: StackRunner, taken: threading.Event
) -> None:
    """The real engine's `destroy` exits 0 here and says that the resources have been deleted."""
    stack.up(CLASS)
    stack.listener = After(taken, 5, signal.SIGINT)
    ran = stack.destroy(parallel=4)
    stack.listener = None
    assert isinstance(ran.result.error, Interrupted)
    assert in_step(stack.clients, stack.world) == []
    assert stack.left()["users"]
    assert stack.destroy().ok
    assert stack.left() == {}


def test_a_second_signal_ends_at_once_and_nothing_is_lost(
    stack: StackRunner, runner: Runner
) -> None:
    """What was in flight is in the journal as pending, so the next run finds out about it."""
    stack.program(CLASS)
    ran = runner.run(stack, "up", kill=(25, "SIGINT twice"), parallel=8)
    assert ran["error"].startswith("KeyboardInterrupt")
    assert stack.up().ok
    assert in_step(stack.clients, stack.world) == []
    assert {len(keys) for keys in stack.keys().values()} == {1}
    assert stack.destroy().ok
    assert stack.left() == {}


def test_handlers_are_put_back_and_threads_do_without(stack: StackRunner) -> None:
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    stack.up(CLASS)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(stack.destroy().ok))
    thread.start()
    thread.join()
    assert done == [True]


def test_operations_run_beside_each_other_up_to_the_limit(stack: StackRunner) -> None:
    """`--parallel` is what it says: never more at once, and that many where there is work."""
    flying, most = 0, 0

    def count(event: Event) -> None:
        nonlocal flying, most
        if isinstance(event, Began):
            flying += 1
            most = max(most, flying)
        elif isinstance(event, Ended) and event.step.custom:
            flying -= 1

    stack.listener = count
    stack.up(CLASS, parallel=3)
    assert most == 3
