"""One call of IAM or STS on its way through the layer: who, what, with which parameters and condition keys."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.accounts.identities import Record, Store
from rolelab.localaws.http.shapes import iso

Result = Mapping[str, Any]
Handler = Callable[["Call"], "Result | None"]


@dataclass(slots=True, kw_only=True)
class Call:
    """A checked and authenticated call."""

    store: Store
    service: str
    operation: str
    params: dict[str, Any]
    """By the operation's input shape."""
    flat: Mapping[str, str]
    """As they came."""
    caller: Caller
    region: str
    source_ip: str
    user_agent: str
    request_keys: dict[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])
    """Condition keys of this very call, in lower case."""

    @property
    def account(self) -> str:
        """The caller's account, which IAM's operations work on."""
        return self.caller.account

    def keys(self, name: str) -> str | list[str] | None:
        """Return a condition key of the request."""
        lower = name.lower()
        if lower in self.request_keys:
            return self.request_keys[lower]
        if lower in self.caller.keys:
            return self.caller.keys[lower]
        return global_key(
            lower, region=self.region, source_ip=self.source_ip, user_agent=self.user_agent
        )

    def now(self) -> str:
        """Return the time as records hold it."""
        return iso(clock.now())


def global_key(lower: str, *, region: str, source_ip: str, user_agent: str) -> str | None:
    """Return a global condition key that describes every request.

    Source: IAM User Guide, "AWS global condition context keys".
    """
    match lower:
        case "aws:currenttime":
            return iso(clock.now())
        case "aws:epochtime":
            return str(int(clock.now()))
        case "aws:requestedregion":
            return region
        case "aws:sourceip":
            return source_ip
        case "aws:useragent":
            return user_agent or None
        case "aws:securetransport":
            # AWS's clients speak TLS; the hop over loopback, which needs none, stands for it.
            return "true"
        case "aws:viaawsservice" | "aws:principalisawsservice":
            return "false"
        case _:
            return None


def unique_id(prefix: str) -> str:
    """Make a unique id: AIDA… for users, AROA… for roles, AGPA… groups, ANPA… policies, AIPA… instance profiles."""
    return prefix + base64.b32encode(secrets.token_bytes(11))[:17].decode()


def access_key_id(prefix: str) -> str:
    """Make an access key id: AKIA… for a user's, ASIA… for a session's."""
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode()


def secret_access_key() -> str:
    """Make a secret access key: 40 characters."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def tags_of(params: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the tags of a request."""
    return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in params.get("Tags", ())]


def record_tags(record: Record | None) -> list[dict[str, str]]:
    """Return the tags of an entity."""
    return (record or {}).get("Tags") or []
