"""The front door: which requests get in at all, the health check, and the paths that stay closed.

MiniStack answers many paths without credentials (reset, configuration, the mailboxes of SES, SQS
and SNS, …) and routes by host name to services that are not part of this. All of that is closed
here: what comes through is IAM, STS or S3, signed or anonymous, addressed to this machine by name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from rolelab.localaws.http import proofs
from rolelab.secret import Secret

_Event = MutableMapping[str, Any]
Scope = _Event
Message = _Event
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Controls = Mapping[str, Callable[[str, Mapping[str, str]], Mapping[str, object]]]
"""Path -> what answers a method with its parameters; ValueError where they are wrong."""
_MOST_CONTROL_BYTES = 10_000

_HOST = re.compile(r"(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.)?localhost|127\.0\.0\.1|\[::1\]")
_CLOSED_HOST = re.compile(
    r"(?:^|\.)(execute-api|lambda-url|alb|cloudfront|appsync-api|appsync-realtime-api|iot|aoss"
    r"|s3-control|mrap)\."
)
# No bucket's name begins so.
_CLOSED_PATH = re.compile(r"/+_.*", re.DOTALL)
_ONCE = {
    b"authorization",
    b"host",
    b"x-amz-date",
    b"x-amz-security-token",
    b"x-amz-content-sha256",
    b"content-length",
}


class Front:
    """ASGI layer: answers the health check, refuses what must not get in, hands the rest on."""

    def __init__(self, app: App, controls: Controls, *, instance_id: str, secret: Secret) -> None:
        self._app = app
        self._controls = controls
        self._instance_id = instance_id
        self._secret = secret
        self.last_request = time.monotonic()
        """When the last request came that was not a health check (monotonic)."""
        self.answered = 0
        """How many requests have been answered."""
        self.failures = 0
        """How often what the instance holds could not be saved."""
        self.unsaved = ""
        """Why, the last time."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._not_http(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        refusal = _refusal(headers)
        if refusal:
            await answer(send, 403, {"error": refusal})
        elif scope["path"] == proofs.HEALTH_PATH:
            await self._health(scope, send)
        elif scope["path"] in self._controls:
            await self._control(scope, receive, send)
        elif _CLOSED_PATH.fullmatch(scope["path"]):
            await answer(send, 403, {"error": "this path is closed on this local AWS"})
        else:
            self.last_request = time.monotonic()
            try:
                await self._app(scope, receive, send)
            finally:
                self.answered += 1

    async def _health(self, scope: Scope, send: Send) -> None:
        nonce = parse_qs(scope["query_string"].decode("latin-1")).get("nonce", [""])[0][:128]
        content: dict[str, object] = {
            "instance": self._instance_id,
            "proof": proofs.of_instance(self._secret, self._instance_id, nonce),
            "failures": self.failures,
            "unsaved": self.unsaved,
        }
        await answer(send, 200, content)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        query = scope["query_string"].decode("latin-1")
        method, path = scope["method"], scope["path"]
        target = f"{path}?{query}" if query else path
        at, proof = headers.get(proofs.TIME_HEADER, ""), headers.get(proofs.PROOF_HEADER, "")
        body = await _short_body(receive)
        now = time.time()
        if not proofs.is_request(self._secret, method, target, at, proof, now=now, body=body):
            error = "only who knows the secret of this local AWS is allowed to ask this"
            await answer(send, 403, {"error": error})
            return
        try:
            # What is secret is in the body: an address can end up in a log.
            parameters = dict(parse_qsl(query) + parse_qsl(body.decode("utf-8", "replace")))
            content = self._controls[path](method, parameters)
        except ValueError as error:
            await answer(send, 400, {"error": str(error)})
        else:
            await answer(send, 200, content)

    async def _not_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})


async def _short_body(receive: Receive) -> bytes:
    """Return the body of a control request, cut off where it is longer than any can be."""
    body = b""
    while len(body) < _MOST_CONTROL_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _refusal(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return why a request does not get in at all: its Host and Origin tell another site's."""
    seen: set[bytes] = set()
    host = ""
    for name, value in headers:
        if name in _ONCE:
            if name in seen:
                return f"the header {name.decode('latin-1')} is given twice"
            seen.add(name)
        if name == b"authorization" and value.count(b"Credential=") > 1:
            return "the header authorization names two credentials"
        if name == b"host":
            host = value.decode("latin-1").lower()
        elif name == b"origin" and not _is_here(
            value.decode("latin-1").lower().partition("://")[2]
        ):
            return "requests of pages from elsewhere are not answered"
    if not _is_here(host) or _CLOSED_HOST.search(host):
        return "this local AWS answers to 127.0.0.1 and localhost only"
    return None


def _is_here(host: str) -> bool:
    """Return whether a host, perhaps with a port, is this machine; a rebound DNS name is not."""
    return _HOST.fullmatch(re.sub(r":\d{1,5}$", "", host)) is not None


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by their names in lower case."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def answer(send: Send, status: int, content: Mapping[str, object]) -> None:
    """Send a JSON answer."""
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
