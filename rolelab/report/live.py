"""What a running verification shows on the standard error: how far it is, and what it waits for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TextIO

from rolelab import readable
from rolelab.findings import Finding, Verdict

if TYPE_CHECKING:
    from rolelab.aws.patience import AwsAnswer

_EVERY_S = 0.1
_LINE_EVERY_S = 5.0


class VerifyProgress:
    """Counts findings and tells of waits: one changing line, or a line now and then in a file."""

    def __init__(
        self, learners: int, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._learners = learners
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._done: set[str] = set()
        self._tally = dict.fromkeys(Verdict, 0)
        self._last = clock()
        self._shown = 0

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        self._tally[finding.verdict] += 1
        if finding.phase == "cleanup":
            self._done.add(finding.learner)
        if self._is_terminal and self._clock() - self._last >= _EVERY_S:
            self._show("")

    def waiting(self, learner: str, check: str, answer: AwsAnswer) -> None:
        """Tell that an unexpected answer may be `not yet`."""
        text = f"{learner}: {check}: {answer.got} after {answer.waited_s:.0f} s; "
        text = readable.line(f"{text}perhaps not yet, asking again")
        if self._is_terminal:
            if self._clock() - self._last >= _EVERY_S:
                self._show(text)
        elif answer.waited_s and self._clock() - self._last >= _LINE_EVERY_S:
            self._last = self._clock()
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def stopping(self) -> None:
        """Tell that the run was interrupted and is being cleaned up."""
        self.close()
        self._stream.write(
            "interrupted: removing what was made (Ctrl-C twice more leaves it there)\n"
        )
        self._stream.flush()

    def close(self) -> None:
        """Remove the changing line."""
        if self._shown:
            self._stream.write(f"\r{' ' * self._shown}\r")
            self._stream.flush()
            self._shown = 0

    def _show(self, waiting: str) -> None:
        self._last = self._clock()
        passed, failed = self._tally[Verdict.PASS], self._tally[Verdict.FAIL]
        text = f"{len(self._done)}/{self._learners} learners, {passed} checks passed"
        text += f", {failed} failed" if failed else ""
        text = f"{text}; {waiting}"[:79] if waiting else text
        self._stream.write(f"\r{text:<{self._shown}}")
        self._stream.flush()
        self._shown = len(text)


@contextmanager
def screen(learners: int) -> Generator[VerifyProgress]:
    """Show progress on the standard error for the block."""
    with closing(VerifyProgress(learners, sys.stderr)) as progress:
        yield progress
