"""A request of S3 as it came: what its signature is checked on, and its body."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from urllib.parse import parse_qs, quote

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.front import Receive, Scope
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.http.s3_call import Query
from rolelab.localaws.ministack.emulator import module
from rolelab.localaws.ministack.s3_hashes import beside

_OF_A_BODY = "x-amz-checksum-"
_NUMBER = re.compile(r"[0-9]+")
_MOST_DIGITS = 15


class Gone(Exception):
    """Who asked has hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request."""

    incoming: Incoming
    method: str
    path: str
    raw_path: str
    """As it was sent, which is how it is signed."""
    query: Query
    headers: Mapping[str, str]
    """By their names in lower case; one that comes twice as its values with a comma between."""

    @classmethod
    def of(cls, incoming: Incoming) -> Received:
        """Read all but the body."""
        scope, decode = incoming.scope, module("core.sigv4").decode_header_value
        headers: dict[str, str] = {}
        for raw_name, value in scope["headers"]:
            name, text = raw_name.decode("latin-1").lower(), decode(value)
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        query = scope["query_string"].decode("utf-8", "replace")
        return cls(
            incoming=incoming,
            method=scope["method"],
            path=scope["path"],
            raw_path=_raw_path(scope),
            query=parse_qs(query, keep_blank_values=True) if query else {},
            headers=headers,
        )

    async def body(
        self, app: ModuleType, receive: Receive, most: int
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the body, out of its chunks, and the headers as they are for it.

        A trailer may add a checksum of the body and nothing else: no signature covers it. `most`:
        bytes that are read.

        Raises:
            AwsError: IncompleteBody, EntityTooLarge.
            Gone: nobody waits for an answer.
        """
        length = self.headers.get("content-length", "").strip()
        if _NUMBER.fullmatch(length) and (len(length) > _MOST_DIGITS or int(length) > most):
            raise _too_large()
        body = await _read(receive, most)
        module("core.iam_evaluator").pin_signed_body(body)
        if "content-length" in self.headers and length != str(len(body)):
            raise _incomplete()
        read = dict(self.headers)
        try:
            body = await beside(len(body), lambda: app._decode_aws_chunked_body(body, read))
        except app._IncompleteRequestBody:
            raise _incomplete() from None
        return body, {
            name: text
            for name, text in read.items()
            if name in self.headers or name.startswith(_OF_A_BODY)
        }


async def _read(receive: Receive, most: int) -> bytes:
    """Return what is sent, up to so many bytes.

    Raises:
        AwsError: EntityTooLarge.
        Gone: nobody waits for an answer.
    """
    # Unlike joined pieces it needs no copy of all of them, for which every other request waits.
    body = io.BytesIO()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body.write(message.get("body", b""))
        if body.tell() > most:
            raise _too_large()
        if not message.get("more_body"):
            return body.getvalue()


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.decode("latin-1")


def _incomplete() -> AwsError:
    message = "You did not provide the number of bytes specified by the Content-Length HTTP header."
    return AwsError("IncompleteBody", message, 400)


def _too_large() -> AwsError:
    message = "Your proposed upload exceeds the maximum allowed size"
    return AwsError("EntityTooLarge", message, 400)
