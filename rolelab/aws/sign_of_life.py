"""How long an answer of the local AWS is waited for: as long as its process gives a sign of life.

One that hangs, such as one that was stopped with Ctrl-Z, takes connections all the same, while on a
busy machine a call may take a minute. So whoever waits for long asks for a sign by another
connection: any byte is one, and none comes from a process that hangs.
"""

from __future__ import annotations

import socket
import threading
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool
from botocore.exceptions import HTTPClientError
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import wait_for_read

from rolelab.aws.endpoint import HEALTH_PATH

LONGEST_S = 600.0
"""So long an answer of the local AWS is waited for at most, whatever signs there are."""
_QUIET_S = 5.0
"""After so long without an answer, a sign of life is asked for; and again after each one."""
_SIGN_S = 10.0
"""So long that is waited for: under twenty times the load that a machine can do it takes one."""
_AGAIN_S = 1.0
"""Both, once it gave none."""


class NoSignOfLife(HTTPClientError):
    """Something takes connections at the address and answers nothing."""

    fmt = "the AWS at {address} does not answer"


class _None(ReadTimeoutError):
    """What urllib3 and botocore pass on of it."""


class Pulse:
    """Whether a server gives a sign of life: all who wait for it share what one has found."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._lock = threading.Lock()
        self._is_felt = True
        self._found_at = float("-inf")

    @property
    def quiet_s(self) -> float:
        """How long an answer is waited for before a sign of life is asked for."""
        return _QUIET_S if self._is_felt else _AGAIN_S

    def feel(self) -> bool:
        """Ask for a sign of life."""
        began = time.monotonic()
        with self._lock:
            if self._found_at < began:
                self._is_felt = self._has_sign(_SIGN_S if self._is_felt else _AGAIN_S)
                self._found_at = time.monotonic()
            return self._is_felt

    def _has_sign(self, wait_s: float) -> bool:
        host, port = self._address
        request = f"GET {HEALTH_PATH} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"
        try:
            with socket.create_connection(self._address, timeout=wait_s) as connection:
                connection.sendall(request.encode())
                return bool(connection.recv(1))
        except OSError:
            return False


@cache
def _pulse_of(host: str, port: int) -> Pulse:
    """Return the one pulse of an address, whichever client asks."""
    return Pulse(host, port)


class _Connection(AWSHTTPConnection):
    """A connection that asks for a sign of life while it waits."""

    pulse: Pulse

    def getresponse(self) -> Any:
        """Return the answer once it comes.

        Raises:
            ReadTimeoutError: there is no sign of life.
        """
        until = time.monotonic() + float(self.timeout or LONGEST_S)
        while (quiet_s := self.pulse.quiet_s) < (left_s := until - time.monotonic()):
            if wait_for_read(self.sock, quiet_s):
                return super().getresponse()
            if not self.pulse.feel():
                raise _None(None, "", "no sign of life")  # pyright: ignore[reportArgumentType]
        self.timeout = max(left_s, 0.001)
        return super().getresponse()


class _Pool(AWSHTTPConnectionPool):
    """The connections to one address."""

    ConnectionCls = _Connection

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        super().__init__(host, port, **options)
        self._pulse = _pulse_of(host, port or 80)

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.pulse = self._pulse
        return connection


def watch(client: Any) -> None:
    """Let a client of botocore wait for the local AWS as long as that lives, and no longer."""
    client._endpoint.http_session._pool_classes_by_scheme["http"] = _Pool
    client.meta.events.register_first("needs-retry", _give_up)


def _give_up(caught_exception: Exception | None = None, **_: Any) -> None:
    """Let a call fail where there is no sign of life: to ask again takes as long."""
    details: dict[str, Any] = getattr(caught_exception, "kwargs", {})
    if isinstance(details.get("error"), _None):
        parts = urlsplit(str(details["endpoint_url"]))
        raise NoSignOfLife(address=f"{parts.scheme}://{parts.netloc}", error=details["error"])
