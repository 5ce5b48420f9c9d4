"""The envelopes of AWS's Query protocol: of an answer, and of an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

from rolelab.localaws.accounts.aws_error import AwsError

NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    request_id: str
    content_type: str = "text/xml"


def succeeded(service: str, operation: str, result: str) -> Reply:
    """Wrap a result (already XML, with its own wrapper) in the response envelope."""
    request_id = str(uuid4())
    body = (
        f'<{operation}Response xmlns="{NAMESPACES[service]}">{result}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Reply(200, body.encode(), request_id)


def failed(service: str, error: AwsError) -> Reply:
    """Wrap an error in the error envelope."""
    request_id = str(uuid4())
    message = f"<Message>{text(error.message)}</Message>" if error.message else ""
    body = (
        f'<ErrorResponse xmlns="{NAMESPACES[service]}">'
        f"<Error><Type>Sender</Type><Code>{escape(error.code)}</Code>{message}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(error.status, body.encode(), request_id)


def text(value: object) -> str:
    """Return a value as the text of an XML element; what XML cannot hold becomes U+FFFD."""
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = str(value)
    if _PLAIN.fullmatch(plain):
        # Nearly all of them, at a tenth of the time.
        return plain
    return escape(plain.translate(_NOT_XML), {"\r": "&#13;"})


_PLAIN = re.compile(r"[\w /:=+,.@%-]*", re.ASCII)
_NOT_XML = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535), "�"
)
