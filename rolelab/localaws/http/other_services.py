"""Services that this local AWS lacks: refused in the protocol that their client reads.

A request mostly shows its protocol itself; where it does not (REST), the service's own model tells.

Source: Smithy documentation, "AWS JSON 1.0 protocol", "AWS query protocol", "AWS EC2 query
protocol", "AWS restJson1 protocol", "AWS restXml protocol", "Smithy RPC v2 CBOR protocol" (errors).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import TypedDict, cast
from uuid import uuid4

from rolelab.localaws.http.envelopes import text
from rolelab.localaws.http.front import Send
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.http.service_models import content_of

_CODE = "NotImplemented"
_STATUS = 400
_CBOR = "rpc-v2-cbor"
_JSON = "application/x-amz-json-"
_FORM = "application/x-www-form-urlencoded"
_MOST_OF_A_NAME = 64


class _ServiceContent(TypedDict):
    metadata: dict[str, object]


def name_of(request: Incoming) -> str:
    """Return the service that a request is for, by its signature or by headers of its protocol.

    Empty where nothing tells: it is for S3 or STS.
    """
    if request.service:
        return request.service
    if request.headers.get("smithy-protocol") == _CBOR:
        return request.scope["path"].removeprefix("/service/").partition("/")[0]
    if request.headers.get("content-type", "").startswith(_JSON):
        return request.headers.get("x-amz-target", "").partition(".")[0]
    return "sso" if "x-amz-sso_bearer_token" in request.headers else ""


async def refuse(request: Incoming, send: Send) -> None:
    """Answer that the service is not here."""
    protocol = _protocol(request)
    message = f"this local AWS has IAM, STS and S3, not {name_of(request)[:_MOST_OF_A_NAME]}"
    content_type, body = _WRITERS[protocol](message)
    if protocol == "json":
        content_type = request.headers.get("content-type", content_type)
    headers = {
        "content-type": content_type,
        "content-length": str(len(body)),
        "x-amzn-requestid": str(uuid4()),
        # A header for the protocols that have one; the others' clients do not look at it.
        "x-amzn-errortype": _CODE,
    }
    headers |= {"smithy-protocol": _CBOR} if protocol == _CBOR else {}
    listed = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": _STATUS, "headers": listed})
    is_head = request.scope["method"] == "HEAD"
    await send({"type": "http.response.body", "body": b"" if is_head else body})


def _protocol(request: Incoming) -> str:
    content_type = request.headers.get("content-type", "")
    if request.headers.get("smithy-protocol") == _CBOR:
        return _CBOR
    if content_type.startswith(_JSON) or "x-amz-target" in request.headers:
        return "json"
    if content_type.startswith(_FORM) or "Action" in request.query:
        return "ec2" if request.service == "ec2" else "query"
    return "rest-xml" if _of_model(request.service) == "rest-xml" else "rest-json"


@lru_cache(maxsize=64)
def _of_model(service: str) -> str:
    """Return the protocol of a service that botocore has under its signing name."""
    if not service.replace("-", "").isalnum():
        return ""
    try:
        content = cast("_ServiceContent", content_of(service))
    except LookupError:
        return ""
    return str(content["metadata"].get("protocol", ""))


def _json(message: str) -> tuple[str, bytes]:
    content = {"__type": _CODE, "message": message}
    return f"{_JSON}1.0", json.dumps(content).encode()


def _rest_json(message: str) -> tuple[str, bytes]:
    return "application/json", json.dumps({"code": _CODE, "message": message}).encode()


def _xml(message: str) -> tuple[str, bytes]:
    error = f"<Type>Sender</Type><Code>{_CODE}</Code><Message>{text(message)}</Message>"
    body = f"<ErrorResponse><Error>{error}</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
    return "text/xml", body.encode()


def _ec2(message: str) -> tuple[str, bytes]:
    error = f"<Code>{_CODE}</Code><Message>{text(message)}</Message>"
    body = (
        f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{uuid4()}</RequestID>"
        "</Response>"
    )
    return "text/xml", body.encode()


def _cbor(message: str) -> tuple[str, bytes]:
    """Write a map of two texts. Source: RFC 8949, section 3."""
    pairs = b"".join(_cbor_text(each) for each in ("__type", _CODE, "message", message))
    return "application/cbor", b"\xa2" + pairs


def _cbor_text(value: str) -> bytes:
    content = value.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content


_WRITERS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "json": _json,
    "rest-json": _rest_json,
    "query": _xml,
    "rest-xml": _xml,
    "ec2": _ec2,
    _CBOR: _cbor,
}
