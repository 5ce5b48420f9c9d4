"""An HTTP request, read once: whom it is for, who sends it from where, but for its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from rolelab.iam.request import region_of_single_endpoint
from rolelab.localaws.http.front import Scope, headers_of

_SCOPE = re.compile(r"Credential=[^/,\s]*/[^/,\s]*/(?:([^/,\s]*)/)?([^/,\s]*)/aws4_request")

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)
"""What AWS says to a signature that is not right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request."""

    scope: Scope
    headers: Mapping[str, str]
    """By their names in lower case."""
    query_text: str
    query: dict[str, list[str]]
    service: str
    """That it is signed for; empty where it is not."""
    region: str
    """That the call is made to, which of IAM is one wherever the client is."""

    @classmethod
    def of(cls, scope: Scope) -> Incoming:
        """Read what the server hands over."""
        headers, text = headers_of(scope), scope["query_string"].decode("latin-1")
        query = parse_qs(text, keep_blank_values=True) if text else {}
        credential = query.get("X-Amz-Credential", [""])[0]
        signed = _SCOPE.search(headers.get("authorization", "")) or _SCOPE.search(
            f"Credential={credential}"
        )
        service, region = (signed[2], signed[1]) if signed else ("", "")
        return cls(
            scope=scope,
            headers=headers,
            query_text=text,
            query=query,
            service=service,
            region=region_of_single_endpoint(service) or region or "us-east-1",
        )

    @property
    def source_ip(self) -> str:
        """Where it comes from."""
        return (self.scope.get("client") or ("127.0.0.1",))[0]

    @property
    def user_agent(self) -> str:
        """The program that sends it."""
        return self.headers.get("user-agent", "")

    @property
    def has_plain_signature(self) -> bool:
        """Whether its signature, if it has one, is of letters that signatures are made of."""
        sent = [self.headers.get("authorization", "")]
        for name, values in self.query.items():
            if name.lower() in ("x-amz-signature", "signature"):
                sent += values
        return all(text.isascii() for text in sent)

    @property
    def surroundings(self) -> dict[str, str]:
        """The condition keys that tell where it comes from, whatever it asks for."""
        sent = {
            "aws:useragent": self.user_agent,
            "aws:referer": self.headers.get("referer", ""),
        }
        return {"aws:sourceip": self.source_ip} | {key: text for key, text in sent.items() if text}
