"""What is asked of the local AWS beside AWS's own API, and of whom."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rolelab.aws.clients import Clients
from rolelab.errors import CannotTell
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance

PASSWORD = "Right-horse-7"


class Stranger(socketserver.ThreadingTCPServer):
    """A program that has taken the port of a local AWS, and keeps what it is sent."""

    daemon_threads = True

    def __init__(self, health: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Listener)
        self.health = health
        """What it answers with whatever it is asked."""
        self.heard = b""


class _Listener(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Stranger)
        while piece := self.request.recv(65536):
            self.server.heard += piece
            if not self.server.health:
                return
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.server.health)}\r\n\r\n"
            self.request.sendall(head.encode() + self.server.health)


@contextmanager
def listening(health: bytes) -> Iterator[Stranger]:
    """Run a stranger on a thread of its own."""
    with Stranger(health) as stranger:
        thread = threading.Thread(target=stranger.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield stranger
        finally:
            stranger.shutdown()
            thread.join(10)


@pytest.mark.parametrize(
    "health",
    [
        b'{"kind": "signed in", "credentials": {}}',
        b"[]",
        b"",
        json.dumps({"instance": "INSTANCE", "proof": "0" * 64}).encode(),
    ],
)
def test_a_password_is_sent_to_the_instance_alone(local_aws: Instance, health: bytes) -> None:
    """The port of a local AWS that has ended is anybody's, and a form may still lead there."""
    health = health.replace(b"INSTANCE", local_aws.instance_id.encode())
    with listening(health) as stranger:
        moved = replace(local_aws, port=int(stranger.server_address[1]))
        asked = {"account": "111122223333", "name": "anna", "password": PASSWORD}
        with pytest.raises(CannotTell) as refused:
            control.sign_in(moved, "password", asked)
    assert PASSWORD.encode() not in stranger.heard
    assert stranger.heard
    assert PASSWORD not in str(refused.value)
    assert not health or "another program answers at 127.0.0.1:" in str(refused.value)


def test_the_instance_proves_itself_and_is_asked(
    local_aws: Instance, root: Clients, account: str
) -> None:
    """The twin: one connection, a proof, and the sign-in."""
    root.iam.create_user(UserName="anna")
    root.iam.create_login_profile(UserName="anna", Password=PASSWORD)
    asked = {"account": account, "name": "anna", "password": PASSWORD}
    assert control.sign_in(local_aws, "password", asked).get("kind") == "signed in"
