"""A proxy is for the world outside: what goes to a loopback endpoint must not pass it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.hands_on import environment
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A proxy in every variable that names one; what it was sent."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(
                        b"HTTP/1.1 502 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )

        threading.Thread(target=listen, daemon=True).start()
        for name in _VARIABLES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        yield heard
        server.shutdown(socket.SHUT_RDWR)


def test_calls_of_the_local_aws_pass_no_proxy(
    local_aws: Instance, account: str, proxy: list[bytes]
) -> None:
    """They are signed by root, and a proxy elsewhere cannot reach this machine's loopback."""
    clients = Clients(local_aws.endpoint(account))
    assert clients.sts.get_caller_identity()["Account"] == account
    clients.iam.create_user(UserName="anna")
    clients.s3.list_buckets()
    assert proxy == []


def test_calls_of_an_account_keep_the_proxy(account: str, proxy: list[bytes]) -> None:
    """Where a proxy is the only way out, it is needed."""
    keys = Credentials(access_key_id=account, secret_access_key=Secret("x" * 40))
    elsewhere = Endpoint(url="http://aws.invalid", region="us-east-1", credentials=keys)
    with pytest.raises(ClientError):
        Clients(elsewhere, attempts=1).sts.get_caller_identity()
    assert proxy[0].startswith(b"POST http://aws.invalid/")


@pytest.mark.parametrize(
    ("given", "url", "left_out"),
    [
        ({}, "http://127.0.0.1:4566", "127.0.0.1,localhost"),
        ({"NO_PROXY": "corp.example"}, "http://127.0.0.1:4566", "corp.example,127.0.0.1,localhost"),
        (
            {"no_proxy": "a, localhost", "NO_PROXY": "a,b"},
            "http://localhost:1",
            "a,localhost,b,127.0.0.1",
        ),
        ({"no_proxy": "*"}, "http://127.0.0.1:4566", "*"),
        ({}, "http://[::1]:4566", "127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "corp.example"}, "https://aws.example", None),
        ({"NO_PROXY": "corp.example"}, None, None),
    ],
)
def test_a_command_as_a_learner_reaches_loopback_without_a_proxy(
    given: dict[str, str], url: str | None, left_out: str | None
) -> None:
    """The AWS CLI takes the proxy from the environment; what was left out before stays so."""
    keys = Credentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("x" * 40))
    made = environment.build(given, Endpoint(url=url, region="us-east-1", credentials=None), keys)
    told = {name: value for name, value in made.items() if name.lower() == "no_proxy"}
    assert told == (given if left_out is None else {"NO_PROXY": left_out, "no_proxy": left_out})
