"""Ctrl-C, SIGTERM and SIGHUP: no exception ever comes out of nowhere into what works.

A signal handler that raises does so between any two instructions of the main thread: within an
import, a lock, asyncio's own bookkeeping. So the main thread does none of the work: it waits, and
what a signal means is decided there.

Source: Python documentation, "signal", "Note on Signal Handlers and Exceptions".
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn, TypeVar

from rolelab.ctrl_c import end

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOKS_UP_S = 0.1
_STACK_BYTES = 16 * 2**20
"""Of the thread that works: as much as a main thread has, where the system gives less."""


def run(work: Callable[[], T], stop: Callable[[str], None], *, waits_for: int = 1) -> T:
    """Return what `work` returns; it is carried out on a thread of its own, and this one waits.

    `stop` is called with the name of each of the first `waits_for` signals: after it `work` should
    come to its end soon. The next signal ends the wait at once, and `work` is left behind. Signals
    reach the main thread only: on another one `work` is simply called.

    Raises:
        KeyboardInterrupt: `work` is left behind.
        BaseException: what `work` raised.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    told: SimpleQueue[str | None] = SimpleQueue()
    outcome: list[Callable[[], T]] = []

    def carry_out() -> None:
        try:
            result = work()
            outcome.append(lambda: result)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            outcome.append(_raising(error))
        told.put(None)

    with _handing_on(told, most=waits_for + 1):
        _start(carry_out)
        while (name := _next(told)) is not None:
            waits_for -= 1
            if waits_for < 0:
                raise KeyboardInterrupt
            stop(name)
    return outcome[0]()


def _next(told: SimpleQueue[str | None]) -> str | None:
    """Return what is told next.

    Looks up now and then: where the system gives a signal to another thread, it wakes nobody.
    """
    while True:
        with suppress(Empty):
            return told.get(timeout=_LOOKS_UP_S)


@contextmanager
def _handing_on(told: SimpleQueue[str | None], *, most: int) -> Generator[None]:
    """Put the name of each signal into the queue, the one thing that is safe in a handler.

    One more than `most` ends the process: whoever should read the queue does not come to it.
    """
    left = most

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            end(number, frame)
        told.put("^C" if number == signal.SIGINT else signal.Signals(number).name)

    earlier = {
        number: signal.signal(number, handle) for number in _SIGNALS if not _is_ignored(number)
    }
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _start(work: Callable[[], None]) -> None:
    before = threading.stack_size(_STACK_BYTES)
    try:
        threading.Thread(target=work, name="work", daemon=True).start()
    finally:
        threading.stack_size(before)


def _raising(error: BaseException) -> Callable[[], NoReturn]:
    def again() -> NoReturn:
        raise error

    return again


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN
