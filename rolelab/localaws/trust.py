"""Principals of a stored policy: resolved to unique ids when it is saved, shown as ARNs as long as they exist.

A user or role named by its ARN is saved by its id. Deleted, it leaves the id behind; made anew under its name, it is
another principal and does not match.

Source: IAM User Guide, "AWS JSON policy elements: Principal" ("IAM user principals", "IAM role principals").
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import RoleRecord
from rolelab.localaws.documents import PARTITIONS, listed, statements

_ACCOUNT = re.compile(r"[0-9]{12}")
_ENTITY = re.compile(
    r"arn:([a-z-]+):iam::([0-9]{12}):(user|role)/(?:[^*?]*/)?([\w+=,.@-]+)", re.ASCII
)
_ROOT = re.compile(r"arn:([a-z-]+):iam::[0-9]{12}:root")
_SESSION = re.compile(
    r"arn:([a-z-]+):sts::[0-9]{12}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]{2,64}|federated-user/[\w+=,.@-]+)",
    re.ASCII,
)
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,}")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)")
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*]+")
_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
)


def resolve(
    store: IdentityStore, policy: dict[str, Any], *, code: str = "MalformedPolicyDocument"
) -> dict[str, str]:
    """Return ARN -> unique id of the users and roles that a checked policy names.

    Raises:
        AwsError: `code`, for a principal that is none or does not exist.
    """
    ids: dict[str, str] = {}
    for statement in statements(policy):
        for element in ("Principal", "NotPrincipal"):
            principal: Any = statement.get(element, "*")
            if principal == "*":
                continue
            for kind, values in cast("dict[str, Any]", principal).items():
                for value in listed(values):
                    fault = _resolve_one(store, kind, value, ids)
                    if fault:
                        raise AwsError(
                            code,
                            f'Invalid principal in policy: "{kind.upper() if kind != "AWS" else kind}":"{value}"',
                        )
    return ids


def current(store: IdentityStore, document: str, ids: dict[str, str] | None) -> str:
    """Return a stored policy with each principal as it is now: its ARN of today, or its id where it is gone."""
    moved: dict[str, str] = {}
    for arn, unique_id in (ids or {}).items():
        found = store.by_id(unique_id)
        now = found["Arn"] if found else unique_id
        if now != arn:
            moved[arn] = now
    if not moved:
        return document
    policy = json.loads(document)
    for statement in statements(policy):
        for element in ("Principal", "NotPrincipal"):
            principal: Any = statement.get(element)
            if isinstance(principal, dict) and "AWS" in principal:
                named = listed(cast("dict[str, Any]", principal)["AWS"])
                principal["AWS"] = (
                    [moved.get(one, one) for one in named]
                    if len(named) > 1
                    else moved.get(named[0], named[0])
                )
    return json.dumps(policy)


def document_of(store: IdentityStore, role: RoleRecord) -> str:
    """Return a role's trust policy with each principal as it is now."""
    return current(store, role.get("AssumeRolePolicyDocument") or "{}", role.get("TrustIds"))


def _resolve_one(store: IdentityStore, kind: str, value: str, ids: dict[str, str]) -> bool:
    """Note what a principal stands for; True if it is none."""
    if kind == "Service":
        return not _SERVICE.fullmatch(value)
    if kind == "Federated":
        return value not in _PROVIDERS and not _PROVIDER.fullmatch(value)
    if kind != "AWS":
        return True
    if value == "*" or _ACCOUNT.fullmatch(value):
        return False
    if _UNIQUE_ID.fullmatch(value):
        return store.by_id(value) is None
    for pattern in (_ROOT, _SESSION):
        found = pattern.fullmatch(value)
        if found:
            return found[1] not in PARTITIONS
    entity = _ENTITY.fullmatch(value)
    if not entity:
        return True
    entities = store.of_kind[entity[3]]
    record = entities.get(entity[2], entity[4])
    if record is None or record["Arn"] != value:
        return True
    ids[value] = entities.id_of(record)
    return False
