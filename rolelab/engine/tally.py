"""What a run tells, counts, and whether it goes on; safe to use from several threads."""

from __future__ import annotations

import threading
import time
from collections import Counter

from rolelab.errors import CannotTell, Interrupted, LabError
from rolelab.steps import (
    Began,
    Ended,
    Event,
    Failed,
    Listener,
    Message,
    Op,
    Planned,
    Severity,
    Step,
    Summary,
)

_NAMED = 5
"""So many of what was not found are named."""


class StoppedError(Exception):
    """An operation was not begun, because the run is being stopped."""


class OperationError(Exception):
    """An operation failed and was reported; the words are for people."""


class Tally:
    """Events, counts and errors of one run.

    The first failure stops everything that has not begun (with `continue_on_error`, only what
    depends on it); so does `stop`.
    """

    def __init__(self, kind: str, listener: Listener, *, continue_on_error: bool = False) -> None:
        """Begin a run; `kind` is preview, update or destroy."""
        self.kind = kind
        self.cancelled = False
        """True once `stop` was called."""
        self._cause: LabError | None = None
        self._listener = listener
        self._lock = threading.Lock()
        self._continue = continue_on_error
        self._errors = 0
        self._counts: Counter[Op] = Counter()
        self._began = time.monotonic()
        self._open: dict[str, Step] = {}
        self._missing: list[str] = []

    # -- whether it goes on -----------------------------------------------------------------------

    @property
    def failed(self) -> bool:
        """True if an operation or the program failed."""
        return self._errors > 0

    @property
    def stopped(self) -> bool:
        """True once nothing new is begun."""
        return self.cancelled or (self.failed and not self._continue)

    def stop(self) -> None:
        """Begin nothing new; what is in flight finishes and is recorded."""
        self.cancelled = True

    def interrupted(self, signal_name: str) -> None:
        """Stop because of a signal."""
        self.stop()
        text = f"{signal_name} received; finishing what is in flight. Again to end at once."
        self.tell(Message(Severity.WARNING, text))

    def give_up(self, cause: LabError) -> None:
        """Stop the run for a reason that decides its exit code, such as AWS out of reach."""
        with self._lock:
            self._errors += 1
            self._cause = self._cause or cause

    def lost(self, said: str, do: str) -> None:
        """Stop the run because there is no AWS any more: one line for all that was in flight."""
        do = f"{do}; the next run finds out what was done, and carries on"
        self.give_up(CannotTell("AWS no longer answers", where=said, do=do))
        self.stop()

    def outcome(self) -> LabError | None:
        """Return why the run was not finished; None if all was done."""
        if self._cause:
            return self._cause
        if self.failed:
            return LabError(f"{self.kind} failed")
        if self.cancelled:
            what = f"{self.kind} canceled: not everything was done"
            return Interrupted(what, do="the next run carries on")
        return None

    def summary(self) -> Summary:
        """Sum up what was done, or would be."""
        return Summary(
            kind=self.kind,
            counts=dict(self._counts),
            errors=self._errors,
            seconds=time.monotonic() - self._began,
            finished=not self.failed and not self.cancelled,
        )

    # -- events -----------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Hand an event to the listener; one at a time."""
        with self._lock:
            self._listener(event)

    def tell_missing(self) -> None:
        """Tell what was to be deleted and was not there, at the end of the run."""
        if self._missing:
            shown = ", ".join(self._missing[:_NAMED])
            more = len(self._missing) - _NAMED
            also = f" and {more} more" if more > 0 else ""
            self.say(f"not found, so somebody else had removed it: {shown}{also}")

    def missing(self, what: str) -> None:
        """Note what was to be deleted and was not there."""
        self._missing.append(what)

    def say(self, text: str) -> None:
        """Tell a line for people."""
        self.tell(Message(Severity.INFO, text))

    def error(self, text: str, urn: str = "") -> None:
        """Report an error of the program, which stops the run like a failed operation."""
        self._tell_error(Message(Severity.ERROR, text, urn))

    def same(self) -> None:
        """Count a resource that is as declared."""
        with self._lock:
            self._counts[Op.SAME] += 1

    def planned(self, step: Step) -> None:
        """Count and tell what would be done."""
        with self._lock:
            self._counts[step.op] += 1
            self._listener(Planned(step))

    def begin(self, step: Step) -> float:
        """Tell that a step begins; return the moment, in seconds of the monotonic clock.

        Raises:
            StoppedError: nothing new is begun any more.
        """
        if self.stopped:
            raise StoppedError
        self.tell(Began(step))
        return time.monotonic()

    def done(self, step: Step, began: float | None = None) -> None:
        """Count and tell what was done, since when."""
        seconds = 0.0 if began is None else time.monotonic() - began
        with self._lock:
            self._counts[step.op] += 1
            self._listener(Ended(step, seconds))

    def failure(self, step: Step, said: str) -> OperationError:
        """Report that a step failed; return what is to be raised."""
        self._tell_error(Failed(step, said))
        return OperationError(said)

    def opened(self, step: Step) -> None:
        """Take a component that is made: it counts as created when it has told its outputs."""
        self._open[step.urn] = step

    def closed(self, urn: str) -> None:
        """Count a component that has told its outputs."""
        if step := self._open.pop(urn, None):
            self.done(step)

    def all_closed(self) -> None:
        """Count the components that never told any outputs."""
        for urn in list(self._open):
            self.closed(urn)

    def _tell_error(self, event: Event) -> None:
        with self._lock:
            self._errors += 1
            self._listener(event)
