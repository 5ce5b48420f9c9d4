"""The local AWS is waited for as long as it lives, and no longer; an account as botocore does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from rolelab.aws import sign_of_life
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import HEALTH_PATH, Endpoint
from rolelab.aws.failures import AwsFailure, as_lab_error, translated
from rolelab.errors import CannotTell
from rolelab.secret import Credentials, Secret

LISTED = (
    b"<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated>"
    b"</ListUsersResult></ListUsersResponse>"
)
KEYS = Credentials(access_key_id="111122223333", secret_access_key=Secret("s"))


@dataclass
class Slow:
    """A server that answers each call after `call_s` seconds, health at once, or nothing."""

    call_s: float
    asked: list[bytes] = field(default_factory=list[bytes])
    hangs: bool = False

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        self._held.append(connection)
        request = connection.recv(65536)
        self.asked.append(request.split(b" ")[1])
        if self.hangs:
            return
        if HEALTH_PATH.encode() not in request:
            time.sleep(self.call_s)
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(LISTED)}\r\nconnection: close\r\n\r\n"
        with suppress(OSError):  # whoever asked may have given up
            connection.sendall(head.encode() + LISTED)
        connection.close()

    def end(self) -> None:
        for each in (self._socket, *self._held):
            each.close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Slow], Slow]]:
    """Return what ends a server after the test; the waits are shortened."""
    for name, seconds in (("_QUIET_S", 0.2), ("_SIGN_S", 0.4), ("_AGAIN_S", 0.1)):
        monkeypatch.setattr(sign_of_life, name, seconds)
    servers: list[Slow] = []

    def keep(server: Slow) -> Slow:
        servers.append(server)
        return server

    yield keep
    for server in servers:
        server.end()


def _iam(server: Slow, **named: float) -> Callable[[], object]:
    endpoint = Endpoint(url=server.url, region="us-east-1", credentials=KEYS)
    return Clients(endpoint, **named).iam.list_users  # pyright: ignore[reportArgumentType]


def _failure(call: Callable[[], object]) -> AwsFailure:
    with pytest.raises(AwsFailure) as failed, translated("ListUsers"):
        call()
    return failed.value


def test_a_slow_one_that_lives_is_waited_for(served: Callable[[Slow], Slow]) -> None:
    """On a busy machine a call takes long; made twice, it would make two keys."""
    server = served(Slow(call_s=1.5))
    assert _iam(server)()
    assert [path for path in server.asked if path == b"/"] == [b"/"]
    assert len(server.asked) > 2


def test_one_that_hangs_is_given_up_and_named(served: Callable[[Slow], Slow]) -> None:
    """It takes connections, and botocore would wait five times for a minute."""
    server = served(Slow(call_s=0, hangs=True))
    failure = _failure(_iam(server))
    assert (failure.hangs, failure.nobody_answers, failure.answered) == (True, True, False)
    assert server.asked.count(b"/") == 1
    error = as_lab_error(failure)
    assert isinstance(error, CannotTell)
    assert str(error).startswith(f"the AWS at {server.url} does not answer (AWS, ListUsers): ")
    assert "`rolelab local stop`" in str(error)


def test_all_who_wait_learn_it_from_one(served: Callable[[Slow], Slow]) -> None:
    """Sixteen threads ask for sixteen learners; one after the other would take minutes."""
    server = served(Slow(call_s=0, hangs=True))
    call = _iam(server)
    with ThreadPoolExecutor(16) as pool:
        failures = list(pool.map(_failure, [call] * 16))
    assert all(failure.hangs for failure in failures)
    assert server.asked.count(HEALTH_PATH.encode()) < 16


def test_one_that_goes_on_is_asked_again(served: Callable[[Slow], Slow]) -> None:
    """A process that was stopped may be continued."""
    server = served(Slow(call_s=0.3, hangs=True))
    call = _iam(server)
    assert _failure(call).hangs
    server.hangs = False
    assert call()


def test_an_answer_has_its_time_whatever_signs_there_are(served: Callable[[Slow], Slow]) -> None:
    """`verify` asks again itself, where it is told after how long."""
    server = served(Slow(call_s=20))
    began = time.monotonic()
    failure = _failure(_iam(server, attempts=1, read_s=0.5))
    assert (failure.code, failure.hangs) == ("ReadTimeoutError", False)
    assert time.monotonic() - began < 10


def test_an_account_is_asked_as_botocore_asks() -> None:
    """Nobody there has a path for the health, and a request without a signature tells nothing."""
    account = Endpoint(url=None, region="us-east-1", credentials=KEYS)
    client: Any = Clients(account).iam
    pools = client._endpoint.http_session._pool_classes_by_scheme
    assert all(pool.__module__ == "botocore.awsrequest" for pool in pools.values())
    assert client.meta.config.read_timeout == 60
