"""A faulty network before the local AWS, in simulated time: a seed gives the same troubles."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from rolelab.aws.patience import Clock

REQUEST_S = 0.05
"""What a request takes in simulated time."""


class SimulatedTime:
    """A clock that sleeping and requests move; due changes take effect as it passes them."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._at_s = 0.0
        self._began = datetime.now(timezone.utc)
        self._due: list[tuple[float, Callable[[], None]]] = []

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self._at_s, now=self.now, sleep=self.pass_by, random=self._rng.random
        )

    @property
    def at_s(self) -> float:
        return self._at_s

    def now(self) -> datetime:
        # What AWS signs with is the real clock, so the calendar follows that.
        return datetime.now(timezone.utc)

    def at(self, at_s: float, change: Callable[[], None]) -> None:
        self._due.append((at_s, change))
        self._due.sort(key=lambda due: due[0])

    def pass_by(self, seconds: float) -> None:
        self._at_s += seconds
        while self._due and self._due[0][0] <= self._at_s:
            self._due.pop(0)[1]()


@dataclass
class Weather:
    """Which troubles there are, how often, and when."""

    rng: random.Random
    kinds: tuple[str, ...]
    """Names in TROUBLES."""
    often: float
    """Share of the requests that are troubled."""
    until_s: float = float("inf")
    """Simulated time at which it clears up."""
    seen: list[str] = field(default_factory=list[str])

    def trouble(self, at_s: float) -> str:
        """Return the trouble of the next request, or nothing."""
        if at_s >= self.until_s or self.rng.random() >= self.often:
            return ""
        kind = self.rng.choice(self.kinds)
        self.seen.append(kind)
        return kind


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def _error(status: int, code: str, message: str, *, is_s3: bool) -> Reply:
    inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = inner if is_s3 else f"<ErrorResponse>{inner}<RequestId>x</RequestId></ErrorResponse>"
    return Reply(status, [("Content-Type", "text/xml")], body.encode())


def _garbled(reply: Reply, rng: random.Random) -> Reply:
    body = bytearray(reply.body)
    for _ in range(rng.randint(1, 6)):
        if body:
            body[rng.randrange(len(body))] = rng.randrange(256)
    return Reply(reply.status, reply.headers, bytes(body))


def _cut(reply: Reply, rng: random.Random) -> Reply:
    return Reply(reply.status, reply.headers, reply.body[: rng.randrange(len(reply.body) + 1)])


_SKEWED = "The difference between the request time and the current time is too large."
_EXPIRED = (
    "Signature expired: 20260101T000000Z is now earlier than 20260101T060000Z "
    "(20260101T060500Z - 5 min.)"
)
_PAGE = Reply(
    200, [("Content-Type", "text/html")], b"<html><body>Please log in to the network.</body></html>"
)

# Instead of the answer: with the request carried out before it, or not.
_INSTEAD: dict[str, Callable[[bool], Reply]] = {
    "throttled": lambda s3: (
        _error(503, "SlowDown", "Reduce your request rate.", is_s3=True)
        if s3
        else _error(400, "Throttling", "Rate exceeded", is_s3=False)
    ),
    "500": lambda s3: _error(
        500, "InternalError" if s3 else "InternalFailure", "We had an error.", is_s3=s3
    ),
    "503": lambda s3: _error(503, "ServiceUnavailable", "Try again.", is_s3=s3),
    "bare 502": lambda _: Reply(502, [("Content-Type", "text/html")], b"<html>Bad Gateway</html>"),
    "page": lambda _: _PAGE,
    "empty": lambda _: Reply(200, [], b""),
    "clock": lambda s3: _error(
        403,
        "RequestTimeTooSkewed" if s3 else "SignatureDoesNotMatch",
        _SKEWED if s3 else _EXPIRED,
        is_s3=s3,
    ),
}
TROUBLES = (*_INSTEAD, "reset", "closed", "hangs", "cut", "cut short", "garbled")


@contextmanager
def endpoint(url: str, weather: Weather, time: SimulatedTime) -> Generator[str]:
    """Serve a faulty way to the AWS at `url` and yield its own URL."""
    upstream = urlsplit(url)
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            content = self.rfile.read(length)
            time.pass_by(REQUEST_S)
            trouble = weather.trouble(time.at_s)
            is_s3 = "/s3/" in self.headers.get("Authorization", "")
            instead = _INSTEAD.get(trouble)
            reply: Reply | None = None
            if (
                not trouble
                or trouble in ("cut", "cut short", "garbled")
                or weather.rng.random() < 0.5
            ):
                reply = self._ask(content)
            if instead is not None:
                reply = instead(is_s3)
            if trouble in ("reset", "closed", "hangs") or reply is None:
                self._vanish(trouble)
                return
            if trouble == "garbled":
                reply = _garbled(reply, weather.rng)
            said = len(reply.body)
            if trouble in ("cut", "cut short"):
                reply = _cut(reply, weather.rng)
                # "cut" says its new length and looks whole; "cut short" promises what never comes.
                said = said if trouble == "cut short" else len(reply.body)
            self._reply(reply, said)

        def _ask(self, content: bytes) -> Reply:
            connection = http.client.HTTPConnection(
                upstream.hostname or "", upstream.port, timeout=30
            )
            try:
                connection.request(self.command, self.path, content, dict(self.headers.items()))
                answer = connection.getresponse()
                return Reply(answer.status, answer.getheaders(), answer.read())
            finally:
                connection.close()

        def _reply(self, reply: Reply, said: int) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                if name.lower() not in (
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "date",
                ):
                    self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(said))
            if said != len(reply.body):
                self.close_connection = True
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

        def handle_expect_100(self) -> bool:
            on = super().handle_expect_100()
            self.wfile.flush()
            return on

        def _vanish(self, trouble: str) -> None:
            self.close_connection = True
            if trouble == "hangs":
                release.wait(5)
            if trouble == "reset":
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join()


__all__ = ["TROUBLES", "SimulatedTime", "Weather", "endpoint"]
