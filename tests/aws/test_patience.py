"""Telling "not yet" from "wrong", in simulated time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from rolelab.aws.failures import AwsFailure, Kind
from rolelab.aws.patience import AwsAnswer, CallOutcome, Clock, Patience, Stopped


class SimulatedTime:
    """A clock that only sleeping moves, by exactly what was slept."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.at_s += seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.at_s,
            now=self.now,
            sleep=self.sleep,
            random=random.Random(1).random,
        )

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.at_s)


def refusal(kind: Kind = Kind.DENIED, code: str = "AccessDenied", **more: Any) -> AwsFailure:
    return AwsFailure(operation="ListBuckets", kind=kind, code=code, said="no", **more)


def worked(answer: AwsAnswer) -> bool:
    return answer.outcome is CallOutcome.WORKED


def denied(answer: AwsAnswer) -> bool:
    return answer.outcome is CallOutcome.DENIED


def raising(*failures: AwsFailure | None) -> Callable[[], None]:
    """Fail in turn, the last one for ever; None is a success."""
    left = list(failures)

    def call() -> None:
        failure = left.pop(0) if len(left) > 1 else left[0]
        if failure:
            raise failure

    return call


@pytest.fixture
def time() -> SimulatedTime:
    return SimulatedTime()


@pytest.mark.parametrize("hoped_for", [worked, denied])
@pytest.mark.parametrize("lag_s", [0, 2, 20, 59])
def test_a_change_that_takes_effect_late_is_waited_for(
    time: SimulatedTime, hoped_for: Callable[[AwsAnswer], bool], lag_s: float
) -> None:
    """A grant may take effect late, and so may a removal: both are asked again."""

    def call() -> None:
        if (time.at_s < lag_s) == (hoped_for is worked):
            raise refusal()

    answer = Patience(60, time.clock).ask(call, hoped_for)
    assert hoped_for(answer)
    assert lag_s <= time.at_s <= lag_s + 10


def test_what_stays_refused_is_believed_after_the_limit_and_no_later(time: SimulatedTime) -> None:
    """A wrong lab is called wrong; only then, and only when AWS said it more than once."""
    answer = Patience(60, time.clock).ask(raising(refusal()), worked)
    assert answer.outcome is CallOutcome.DENIED
    assert answer.tries > 2
    assert 60 <= time.at_s <= 70


def test_later_checks_do_not_wait_again(time: SimulatedTime) -> None:
    """The lab was made before the run: with ten faults it costs one wait, not ten."""
    patience = Patience(60, time.clock)
    for _ in range(10):
        assert patience.ask(raising(refusal()), worked).outcome is CallOutcome.DENIED
    assert time.at_s < 110


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.UNREACHABLE])
def test_no_answer_is_neither_yes_nor_no(time: SimulatedTime, kind: Kind) -> None:
    """Throttled to the end is exit code 3, whatever was hoped for."""
    for hoped_for in (worked, denied):
        assert (
            Patience(60, time.clock).ask(raising(refusal(kind, "Throttling")), hoped_for).outcome
            is CallOutcome.NO_ANSWER
        )


def test_a_refusal_before_the_limit_and_silence_after_it_is_no_answer(time: SimulatedTime) -> None:
    """The refusal may have been `not yet`: nobody knows."""

    def call() -> None:
        raise refusal() if time.at_s < 50 else refusal(Kind.UNREACHABLE, "ReadTimeoutError")

    assert Patience(60, time.clock).ask(call, worked).outcome is CallOutcome.NO_ANSWER


def test_one_strange_answer_among_lost_ones_is_not_believed(time: SimulatedTime) -> None:
    """A verdict needs two answers alike."""
    lost = refusal(Kind.UNREACHABLE, "ConnectionClosedError")
    answers = [
        refusal(Kind.REFUSED, f"Garbled{number}") if number % 2 else lost for number in range(200)
    ]
    assert Patience(60, time.clock).ask(raising(*answers), worked).outcome is CallOutcome.NO_ANSWER


def test_a_wrong_clock_is_not_a_wrong_key(time: SimulatedTime) -> None:
    """AWS says SignatureDoesNotMatch to both; the key may be good."""
    signature = "SignatureDoesNotMatch"
    words = AwsFailure(
        operation="x",
        kind=Kind.CREDENTIALS,
        code=signature,
        said="Signature expired: 2026 is now earlier",
    )
    off = refusal(Kind.CREDENTIALS, signature, server_time=time.now() + timedelta(hours=3))
    right = refusal(Kind.CREDENTIALS, signature, server_time=time.now())
    assert Patience(0.1, time.clock).ask(raising(words), worked).outcome is CallOutcome.NO_ANSWER
    assert Patience(0.1, time.clock).ask(raising(off), worked).outcome is CallOutcome.NO_ANSWER
    assert Patience(0.1, time.clock).ask(raising(right), worked).outcome is CallOutcome.KEY_REFUSED


def test_an_ended_session_is_not_a_wrong_key(time: SimulatedTime) -> None:
    """It was good: the run took too long."""
    ended = refusal(Kind.CREDENTIALS, "ExpiredToken")
    assert Patience(1, time.clock).ask(raising(ended), worked).outcome is CallOutcome.NO_ANSWER


def test_other_errors_are_no_refusal(time: SimulatedTime) -> None:
    """Only AccessDenied is."""
    other = refusal(Kind.REFUSED, "BucketAlreadyExists")
    assert Patience(1, time.clock).ask(raising(other), denied).outcome is CallOutcome.OTHER


def test_with_nobody_answering_a_thousand_checks_do_not_take_a_thousand_waits(
    time: SimulatedTime,
) -> None:
    """After the first wait each is asked once."""
    patience = Patience(60, time.clock)
    lost = raising(refusal(Kind.UNREACHABLE, "EndpointConnectionError"))
    for _ in range(1000):
        assert patience.ask(lost, worked).outcome is CallOutcome.NO_ANSWER
    assert time.at_s < 200


def test_a_stopped_run_asks_nothing_more_except_to_clean_up(time: SimulatedTime) -> None:
    """Ctrl-C ends the waiting at once; what was made must still be removed."""
    patience = Patience(60, time.clock, is_stopped=lambda: True)
    with pytest.raises(Stopped):
        patience.ask(raising(None), worked)
    assert patience.ask(raising(None), worked, stoppable=False).outcome is CallOutcome.WORKED
