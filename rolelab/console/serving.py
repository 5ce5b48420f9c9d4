"""Serve the console on a loopback port until Ctrl-C; the local AWS goes on."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from rolelab.aws.callers import Callers
from rolelab.console.app import application
from rolelab.console.browser_sessions import BrowserSessions
from rolelab.console.visit import ConsoleParts
from rolelab.errors import UsageError
from rolelab.localaws.process.record import Instance


class _Server(uvicorn.Server):
    """Uvicorn for which Ctrl-C is the ordinary end: its own sends the signal on afterwards."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGINT and SIGTERM."""
        self.should_exit = True


class ConsoleServer:
    """A console that holds its port already."""

    def __init__(
        self, instance: Instance, account: str, *, port: int | None = None, or_any: int = 0
    ) -> None:
        """Take the port; without one `or_any`, or where that is taken any that is free.

        Raises:
            UsageError: another program has the port.
        """
        self._socket = _listen(port) if port else _listen_where_free(or_any)
        address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.around = ConsoleParts(
            instance=instance,
            callers=Callers(instance.endpoint(account)),
            sessions=BrowserSessions(),
            account=account,
            address=address,
        )
        config = uvicorn.Config(
            application(self.around),
            http="httptools",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self.uvicorn = _Server(config)

    def root_link(self) -> str:
        """Return a link that signs root in: good once, for a minute."""
        return f"{self.around.address}/signin/root?token={self.around.sessions.new_link()}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self.uvicorn.run(sockets=[self._socket])


def on_enter(do: Callable[[], None]) -> None:
    """Do something each time Enter is pressed, where somebody can: at a terminal."""
    if not sys.stdin.isatty():
        return

    def wait() -> None:
        for _ in sys.stdin:
            do()

    threading.Thread(target=wait, name="on-enter", daemon=True).start()


def _listen_where_free(wanted: int) -> socket.socket:
    try:
        return _listen(wanted)
    except UsageError:
        return _listen(0)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        do = "give another one, or leave --port out"
        what = f"cannot listen on port {port}: {error.strerror}"
        raise UsageError(what, where="--port", do=do) from None
    return listening
