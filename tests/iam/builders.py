"""Short ways to write policies and requests in tables of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from rolelab.iam import Layer, Policies, Policy, Principal, Request

_Held = Policy | tuple[Policy | tuple[Policy, ...], ...] | None

ACCOUNT, OTHER = "111122223333", "444455556666"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/testuser"
USER_ID, ROLE_ID = "AIDATESTUSER00000001", "AROAS3ACCESS00000001"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/s3Access"
FOREIGN_ROLE = f"arn:aws:iam::{OTHER}:role/s3Access"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/s3Access/lesson"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
NOW = datetime(2026, 1, 15, 12, 0, tzinfo=timezone.utc)

USER = Principal.user(USER_ARN, USER_ID, tags={"team": "blue"})
SESSION = Principal.role_session(ROLE_ARN, "lesson", ROLE_ID, issued=NOW)
FEDERATED = Principal.federated_user(USER_ARN, "bob", issued=NOW)


def doc(*statements: dict[str, Any], version: str | None = "2012-10-17") -> dict[str, Any]:
    """Return a document of these statements."""
    return ({"Version": version} if version else {}) | {"Statement": list(statements)}


def allow(action: Any = "sts:AssumeRole", resource: Any = ROLE_ARN, **more: Any) -> dict[str, Any]:
    """Return an Allow of an identity-based policy."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "sts:AssumeRole", resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a Deny of an identity-based policy."""
    return allow(action, resource, **more) | {"Effect": "Deny"}


def trusts(
    principal: str | list[str] | dict[str, Any] = ROOT,
    effect: str = "Allow",
    action: Any = "sts:AssumeRole",
    **more: Any,
) -> dict[str, Any]:
    """Return a statement of a trust policy; a string names an AWS principal."""
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": effect, "Principal": named, "Action": action, **more}


def grants(*statements: dict[str, Any], version: str | None = "2012-10-17") -> tuple[Policy, ...]:
    """Return the user's one inline policy."""
    return (Policy.read(doc(*statements, version=version), "grant", owner="user testuser"),)


def policy(*statements: dict[str, Any], name: str = "", owner: str = "", arn: str = "") -> Policy:
    """Return a policy of these statements."""
    return Policy.read(doc(*statements), name, owner=owner, arn=arn)


def trust(*statements: dict[str, Any]) -> Policy:
    """Return the role's trust policy; without statements, in the account's root."""
    return policy(*(statements or (trusts(),)), owner="role s3Access")


def assume(principal: Principal = USER, role: str = ROLE_ARN, **more: Any) -> Request:
    """Return an AssumeRole call from a known address at a known time."""
    given: dict[str, Any] = {"source_ip": "203.0.113.9", "region": "us-east-1", "now": NOW} | more
    return Request.assume_role(principal, role, given.pop("session_name", "lesson"), **given)


def call(action: str, resource: str = "*", principal: Principal = SESSION, **more: Any) -> Request:
    """Return any other call."""
    context = {"aws:SourceIp": "203.0.113.9", "aws:RequestedRegion": "us-east-1"} | more.pop(
        "context", {}
    )
    return Request(
        principal=principal, action=action, resource=resource, context=context, now=NOW, **more
    )


def having(unread: frozenset[Layer] = frozenset(), **layers: _Held) -> Policies:
    """Return policies by the names of their layers in lower case.

    A layer given as None does not exist.
    """
    return but(Policies({}), unread, **layers)


def but(before: Policies, unread: frozenset[Layer] | None = None, **layers: _Held) -> Policies:
    """Return policies with other layers; levels of an organization are tuples in a tuple."""
    after = before if unread is None else replace(before, unread=unread)
    for name, held in layers.items():
        policies = tuple(_levels(held)) if isinstance(held, tuple) else held
        after = after.put(Layer[name.upper()], policies)
    return after


def _levels(held: tuple[Policy | tuple[Policy, ...], ...]) -> Iterator[Policy]:
    for level, each in enumerate(held):
        if isinstance(each, Policy):
            yield each
        else:
            yield from (replace(policy, level=level) for policy in each)


GRANTED = having(identity=grants(allow()), trust=trust())
"""The lab as it is declared."""
