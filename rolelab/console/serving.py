"""Serve the console on a loopback port until Ctrl-C; the local AWS goes on."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rolelab.aws.callers import Callers
from rolelab.console.app import application
from rolelab.console.browser_sessions import BrowserSessions
from rolelab.console.visit import ConsoleParts
from rolelab.errors import CannotTell, UsageError
from rolelab.localaws.process.loopback import LoopbackServer, bound
from rolelab.localaws.process.record import Instance, read_record, read_secret


class ConsoleServer:
    """A console that holds its port already."""

    def __init__(
        self,
        instance: Instance,
        account: str,
        *,
        port: int | None = None,
        or_any: int = 0,
        now_at: Callable[[], Instance | None] = lambda: None,
    ) -> None:
        """Take the port; without one `or_any`, or where that is taken any that is free.

        `now_at` says where the local AWS is by now, if that is known: it may be started anew.

        Raises:
            UsageError: another program has the port.
        """
        self._socket = _listen(port, or_any)
        self._now_at = now_at
        self._parts = ConsoleParts(
            instance=instance,
            callers=_callers(instance, account),
            sessions=BrowserSessions(),
            account=account,
            address=f"http://127.0.0.1:{self._socket.getsockname()[1]}",
        )
        self.uvicorn = LoopbackServer(
            application(self._parts.address, lambda: self.around),
            self.end,
            http="httptools",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )

    @property
    def around(self) -> ConsoleParts:
        """What all requests share, at the local AWS as it runs now."""
        instance = self._now_at()
        if instance and instance != self._parts.instance:
            callers = _callers(instance, self._parts.account)
            self._parts = replace(self._parts, instance=instance, callers=callers)
        return self._parts

    def root_link(self) -> str:
        """Return a link that signs root in: good once, for a minute."""
        return f"{self.around.address}/signin/root?token={self.around.sessions.new_link()}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self.uvicorn.run(sockets=[self._socket])

    def end(self) -> None:
        """Ask it to end; safe from any thread."""
        self.uvicorn.should_exit = True


def _callers(instance: Instance, account: str) -> Callers:
    """Return clients that send what was entered as it is: what is wrong with it, AWS is to say."""
    return Callers(instance.endpoint(account), checks_values=False)


def follower(home: Path) -> Callable[[], Instance | None]:
    """Return what says where the local AWS of a folder is: its record, read when it changes.

    None where there is no record, or no secret.
    """
    looked_at: tuple[object, Instance | None] = (None, None)

    def now_at() -> Instance | None:
        nonlocal looked_at
        try:
            stat = (home / "instance.json").stat()
            changed = (stat.st_mtime_ns, stat.st_ino)
            if changed != looked_at[0]:
                record, secret = read_record(home), read_secret(home)
                looked_at = changed, record.instance(secret) if record and secret else None
        except (OSError, CannotTell):
            return None
        return looked_at[1]

    return now_at


def on_enter(do: Callable[[], None]) -> bool:
    """Do something each time Enter is pressed; return whether somebody can: at a terminal."""
    if not sys.stdin.isatty():
        return False

    def wait() -> None:
        for _ in sys.stdin:
            do()

    threading.Thread(target=wait, name="on-enter", daemon=True).start()
    return True


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
