"""Serve the console on a loopback port until Ctrl-C; the local AWS goes on."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable

from rolelab.aws.callers import Callers
from rolelab.console.app import application
from rolelab.console.browser_sessions import BrowserSessions
from rolelab.console.visit import ConsoleParts
from rolelab.errors import UsageError
from rolelab.localaws.process.loopback import LoopbackServer, bound
from rolelab.localaws.process.record import Instance


class ConsoleServer:
    """A console that holds its port already."""

    def __init__(
        self, instance: Instance, account: str, *, port: int | None = None, or_any: int = 0
    ) -> None:
        """Take the port; without one `or_any`, or where that is taken any that is free.

        Raises:
            UsageError: another program has the port.
        """
        self._socket = _listen(port, or_any)
        address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.around = ConsoleParts(
            instance=instance,
            callers=Callers(instance.endpoint(account)),
            sessions=BrowserSessions(),
            account=account,
            address=address,
        )
        self.uvicorn = LoopbackServer(
            application(self.around),
            self.end,
            http="httptools",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )

    def root_link(self) -> str:
        """Return a link that signs root in: good once, for a minute."""
        return f"{self.around.address}/signin/root?token={self.around.sessions.new_link()}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self.uvicorn.run(sockets=[self._socket])

    def end(self) -> None:
        """Ask it to end; safe from any thread."""
        self.uvicorn.should_exit = True


def on_enter(do: Callable[[], None]) -> None:
    """Do something each time Enter is pressed, where somebody can: at a terminal."""
    if not sys.stdin.isatty():
        return

    def wait() -> None:
        for _ in sys.stdin:
            do()

    threading.Thread(target=wait, name="on-enter", daemon=True).start()


def _listen(port: int | None, or_any: int) -> socket.socket:
    """Return a socket on the port; without one on `or_any`, or where that is taken on any."""
    try:
        return bound(or_any if port is None else port)
    except OSError as error:
        if port is None:
            return bound(0)
        do = "give another one, or leave --port out"
        what = f"cannot listen on port {port}: {error.strerror}"
        raise UsageError(what, where="--port", do=do) from None
