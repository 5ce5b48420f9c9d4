"""One call of IAM or STS: who, what, with which parameters and condition keys."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from rolelab.iam import Request
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Caller, Keys
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import TagRecord

Result = Mapping[str, object]
"""What a call answers, by the operation's output shape."""
Handler = Callable[["ApiCall"], "Result | None"]


@dataclass(slots=True, kw_only=True)
class ApiCall:
    """A checked and authenticated call."""

    store: IdentityStore
    service: str
    operation: str
    params: Mapping[str, object]
    """By the operation's input shape, which has been checked: a required one is there."""
    caller: Caller
    region: str
    source_ip: str
    user_agent: str
    request_keys: Keys = field(default_factory=Keys)
    """Condition keys of this very call, in lower case."""

    @property
    def account(self) -> str:
        """The caller's account, which IAM's operations work on."""
        return self.caller.account

    def text(self, name: str, default: str = "") -> str:
        """Return a text parameter."""
        return cast("str", self.params.get(name, default))

    def number(self, name: str, default: int) -> int:
        """Return a number."""
        return cast("int", self.params.get(name, default))

    def flag(self, name: str) -> bool:
        """Return a boolean, false where it is not given."""
        return cast("bool", self.params.get(name, False))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty where it is not given."""
        return cast("list[str]", self.params.get(name, []))

    def structures(self, name: str) -> list[Mapping[str, object]]:
        """Return a list of structures, empty where it is not given."""
        return cast("list[Mapping[str, object]]", self.params.get(name, []))

    def tags(self) -> list[TagRecord]:
        """Return the tags that the call brings."""
        tags = cast("list[Mapping[str, str]]", self.params.get("Tags", []))
        return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags]

    @property
    def surroundings(self) -> dict[str, str]:
        """The condition keys that tell where a request comes from, whatever it asks for."""
        keys = {"aws:requestedregion": self.region, "aws:sourceip": self.source_ip}
        return keys | ({"aws:useragent": self.user_agent} if self.user_agent else {})

    def asking(self, action: str, resource: str, account: str = "") -> Request:
        """Return the request for an action that is to be decided; `account` owns the resource."""
        return Request(
            principal=self.caller.principal,
            action=action,
            resource=resource,
            context={**self.surroundings, **self.request_keys},
            resource_account=account or self.account,
            now=clock.moment(),
            is_complete=True,
        )


def unique_id(prefix: str) -> str:
    """Make a unique id: AIDA… of a user, AROA… role, AGPA… group, ANPA… policy, AIPA… profile."""
    return prefix + base64.b32encode(secrets.token_bytes(11))[:17].decode()


def access_key_id(prefix: str) -> str:
    """Make an id of 20 characters: AKIA… of a user's key, ASIA… of a session's, APKA…, ACCA…."""
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode()


def secret_access_key() -> str:
    """Make a secret access key: 40 characters."""
    return base64.b64encode(secrets.token_bytes(30)).decode()
