"""Which service a request is for: IAM and STS are answered here, S3 by MiniStack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from rolelab.localaws.http.front import App, Receive, Scope, Send, answer, headers_of
from rolelab.localaws.http.query import scope_of

RegionalApp = Callable[[Scope, Receive, Send, str], Awaitable[None]]
"""An ASGI application that is told the region which a request is signed for."""


class Dispatch:
    """ASGI application: hands each request to its service's."""

    def __init__(self, query: App, s3: RegionalApp) -> None:
        self._query = query
        self._s3 = s3

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = headers_of(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        service, region = scope_of(headers.get("authorization", ""), query)
        if service in ("iam", "sts") or (not service and _is_form(scope, headers)):
            await self._query(scope, receive, send)
        elif service in ("", "s3", "s3express"):
            await self._s3(scope, receive, send, region)
        else:
            error = f"this local AWS has IAM, STS and S3, and no {service}"
            await answer(send, 400, {"error": error})


def _is_form(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Return whether it is an unsigned call of STS, posted to `/`, and not one of S3."""
    return scope["path"] == "/" and (
        headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        or b"Action=" in scope["query_string"]
    )
