"""IAM and STS: a request is read, its signature checked, its parameters too, then it is authorised and answered."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Caller, Kind, caller_of
from rolelab.localaws.accounts.identities import Record, Store
from rolelab.localaws.authorization import authorize, unexplained
from rolelab.localaws.http.envelopes import AwsError, Reply, failed, succeeded, text
from rolelab.localaws.http.events import Events
from rolelab.localaws.http.front import Receive, Scope, Send
from rolelab.localaws.http.shapes import iso, model
from rolelab.localaws.ministack.emulator import module
from rolelab.localaws.ministack.signatures import Credentials
from rolelab.localaws.operations import (
    account,
    groups,
    keys,
    mfa,
    passwords,
    permissions,
    policies,
    roles,
    sts,
    users,
)
from rolelab.localaws.operations.api_call import Call, Handler
from rolelab.localaws.statements import Request

_log = logging.getLogger(__name__)

IAM_HANDLERS: dict[str, Handler] = {
    **users.HANDLERS,
    **groups.HANDLERS,
    **roles.HANDLERS,
    **policies.HANDLERS,
    **keys.HANDLERS,
    **passwords.HANDLERS,
    **mfa.HANDLERS,
    **account.HANDLERS,
}
_UNSIGNED = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})
_UNASKED = frozenset({"GetCallerIdentity", "GetSessionToken", "AssumeRole", "GetFederationToken"})
"""STS's operations that need no permission, or ask for it themselves."""
_MOST_BYTES = 1_000_000
_MOST_FIELDS = 10_000
_SCOPE = re.compile(r"Credential=[^/,\s]*/[^/,\s]*/(?:([^/,\s]*)/)?([a-z0-9-]+)/aws4_request")


def scope_of(authorization: str, query: Mapping[str, list[str]]) -> tuple[str, str]:
    """Return (service, region) that a request is signed for; empty where it does not say."""
    credential = query.get("X-Amz-Credential", [""])[0]
    found = _SCOPE.search(authorization) or _SCOPE.search(
        f"Credential={credential}" if credential else ""
    )
    return (found[2], found[1] or "us-east-1") if found else ("", "us-east-1")


class QueryService:
    """ASGI application of IAM and STS."""

    def __init__(self, store: Store, credentials: Credentials, events: Events) -> None:
        self._store = store
        self._credentials = credentials
        self._events = events
        self._ministack = module("services.iam")
        self._responses = module("core.responses")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        reply = self._answer(scope, await _body(receive))
        headers = [
            (b"content-type", reply.content_type.encode()),
            # As AWS: whoever asks how long a session lasts counts by the clock that made it.
            (b"date", formatdate(clock.now(), usegmt=True).encode()),
            (b"content-length", str(len(reply.body)).encode()),
            (b"x-amzn-requestid", reply.request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body}
        )

    def _answer(self, scope: Scope, body: bytes | None) -> Reply:
        raw_headers: list[tuple[bytes, bytes]] = scope["headers"]
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers
        }
        query_text = scope["query_string"].decode("latin-1")
        query = parse_qs(query_text, keep_blank_values=True, max_num_fields=None)
        service, region = scope_of(headers.get("authorization", ""), query)
        told = _Told(
            region, (scope.get("client") or ("127.0.0.1",))[0], headers.get("user-agent", "")
        )
        service = service if service in ("iam", "sts") else "sts"
        operation, params, caller = "", {}, None
        try:
            flat = _form(query_text, body)
            operation = flat.get("Action", "")
            if operation not in _UNSIGNED or service != "sts":
                path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
                key_id = self._credentials.check(
                    scope["method"], path, query, raw_headers, body or b""
                )
                caller = self._known(key_id, service, region)
            handler = self._handler(service, operation)
            params = model(service).read(operation, flat)
            call = Call(
                store=self._store, service=service, operation=operation, params=params, flat=flat,
                caller=_signed(caller), region=region, source_ip=told.source_ip, user_agent=told.user_agent,
            )  # fmt: skip
            _require(call)
            reply = self._handled(call, handler)
        except AwsError as error:
            reply = failed(service, error)
            self._record(told, service, operation, caller, params, reply, error)
        except Exception:  # noqa: BLE001 - logged in full
            # The layer's own fault: said in the log, and to the client as AWS says it of itself.
            _log.exception("cannot answer %s", operation)
            error = AwsError(
                "ServiceFailure",
                "The request processing has failed because of an unknown error.",
                500,
            )
            reply = failed(service, error)
            self._record(told, service, operation, caller, params, reply, error)
        else:
            self._record(told, service, operation, caller, params, reply, None)
        return reply

    def _known(self, access_key_id: str, service: str, region: str) -> Caller:
        caller = caller_of(self._store, access_key_id)
        if caller is None:
            raise AwsError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        note_use(self._store, caller, service, region)
        return caller

    def _handler(self, service: str, operation: str) -> Handler | None:
        """Return what answers an operation: a function of the layer, or None for MiniStack's own."""
        if not operation:
            raise AwsError(
                "MissingAction", "The request is missing an action or a required parameter."
            )
        if operation not in model(service):
            raise AwsError(
                "InvalidAction",
                f"Could not find operation {operation[:128]} for version {_VERSIONS[service]}",
            )
        handler = (IAM_HANDLERS if service == "iam" else sts.HANDLERS).get(operation)
        if (
            handler is None
            and not (service == "iam" and operation in self._ministack._IAM_HANDLERS)
            and operation not in _UNSIGNED
        ):
            raise AwsError(
                "InvalidAction", f"The operation {operation} is not part of this local AWS"
            )
        return handler

    def _handled(self, call: Call, handler: Handler | None) -> Reply:
        if handler is not None:
            result = handler(call) or {}
            return succeeded(
                call.service, call.operation, model(call.service).write(call.operation, result)
            )
        self._responses.set_request_account_id(call.account)
        # MiniStack writes parameters into XML as they are, but for this one.
        given = {
            name: [value if name == "SAMLMetadataDocument" else text(value)]
            for name, value in call.flat.items()
        }
        status, _, body = self._ministack._IAM_HANDLERS[call.operation](given)
        if "ServiceLinkedRole" in call.operation:
            self._store.index()
        found = re.search(rb"<Code>([^<]*)</Code><Message>(.*?)</Message>", body, re.DOTALL)
        if found:
            raise AwsError(found[1].decode(), found[2].decode(), status)
        request_id = re.search(rb"<RequestId>([^<]*)</RequestId>", body)
        return Reply(status, body, request_id[1].decode() if request_id else "")

    def _record(
        self,
        told: _Told,
        service: str,
        operation: str,
        caller: Caller | None,
        params: dict[str, Any],
        reply: Reply,
        error: AwsError | None,
    ) -> None:
        self._events.add(
            source=service,
            name=operation if operation in model(service) else "Unknown",
            caller=caller,
            region=told.region,
            source_ip=told.source_ip,
            user_agent=told.user_agent,
            parameters=params,
            request_id=reply.request_id,
            error_code=error.code if error else "",
            error_message=error.message if error else "",
        )


class _Told:
    """What a request says beside its parameters."""

    def __init__(self, region: str, source_ip: str, user_agent: str) -> None:
        self.region = region
        self.source_ip = source_ip
        self.user_agent = user_agent


_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


def note_use(store: Store, caller: Caller, service: str, region: str) -> None:
    """Note when a user's key or a role was last used.

    Source: IAM API Reference, AccessKeyLastUsed, RoleLastUsed.
    """
    now = iso(clock.now())
    if caller.kind is Kind.ROLE_SESSION:
        if caller.entity is not None:
            caller.entity["RoleLastUsed"] = {"LastUsedDate": now, "Region": region}
        return
    key: Record | None = store.key(caller.access_key_id)
    if key is not None:
        key["LastUsed"] = {"LastUsedDate": now, "ServiceName": service, "Region": region}


def _require(call: Call) -> None:
    """Refuse what the caller may not do.

    Raises:
        AwsError: AccessDenied.
    """
    caller, action = call.caller, f"{call.service}:{call.operation}"
    if call.service == "sts":
        limited = caller.kind is Kind.FEDERATED or (
            caller.is_session_token and call.operation != "AssumeRole"
        )
        if limited and call.operation not in ("GetCallerIdentity", "AssumeRole"):
            raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials")
        if call.operation in _UNASKED:
            return
        resource = "*"
    else:
        resource = permissions.resource_of(call)
        if caller.kind is Kind.FEDERATED or (caller.is_session_token and not caller.has_mfa):
            # GetFederationToken's credentials never reach IAM, GetSessionToken's only with MFA.
            raise AwsError("AccessDenied", unexplained(caller.arn, action, resource))
    refusal = authorize(call.store, caller, Request(action, resource, call.keys))
    if refusal is None and call.operation == "AddRoleToInstanceProfile":
        role = call.store.get("role", call.account, call.params["RoleName"])
        arn = role["Arn"] if role else f"arn:aws:iam::{call.account}:role/{call.params['RoleName']}"
        call.request_keys["iam:passedtoservice"] = "ec2.amazonaws.com"
        refusal = authorize(call.store, caller, Request("iam:PassRole", arn, call.keys))
    if refusal:
        raise AwsError("AccessDenied", refusal.message)


def _signed(caller: Caller | None) -> Caller:
    """Return the caller; an unsigned call brings a token of a provider, of which there are none here.

    Raises:
        AwsError: InvalidIdentityToken.
    """
    if caller is None:
        raise AwsError(
            "InvalidIdentityToken",
            "No OpenIDConnect or SAML provider of this account has issued the token",
        )
    return caller


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or None for one that no call of IAM or STS can have."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > _MOST_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


def _form(query: str, body: bytes | None) -> dict[str, str]:
    """Return the parameters of query string and form; the first of those with one name.

    Raises:
        AwsError: MalformedInput; RequestEntityTooLarge.
    """
    if body is None:
        raise AwsError("RequestEntityTooLarge", "The request is larger than any call can be.", 413)
    flat: dict[str, str] = {}
    for source in (query, body.decode("utf-8", "replace")):
        try:
            pairs = parse_qsl(source, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise AwsError("MalformedInput", "The request has too many parameters.") from None
        for name, value in pairs:
            flat.setdefault(name, value)
    return flat
