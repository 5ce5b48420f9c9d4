"""The connection breaks after AWS did what it was asked.

Whether it happened is found out, and done once.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from rolelab.localaws.process.record import Instance
from tests.engine.stacks import StackRunner, in_step

LAB = """
r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST, tags={"lab": "exp"},
    force_detach_policies=True)
a = aws.iam.RolePolicyAttachment("a", role=r.name, policy_arn=S3)
u = aws.iam.User("u", name="ada", force_destroy=True, tags={"lab": "exp"})
k = aws.iam.AccessKey("k", user=u.name)
l = aws.iam.UserLoginProfile("l", user=u.name)
g = aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("sts:AssumeRole", r.arn))
p = aws.iam.Policy("p", name="p", policy=allow("s3:GetObject"))
"""


class _Relay(ThreadingHTTPServer):
    """Hands requests on to the local AWS; of those in `lose`, drops so many answers each."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.lose: dict[str, int] = {}
        self.lost: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of broken connections: they are what it is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        relay = cast("_Relay", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        connection = http.client.HTTPConnection(relay.target)
        connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        action = (re.search(rb"Action=(\w+)", body) or [b"", b""])[1].decode()
        if relay.lose.get(action, 0):
            relay.lose[action] -= 1
            relay.lost.append(action)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


def _no_pause(_seconds: float) -> None: ...


@pytest.fixture
def relay(
    stack: StackRunner, local_aws: Instance, monkeypatch: pytest.MonkeyPatch
) -> Iterator[_Relay]:
    """A relay between the engine and the local AWS, to which retries go without a pause."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=_no_pause))
    server = _Relay(local_aws.url)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stack.aws = replace(local_aws, url=f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


CREATES = [
    "CreateRole",
    "AttachRolePolicy",
    "CreateUser",
    "CreateAccessKey",
    "CreateLoginProfile",
    "PutUserPolicy",
    "CreatePolicy",
]
TELLING = ["GetUser", "GetRole", "ListAccessKeys", "GetLoginProfile", "GetPolicy", "GetUserPolicy"]


@pytest.mark.parametrize("action", CREATES)
def test_a_create_whose_answer_is_lost_is_looked_up_and_not_done_twice(
    stack: StackRunner, relay: _Relay, action: str
) -> None:
    """A key's secret is lost with the answer: that key goes, and the one that stays is known."""
    relay.lose = {action: 1}
    ran = stack.up(LAB)
    assert ran.errors == []
    assert relay.lost == [action]
    assert in_step(stack.clients, stack.world) == []
    assert {len(keys) for keys in stack.keys().values()} == {1}
    assert stack.up().did == []
    assert stack.destroy().ok
    assert stack.left() == {}


@pytest.mark.parametrize("action", ["CreateUser", "CreateAccessKey", "CreateLoginProfile"])
def test_nothing_is_lost_if_no_answer_comes_at_all(
    stack: StackRunner, relay: _Relay, action: str
) -> None:
    """Every answer to this call is lost, and so are those that would tell.

    The next run finds out.
    """
    relay.lose = dict.fromkeys([action, *TELLING], 99)
    ran = stack.up(LAB)
    assert not ran.ok
    relay.lose = {}
    assert stack.up().errors == []
    assert in_step(stack.clients, stack.world) == []
    assert {len(keys) for keys in stack.keys().values()} == {1}
    assert stack.destroy().ok
    assert stack.left() == {}


@pytest.mark.parametrize(
    "action", ["DeleteUser", "DeleteAccessKey", "DetachRolePolicy", "DeleteRole", "DeletePolicy"]
)
def test_a_delete_whose_answer_is_lost_is_carried_on(
    stack: StackRunner, relay: _Relay, action: str
) -> None:
    stack.up(LAB)
    relay.lose = {action: 1}
    stack.destroy()
    assert relay.lost == [action]
    assert stack.destroy().ok
    assert stack.left() == {}
    assert stack.world.everything == []


@pytest.mark.parametrize("action", ["UpdateUser", "UpdateRole", "TagUser", "CreatePolicyVersion"])
def test_an_update_whose_answer_is_lost_is_said_again(
    stack: StackRunner, relay: _Relay, action: str
) -> None:
    stack.up(LAB)
    changed = (
        LAB.replace('"ada"', '"grace"')
        .replace('"exp"', '"new"')
        .replace("s3:GetObject", "s3:PutObject")
    )
    changed = changed.replace(
        "assume_role_policy=TRUST", "assume_role_policy=TRUST, max_session_duration=7200"
    )
    relay.lose = {action: 1}
    stack.up(changed)
    assert relay.lost == [action]
    assert stack.up().errors == []
    assert in_step(stack.clients, stack.world) == []
    assert stack.up(refresh=True).did == []
    role = stack.clients.iam.get_role(RoleName="reader")["Role"]
    assert role.get("MaxSessionDuration") == 7200
    assert stack.left() == {"users": ["grace"], "roles": ["reader"], "policies": ["p"]}
    assert stack.destroy().ok
    assert stack.left() == {}
