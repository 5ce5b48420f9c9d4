"""Ctrl-C and SIGTERM: after one, what is in flight finishes; after two, the run ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_on_signals(stop: Callable[[str], bool]) -> Generator[None]:
    """Call `stop` with the signal's name when one arrives; it returns whether it is the first one.

    Signals reach the main thread only: elsewhere nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if not stop("^C" if number == signal.SIGINT else signal.Signals(number).name):
            # Nothing is lost: what is in flight is in the journal as a pending operation.
            raise KeyboardInterrupt

    earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
