"""IAM's grammar of identity-based policies, one reading of the document after the other.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference"; the order of the readings and the words are those that AWS answers.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from tests.oracle.conditions import is_operator
from tests.oracle.documents import (
    ELEMENTS,
    SID,
    SYNTAX,
    VERSIONS,
    Malformed,
    listed,
    malformed,
    unique_keys,
)

PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)
_LEGACY = "The policy failed legacy parsing"
_IAM_PATHS = (
    *("access-report/", "assumed-role/", "federated-user/", "group/", "instance-profile/", "mfa/"),
    *("oidc-provider/", "policy/", "role/", "saml-provider/", "server-certificate/", "sms-mfa/"),
    *("u2f/", "user/"),
)


def check_identity(document: str, *, managed: bool = False) -> dict[str, Any]:
    """Return an identity-based policy, checked by one reading after the other, as IAM does.

    Raises:
        Malformed: IAM would not store it.
    """
    policy = _syntactic(document.lstrip())
    if managed and policy.get("Version") != "2012-10-17":
        raise malformed("Policy document must be version 2012-10-17 or greater.")
    found = cast("list[dict[str, Any]]", listed(policy["Statement"]))
    wrong_resource = _first_wrong_resource(found)
    is_indented = document != document.lstrip()
    if is_indented or any(map(_is_legacy, found)) or wrong_resource == _LEGACY:
        raise malformed(_LEGACY)
    if any("Principal" in each or "NotPrincipal" in each for each in found):
        raise malformed("Policy document should not specify a principal.")
    _check_sids([statement.get("Sid", "") for statement in found])
    if not all(_both(statement, "Action") for statement in found):
        raise malformed("Policy statement must contain actions.")
    if wrong_resource:
        raise malformed(wrong_resource)
    if not all(_both(statement, "Resource") for statement in found):
        raise malformed("Policy statement must contain resources.")
    for statement in found:
        for action in _both(statement, "Action"):
            _check_action(action)
    return policy


def _syntactic(document: str) -> dict[str, Any]:
    """Return a document that has the shape of an identity-based policy."""
    if document[:1] != "{":
        raise malformed(SYNTAX)
    try:
        policy: dict[str, Any] = json.loads(document, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError):
        raise malformed(SYNTAX) from None
    shapes = [
        not set(policy) - {"Version", "Id", "Statement"},
        policy.get("Version", VERSIONS[0]) in VERSIONS,
        isinstance(policy.get("Id", ""), str),
        isinstance(policy.get("Statement"), (dict, list)) and policy["Statement"] not in ([], {}),
    ]
    if not all(shapes) or not all(_has_shape(each) for each in listed(policy["Statement"])):
        raise malformed(SYNTAX)
    return policy


def _has_shape(statement: Any) -> bool:
    if not isinstance(statement, dict) or set(cast("dict[str, Any]", statement)) - ELEMENTS:
        return False
    raw = cast("dict[str, Any]", statement)
    twice = any({name, f"Not{name}"} <= set(raw) for name in ("Action", "Resource", "Principal"))
    texts = [raw[name] for name in raw if name.removeprefix("Not") in ("Action", "Resource")]
    return (
        not twice
        and isinstance(raw.get("Sid", ""), str)
        and str(raw.get("Effect")).lower() in ("allow", "deny")
        and all(isinstance(entry, str) for value in texts for entry in listed(value))
        and _condition_has_shape(raw.get("Condition", {}))
    )


def _condition_has_shape(condition: Any) -> bool:
    if not isinstance(condition, dict):
        return False
    for operator, keys in cast("dict[str, Any]", condition).items():
        if keys == {}:
            continue
        if not isinstance(keys, dict) or not is_operator(operator):
            return False
        for values in cast("dict[str, Any]", keys).values():
            if any(isinstance(value, (dict, list, type(None))) for value in listed(values)):
                return False
    return True


def _is_legacy(statement: dict[str, Any]) -> bool:
    if statement["Effect"] not in ("Allow", "Deny"):
        return True
    blocks = statement.get("Condition", {}).items()
    dated = [keys for operator, keys in blocks if "date" in operator.lower()]
    values = [value for keys in dated for listing in keys.values() for value in listed(listing)]
    return not all(_is_date(str(value)) for value in values)


def _is_date(text: str) -> bool:
    if text.isdigit():
        return int(text) < 2**63
    day, mark, time = text.upper().partition("T")
    clock, *zone = re.split("[Z+-]", time, maxsplit=1)
    pattern = r"-?\d+(-(0?[1-9]|1[0-2])(-(0?[1-9]|[12]\d|3[01]))?)?"
    if not re.fullmatch(pattern, day) or (not mark and time):
        return False
    if not re.fullmatch(r"(([01]?\d|2[0-3])(:[0-5]?\d(:[0-5]?\d(\.\d{1,9})?)?)?)?", clock):
        return False
    return not zone or re.fullmatch(r"|([01]\d|2[0-3])(:[0-5]\d)?", zone[0]) is not None


def _first_wrong_resource(found: list[dict[str, Any]]) -> str:
    for statement in found:
        for resource in _both(statement, "Resource"):
            try:
                if resource != "*":
                    _check_arn(resource)
            except Malformed as wrong:
                return str(wrong)
    return ""


def _check_sids(names: list[str]) -> None:
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise malformed("Statement IDs (SID) in a single policy must be unique.")
        if not SID.fullmatch(name):
            raise malformed(
                "Statement IDs (SID) must be alpha-numeric. "
                "Check that your input satisfies the regular expression [0-9A-Za-z]*"
            )


def _both(statement: dict[str, Any], name: str) -> list[str]:
    return [*listed(statement.get(name, [])), *listed(statement.get(f"Not{name}", []))]


def _check_action(action: str) -> None:
    if action == "*":
        return
    if action.count(":") != 1:
        raise malformed(
            "Actions/Condition can contain only one colon."
            if ":" in action
            else "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        )
    vendor, name = action.split(":")
    if vendor != "*" and not re.fullmatch(r"[a-zA-Z0-9.-]+", vendor):
        raise malformed(f"Vendor {vendor} is not valid")
    if not name:
        raise malformed(SYNTAX)


def _check_arn(arn: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) == 1:
        raise malformed(f'Resource {arn} must be in ARN format or "*".')
    partition, service = parts[1], (parts[2] if len(parts) > 2 else None)
    if parts[0] == "arn" and service == "":
        raise malformed(_LEGACY)
    if partition not in PARTITIONS and "*" not in partition and "?" not in partition:
        whole = ":".join(["arn", *parts[1:], *"*****"][:6])
        raise malformed(f'Partition "{partition}" is not valid for resource "{whole}".')
    if not service or (set("*?") & set(service) and (len(parts) == 3 or service != "*")):
        raise malformed("Resource vendor must be fully qualified and cannot contain regexes.")
    if service != "*" and not re.fullmatch(r"[a-zA-Z0-9.-]+", service):
        raise malformed(f"Vendor {service} is not valid")
    if len(parts) < 6:
        if "::" in arn:
            raise malformed(_LEGACY)
    elif service == "s3":
        kinds = ("*", "?", "accesspoint", "access-grants", "async-request/", "job/", "storage-lens")
        if parts[3] and not parts[5].startswith(kinds):
            raise malformed(f"Resource {arn} can not contain region information.")
    elif service == "iam":
        _check_iam_arn(arn, *parts[3:])


def _check_iam_arn(arn: str, region: str, account: str, path: str) -> None:
    if region:
        raise malformed(f"IAM resource {arn} cannot contain region information.")
    if account != "aws" and re.search(r"[^0-9*?]", account):
        raise malformed(_LEGACY)
    if not path.startswith(("*", "?", "$", "root", "role-template/", *_IAM_PATHS)) and not any(
        start.startswith(re.split(r"[*?$]", path)[0]) and re.search(r"[*?$]", path)
        for start in _IAM_PATHS
    ):
        raise malformed('IAM resource path must either be "*", root, or start with one of theirs.')
