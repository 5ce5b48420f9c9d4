"""The server: one local AWS under uvicorn on a loopback port, in a thread or as the process."""

from __future__ import annotations

import asyncio
import atexit
import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rolelab.errors import LabError, UsageError
from rolelab.localaws.http.front import App, Front, Message, Receive, Scope, Send
from rolelab.localaws.process.local_aws import LocalAwsApp
from rolelab.localaws.process.loopback import LoopbackServer, bound
from rolelab.localaws.process.record import (
    DEFAULT_REGION,
    Instance,
    new_id,
    new_secret,
    why_not_written,
)
from rolelab.localaws.process.wire import Wire
from rolelab.secret import Secret

_log = logging.getLogger(__name__)


class Life:
    """ASGI layer that answers the server's lifespan: MiniStack would look for containers."""

    def __init__(self, app: App, *, on_stop: Callable[[], None]) -> None:
        self._app = app
        self._on_stop = on_stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        message: Message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._on_stop()
        await send({"type": "lifespan.shutdown.complete"})


class Server:
    """One local AWS that is ready to serve on a port it already holds."""

    def __init__(
        self,
        *,
        instance_id: str,
        secret: Secret,
        region: str,
        port: int = 0,
        must_have_port: bool = False,
        state: Path | None = None,
        restore: bool = False,
    ) -> None:
        self._aws = LocalAwsApp(secret, region=region, state=state)
        self._restore = restore
        self._socket = _listen(port, only=must_have_port)
        port = self._socket.getsockname()[1]
        self.instance = Instance(
            url=f"http://127.0.0.1:{port}",
            instance_id=instance_id,
            secret=secret,
            region=region,
            pid=os.getpid(),
            port=port,
        )
        self.ready = threading.Event()
        self._front = Front(
            self._aws.app, self._aws.controls(), instance_id=instance_id, secret=secret
        )
        life = Life(self._front, on_stop=self._stop)
        self._uvicorn = LoopbackServer(
            life,
            self.leave,
            http=Wire,
            lifespan="on",
            date_header=False,
            timeout_graceful_shutdown=2,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_saved: Callable[[], None] = lambda: None
        self._saved_at: int | None = None
        """How many requests had been answered when all was saved; None if it is not."""

    def run(
        self,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_saved: Callable[[], None] = lambda: None,
        idle_s: float = 0,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Serve until `end`, a signal, or `idle_s` seconds without a request (0: no limit).

        It ends as well when it is no longer wanted, as where its folder is another's now.
        Returns False where what it holds could not be saved.

        Raises:
            LabError: what it held cannot be read; it is as it was.
            Exception: what `on_ready` raised.
        """
        self._on_saved = on_saved
        if self._restore:
            self._aws.restore()
        asyncio.run(self._serve(on_ready, idle_s, is_wanted))
        return self._saved_at is not None

    def end(self) -> None:
        """Ask a running server to end, saved or not; safe from any thread."""
        self._uvicorn.should_exit = True

    def leave(self) -> None:
        """Ask a running server to save, and to end if it could; safe from threads and signals."""
        if self._loop is None:
            self.end()
        else:
            self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        if self._save():
            self.end()

    async def _serve(
        self, on_ready: Callable[[], None], idle_s: float, is_wanted: Callable[[], bool]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        watch = asyncio.create_task(self._watch(on_ready, idle_s, is_wanted))
        # One that fails, as where nothing can be written, must not leave a server that nobody
        # knows of.
        watch.add_done_callback(lambda _: self.end())
        try:
            await self._uvicorn.serve(sockets=[self._socket])
        finally:
            if not watch.done():
                watch.cancel()
            self._loop = None
        if not watch.cancelled() and watch.done():
            watch.result()

    async def _watch(
        self, on_ready: Callable[[], None], idle_s: float, is_wanted: Callable[[], bool]
    ) -> None:
        while not self._uvicorn.started:
            await asyncio.sleep(0.001)
        on_ready()
        self.ready.set()
        while True:
            await asyncio.sleep(min(1.0, idle_s) if idle_s else 1.0)
            if not is_wanted():
                _log.warning("its folder was removed or moved, or its owner ended: it ends")
                self._save()
                return
            if idle_s and time.monotonic() - self._front.last_request > idle_s:
                self._leave()
                # Where it could not save, it goes on as after a request.
                self._front.last_request = time.monotonic()

    def _stop(self) -> None:
        if self._saved_at is None or self._saved_at != self._front.answered:
            # Requests that were under way have changed something, or nobody asked it to save.
            self._save()
        self._aws.empty()

    def _save(self) -> bool:
        """Save what it holds, and tell the front if that fails."""
        self._saved_at = None
        try:
            self._aws.save()
            self._on_saved()
        except OSError as error:
            self._front.unsaved = why = why_not_written(error)
            self._front.failures += 1
            _log.error("could not save what it holds, %s: %s", error.filename or "state", why)
            return False
        self._saved_at = self._front.answered
        return True


def _listen(port: int, *, only: bool) -> socket.socket:
    """Return a listening socket on loopback: this port if it is free, else any, unless told not to.

    Raises:
        UsageError: the port cannot be had, and only that one will do.
        LabError: there is none to be had.
    """
    refused = ""
    for number in (port,) if only else (port, 0) if port else (0,):
        try:
            return bound(number)
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            refused = "is in use" if in_use else f"cannot be had: {error.strerror}"
    if only:
        do = "give another one, or leave it out"
        raise UsageError(f"port {port} {refused}", where="--port", do=do)
    raise LabError(
        "no port to listen on", where="127.0.0.1", do="end what uses up the ports of this machine"
    )


@contextmanager
def in_process(*, region: str = DEFAULT_REGION) -> Iterator[Instance]:
    """Run a local AWS of its own in a thread of this process; what it holds is gone at the end.

    The end is not waited for: uvicorn takes 0.2 s to close, which a command that is done has no
    use for.

    Raises:
        LabError: another one runs in this process, or the versions are not the pinned ones.
    """
    _turn.take()
    try:
        server = Server(instance_id=new_id(), secret=new_secret(), region=region)
        thread = threading.Thread(target=_run, args=(server,), name="local-aws", daemon=True)
    except BaseException:
        _turn.give_back()
        raise
    thread.start()
    try:
        while not server.ready.wait(0.1):
            if not thread.is_alive():
                raise LabError("the local AWS did not start", do="see what was logged")
        yield server.instance
    finally:
        _turn.ending = True
        server.end()
        # A thread that ends while the interpreter does would complain.
        atexit.register(thread.join, 2)


def _run(server: Server) -> None:
    try:
        server.run()
    except Exception:  # noqa: BLE001 - logged in full
        _log.exception("the local AWS failed")
    finally:
        _turn.give_back()


class _Turn:
    """One local AWS in a process at a time, as MiniStack keeps its state in modules."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ending = False

    def take(self) -> None:
        """Wait for one that ends; refuse beside one that runs.

        Raises:
            LabError: one runs in this process.
        """
        if not self._lock.acquire(blocking=self.ending, timeout=10 if self.ending else -1):
            raise LabError("a local AWS already runs in this process")
        self.ending = False

    def give_back(self) -> None:
        """Let the next one begin."""
        self._lock.release()


_turn = _Turn()
