"""IAM and STS: a request is read, checked, authorised and answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from rolelab.iam.messages import cannot_with_session
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, Kind, caller_of, note_use
from rolelab.localaws.accounts.enforcement import authorize, require_allowed
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.envelopes import Reply, failed, succeeded
from rolelab.localaws.http.events import Events
from rolelab.localaws.http.front import Receive, Send
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.http.shapes import model
from rolelab.localaws.operations import every_call, permissions
from rolelab.localaws.operations.api_call import ApiCall
from rolelab.localaws.operations.every_call import CallEntry

_log = logging.getLogger(__name__)

Check = Callable[[Incoming, bytes], str]
"""Returns the access key that signed a request with this body; AwsError where that is not right."""
_MOST_BYTES = 1_000_000
_MOST_FIELDS = 10_000
_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
_TABLES = {"iam": every_call.IAM, "sts": every_call.STS}
_OF_ANY_SESSION = frozenset({"GetCallerIdentity", "AssumeRole"})


@dataclass(slots=True)
class _Reading:
    """What a request is found to be, as far as it has been read."""

    incoming: Incoming
    service: str
    operation: str = ""
    caller: Caller | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])


class QueryService:
    """ASGI application of IAM and STS."""

    def __init__(self, store: IdentityStore, events: Events, *, check: Check) -> None:
        self._store = store
        self._events = events
        self._check = check

    async def __call__(self, incoming: Incoming, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        reply = self._answer(incoming, await _body(receive))
        headers = [
            (b"content-type", reply.content_type.encode()),
            # As AWS: whoever asks how long a session lasts counts by the clock that made it.
            (b"date", clock.http_date().encode()),
            (b"content-length", str(len(reply.body)).encode()),
            (b"x-amzn-requestid", reply.request_id.encode()),
        ]
        body = b"" if incoming.scope["method"] == "HEAD" else reply.body
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, incoming: Incoming, body: bytes | None) -> Reply:
        service = incoming.service if incoming.service in _TABLES else "sts"
        reading, error = _Reading(incoming, service), None
        try:
            reply = self._carried_out(reading, _form(incoming.query_text, body), body or b"")
        except AwsError as refusal:
            error = refusal
            reply = failed(service, error)
        except Exception:  # noqa: BLE001 - logged in full
            # A fault of ours: told in the log, and to the client as AWS tells its own.
            _log.exception("cannot answer %s", reading.operation)
            error = AwsError(
                "ServiceFailure",
                "The request processing has failed because of an unknown error.",
                500,
            )
            reply = failed(service, error)
        self._events.add(
            incoming,
            source=service,
            name=reading.operation if reading.operation in model(service) else "Unknown",
            caller=reading.caller,
            parameters=reading.params,
            request_id=reply.request_id,
            error=(error.code, error.message) if error else None,
        )
        return reply

    def _carried_out(self, reading: _Reading, flat: Mapping[str, str], body: bytes) -> Reply:
        service, incoming = reading.service, reading.incoming
        name = reading.operation = flat.get("Action", "")
        operation = _TABLES[service].get(name)
        caller = None
        if operation is None or operation.handler is not None:
            caller = self._known(self._check(incoming, body), service, incoming.region)
            reading.caller = caller
        if operation is None:
            raise _not_here(service, name)
        reading.params = model(service).read(name, flat)
        if caller is None or operation.handler is None:
            raise AwsError(
                "InvalidIdentityToken",
                "No OpenIDConnect or SAML provider of this account has issued the token",
            )
        call = ApiCall(
            store=self._store,
            service=service,
            operation=name,
            params=reading.params,
            caller=caller,
            region=incoming.region,
            source_ip=incoming.source_ip,
            user_agent=incoming.user_agent,
        )
        _require(call, operation)
        result = operation.handler(call) or {}
        return succeeded(service, name, model(service).write(name, result))

    def _known(self, access_key_id: str, service: str, region: str) -> Caller:
        caller = caller_of(self._store, access_key_id)
        if caller is None:
            raise AwsError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        note_use(self._store, caller, service, region)
        return caller


def _not_here(service: str, operation: str) -> AwsError:
    """Return the refusal of an operation that is not in the table."""
    if not operation:
        return AwsError(
            "MissingAction", "The request is missing an action or a required parameter."
        )
    if operation in model(service):
        message = f"The operation {operation} is not part of this local AWS"
    else:
        version = _VERSIONS[service]
        message = f"Could not find operation {operation[:128]} for version {version}"
    return AwsError("InvalidAction", message)


def _require(call: ApiCall, operation: CallEntry) -> None:
    """Refuse what the caller is not allowed to.

    Raises:
        AwsError: AccessDenied.
    """
    caller, action = call.caller, f"{call.service}:{call.operation}"
    if call.service == "sts":
        limited = caller.kind is Kind.FEDERATED or caller.is_session_token
        if limited and call.operation not in _OF_ANY_SESSION:
            raise AwsError("AccessDenied", cannot_with_session(call.operation))
    else:
        permissions.set_request_keys(call)
    if operation.on is None:
        return
    resource = operation.on(call)
    require_allowed(authorize(call.store, caller, call.asking(action, resource)))
    if operation.further is not None:
        for also, target in operation.further(call, resource):
            require_allowed(authorize(call.store, caller, call.asking(also, target)))


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
    for source in filter(None, (query, body.decode("utf-8", "replace"))):
        try:
            pairs = parse_qsl(source, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise AwsError("MalformedInput", "The request has too many parameters.") from None
        for name, value in pairs:
            flat.setdefault(name, value)
    return flat
