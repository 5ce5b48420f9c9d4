"""What S3 refuses as a bucket policy when it is put, in S3's words.

S3 reads its policies by its own grammar and says less than IAM: a policy has to be about this
bucket, its actions about its resources, its conditions about its actions.

Source: Amazon S3 API Reference, PutBucketPolicy; Amazon S3 User Guide, "Policies and permissions in
Amazon S3"; the sentences as S3 has answered them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

from components.documents import VERSION
from components.limits import policy_size
from rolelab.iam import arns, condition_keys
from rolelab.iam.actions import Action, is_key, of_service
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


def fault_of(body: str, bucket: str) -> str:
    """Return S3's message for the first fault of a policy of a bucket; empty where there is none.

    Whether its principals exist is not looked at.
    """
    return next(_document(body, bucket), "")


def _document(body: str, bucket: str) -> Iterator[str]:
    if not body.startswith("{"):
        yield NOT_JSON
        return
    try:
        raw = decode(body)
    except RepeatedElement:
        yield SYNTAX
        return
    except PolicyError:
        yield NOT_JSON
        return
    if policy_size(raw) > MOST_BYTES:
        yield f"Normalized policy document exceeds the maximum allowed size of {MOST_BYTES} bytes"
    yield from _unknown(raw, ("Version", "Id", "Statement"))
    if "Statement" not in raw:
        yield "Missing required field Statement"
        return
    if raw.get("Version", OLD_VERSION) not in (VERSION, OLD_VERSION):
        yield "The policy must contain a valid version string"
    if not isinstance(raw.get("Id", ""), str):
        yield SYNTAX
    if not raw["Statement"]:
        yield "Could not parse the policy: Statement is empty!"
    sids: list[object] = []
    for each in as_list(raw["Statement"]):
        statement = as_mapping(each)
        if statement is None:
            yield SYNTAX
            return
        yield from _statement(statement, bucket)
        sid = statement.get("Sid")
        if sid and sid in sids:
            yield "Statement IDs (SID) in a single policy must be unique."
        sids.append(sid)


def _unknown(raw: Mapping[str, object], elements: Iterable[str]) -> Iterator[str]:
    return (f"Unknown field {name}" for name in raw if name not in elements)


def _statement(raw: Mapping[str, object], bucket: str) -> Iterator[str]:
    yield from _unknown(raw, STATEMENT_ELEMENTS)
    is_twofold = any(element in raw and opposite in raw for element, opposite in EXCLUSIVE)
    if is_twofold or not isinstance(raw.get("Sid", ""), str):
        yield SYNTAX
    for element in ("Effect", "Principal", "Action", "Resource"):
        if element not in raw and f"Not{element}" not in raw:
            yield f"Missing required field {element}"
            return
    if raw["Effect"] not in ("Allow", "Deny"):
        yield f"Invalid effect: {raw['Effect']}"
    yield from _principals(raw)
    patterns, resources = _texts(raw, "Action"), _texts(raw, "Resource")
    if not patterns or not resources:
        yield SYNTAX
        return
    if not all(any(_named(pattern)) for pattern in patterns):
        yield "Policy has invalid action"
    kinds = [_kinds_of(resource, bucket) for resource in resources]
    if not all(kinds):
        yield "Policy has invalid resource"
    yield from _fitting(raw, patterns, frozenset[str]().union(*kinds))


def _texts(raw: Mapping[str, object], element: str) -> list[str]:
    """Return an element's texts, or its opposite's; none where something else is among them."""
    values = as_list(raw.get(element, raw.get(f"Not{element}")))
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
) -> Iterator[str]:
    """Look whether actions, resources and conditions of a statement are about each other."""
    groups = [_named(pattern) for pattern in patterns]
    if "NotAction" in raw:
        excepted = {action.name for group in groups for action in group}
        groups = [[action for action in of_service(_S3).values() if action.name not in excepted]]
    if "NotResource" in raw:
        kinds = _KINDS
    groups = [[action for action in group if action.kinds & kinds] for group in groups]
    if not all(groups):
        yield "Action does not apply to any resource(s) in statement"
    if "Condition" in raw:
        yield from _conditions(raw["Condition"], groups)


def _conditions(block: object, groups: list[list[Action]]) -> Iterator[str]:
    operators = as_mapping(block)
    if operators is None:
        yield SYNTAX
        return
    for name, under in operators.items():
        use, keys = used(name), as_mapping(under)
        if use is None:
            yield f"Invalid Condition type : {name}"
            return
        if keys is None:
            yield SYNTAX
            return
        for key, values in keys.items():
            if not condition_keys.is_known(_S3, key):
                yield "Policy has an invalid condition key"
            if is_key(_S3, key) and not key.lower().startswith("aws:"):
                yield from _belonging(key, groups)
            if not all(isinstance(value, (str, bool, int, float)) for value in as_list(values)):
                yield SYNTAX
            if use.operator.name == "IpAddress" and not all(map(_is_address, as_list(values))):
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
