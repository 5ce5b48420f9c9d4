"""What S3 refuses as a bucket policy when it is put, in S3's words.

S3 reads its policies by its own grammar and says less than IAM: a policy has to be about this
bucket, its actions about its resources, its conditions about its actions.

Source: Amazon S3 API Reference, PutBucketPolicy; Amazon S3 User Guide, "Policies and permissions in
Amazon S3"; the sentences as S3 has answered them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence

from components.documents import VERSION
from components.limits import policy_size
from rolelab.iam import arns, condition_keys
from rolelab.iam.actions import Action, is_key, of_service
from rolelab.iam.documents import (
    DOCUMENT_ELEMENTS,
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
from rolelab.iam.grammar.model import GrammarFault, unknown
from rolelab.iam.grammar.trust import is_principal
from rolelab.iam.language.operators import used
from rolelab.iam.language.patterns import action_matches

NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
SYNTAX = "Invalid policy syntax."
INVALID_PRINCIPAL = "Invalid principal in policy"
MOST_BYTES = 20 * 1024
"""Source: Amazon S3 User Guide, "Bucket policies" (quota)."""

_S3 = "s3"
_KINDS = frozenset({"bucket", "object"})
_Told = tuple[str, str]
"""An element of a statement, empty for the whole, and what S3 says."""


def faults(body: str, bucket: str) -> Iterator[GrammarFault]:
    """Yield the faults of a policy of a bucket, in S3's words; S3 tells the first.

    Whether its principals exist is not looked at.
    """
    if not body.startswith("{"):
        yield _fault("document", NOT_JSON)
        return
    try:
        raw = decode(body)
    except RepeatedElement:
        yield _fault("document", SYNTAX)
        return
    except PolicyError:
        yield _fault("document", NOT_JSON)
        return
    if policy_size(raw) > MOST_BYTES:
        what = f"Normalized policy document exceeds the maximum allowed size of {MOST_BYTES} bytes"
        yield _fault("document", what)
    for name in unknown(raw, DOCUMENT_ELEMENTS):
        yield _fault(f"document, {name}", f"Unknown field {name}")
    if "Statement" not in raw:
        yield _fault("document", "Missing required field Statement")
        return
    if raw.get("Version", OLD_VERSION) not in (VERSION, OLD_VERSION):
        yield _fault("Version", "The policy must contain a valid version string")
    if not isinstance(raw.get("Id", ""), str):
        yield _fault("Id", SYNTAX)
    if not raw["Statement"]:
        yield _fault("Statement", "Could not parse the policy: Statement is empty!")
    yield from _statements(raw, bucket)


def _fault(place: str, what: str) -> GrammarFault:
    return GrammarFault(place, what, "MalformedPolicy")


def _statements(raw: Mapping[str, object], bucket: str) -> Iterator[GrammarFault]:
    sids: list[object] = []
    for number, each in enumerate(as_list(raw["Statement"]), 1):
        where, statement = f"statement {number}", as_mapping(each)
        if statement is None:
            yield _fault(where, SYNTAX)
            return
        for element, what in _statement(statement, bucket):
            yield _fault(f"{where}, {element}" if element else where, what)
        sid = statement.get("Sid")
        if sid and sid in sids:
            yield _fault(f"{where}, Sid", "Statement IDs (SID) in a single policy must be unique.")
        sids.append(sid)


def _statement(raw: Mapping[str, object], bucket: str) -> Iterator[_Told]:
    for name in unknown(raw, STATEMENT_ELEMENTS):
        yield name, f"Unknown field {name}"
    is_twofold = any(element in raw and opposite in raw for element, opposite in EXCLUSIVE)
    if is_twofold or not isinstance(raw.get("Sid", ""), str):
        yield "" if is_twofold else "Sid", SYNTAX
    for element in ("Effect", "Principal", "Action", "Resource"):
        if element not in raw and f"Not{element}" not in raw:
            yield "", f"Missing required field {element}"
            return
    if raw["Effect"] not in ("Allow", "Deny"):
        yield "Effect", f"Invalid effect: {raw['Effect']}"
    for what in _principals(raw):
        yield _used(raw, "Principal"), what
    patterns, resources = _texts(raw, "Action"), _texts(raw, "Resource")
    if not patterns or not resources:
        yield _used(raw, "Resource" if patterns else "Action"), SYNTAX
        return
    if not all(any(_named(pattern)) for pattern in patterns):
        yield _used(raw, "Action"), "Policy has invalid action"
    kinds = [_kinds_of(resource, bucket) for resource in resources]
    if not all(kinds):
        yield _used(raw, "Resource"), "Policy has invalid resource"
    yield from _fitting(raw, patterns, frozenset[str]().union(*kinds))


def _used(raw: Mapping[str, object], element: str) -> str:
    """Return which of an element and its opposite a statement has."""
    return element if element in raw else f"Not{element}"


def _texts(raw: Mapping[str, object], element: str) -> list[str]:
    """Return an element's texts, or its opposite's; none where something else is among them."""
    values = as_list(raw.get(_used(raw, element)))
    texts = [value for value in values if isinstance(value, str)]
    return texts if len(texts) == len(values) else []


def _principals(raw: Mapping[str, object]) -> Iterator[str]:
    if "NotPrincipal" in raw and raw["Effect"] == "Allow":
        yield "Allow with NotPrincipal is not allowed."
    block = raw.get("Principal", raw.get("NotPrincipal"))
    if block == "*":
        return
    named = as_mapping(block)
    if not named:
        yield INVALID_PRINCIPAL
        return
    for kind in named:
        texts = _texts(named, kind)
        is_right = kind in PRINCIPAL_KINDS and texts and all(texts)
        if not is_right or not all(is_principal(kind, text) for text in texts):
            yield INVALID_PRINCIPAL


def _named(pattern: str) -> list[Action]:
    """Return the actions of S3 that a pattern names."""
    if pattern != "*" and not pattern.lower().startswith("s3:"):
        return []
    return [action for action in of_service(_S3).values() if action_matches(pattern, action.name)]


def _kinds_of(resource: str, bucket: str) -> frozenset[str]:
    """Return what of a bucket a resource stands for; nothing where it is another bucket's."""
    place = arns.bucket(bucket)
    rest = resource.removeprefix(place)
    if not resource.startswith(place) or rest[:1] not in ("", "/", "*", "?"):
        return frozenset()
    if not rest:
        return frozenset({"bucket"})
    return frozenset({"object"} if "/" in rest else _KINDS)


def _fitting(
    raw: Mapping[str, object], patterns: Iterable[str], kinds: frozenset[str]
) -> Iterator[_Told]:
    """Look whether actions, resources and conditions of a statement are about each other."""
    groups = [_named(pattern) for pattern in patterns]
    if "NotAction" in raw:
        excepted = {action.name for group in groups for action in group}
        groups = [[action for action in of_service(_S3).values() if action.name not in excepted]]
    if "NotResource" in raw:
        kinds = _KINDS
    groups = [[action for action in group if action.kinds & kinds] for group in groups]
    if not all(groups):
        yield _used(raw, "Action"), "Action does not apply to any resource(s) in statement"
    if "Condition" in raw:
        yield from _conditions(raw["Condition"], groups)


def _conditions(block: object, groups: list[list[Action]]) -> Iterator[_Told]:
    operators = as_mapping(block)
    if operators is None:
        yield "Condition", SYNTAX
        return
    for name, under in operators.items():
        place, use, keys = f"Condition {name}", used(name), as_mapping(under)
        if use is None:
            yield place, f"Invalid Condition type : {name}"
            return
        if keys is None:
            yield place, SYNTAX
            return
        for key, values in keys.items():
            for what in _condition(key, as_list(values), groups, of=use.operator.name):
                yield place, what


def _condition(
    key: str, values: Sequence[object], groups: list[list[Action]], of: str
) -> Iterator[str]:
    if not condition_keys.is_known(_S3, key):
        yield "Policy has an invalid condition key"
    if is_key(_S3, key) and not key.lower().startswith("aws:"):
        yield from _belonging(key, groups)
    if not all(isinstance(value, (str, bool, int, float)) for value in values):
        yield SYNTAX
    if of == "IpAddress" and not all(map(_is_address, values)):
        yield "Invalid IP address in Conditions"


def _belonging(key: str, groups: list[list[Action]]) -> Iterator[str]:
    """Look whether each action of a statement, or one that its pattern names, has a key."""
    if not all(any(action.has_key(key) for action in group) for group in groups):
        yield "Conditions do not apply to combination of actions and resources in statement"


def _is_address(value: object) -> bool:
    if isinstance(value, str) and "${" in value:
        return True
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return False
    return True
