"""What holds for every request: it comes from this console's own pages, and so do they.

Source: OWASP, "Cross-Site Request Forgery Prevention", "Content Security Policy", "Secure Headers".
"""

from __future__ import annotations

from asyncio import CancelledError

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rolelab.console import address

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": address.SERVER,
}


class Guard:
    """ASGI layer: refuses what comes from another site, and sends the security headers."""

    def __init__(self, app: ASGIApp, where: str) -> None:
        self._app = app
        # Browsers leave the usual port out.
        port = "" if where.endswith(":80") else f":{where.rpartition(':')[2]}"
        self._hosts = {f"127.0.0.1{port}", f"localhost{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        if refusal:
            await PlainTextResponse(f"403 {refusal}\n", 403)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except (ClientDisconnect, CancelledError):
            # The browser has gone, or this console ends: there is nobody to be told.
            return

    def _refusal(self, request: Request) -> str:
        """Return why a request is not answered at all; empty where it is."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if host not in self._hosts:
            return "This console answers to 127.0.0.1 and localhost only."
        if origin is not None and origin != f"http://{host}":
            return "Requests of pages from elsewhere are not answered."
        if request.method not in ("GET", "POST"):
            return "A console is looked at, or sent a form."
        headers = request.headers
        is_own = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if not is_own and headers.get("sec-fetch-dest") != "document":
            # As an image or the like: it would use up what a page shows once.
            return "Pages of this console are no part of others."
        return ""
