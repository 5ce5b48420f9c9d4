"""A request of S3 as it came: what its signature is checked on, and its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from urllib.parse import parse_qs, quote

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.front import Message, Receive, Scope
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.http.s3_call import Query
from rolelab.localaws.ministack.emulator import module

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
        read, left = dict(self.headers), most
        length = self.headers.get("content-length", "").strip()
        if _NUMBER.fullmatch(length) and (len(length) > _MOST_DIGITS or int(length) > most):
            raise _too_large()

        async def receive_some() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _too_large()
            return message

        try:
            body: bytes = await app._read_request_body(receive_some, self.method, read)
        except app._RequestBodyDisconnected:
            raise Gone from None
        except app._IncompleteRequestBody:
            message = (
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header."
            )
            raise AwsError("IncompleteBody", message, 400) from None
        return body, {
            name: text
            for name, text in read.items()
            if name in self.headers or name.startswith(_OF_A_BODY)
        }


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.decode("latin-1")


def _too_large() -> AwsError:
    message = "Your proposed upload exceeds the maximum allowed size"
    return AwsError("EntityTooLarge", message, 400)
