"""How long a question is asked again that had an unexpected answer: "not yet" or "wrong".

Changes to IAM take effect after seconds, at times a minute; removals as late as grants. So a
question with any answer but the expected one is asked again, with back-off, until the lab is older
than any propagation seen. What is not an answer (throttled, cut off, garbled) counts as neither yes
nor no, and the question is asked again, too.

Source: IAM User Guide, "Troubleshoot IAM", "Changes that I make are not always immediately
visible".
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from rolelab.aws.failures import AwsFailure, Kind, as_lab_error

REAL_LIMIT_S = 60.0
"""Longest propagation seen on AWS; there is no official figure."""
LOCAL_LIMIT_S = 2.0
"""The local AWS changes at once: this is for a machine under load."""
CONFIRMED = 2
"""Times an unexpected answer must be seen, the last one after the limit, before it is believed."""
LEAST_TRIES = 4
"""However slow the answers are, so often is asked before it is given up."""
CLOCK_TOLERANCE_S = 240
"""AWS refuses requests that are five minutes off."""


class Stopped(Exception):
    """The run is being stopped: nothing new is asked."""


class CallOutcome(Enum):
    """What came of one call."""

    WORKED = "works"
    DENIED = "refused"
    """AccessDenied, and no other error."""
    KEY_REFUSED = "key refused"
    """The credentials are unknown, inactive or wrong, so nothing was said about permissions."""
    OTHER = "other error"
    NO_ANSWER = "no answer"
    """Throttled, cut off, garbled, a failing service, a wrong clock, an ended session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAnswer:
    """What AWS answered in the end, and how long that took to find out."""

    outcome: CallOutcome
    value: Any = None
    code: str = ""
    said: str = ""
    server_time: datetime | None = None
    tries: int = 1
    waited_s: float = 0.0

    @property
    def works(self) -> bool:
        """Whether AWS did what was asked."""
        return self.outcome is CallOutcome.WORKED

    @property
    def got(self) -> str:
        """The outcome in a few words."""
        if self.works:
            return "works"
        if self.outcome is CallOutcome.DENIED:
            return f"refused ({self.code})"
        if self.outcome is CallOutcome.NO_ANSWER:
            return f"no answer ({self.code}; {self.tries} tries in {self.waited_s:.0f} s)"
        return self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and chance, so that tests need neither."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(timezone.utc))
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """Uniform in 0..1."""


def _given_up(last: AwsAnswer) -> AwsAnswer:
    code = last.code or "no two answers alike"
    return replace(last, outcome=CallOutcome.NO_ANSWER, code=code, value=None)


@dataclass(slots=True)
class _Repeats:
    """Counts how often the same answer came in a row."""

    last: tuple[object, ...] = ()
    times: int = 0

    def add(self, *answer: object) -> int:
        self.times = self.times + 1 if answer == self.last else 1
        self.last = answer
        return self.times


class Patience:
    """Asks until the answer is the expected one, or certain to be another. All threads share it."""

    def __init__(
        self, limit_s: float, clock: Clock, *, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.limit_s = limit_s
        self.clock = clock
        self._is_stopped = is_stopped
        self._started = clock.monotonic()
        self._last_answer = self._started

    def ask(
        self,
        call: Callable[[], Any],
        hoped_for: Callable[[AwsAnswer], bool],
        *,
        on_wait: Callable[[AwsAnswer], None] = lambda _: None,
        likeness: Callable[[Any], object] = lambda _: None,
        stoppable: bool = True,
    ) -> AwsAnswer:
        """Return the hoped-for answer as soon as it comes, or else what AWS keeps saying.

        NO_ANSWER comes back only where AWS did not answer twice alike after the limit; of answers
        that worked, `likeness` returns what must be alike.

        Raises:
            Stopped: the run is being stopped (never with `stoppable=False`).
            CannotTell: the local AWS hangs.
        """
        began = self.clock.monotonic()
        # All of the lab was made before the run began: later checks wait no longer than the first.
        settled = max(self._started + self.limit_s, began + self.limit_s / 20)
        given_up = max(self._started + self.limit_s * 1.5, began + self.limit_s / 5)
        repeats, tries = _Repeats(), 0
        while True:
            if stoppable and self._is_stopped():
                raise Stopped
            answer, tries = self._observe(call), tries + 1
            now = self.clock.monotonic()
            answer = replace(answer, tries=tries, waited_s=now - began)
            if answer.outcome is not CallOutcome.NO_ANSWER:
                self._last_answer = now
                value = None if answer.value is None else likeness(answer.value)
                times = repeats.add(answer.outcome, answer.code, value)
                if hoped_for(answer) or (now >= settled and times >= CONFIRMED):
                    return answer
            elif now - self._last_answer > self.limit_s * 1.5:
                # No answer for long: to wait again for each of 1,000 learners would take hours.
                return answer
            if now >= given_up and tries >= LEAST_TRIES:
                return _given_up(answer)
            on_wait(answer)
            self.clock.sleep(self._pause(tries, max(settled - now, 0.0)))

    def _pause(self, seen: int, left_s: float) -> float:
        """A fortieth of the limit, doubled up to a sixth, half of it by chance.

        The last ends at it.
        """
        most = min(self.limit_s / 40 * 2 ** min(seen - 1, 10), self.limit_s / 6)
        pause = most * (0.5 + self.clock.random() / 2)
        return min(pause, left_s + 0.001) if left_s else pause

    def _observe(self, call: Callable[[], Any]) -> AwsAnswer:
        try:
            return AwsAnswer(outcome=CallOutcome.WORKED, value=call())
        except AwsFailure as failure:
            if failure.hangs:
                # To ask for all that is left to ask would take hours, and say nothing.
                raise as_lab_error(failure) from None
            return AwsAnswer(
                outcome=self._outcome(failure),
                code=failure.code,
                said=failure.said,
                server_time=failure.server_time,
            )

    def _outcome(self, failure: AwsFailure) -> CallOutcome:
        if (
            failure.kind in (Kind.THROTTLED, Kind.UNREACHABLE)
            or failure.expired
            or failure.clock_is_wrong
        ):
            return CallOutcome.NO_ANSWER
        if failure.code.isdigit():
            # Botocore's word for an error whose body cannot be read: only its status is known.
            return CallOutcome.NO_ANSWER
        if failure.kind is Kind.DENIED:
            return CallOutcome.DENIED
        if failure.kind is not Kind.CREDENTIALS:
            return CallOutcome.OTHER
        # A wrong clock makes a wrong signature; some services say only that it does not match.
        off_s = (
            abs((failure.server_time - self.clock.now()).total_seconds())
            if failure.server_time
            else 0.0
        )
        return CallOutcome.NO_ANSWER if off_s > CLOCK_TOLERANCE_S else CallOutcome.KEY_REFUSED
