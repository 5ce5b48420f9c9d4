"""S3 as an ASGI application: MiniStack answers, and each call is recorded."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType

from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.http.events import Events
from rolelab.localaws.http.front import Message, Receive, Scope, Send
from rolelab.localaws.http.incoming import Incoming

_KEPT_BODY = 4096
_ERROR = re.compile(rb"<Code>([^<]*)</Code>\s*<Message>([^<]*)</Message>")
_EVENTS = {"ListAllMyBuckets": "ListBuckets", "ListBucket": "ListObjects"}
"""Action -> event, where CloudTrail has another name for the operation."""


@dataclass(slots=True)
class S3Request:
    """What is found out of a request of S3 while MiniStack answers it."""

    action: str = ""
    """The first that permission was asked for."""
    caller: Caller | None = None
    refused: str = ""
    """AWS's sentence for the last that permission was asked for; empty if it was allowed."""
    allowed_bucket: str = ""
    """The bucket whose policy was asked, and allowed it."""


_current: ContextVar[S3Request] = ContextVar("rolelab_s3_request")


def current() -> S3Request:
    """Return the request that is being answered."""
    return _current.get(S3Request())


class S3App:
    """MiniStack's S3, with a record of who asked what."""

    def __init__(self, ministack: ModuleType, events: Events) -> None:
        self._ministack = ministack
        self._events = events

    async def __call__(self, incoming: Incoming, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        request = S3Request()
        _current.set(request)
        status, request_id, body = 0, "", b""

        async def noting(message: Message) -> None:
            nonlocal status, request_id, body
            if message["type"] == "http.response.start":
                status = message["status"]
                request_id = dict(message["headers"]).get(b"x-amzn-requestid", b"").decode()
            elif status >= 400 and len(body) < _KEPT_BODY:
                body += message.get("body", b"")[:_KEPT_BODY]
            await send(message)

        await self._ministack.app(incoming.scope, receive, noting)
        name, parameters = _event_of(incoming.scope, request.action.partition(":")[2])
        error = _ERROR.search(body)
        code, message = (error[1], error[2]) if error else (str(status).encode(), b"")
        self._events.add(
            incoming,
            source="s3",
            name=name,
            caller=request.caller,
            parameters=parameters,
            request_id=request_id,
            error=(code.decode(), message.decode("utf-8", "replace")) if status >= 400 else None,
        )


def _event_of(scope: Scope, action: str) -> tuple[str, dict[str, str]]:
    """Return name and parameters of the event of a request."""
    bucket, _, key = str(scope["path"]).lstrip("/").partition("/")
    parameters = {name: value for name, value in (("bucketName", bucket), ("key", key)) if value}
    if scope["method"] == "HEAD":
        return "HeadObject" if key else "HeadBucket", parameters
    what = "Object" if key else "Bucket" if bucket else "Service"
    name = _EVENTS.get(action, action) or f"{scope['method'].capitalize()}{what}"
    return name, parameters
