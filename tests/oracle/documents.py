"""IAM's grammar of policy documents: what IAM refuses to store, in its own words.

One function for each kind of document: `check_identity` (inline, managed, session policies) and
`check_trust`. Whether the principals of a trust policy exist is the business of `trust`.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "AWS JSON policy elements: Principal", "... NotPrincipal"; the wording is IAM's own
where it is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from tests.oracle.conditions import is_operator

VERSIONS = ("2012-10-17", "2008-10-17")
PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)

_SYNTAX = "Syntax errors in policy."
_ELEMENTS = frozenset(
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
_SID = re.compile(r"[0-9A-Za-z]*")
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
_IAM_PATHS = (
    *("access-report/", "assumed-role/", "federated-user/", "group/", "instance-profile/", "mfa/"),
    *("oidc-provider/", "policy/", "role/", "saml-provider/", "server-certificate/", "sms-mfa/"),
    *("u2f/", "user/"),
)


def check_identity(document: str) -> dict[str, Any]:
    """Return an identity-based policy, checked.

    Raises:
        Malformed: IAM would not store it.
    """
    policy = _parsed(document)
    for statement in _checked_statements(policy):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise _malformed("Policy document should not specify a principal.")
        _check_actions(statement)
        _check_resources(statement)
    return policy


def check_trust(document: str) -> dict[str, Any]:
    """Return a role's trust policy, checked but for the existence of its principals.

    Raises:
        Malformed: IAM would not store it.
    """
    policy = _parsed(document)
    for statement in _checked_statements(policy):
        for name in ("Resource", "NotResource"):
            if name in statement:
                raise _malformed(f"Has prohibited field {name}")
        if "NotPrincipal" in statement:
            allows = statement["Effect"] == "Allow"
            raise _malformed(
                "Allow with NotPrincipal is not allowed."
                if allows
                else "AssumeRole policy must not contain NotPrincipal field."
            )
        if "Principal" not in statement:
            raise _malformed("Missing required field Principal")
        _check_principal(statement["Principal"])
        _check_actions(statement)
        for action in listed(statement.get("Action", [])):
            if not _is_trust_action(action):
                raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
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


def _malformed(message: str) -> Malformed:
    return Malformed(message)


def _parsed(document: str) -> dict[str, Any]:
    if not document.lstrip().startswith("{"):
        raise _malformed("This policy contains invalid Json")
    try:
        policy = json.loads(document, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _malformed("This policy contains invalid Json") from None
    if not isinstance(policy, dict):
        raise _malformed("This policy contains invalid Json")
    return cast("dict[str, Any]", policy)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _malformed(_SYNTAX)
    return content


def _checked_statements(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the statements after everything that both kinds of policy share was checked."""
    if set(policy) - {"Version", "Id", "Statement"}:
        raise _malformed(_SYNTAX)
    if "Version" in policy and policy["Version"] not in VERSIONS:
        raise _malformed("The policy must contain a valid version string")
    if not isinstance(policy.get("Id", ""), str):
        raise _malformed(_SYNTAX)
    found = policy.get("Statement")
    if not isinstance(found, (dict, list)) or found == []:
        raise _malformed(_SYNTAX)
    sids: set[str] = set()
    for statement in listed(found):
        if not isinstance(statement, dict):
            raise _malformed(_SYNTAX)
        checked = cast("dict[str, Any]", statement)
        _check_statement(checked)
        name = checked.get("Sid", "")
        if name and name in sids:
            raise _malformed("Statement IDs (SID) in a single policy must be unique.")
        sids.add(name)
        yield checked


def _check_statement(statement: dict[str, Any]) -> None:
    if set(statement) - _ELEMENTS:
        raise _malformed(_SYNTAX)
    name = statement.get("Sid", "")
    if not isinstance(name, str):
        raise _malformed(_SYNTAX)
    if not _SID.fullmatch(name):
        raise _malformed(
            "Statement IDs (SID) must be alpha-numeric. "
            "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )
    if "Effect" not in statement:
        raise _malformed("Missing required field Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise _malformed(f"Invalid effect: {statement['Effect']}")
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in statement and other in statement:
            raise _malformed(_SYNTAX)
    _check_condition(statement.get("Condition", {}))


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict):
        raise _malformed(_SYNTAX)
    for operator, keys in cast("dict[str, Any]", condition).items():
        if not is_operator(operator):
            raise _malformed(f"Invalid Condition type : {operator}.")
        if not isinstance(keys, dict) or not keys:
            raise _malformed(_SYNTAX)
        for key, values in cast("dict[str, Any]", keys).items():
            if not re.fullmatch(r"[A-Za-z0-9.-]+:[^\x00-\x1f]+", key):
                raise _malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                )
            if not all(isinstance(value, (str, int, float, bool)) for value in listed(values)):
                raise _malformed(_SYNTAX)


def _check_actions(statement: dict[str, Any]) -> None:
    element = "Action" if "Action" in statement else "NotAction"
    actions = _strings(statement.get(element))
    if not actions:
        raise _malformed("Policy statement must contain actions.")
    for action in actions:
        if action == "*":
            continue
        vendor, colon, name = action.partition(":")
        if not colon:
            raise _malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            )
        if vendor != "*" and not _VENDOR.fullmatch(vendor):
            raise _malformed(f"Vendor {vendor} is not valid")
        if not _ACTION_NAME.fullmatch(name):
            raise _malformed(_SYNTAX)


def _check_resources(statement: dict[str, Any]) -> None:
    element = "Resource" if "Resource" in statement else "NotResource"
    resources = _strings(statement.get(element))
    if not resources:
        raise _malformed("Policy statement must contain resources.")
    for resource in resources:
        if resource != "*":
            _check_arn(resource)


def _check_arn(arn: str) -> None:
    parts = arn.split(":", 5)
    if parts[0] != "arn" or len(parts) < 3:
        raise _malformed(f'Resource {arn} must be in ARN format or "*".')
    partition, service = parts[1], parts[2]
    if partition not in PARTITIONS and "*" not in partition and "?" not in partition:
        raise _malformed(f'Partition "{partition}" is not valid for resource "{arn}".')
    if not service:
        raise _malformed("Resource vendor must be fully qualified and cannot contain regexes.")
    if "*" in service or "?" in service:
        if len(parts) == 3 or service != "*":
            raise _malformed("Resource vendor must be fully qualified and cannot contain regexes.")
    elif not _VENDOR.fullmatch(service):
        raise _malformed(f"Vendor {service} is not valid")
    if service != "iam" or len(parts) < 6:
        return
    if parts[3]:
        raise _malformed(f"IAM resource {arn} cannot contain region information.")
    path = parts[5]
    if not path.startswith(("*", "?", "$", "root", *_IAM_PATHS)) and not any(
        start.startswith(re.split(r"[*?$]", path)[0]) and re.search(r"[*?$]", path)
        for start in _IAM_PATHS
    ):
        raise _malformed(
            f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
        )


def _check_principal(principal: Any) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise _malformed(f"Invalid principal in policy: {json.dumps(principal)}")
    for kind, values in cast("dict[str, Any]", principal).items():
        if kind not in ("AWS", "Service", "Federated"):
            raise _malformed(f'Invalid principal in policy: "{kind.upper()}"')
        if not _strings(values):
            raise _malformed(f"Invalid principal in policy: {json.dumps(principal)}")


def _strings(value: Any) -> list[str]:
    if value is None:
        return []
    values = listed(value)
    if not all(isinstance(one, str) for one in values):
        raise _malformed(_SYNTAX)
    return values


def _is_trust_action(action: str) -> bool:
    lower = action.lower()
    if lower in _TRUST_ACTIONS:
        return True
    # sts:Assume* and the like: a pattern is fine when it can mean such an action.
    return lower.startswith("sts:") and any(mark in lower for mark in "*?")
