"""IAM's grammar of policy documents: what AWS refuses to store, where, in AWS's words if known.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "AWS JSON policy elements: Principal", "… NotPrincipal", "IAM and AWS STS quotas".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from components.documents import VERSION
from components.limits import policy_size
from rolelab.iam import names, quotas
from rolelab.iam.arns import PARTITIONS
from rolelab.iam.documents import (
    EXCLUSIVE,
    OLD_VERSION,
    PRINCIPAL_KINDS,
    STATEMENT_ELEMENTS,
    PolicyError,
    RepeatedElement,
    as_list,
    as_mapping,
    decode,
)
from rolelab.iam.language.operators import used


class PolicyUse(Enum):
    """What a document is for; the value is the key of the quota for its size, or its name."""

    USER_INLINE = "UserPolicySizeQuota"
    ROLE_INLINE = "RolePolicySizeQuota"
    GROUP_INLINE = "GroupPolicySizeQuota"
    MANAGED = "PolicySizeQuota"
    TRUST = "AssumeRolePolicySizeQuota"
    SESSION = "session policy"
    BUCKET = "bucket policy"

    @property
    def names_principals(self) -> bool:
        """Whether a statement says whom it is for."""
        return self in (PolicyUse.TRUST, PolicyUse.BUCKET)

    @property
    def limit(self) -> int | None:
        """Characters without white space at most; of inline ones of one owner together."""
        if self is PolicyUse.SESSION:
            return quotas.SESSION_POLICY_SIZE
        return quotas.most(self.value) if self.value in quotas.QUOTAS else None


@dataclass(frozen=True, slots=True)
class GrammarFault:
    """One thing AWS would refuse."""

    place: str
    """Such as `statement 1, Effect`; `document` for the whole."""
    what: str
    """AWS's message."""
    code: str = "MalformedPolicyDocument"
    """AWS's error code; `LimitExceeded` for a document that is too long."""


_JSON = "This policy contains invalid Json"
_SYNTAX = "Syntax errors in policy."
_VENDORS = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_VENDOR = re.compile(r"[a-zA-Z0-9-]+")
_ACTION_NAME = re.compile(r"[a-zA-Z0-9_*?]+")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9.-]+:[^\x00-\x1f]+")
_SID_OF_S3 = re.compile(r"[\w .,;:+=@/()!*'\"#&%^~\[\]{}<>|?$-]*")
_TRUST_ACTIONS = frozenset({
    "sts:*", "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
    "sts:tagsession", "sts:setsourceidentity", "sts:setcontext",
})  # fmt: skip
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/",
    "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/",
    "access-report/",
)  # fmt: skip
_ENTITY = rf"(?:user|role)/(?:[^*?]*/)?{names.CHARACTERS}+"
_ASSUMED = rf"assumed-role/{names.CHARACTERS}+/{names.SESSION_NAME.pattern}"
_PRINCIPAL = re.compile(
    rf"arn:(?P<partition>[a-z-]+):(?:iam::[0-9]{{12}}:(?:root|{_ENTITY})"
    rf"|sts::[0-9]{{12}}:(?:{_ASSUMED}|federated-user/{names.CHARACTERS}+))"
)
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*]+")


def faults(document: object, kind: PolicyUse) -> tuple[GrammarFault, ...]:
    """Return every fault of a document (mapping or JSON text), in the order in which AWS looks."""
    if isinstance(document, str) and not document.lstrip().startswith("{"):
        return (GrammarFault("document", _JSON),)
    try:
        raw = decode(document)
    except RepeatedElement:
        return (GrammarFault("document", _SYNTAX),)
    except PolicyError:
        return (GrammarFault("document", _JSON),)
    return (*_document(raw, kind), *_size(document if isinstance(document, str) else raw, kind))


def malformed(document: str, kind: PolicyUse) -> str:
    """Return AWS's message for the first fault of grammar; empty where there is none."""
    for fault in faults(document, kind):
        if fault.code == "MalformedPolicyDocument":
            return fault.what
    return ""


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


def _size(document: Mapping[str, object] | str, kind: PolicyUse) -> Iterator[GrammarFault]:
    size = policy_size(document)
    if kind.limit is not None and size > kind.limit:
        what = f"has {size} characters without white space, at most {kind.limit} are allowed"
        code = "PackedPolicyTooLarge" if kind is PolicyUse.SESSION else "LimitExceeded"
        yield GrammarFault("document", what, code)


def _document(raw: Mapping[str, object], kind: PolicyUse) -> Iterator[GrammarFault]:
    if set(raw) - {"Version", "Id", "Statement"}:
        yield GrammarFault("document", _SYNTAX)
    if "Version" in raw and raw["Version"] not in (VERSION, OLD_VERSION):
        yield GrammarFault("Version", "The policy must contain a valid version string")
    if not isinstance(raw.get("Id", ""), str):
        yield GrammarFault("Id", _SYNTAX)
    content = raw.get("Statement")
    if "Statement" not in raw:
        yield GrammarFault("document", _SYNTAX)
        return
    if (as_mapping(content) is None and not isinstance(content, list)) or not content:
        yield GrammarFault("Statement", _SYNTAX)
        return
    sids: set[str] = set()
    for number, each in enumerate(as_list(raw["Statement"]), 1):
        where = f"statement {number}"
        statement = as_mapping(each)
        if statement is None:
            yield GrammarFault(where, _SYNTAX)
            continue
        yield from _any_statement(statement, where, kind)
        sid = statement.get("Sid")
        if isinstance(sid, str) and sid:
            if sid in sids:
                what = "Statement IDs (SID) in a single policy must be unique."
                yield GrammarFault(f"{where}, Sid", what)
            sids.add(sid)
        yield from _for_its_use(statement, where, kind)


def _any_statement(
    raw: Mapping[str, object], where: str, kind: PolicyUse
) -> Iterator[GrammarFault]:
    if set(raw).difference(STATEMENT_ELEMENTS):
        yield GrammarFault(where, _SYNTAX)
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        yield GrammarFault(f"{where}, Sid", _SYNTAX)
    elif not (_SID_OF_S3 if kind is PolicyUse.BUCKET else names.SID).fullmatch(sid):
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
            yield GrammarFault(where, _SYNTAX)
    if "Condition" in raw:
        yield from _conditions(raw["Condition"], f"{where}, Condition")


def _for_its_use(raw: Mapping[str, object], where: str, kind: PolicyUse) -> Iterator[GrammarFault]:
    if kind is PolicyUse.TRUST:
        for element in ("Resource", "NotResource"):
            if element in raw:
                yield GrammarFault(f"{where}, {element}", f"Has prohibited field {element}")
    if kind.names_principals:
        yield from _principals(raw, where, kind)
    else:
        for element in ("Principal", "NotPrincipal"):
            if element in raw:
                what = "Policy document should not specify a principal."
                yield GrammarFault(f"{where}, {element}", what)
    yield from _actions(raw, where, kind)
    if kind is not PolicyUse.TRUST:
        yield from _resources(raw, where)


def _conditions(block: object, place: str) -> Iterator[GrammarFault]:
    operators = as_mapping(block)
    if operators is None:
        yield GrammarFault(place, _SYNTAX)
        return
    for name, under in operators.items():
        where = f"{place} {name}"
        if used(name) is None:
            yield GrammarFault(where, f"Invalid Condition type : {name}.")
        keys = as_mapping(under)
        if not keys:
            yield GrammarFault(where, _SYNTAX)
            continue
        for key, values in keys.items():
            if not _CONDITION_KEY.fullmatch(key):
                yield GrammarFault(where, _VENDORS)
            if not all(isinstance(value, (str, bool, int, float)) for value in as_list(values)):
                yield GrammarFault(where, _SYNTAX)


def _principals(raw: Mapping[str, object], where: str, kind: PolicyUse) -> Iterator[GrammarFault]:
    if "NotPrincipal" in raw:
        place = f"{where}, NotPrincipal"
        if raw.get("Effect") == "Allow":
            yield GrammarFault(place, "Allow with NotPrincipal is not allowed.")
        elif kind is PolicyUse.TRUST:
            yield GrammarFault(place, "AssumeRole policy must not contain NotPrincipal field.")
    elif "Principal" not in raw:
        yield GrammarFault(where, "Missing required field Principal")
    for element in ("Principal", "NotPrincipal"):
        if element in raw and raw[element] != "*":
            yield from _principal(raw[element], f"{where}, {element}", kind)


def _principal(block: object, place: str, kind: PolicyUse) -> Iterator[GrammarFault]:
    named = as_mapping(block)
    if not named:
        yield GrammarFault(place, f"Invalid principal in policy: {json.dumps(block)}")
        return
    known = PRINCIPAL_KINDS if kind is PolicyUse.BUCKET else PRINCIPAL_KINDS[:3]
    for of, values in named.items():
        where = f"{place}.{of}"
        if of not in known:
            yield GrammarFault(where, f'Invalid principal in policy: "{of.upper()}"')
            continue
        entries = _strings(values)
        if entries is None:
            yield GrammarFault(where, _SYNTAX)
        elif not entries:
            yield GrammarFault(where, f"Invalid principal in policy: {json.dumps(block)}")
        for entry in entries or ():
            if not is_principal(of, entry):
                yield GrammarFault(where, invalid_principal(of, entry))


def _actions(raw: Mapping[str, object], where: str, kind: PolicyUse) -> Iterator[GrammarFault]:
    element = "Action" if "Action" in raw else "NotAction"
    place = f"{where}, {element}"
    actions = _strings(raw[element]) if element in raw else ()
    if actions is None:
        yield GrammarFault(place, _SYNTAX)
    elif not actions:
        yield GrammarFault(place, "Policy statement must contain actions.")
    for action in actions or ():
        what = _action(action)
        if what:
            yield GrammarFault(place, what)
        elif kind is PolicyUse.TRUST and element == "Action" and not _is_trust_action(action):
            yield GrammarFault(place, "AssumeRole policy may only specify STS AssumeRole actions.")


def _action(action: str) -> str:
    vendor, colon, name = action.partition(":")
    if action == "*":
        return ""
    if not colon:
        return _VENDORS
    if vendor != "*" and not _VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    return "" if _ACTION_NAME.fullmatch(name) else _SYNTAX


def _is_trust_action(action: str) -> bool:
    lower = action.lower()
    # sts:Assume* and the like: a pattern is fine when it can mean such an action.
    return lower in _TRUST_ACTIONS or (
        lower.startswith("sts:") and any(mark in lower for mark in "*?")
    )


def _resources(raw: Mapping[str, object], where: str) -> Iterator[GrammarFault]:
    element = "Resource" if "Resource" in raw else "NotResource"
    place = f"{where}, {element}"
    resources = _strings(raw[element]) if element in raw else ()
    if resources is None:
        yield GrammarFault(place, _SYNTAX)
    elif not resources:
        yield GrammarFault(place, "Policy statement must contain resources.")
    for resource in resources or ():
        what = _resource(resource) if resource != "*" else ""
        if what:
            yield GrammarFault(place, what)


def _resource(arn: str) -> str:
    parts = arn.split(":", 5)
    if parts[0] != "arn" or len(parts) < 3:
        return f'Resource {arn} must be in ARN format or "*".'
    partition, service = parts[1], parts[2]
    if partition not in PARTITIONS and "*" not in partition and "?" not in partition:
        return f'Partition "{partition}" is not valid for resource "{arn}".'
    is_pattern = "*" in service or "?" in service
    if not service or (is_pattern and (len(parts) == 3 or service != "*")):
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if not is_pattern and not _VENDOR.fullmatch(service):
        return f"Vendor {service} is not valid"
    if service != "iam" or len(parts) < 6:
        return ""
    if parts[3]:
        return f"IAM resource {arn} cannot contain region information."
    if _is_iam_path(parts[5]):
        return ""
    return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'


def _is_iam_path(path: str) -> bool:
    if path.startswith(("*", "?", "$", "root", *_IAM_PATHS)):
        return True
    before, is_pattern = re.split(r"[*?$]", path)[0], re.search(r"[*?$]", path)
    return is_pattern is not None and any(start.startswith(before) for start in _IAM_PATHS)


def _strings(value: object) -> list[str] | None:
    """Return a string or a list of strings as a list; None for anything else."""
    values = [each for each in as_list(value) if isinstance(each, str)]
    return values if len(values) == len(as_list(value)) else None
