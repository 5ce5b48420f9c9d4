"""IAM's grammar of trust policies: what IAM refuses to store, in its own words.

Whether the principals exist is the business of `trust`; `identity_documents` has the grammar of
identity-based policies.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "AWS JSON policy elements: Principal", "... NotPrincipal"; the wording is IAM's own
where it is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, cast

from tests.oracle.conditions import is_operator

VERSIONS = ("2012-10-17", "2008-10-17")

SYNTAX = "Syntax errors in policy."
ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "Principal",
        "NotPrincipal",
    }
)
SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[a-zA-Z0-9-]+")
_ACTION_NAME = re.compile(r"[a-zA-Z0-9_*?]+")
_TRUST_ACTIONS = frozenset(
    {
        "sts:*",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
)


def check_trust(document: str) -> dict[str, Any]:
    """Return a role's trust policy, checked but for the existence of its principals.

    Raises:
        Malformed: IAM would not store it.
    """
    policy = _parsed(document)
    for statement in _checked_statements(policy, is_trust=True):
        for name in ("Resource", "NotResource"):
            if name in statement:
                raise malformed(f"Has prohibited field {name}")
        if "NotPrincipal" in statement:
            allows = statement["Effect"] == "Allow"
            raise malformed(
                "Allow with NotPrincipal is not allowed."
                if allows
                else "AssumeRole policy must not contain NotPrincipal field."
            )
        if "Principal" not in statement:
            raise malformed("Missing required field Principal")
        _check_principal(statement["Principal"])
        _check_actions(statement)
        for action in listed(statement.get("Action", [])):
            if not _is_trust_action(action):
                raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    return policy


def size(document: str) -> int:
    """Return the length that IAM's quotas count: without white space."""
    return len(re.sub(r"[ \t\r\n]", "", document))


def listed(value: Any) -> list[Any]:
    """Return a value that may be one or a list of many as a list."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a checked policy as a list."""
    return listed(policy.get("Statement", []))


# -- parts of the grammar --------------------------------------------------------------------------


class Malformed(Exception):
    """What IAM refuses with MalformedPolicyDocument, in its words."""


def malformed(message: str) -> Malformed:
    return Malformed(message)


def _parsed(document: str) -> dict[str, Any]:
    if not document.lstrip().startswith("{"):
        raise malformed("This policy contains invalid Json")
    try:
        policy = json.loads(document, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError):
        raise malformed("This policy contains invalid Json") from None
    if not document.startswith("{"):
        raise malformed("JSON strings must not have leading spaces")
    return cast("dict[str, Any]", policy)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise malformed(SYNTAX)
    return content


def _checked_statements(
    policy: dict[str, Any], *, is_trust: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the statements after everything that both kinds of policy share was checked."""
    _check_names(policy, {"Version", "Id", "Statement"}, is_trust=is_trust)
    if "Version" in policy and policy["Version"] not in VERSIONS:
        raise malformed("The policy must contain a valid version string")
    if not isinstance(policy.get("Id", ""), str):
        raise malformed(SYNTAX)
    found = policy.get("Statement")
    if not isinstance(found, (dict, list)) or found == []:
        raise malformed(SYNTAX)
    sids: set[str] = set()
    for statement in listed(found):
        if not isinstance(statement, dict):
            raise malformed(SYNTAX)
        checked = cast("dict[str, Any]", statement)
        _check_names(checked, ELEMENTS, is_trust=is_trust)
        _check_statement(checked)
        name = checked.get("Sid", "")
        if name and name in sids:
            raise malformed("Statement IDs (SID) in a single policy must be unique.")
        sids.add(name)
        yield checked


def _check_names(part: dict[str, Any], known: Collection[str], *, is_trust: bool) -> None:
    """Of a trust policy AWS names what it does not know; of another one it does not."""
    for name in part:
        if name not in known:
            raise malformed(f"Unknown field {name}" if is_trust else SYNTAX)


def _check_statement(statement: dict[str, Any]) -> None:
    name = statement.get("Sid", "")
    if not isinstance(name, str):
        raise malformed(SYNTAX)
    if not SID.fullmatch(name):
        raise malformed(
            "Statement IDs (SID) must be alpha-numeric. "
            "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )
    if "Effect" not in statement:
        raise malformed("Missing required field Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise malformed(f"Invalid effect: {statement['Effect']}")
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in statement and other in statement:
            raise malformed(SYNTAX)
    _check_condition(statement.get("Condition", {}))


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict):
        raise malformed(SYNTAX)
    for operator, keys in cast("dict[str, Any]", condition).items():
        if not is_operator(operator):
            raise malformed(f"Invalid Condition type : {operator}.")
        if not isinstance(keys, dict) or not keys:
            raise malformed(SYNTAX)
        for key, values in cast("dict[str, Any]", keys).items():
            if not re.fullmatch(r"[A-Za-z0-9.-]+:[^\x00-\x1f]+", key):
                raise malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                )
            if not all(isinstance(value, (str, int, float, bool)) for value in listed(values)):
                raise malformed(SYNTAX)


def _check_actions(statement: dict[str, Any]) -> None:
    element = "Action" if "Action" in statement else "NotAction"
    actions = _strings(statement.get(element))
    if not actions:
        raise malformed("Policy statement must contain actions.")
    for action in actions:
        if action == "*":
            continue
        vendor, colon, name = action.partition(":")
        if not colon:
            raise malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            )
        if vendor != "*" and not _VENDOR.fullmatch(vendor):
            raise malformed(f"Vendor {vendor} is not valid")
        if not _ACTION_NAME.fullmatch(name):
            raise malformed(SYNTAX)


def _check_principal(principal: Any) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise malformed(f"Invalid principal in policy: {json.dumps(principal)}")
    for kind, values in cast("dict[str, Any]", principal).items():
        if kind not in ("AWS", "Service", "Federated"):
            raise malformed(f'Invalid principal in policy: "{kind.upper()}"')
        if not _strings(values):
            raise malformed(f"Invalid principal in policy: {json.dumps(principal)}")


def _strings(value: Any) -> list[str]:
    if value is None:
        return []
    values = listed(value)
    if not all(isinstance(one, str) for one in values):
        raise malformed(SYNTAX)
    return values


def _is_trust_action(action: str) -> bool:
    lower = action.lower()
    if lower in _TRUST_ACTIONS:
        return True
    # sts:Assume* and the like: a pattern is fine when it can mean such an action.
    return lower.startswith("sts:") and any(mark in lower for mark in "*?")
