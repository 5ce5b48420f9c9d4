"""The local AWS as one ASGI application: IAM and STS answered by the layer, S3 by MiniStack with the layer inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import Store
from rolelab.localaws.http import proofs
from rolelab.localaws.http.events import Events
from rolelab.localaws.http.front import Controls, Message, Receive, Scope, Send, answer
from rolelab.localaws.http.query import QueryService, scope_of
from rolelab.localaws.ministack import seams
from rolelab.localaws.ministack.emulator import module
from rolelab.localaws.ministack.s3 import event_of, forget_request
from rolelab.localaws.ministack.signatures import Credentials
from rolelab.secret import Secret

_KEPT_BODY = 4096


class LocalAws:
    """What one instance holds and answers."""

    def __init__(self, ministack: Any, secret: Secret) -> None:
        seams.check()
        self._ministack = ministack
        self.store = Store()
        self.events = Events()
        self.credentials = Credentials(self.store, secret)
        self._query = QueryService(self.store, self.credentials, self.events)
        seams.install(self.store, self.credentials)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        service, region = scope_of(headers.get("authorization", ""), query)
        if service in ("iam", "sts") or (not service and _is_form(scope, headers)):
            await self._query(scope, receive, send)
        elif service in ("", "s3", "s3express"):
            await self._s3(scope, receive, send, region, headers)
        else:
            await answer(
                send, 400, {"error": f"this local AWS has IAM, STS and S3, and no {service}"}
            )

    def controls(self) -> Controls:
        """Return what the administrator may ask beside AWS's API."""
        return {proofs.EVENTS_PATH: self._told_events, proofs.CLOCK_PATH: self._clock}

    def _told_events(self, _method: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        return {"events": self.events.after(int(query.get("after", "0")), query.get("account"))}

    def _clock(self, method: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        if method == "POST" and "reset" in query:
            clock.reset()
        elif method == "POST":
            clock.move(float(query.get("move", "0")))
        return {"aheadSeconds": clock.ahead_s()}

    def empty(self) -> None:
        """Forget everything."""
        self.store.empty()
        module("services.s3").reset()
        self.events.clear()
        clock.reset()

    async def _s3(
        self, scope: Scope, receive: Receive, send: Send, region: str, headers: dict[str, str]
    ) -> None:
        """Let MiniStack answer, and record it."""
        forget_request()
        status, request_id, kept = 0, "", b""

        async def noting(message: Message) -> None:
            nonlocal status, request_id, kept
            if message["type"] == "http.response.start":
                status = message["status"]
                request_id = (
                    dict(message["headers"]).get(b"x-amzn-requestid", b"").decode("latin-1")
                )
            elif status >= 400 and len(kept) < _KEPT_BODY:
                kept += message.get("body", b"")[:_KEPT_BODY]
            await send(message)

        await self._ministack.app(scope, receive, noting)
        caller, name, parameters = event_of(scope)
        error = re.search(rb"<Code>([^<]*)</Code>\s*<Message>([^<]*)</Message>", kept)
        self.events.add(
            source="s3",
            name=name,
            caller=caller,
            region=region,
            source_ip=(scope.get("client") or ("127.0.0.1",))[0],
            user_agent=headers.get("user-agent", ""),
            parameters=parameters,
            request_id=request_id,
            error_code=(error[1].decode() if error else str(status)) if status >= 400 else "",
            error_message=error[2].decode("utf-8", "replace") if error else "",
        )


def _is_form(scope: Scope, headers: dict[str, str]) -> bool:
    """Tell an unsigned call of STS (a form posted to `/`) from an anonymous request of S3."""
    return scope["path"] == "/" and (
        headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        or b"Action=" in scope["query_string"]
    )
