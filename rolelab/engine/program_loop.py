"""The event loop that a program runs on: it calls the engine, and is left once a run is stopped."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Any


class ProgramLoop(asyncio.SelectorEventLoop):
    """Calls the monitor on the spot, where the SDK would hand each call to a thread.

    Most answers need no AWS and are there at once; the others are Futures of the engine's own
    threads.
    """

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        """Take what is asked before each call: once it is true, the loop is left."""
        super().__init__()
        self._is_stopped = is_stopped
        self._is_left = False

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Call, and return a future of what comes of it.

        Raises:
            SystemExit: the run is stopped; out of the loop, to whoever runs it.
            CancelledError: it has been left.
        """
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        if self._is_left:
            raise asyncio.CancelledError
        if self._is_stopped():
            # The one exception that asyncio lets out of a task, and so out of the loop.
            self._is_left = True
            raise SystemExit
        answer = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - whoever awaits the call gets it
            answer.set_exception(error)
            return answer
        if isinstance(result, concurrent.futures.Future):
            return asyncio.wrap_future(result, loop=self)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        answer.set_result(result)
        return answer
