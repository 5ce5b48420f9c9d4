"""Policy documents as typed values: what AWS accepts in several spellings is read into one form.

A string or a list of one, a bare account id or the account's root ARN, JSON text or its URL-encoded form
(as IAM's read calls give it), a mapping: all the same here. Grammar is judged in `rules`, not here; what cannot
be understood is kept as `Document.fault`, so that a decision can say so instead of guessing.

Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import cast

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
"""What a document without `Version` is read as. Source: IAM User Guide, "IAM JSON policy elements: Version"."""

STATEMENT_ELEMENTS = frozenset({
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
})  # fmt: skip

_ACCOUNT = re.compile(r"\d{12}\Z")
_ROOT_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):root\Z")


class PolicyError(ValueError):
    """A policy document that cannot be read; the message says what is wrong and where."""


class Effect(Enum):
    """What a statement does when it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class Layer(Enum):
    """Who decided: the kind of policy, or a rule that comes before all policies. The value is its name in words."""

    IDENTITY = "identity-based policy"
    TRUST = "role trust policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    CREDENTIALS = "credentials"
    """The kind or state of the credentials forbids (or, for an account's root, permits) it whatever policies say."""
    MISSING_ROLE = "missing role"
    """No role of that ARN exists; AWS says AccessDenied, as if a policy had refused."""
    NO_POLICY_NEEDED = "no policy needed"
    """Everybody may, such as `sts:GetCallerIdentity`."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Principals:
    """The `Principal` or `NotPrincipal` element; account ids are written as root ARNs where the form allows it."""

    everyone: bool = False
    aws: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()

    def entries(self) -> tuple[str, ...]:
        """All named principals as written, `*` for everyone."""
        return (
            (("*",) if self.everyone else ())
            + self.aws
            + self.service
            + self.federated
            + self.canonical
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator: any of `values` may match (none of them, for a negated operator)."""

    operator: str
    """As written, such as `ForAnyValue:StringLikeIfExists`."""
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; of each pair (Action/NotAction, …) one side is None."""

    index: int
    """Place in the document, from 0."""
    effect: Effect
    sid: str = ""
    principals: Principals | None = None
    not_principals: Principals | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()


def _empty() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document. With a `fault` there are no statements, and nothing may be concluded from it."""

    version: str = OLD_VERSION
    statements: tuple[Statement, ...] = ()
    fault: str = ""
    raw: Mapping[str, object] = field(default_factory=_empty, compare=False, repr=False)
    """The document as it was given, decoded: what a proposed change is a diff of."""

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a policy variable here. Source: IAM User Guide, "IAM policy elements: Variables"."""
        return self.version == CURRENT_VERSION


@dataclass(frozen=True, slots=True)
class Policy:
    """A document and where it is attached: the words a learner finds it again by."""

    document: Document
    name: str = ""
    """Name of the inline or managed policy; empty where there can be only one, such as a trust policy."""
    owner: str = ""
    """What it is attached to, such as `user testuser` or `role s3Access`."""
    arn: str = ""
    """ARN of a managed policy."""

    @classmethod
    def read(cls, document: object, name: str = "", *, owner: str = "", arn: str = "") -> Policy:
        """Make a policy of a mapping or JSON text; one that cannot be understood keeps the fault instead of raising."""
        return cls(read(document), name, owner, arn)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands."""

    layer: Layer
    policy: str = ""
    owner: str = ""
    index: int = 0
    """Of the statement, from 0."""
    sid: str = ""

    def __str__(self) -> str:
        words = [self.layer.value]
        words += [self.policy] if self.policy else []
        words += ["of", self.owner] if self.owner else []
        sid = f' (Sid "{self.sid}")' if self.sid else ""
        return f"{' '.join(words)}, statement {self.index + 1}{sid}"


def as_mapping(value: object) -> Mapping[str, object] | None:
    """Return a JSON object typed as one, or None."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None


def as_list(value: object) -> Sequence[object]:
    """Return a JSON array as it is, anything else as an array of one."""
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)


def account_of(principal: str) -> str:
    """Return the account that a bare id or a root ARN names, or an empty string."""
    if _ACCOUNT.match(principal):
        return principal
    root = _ROOT_ARN.match(principal)
    return root.group(2) if root else ""


def decode(document: object) -> Mapping[str, object]:
    """Return a document as a mapping, from a mapping, JSON text or URL-encoded JSON text.

    Raises: PolicyError when it is none of them.
    """
    given = as_mapping(document)
    if given is not None:
        return given
    if not isinstance(document, str):
        raise PolicyError(f"a policy document is a JSON object, not {type(document).__name__}")
    text = document.strip()
    if text[:3].lower() == "%7b" or text[:1] == "%":
        from urllib.parse import unquote  # only IAM's read calls answer like this

        text = unquote(text)
    try:
        decoded = as_mapping(json.loads(text, object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        raise PolicyError(
            f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise PolicyError("not a policy: nested too deeply") from None
    if decoded is None:
        raise PolicyError("a policy document is a JSON object")
    return decoded


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Python keeps the last of two equal keys, AWS refuses them: which one counts must not be guessed.
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PolicyError(f'"{twice}" is there twice')
    return found


def parse(document: object) -> Document:
    """Read a document.

    Raises: PolicyError with the place of the first thing that cannot be understood.
    """
    raw = decode(document)
    version = raw.get("Version", OLD_VERSION)
    if version not in (CURRENT_VERSION, OLD_VERSION):
        raise PolicyError(f"Version {version!r} is neither {CURRENT_VERSION} nor {OLD_VERSION}")
    unknown = set(raw) - {"Version", "Id", "Statement"}
    if unknown:
        raise PolicyError(f"unknown element {sorted(unknown)[0]}")
    if "Statement" not in raw:
        raise PolicyError("Statement is missing")
    given = as_list(raw["Statement"])
    return Document(
        str(version), tuple(_statement(index, each) for index, each in enumerate(given)), raw=raw
    )


def read(document: object) -> Document:
    """Read a document; one that cannot be understood comes back with its `fault` and no statements."""
    try:
        return parse(document)
    except PolicyError as error:
        raw = as_mapping(document)
        return Document(fault=str(error), raw=raw if raw is not None else _empty())


def _statement(index: int, given: object) -> Statement:
    where = f"statement {index + 1}"
    raw = as_mapping(given)
    if raw is None:
        raise PolicyError(f"{where} is not an object")
    unknown = set(raw) - STATEMENT_ELEMENTS
    if unknown:
        raise PolicyError(f"{where}: unknown element {sorted(unknown)[0]}")
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect is {effect!r}, not Allow or Deny")
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in raw and other in raw:
            raise PolicyError(f"{where}: {one} and {other} exclude each other")
    if "Action" not in raw and "NotAction" not in raw:
        raise PolicyError(f"{where}: Action or NotAction is missing")
    return Statement(
        index,
        Effect(effect),
        str(raw.get("Sid", "")),
        _principals(raw.get("Principal"), f"{where}, Principal") if "Principal" in raw else None,
        _principals(raw.get("NotPrincipal"), f"{where}, NotPrincipal")
        if "NotPrincipal" in raw
        else None,
        _strings(raw, "Action", where),
        _strings(raw, "NotAction", where),
        _strings(raw, "Resource", where),
        _strings(raw, "NotResource", where),
        tuple(_conditions(raw.get("Condition", {}), where)),
    )


def _strings(raw: Mapping[str, object], element: str, where: str) -> tuple[str, ...] | None:
    if element not in raw:
        return None
    values = as_list(raw[element])
    if not all(isinstance(value, str) for value in values):
        raise PolicyError(f"{where}, {element}: not a string or a list of strings")
    return tuple(cast("Sequence[str]", values))


def _principals(given: object, where: str) -> Principals:
    if given == "*":
        return Principals(everyone=True)
    raw = as_mapping(given)
    if raw is None:
        raise PolicyError(
            f'{where}: neither "*" nor an object of AWS, Service, Federated or CanonicalUser'
        )
    unknown = set(raw) - {"AWS", "Service", "Federated", "CanonicalUser"}
    if unknown:
        raise PolicyError(f"{where}: unknown kind {sorted(unknown)[0]}")
    aws = _strings(raw, "AWS", where) or ()
    return Principals(
        "*" in aws,
        tuple(_account_as_arn(entry) for entry in aws if entry != "*"),
        _strings(raw, "Service", where) or (),
        _strings(raw, "Federated", where) or (),
        _strings(raw, "CanonicalUser", where) or (),
    )


def _account_as_arn(entry: str) -> str:
    # The bare id says nothing of the partition; `match` compares accounts by their number.
    return f"arn:aws:iam::{entry}:root" if _ACCOUNT.match(entry) else entry


def _conditions(given: object, where: str) -> Iterable[Condition]:
    operators = as_mapping(given)
    if operators is None:
        raise PolicyError(f"{where}, Condition: not an object")
    for operator, under in operators.items():
        keys = as_mapping(under)
        if keys is None:
            raise PolicyError(f"{where}, Condition.{operator}: not an object")
        for key, values in keys.items():
            yield Condition(
                operator,
                key,
                tuple(_scalar(value, where, operator, key) for value in as_list(values)),
            )


def _scalar(value: object, where: str, operator: str, key: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise PolicyError(f"{where}, Condition.{operator}.{key}: not a string, number or boolean")


_USUAL_ORDER = {
    key: place
    for place, key in enumerate(
        (
            *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal"),
            *("Action", "NotAction", "Resource", "NotResource", "Condition"),
        )
    )
}


def pretty(raw: object) -> str:
    """Return a document as indented JSON, the form in which differences are shown: elements in IAM's usual order.

    Their order means nothing, so a difference in it would only hide the one that does.
    """
    return json.dumps(_in_order(raw), indent=2, ensure_ascii=False)


def _in_order(raw: object) -> object:
    if isinstance(raw, Mapping):
        elements = cast("Mapping[str, object]", raw)
        usual = sorted(elements, key=lambda key: (_USUAL_ORDER.get(key, len(_USUAL_ORDER)), key))
        return {key: _in_order(elements[key]) for key in usual}
    return [_in_order(one) for one in cast("list[object]", raw)] if isinstance(raw, list) else raw
