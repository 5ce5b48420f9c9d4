"""The grammar of trust policies; the form of principals, which bucket policies share.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "… NotPrincipal"; the words are those
that AWS answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from components.documents import VERSION
from rolelab.iam import names
from rolelab.iam.arns import PARTITIONS
from rolelab.iam.documents import (
    DOCUMENT_ELEMENTS,
    EXCLUSIVE,
    OLD_VERSION,
    PRINCIPAL_KINDS,
    STATEMENT_ELEMENTS,
    as_list,
    as_mapping,
)
from rolelab.iam.grammar.model import (
    SYNTAX,
    VENDORS,
    GrammarFault,
    strings,
    unique_sid,
    unknown,
)
from rolelab.iam.language.operators import used

_KINDS = PRINCIPAL_KINDS[:3]
"""All but the canonical user, which is S3's alone."""
_VENDOR = re.compile(r"[a-zA-Z0-9-]+")
_ACTION_NAME = re.compile(r"[a-zA-Z0-9_*?]+")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9.-]+:[^\x00-\x1f]+")
_TRUST_ACTIONS = frozenset({
    "sts:*", "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
    "sts:tagsession", "sts:setsourceidentity", "sts:setcontext",
})  # fmt: skip
_ENTITY = rf"(?:user|role)/(?:[^*?]*/)?{names.CHARACTERS}+"
_ASSUMED = rf"assumed-role/{names.CHARACTERS}+/{names.SESSION_NAME.pattern}"
_PRINCIPAL = re.compile(
    rf"arn:(?P<partition>[a-z-]+):(?:iam::[0-9]{{12}}:(?:root|{_ENTITY})"
    rf"|sts::[0-9]{{12}}:(?:{_ASSUMED}|federated-user/{names.CHARACTERS}+))"
)
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*]+")


def faults(raw: Mapping[str, object]) -> tuple[GrammarFault, ...]:
    """Return every fault of a document, in the order in which AWS looks."""
    return tuple(_document(raw))


def is_principal(kind: str, value: str) -> bool:
    """Return whether a principal has the form of one; whether it exists, AWS alone knows."""
    if kind == "Service":
        return names.SERVICE_PRINCIPAL.fullmatch(value) is not None
    if kind == "Federated":
        return value in names.IDENTITY_PROVIDERS or _PROVIDER.fullmatch(value) is not None
    if kind != "AWS":
        return True
    if value == "*" or names.ACCOUNT_ID.fullmatch(value) or names.PRINCIPAL_ID.fullmatch(value):
        return True
    arn = _PRINCIPAL.fullmatch(value)
    return arn is not None and arn["partition"] in PARTITIONS


def invalid_principal(kind: str, value: str) -> str:
    """Return AWS's message for a principal that has no such form, or does not exist."""
    return f'Invalid principal in policy: "{kind if kind == "AWS" else kind.upper()}":"{value}"'


def _document(raw: Mapping[str, object]) -> Iterator[GrammarFault]:
    for name in unknown(raw, DOCUMENT_ELEMENTS):
        yield GrammarFault(f"document, {name}", f"Unknown field {name}")
    if "Version" in raw and raw["Version"] not in (VERSION, OLD_VERSION):
        yield GrammarFault("Version", "The policy must contain a valid version string")
    if not isinstance(raw.get("Id", ""), str):
        yield GrammarFault("Id", SYNTAX)
    content = raw.get("Statement")
    if "Statement" not in raw:
        yield GrammarFault("document", SYNTAX)
        return
    if (as_mapping(content) is None and not isinstance(content, list)) or not content:
        yield GrammarFault("Statement", SYNTAX)
        return
    sids: set[str] = set()
    for number, each in enumerate(as_list(raw["Statement"]), 1):
        where = f"statement {number}"
        statement = as_mapping(each)
        if statement is None:
            yield GrammarFault(where, SYNTAX)
            continue
        yield from _any_statement(statement, where)
        what = unique_sid(statement.get("Sid"), sids)
        if what:
            yield GrammarFault(f"{where}, Sid", what)
        yield from _of_a_trust(statement, where)


def _any_statement(raw: Mapping[str, object], where: str) -> Iterator[GrammarFault]:
    for name in unknown(raw, STATEMENT_ELEMENTS):
        yield GrammarFault(f"{where}, {name}", f"Unknown field {name}")
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        yield GrammarFault(f"{where}, Sid", SYNTAX)
    elif not names.SID.fullmatch(sid):
        what = (
            "Statement IDs (SID) must be alpha-numeric."
            " Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )
        yield GrammarFault(f"{where}, Sid", what)
    if "Effect" not in raw:
        yield GrammarFault(f"{where}, Effect", "Missing required field Effect")
    elif raw["Effect"] not in ("Allow", "Deny"):
        yield GrammarFault(f"{where}, Effect", f"Invalid effect: {raw['Effect']}")
    for element, opposite in EXCLUSIVE:
        if element in raw and opposite in raw:
            yield GrammarFault(where, SYNTAX)
    if "Condition" in raw:
        yield from _conditions(raw["Condition"], f"{where}, Condition")


def _of_a_trust(raw: Mapping[str, object], where: str) -> Iterator[GrammarFault]:
    for element in ("Resource", "NotResource"):
        if element in raw:
            yield GrammarFault(f"{where}, {element}", f"Has prohibited field {element}")
    yield from _principals(raw, where)
    yield from _actions(raw, where)


def _conditions(block: object, place: str) -> Iterator[GrammarFault]:
    operators = as_mapping(block)
    if operators is None:
        yield GrammarFault(place, SYNTAX)
        return
    for name, under in operators.items():
        where = f"{place} {name}"
        if used(name) is None:
            yield GrammarFault(where, f"Invalid Condition type : {name}.")
        keys = as_mapping(under)
        if not keys:
            yield GrammarFault(where, SYNTAX)
            continue
        for key, values in keys.items():
            if not _CONDITION_KEY.fullmatch(key):
                yield GrammarFault(where, VENDORS)
            if not all(isinstance(value, (str, bool, int, float)) for value in as_list(values)):
                yield GrammarFault(where, SYNTAX)


def _principals(raw: Mapping[str, object], where: str) -> Iterator[GrammarFault]:
    if "NotPrincipal" in raw:
        place = f"{where}, NotPrincipal"
        if raw.get("Effect") == "Allow":
            yield GrammarFault(place, "Allow with NotPrincipal is not allowed.")
        else:
            yield GrammarFault(place, "AssumeRole policy must not contain NotPrincipal field.")
    elif "Principal" not in raw:
        yield GrammarFault(where, "Missing required field Principal")
    for element in ("Principal", "NotPrincipal"):
        if element in raw and raw[element] != "*":
            yield from _principal(raw[element], f"{where}, {element}")


def _principal(block: object, place: str) -> Iterator[GrammarFault]:
    named = as_mapping(block)
    if not named:
        yield GrammarFault(place, f"Invalid principal in policy: {json.dumps(block)}")
        return
    for of, values in named.items():
        where = f"{place}.{of}"
        if of not in _KINDS:
            yield GrammarFault(where, f'Invalid principal in policy: "{of.upper()}"')
            continue
        entries = strings(values)
        if entries is None:
            yield GrammarFault(where, SYNTAX)
        elif not entries:
            yield GrammarFault(where, f"Invalid principal in policy: {json.dumps(block)}")
        for entry in entries or ():
            if not is_principal(of, entry):
                yield GrammarFault(where, invalid_principal(of, entry))


def _actions(raw: Mapping[str, object], where: str) -> Iterator[GrammarFault]:
    element = next((name for name in ("Action", "NotAction") if name in raw), "")
    place = f"{where}, {element}" if element else where
    actions = strings(raw[element]) if element else ()
    if actions is None:
        yield GrammarFault(place, SYNTAX)
    elif not actions:
        yield GrammarFault(place, "Policy statement must contain actions.")
    for action in actions or ():
        what = _action(action)
        if what:
            yield GrammarFault(place, what)
        elif element == "Action" and not _is_trust_action(action):
            yield GrammarFault(place, "AssumeRole policy may only specify STS AssumeRole actions.")


def _action(action: str) -> str:
    vendor, colon, name = action.partition(":")
    if action == "*":
        return ""
    if not colon:
        return VENDORS
    if vendor != "*" and not _VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    return "" if _ACTION_NAME.fullmatch(name) else SYNTAX


def _is_trust_action(action: str) -> bool:
    lower = action.lower()
    # sts:Assume* and the like: a pattern is fine when it can mean such an action.
    return lower in _TRUST_ACTIONS or (
        lower.startswith("sts:") and any(mark in lower for mark in "*?")
    )
