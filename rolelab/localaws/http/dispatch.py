"""Which service a request is for: IAM and STS are answered here, S3 by MiniStack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rolelab.localaws.http import other_services
from rolelab.localaws.http.front import Receive, Scope, Send
from rolelab.localaws.http.incoming import Incoming

ServiceApp = Callable[[Incoming, Receive, Send], Awaitable[None]]


class Dispatch:
    """ASGI application: hands each request to its service."""

    def __init__(self, query: ServiceApp, s3: ServiceApp) -> None:
        self._query = query
        self._s3 = s3

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        request = Incoming.of(scope)
        service = other_services.name_of(request)
        if service in ("iam", "sts") or (not service and _is_form(request)):
            await self._query(request, receive, send)
        elif service in ("", "s3", "s3express"):
            await self._s3(request, receive, send)
        else:
            await other_services.refuse(request, send)


def _is_form(request: Incoming) -> bool:
    """Return whether it is an unsigned call of STS, posted to `/`, and not one of S3."""
    return request.scope["path"] == "/" and (
        request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        or "Action=" in request.query_text
    )
