"""Faults of grammar and size that AWS refuses a policy document for, as plain functions that return them.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy element reference",
"IAM and AWS STS quotas" (sizes count no white space).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rolelab.iam.conditions import operator
from rolelab.iam.model import (
    CURRENT_VERSION,
    OLD_VERSION,
    STATEMENT_ELEMENTS,
    PolicyError,
    account_of,
    as_list,
    as_mapping,
    decode,
)


class Kind(Enum):
    """What a document is for, with what differs by that."""

    USER_INLINE = "inline policy of a user"
    ROLE_INLINE = "inline policy of a role"
    GROUP_INLINE = "inline policy of a group"
    MANAGED = "managed policy"
    TRUST = "role trust policy"
    SESSION = "session policy"
    BUCKET = "bucket policy"


SIZE_LIMITS: Mapping[Kind, int] = {
    Kind.USER_INLINE: 2048,
    Kind.GROUP_INLINE: 5120,
    Kind.ROLE_INLINE: 10240,
    Kind.MANAGED: 6144,
    Kind.TRUST: 2048,
    Kind.SESSION: 2048,
}
"""Characters without white space; inline limits are for all inline policies of one owner together."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing AWS would refuse."""

    code: str
    """AWS's error code: `MalformedPolicyDocument` or `LimitExceeded` (`PackedPolicyTooLarge` for a session policy)."""
    place: str
    """Such as `statement 1, Effect`; `document` for the whole."""
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


_MALFORMED = "MalformedPolicyDocument"
_SID = re.compile(r"[A-Za-z0-9]*\Z")
_ANY_SID = re.compile(r"[\w .,;:+=@/()!*'\"#&%^~\[\]{}<>|?$-]*\Z")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+\Z")
_ARN = re.compile(r"arn:[^:]+:[^:]+(?:\Z|:[^:]*(?:\Z|:[^:]*(?:\Z|:.+\Z)))", re.DOTALL)
_PARTITION = re.compile(r"(?:\*|aws(?:-cn|-us-gov|-eusc|-iso(?:-[a-z])?)?)\Z")
_IAM_KINDS = (
    "user", "federated-user/", "role", "group", "instance-profile/", "mfa/", "server-certificate/", "policy",
    "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
)  # fmt: skip
_PRINCIPAL_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)/.+)|sts::\d{12}:(?:assumed-role/[^/]+/.+|federated-user/.+))\Z"
)
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}\Z")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)\Z")
_TRUST_ACTIONS = frozenset({
    "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession",
    "sts:setsourceidentity", "sts:setcontext", "sts:*", "sts:assumerole*",
})  # fmt: skip
_RESOURCE_KINDS = (Kind.TRUST, Kind.BUCKET)


def faults(document: object, kind: Kind) -> tuple[Fault, ...]:
    """Return every fault of a document (mapping or JSON text) for its use, in order of place."""
    try:
        raw = decode(document)
    except PolicyError as error:
        return (Fault(_MALFORMED, "document", str(error)),)
    found = list(_document(raw, kind))
    limit = SIZE_LIMITS.get(kind)
    length = size(raw)
    if limit is not None and length > limit:
        code = "PackedPolicyTooLarge" if kind is Kind.SESSION else "LimitExceeded"
        found.append(
            Fault(
                code,
                "document",
                f"{length} characters without white space, at most {limit} for a {kind.value}",
            )
        )
    return tuple(found)


def inline_size_fault(documents: Sequence[object], kind: Kind) -> Fault | None:
    """Return the fault of an owner's inline policies that together are too long.

    Raises: PolicyError when one of them is no JSON object.
    """
    total = sum(size(document) for document in documents)
    limit = SIZE_LIMITS[kind]
    if total <= limit:
        return None
    return Fault(
        "LimitExceeded", "document", f"{total} characters in all inline policies, at most {limit}"
    )


def size(document: object) -> int:
    """Return a document's length as IAM counts it: without white space outside of strings.

    Raises: PolicyError when it is no JSON object.
    """
    return len(json.dumps(decode(document), separators=(",", ":"), ensure_ascii=False))


def _document(raw: Mapping[str, object], kind: Kind) -> Iterator[Fault]:
    for element in raw:
        if element not in ("Version", "Id", "Statement"):
            yield Fault(_MALFORMED, "document", f"unknown element {element}")
    if raw.get("Version", OLD_VERSION) not in (CURRENT_VERSION, OLD_VERSION):
        what = f"{raw['Version']!r} is neither {CURRENT_VERSION} nor {OLD_VERSION}"
        yield Fault(_MALFORMED, "Version", what)
    if "Statement" not in raw:
        yield Fault(_MALFORMED, "document", "Statement is missing")
        return
    statements = as_list(raw["Statement"])
    if not statements:
        yield Fault(_MALFORMED, "Statement", "is empty")
    sids: dict[str, int] = {}
    for number, given in enumerate(statements, 1):
        where = f"statement {number}"
        statement = as_mapping(given)
        if statement is None:
            yield Fault(_MALFORMED, where, "is not an object")
            continue
        yield from _statement(statement, where, kind)
        sid = statement.get("Sid")
        if isinstance(sid, str) and sid:
            if sid in sids:
                yield Fault(
                    _MALFORMED, f"{where}, Sid", f'"{sid}" is statement {sids[sid]}\'s already'
                )
            sids.setdefault(sid, number)


def _statement(raw: Mapping[str, object], where: str, kind: Kind) -> Iterator[Fault]:
    for element in raw:
        if element not in STATEMENT_ELEMENTS:
            yield Fault(_MALFORMED, where, f"unknown element {element}")
    yield from _sid(raw, where, kind)
    if raw.get("Effect") not in ("Allow", "Deny"):
        given = f"{raw['Effect']!r} is neither" if "Effect" in raw else "is missing: give"
        yield Fault(
            _MALFORMED,
            f"{where}, Effect",
            f"{given} Allow {'nor' if 'Effect' in raw else 'or'} Deny",
        )
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in raw and other in raw:
            yield Fault(_MALFORMED, where, f"{one} and {other} exclude each other")
    yield from _actions(raw, where, kind)
    yield from _principals(raw, where, kind)
    yield from _resources(raw, where, kind)
    if "Condition" in raw:
        yield from _conditions(raw["Condition"], where)


def _sid(raw: Mapping[str, object], where: str, kind: Kind) -> Iterator[Fault]:
    if "Sid" not in raw:
        return
    sid = raw["Sid"]
    allowed = _ANY_SID if kind in _RESOURCE_KINDS else _SID
    if not isinstance(sid, str):
        yield Fault(_MALFORMED, f"{where}, Sid", "is not a string")
    elif not allowed.match(sid):
        yield Fault(_MALFORMED, f"{where}, Sid", f'"{sid}" has other characters than A-Z, a-z, 0-9')


def _actions(raw: Mapping[str, object], where: str, kind: Kind) -> Iterator[Fault]:
    elements = [element for element in ("Action", "NotAction") if element in raw]
    if not elements:
        yield Fault(_MALFORMED, where, "Action or NotAction is missing")
    for element in elements:
        place = f"{where}, {element}"
        values = as_list(raw[element])
        if not values:
            yield Fault(_MALFORMED, place, "is empty")
        for value in values:
            if not isinstance(value, str):
                yield Fault(_MALFORMED, place, "is not a string or a list of strings")
            elif value != "*" and not _ACTION.match(value):
                yield Fault(
                    _MALFORMED,
                    place,
                    f'"{value}" has no vendor prefix such as s3: or sts:, or no name behind it',
                )
            elif kind is Kind.TRUST and element == "Action" and value.lower() not in _TRUST_ACTIONS:
                yield Fault(
                    _MALFORMED,
                    place,
                    f'"{value}" is no action of a trust policy: give sts:AssumeRole',
                )


def _principals(raw: Mapping[str, object], where: str, kind: Kind) -> Iterator[Fault]:
    elements = [element for element in ("Principal", "NotPrincipal") if element in raw]
    if kind not in _RESOURCE_KINDS:
        for element in elements:
            what = f"does not belong in a {kind.value}: its owner is the principal"
            yield Fault(_MALFORMED, f"{where}, {element}", what)
        return
    if not elements:
        yield Fault(_MALFORMED, where, f"Principal is missing: a {kind.value} says whom it is for")
    if "NotPrincipal" in raw and (kind is Kind.TRUST or raw.get("Effect") == "Allow"):
        what = (
            "is not allowed in a role trust policy"
            if kind is Kind.TRUST
            else "is not allowed with Allow"
        )
        yield Fault(_MALFORMED, f"{where}, NotPrincipal", what)
    for element in elements:
        yield from _principal(raw[element], f"{where}, {element}")


def _principal(given: object, place: str) -> Iterator[Fault]:
    if given == "*":
        return
    kinds = as_mapping(given)
    if kinds is None:
        yield Fault(
            _MALFORMED,
            place,
            'is neither "*" nor an object of AWS, Service, Federated or CanonicalUser',
        )
        return
    if not kinds:
        yield Fault(_MALFORMED, place, "is empty")
    for kind, values in kinds.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            yield Fault(_MALFORMED, place, f"unknown kind {kind}")
            continue
        entries = as_list(values)
        if not entries:
            yield Fault(_MALFORMED, f"{place}.{kind}", "is empty")
        for entry in entries:
            what = _entry(entry, kind)
            if what:
                yield Fault(_MALFORMED, f"{place}.{kind}", what)


def _entry(entry: object, kind: str) -> str:
    if not isinstance(entry, str):
        return "is not a string or a list of strings"
    if kind == "Service" and not _SERVICE.match(entry):
        return f'"{entry}" is no service such as ec2.amazonaws.com'
    if kind != "AWS" or entry == "*" or account_of(entry) or _UNIQUE_ID.match(entry):
        return ""
    if ":group/" in entry:
        return f'"{entry}" is a group, and a group is no principal'
    if "*" in entry or "?" in entry:
        return f'"{entry}": a wildcard cannot stand for part of a principal'
    return "" if _PRINCIPAL_ARN.match(entry) else f'"{entry}" is no account, user, role or session'


def _resources(raw: Mapping[str, object], where: str, kind: Kind) -> Iterator[Fault]:
    elements = [element for element in ("Resource", "NotResource") if element in raw]
    if kind is Kind.TRUST:
        for element in elements:
            yield Fault(
                _MALFORMED,
                f"{where}, {element}",
                "does not belong in a role trust policy: the role is the resource",
            )
        return
    if not elements:
        yield Fault(_MALFORMED, where, "Resource or NotResource is missing")
    for element in elements:
        place = f"{where}, {element}"
        values = as_list(raw[element])
        if not values:
            yield Fault(_MALFORMED, place, "is empty")
        for value in values:
            if not isinstance(value, str):
                yield Fault(_MALFORMED, place, "is not a string or a list of strings")
            elif value != "*":
                what = _resource(value)
                if what:
                    yield Fault(_MALFORMED, place, f'"{value}" {what}')


def _resource(value: str) -> str:
    if not _ARN.match(value):
        return 'is neither an ARN nor "*"'
    _, partition, service, region, _, last = (value + ":*:*:*:*").split(":", 5)
    if not _PARTITION.match(partition):
        return f"is of no partition that there is: {partition}"
    if "*" in service or "?" in service:
        return "has a wildcard where the service is to be named"
    if service != "iam":
        return ""
    if region not in ("", "*"):
        return "has a region, and IAM has none"
    is_kind = last.startswith(("*", "?", *_IAM_KINDS)) or last.split(":", 1)[0] == "root"
    return "" if is_kind else f"is none of IAM's resources: {', '.join(_IAM_KINDS)}"


def _conditions(given: object, where: str) -> Iterator[Fault]:
    operators = as_mapping(given)
    if operators is None:
        yield Fault(_MALFORMED, f"{where}, Condition", "is not an object")
        return
    for name, under in operators.items():
        place = f"{where}, Condition {name}"
        if operator(name) is None:
            yield Fault(_MALFORMED, place, "there is no such operator")
        keys = as_mapping(under)
        if keys is None:
            yield Fault(_MALFORMED, place, "is not an object of keys and values")
            continue
        for key, values in keys.items():
            if ":" not in key:
                yield Fault(_MALFORMED, place, f'"{key}" has no vendor prefix such as aws: or sts:')
            if not all(isinstance(value, (str, bool, int, float)) for value in as_list(values)):
                yield Fault(_MALFORMED, f"{place} {key}", "is not a string or a list of strings")
