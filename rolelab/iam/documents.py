"""Policy documents as typed values: what AWS accepts in several spellings is read into one form.

A string or a list of one, a bare account id or the account's root ARN, JSON text or its URL-encoded
form (as IAM's read calls give it), a mapping: all the same here. Grammar is judged in `grammar`;
what cannot be understood is kept as `Document.fault`, and a decision does not guess.

Source: IAM User Guide, "IAM JSON policy element reference", "Grammar of the IAM JSON policy
language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from components.documents import VERSION, account_root
from rolelab.iam import names

OLD_VERSION = "2008-10-17"
"""What a document without `Version` is read as. Source: IAM User Guide, "IAM JSON policy elements:
Version"."""
DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
EXCLUSIVE = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
"""Pairs of elements of which a statement has one at most."""
STATEMENT_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
)
"""In the order in which IAM shows them."""
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

_ROOT_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


class PolicyError(ValueError):
    """A policy document that cannot be read; the message says what is wrong and where."""


class Effect(Enum):
    """What a statement does when it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Principals:
    """The `Principal` or `NotPrincipal` element; account ids are written as root ARNs."""

    everyone: bool = False
    aws: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()

    def entries(self) -> tuple[str, ...]:
        """All named principals as written, `*` for everyone."""
        everyone = ("*",) if self.everyone else ()
        return everyone + self.aws + self.service + self.federated + self.canonical


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator.

    Any of `values` may match (none of them, for a negated operator).
    """

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
    """A policy document. With a `fault` there are no statements, and it tells nothing."""

    version: str = OLD_VERSION
    statements: tuple[Statement, ...] = ()
    fault: str = ""
    raw: Mapping[str, object] = field(default_factory=_empty, compare=False, repr=False)
    """The document as it was given, decoded: what a proposed change is a diff of."""

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a policy variable here. Source.

        IAM User Guide, "IAM policy elements: Variables".
        """
        return self.version == VERSION


def as_mapping(value: object) -> Mapping[str, object] | None:
    """Return a JSON object typed as one, or None."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None


def as_list(value: object) -> Sequence[object]:
    """Return a JSON array as it is, anything else as an array of one."""
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)


def account_of(principal: str) -> str:
    """Return the account that a bare id or a root ARN names, or an empty string."""
    if names.ACCOUNT_ID.fullmatch(principal):
        return principal
    root = _ROOT_ARN.fullmatch(principal)
    return root[1] if root else ""


def decode(document: object) -> Mapping[str, object]:
    """Return a document as a mapping, from a mapping, JSON text or URL-encoded JSON text.

    Raises: PolicyError when it is none of them.
    """
    raw = as_mapping(document)
    if raw is not None:
        return raw
    if not isinstance(document, str):
        raise PolicyError(f"a policy document is a JSON object, not {type(document).__name__}")
    text = document.strip()
    if text[:1] == "%":
        from urllib.parse import unquote  # only IAM's read calls answer like this

        text = unquote(text)
    try:
        decoded = as_mapping(json.loads(text, object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PolicyError(f"not JSON: {error.msg} in {where}") from None
    except RecursionError:
        raise PolicyError("not a policy: nested too deeply") from None
    except PolicyError:
        raise
    except ValueError:
        raise PolicyError("not a policy: a number in it has too many digits") from None
    if decoded is None:
        raise PolicyError("a policy document is a JSON object")
    return decoded


class RepeatedElement(PolicyError):
    """An object of the document has two elements of one name."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Python keeps the last of two equal keys, AWS refuses them: nobody knows which one counts.
    content = dict(pairs)
    if len(content) != len(pairs):
        keys = [name for name, _ in pairs]
        twice = next(name for name in keys if keys.count(name) > 1)
        raise RepeatedElement(f'"{twice}" is there twice')
    return content


def parse(document: object) -> Document:
    """Read a document.

    Raises: PolicyError with the place of the first thing that cannot be understood.
    """
    raw = decode(document)
    version = raw.get("Version", OLD_VERSION)
    if version not in (VERSION, OLD_VERSION):
        raise PolicyError(f"Version {version!r} is neither {VERSION} nor {OLD_VERSION}")
    unknown = set(raw).difference(DOCUMENT_ELEMENTS)
    if unknown:
        raise PolicyError(f"unknown element {sorted(unknown)[0]}")
    if "Statement" not in raw:
        raise PolicyError("Statement is missing")
    statements = enumerate(as_list(raw["Statement"]))
    return Document(str(version), tuple(_statement(*each) for each in statements), raw=raw)


def read(document: object) -> Document:
    """Read a document.

    One that cannot be understood comes back with its `fault` and no statements.
    """
    return _read_text(document) if isinstance(document, str) else _read(document)


def _read(document: object) -> Document:
    try:
        return parse(document)
    except PolicyError as error:
        return Document(fault=str(error), raw=as_mapping(document) or _empty())


_read_text = lru_cache(maxsize=8192)(_read)
"""A service that enforces reads the same few documents at every request."""


def _statement(index: int, content: object) -> Statement:
    where = f"statement {index + 1}"
    raw = as_mapping(content)
    if raw is None:
        raise PolicyError(f"{where} is not an object")
    unknown = set(raw).difference(STATEMENT_ELEMENTS)
    if unknown:
        raise PolicyError(f"{where}: unknown element {sorted(unknown)[0]}")
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect is {effect!r}, not Allow or Deny")
    for element, opposite in EXCLUSIVE:
        if element in raw and opposite in raw:
            raise PolicyError(f"{where}: {element} and {opposite} exclude each other")
    if "Action" not in raw and "NotAction" not in raw:
        raise PolicyError(f"{where}: Action or NotAction is missing")
    return Statement(
        index,
        Effect(effect),
        str(raw.get("Sid", "")),
        _principals(raw, "Principal", where),
        _principals(raw, "NotPrincipal", where),
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


def _principals(raw: Mapping[str, object], element: str, where: str) -> Principals | None:
    if element not in raw:
        return None
    if raw[element] == "*":
        return Principals(everyone=True)
    place = f"{where}, {element}"
    kinds = as_mapping(raw[element])
    if kinds is None:
        raise PolicyError(f'{place}: neither "*" nor an object of {", ".join(PRINCIPAL_KINDS)}')
    unknown = set(kinds).difference(PRINCIPAL_KINDS)
    if unknown:
        raise PolicyError(f"{place}: unknown kind {sorted(unknown)[0]}")
    aws, *others = (_strings(kinds, kind, place) or () for kind in PRINCIPAL_KINDS)
    # The bare id says nothing of the partition; accounts are compared by their number.
    named = (account_root(each) if names.ACCOUNT_ID.fullmatch(each) else each for each in aws)
    return Principals("*" in aws, tuple(each for each in named if each != "*"), *others)


def _conditions(block: object, where: str) -> Iterable[Condition]:
    operators = as_mapping(block)
    if operators is None:
        raise PolicyError(f"{where}, Condition: not an object")
    for operator, under in operators.items():
        keys = as_mapping(under)
        if keys is None:
            raise PolicyError(f"{where}, Condition.{operator}: not an object")
        for key, values in keys.items():
            place = f"{where}, Condition.{operator}.{key}"
            yield Condition(operator, key, tuple(_scalar(each, place) for each in as_list(values)))


def _scalar(value: object, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise PolicyError(f"{place}: not a string, number or boolean")


_ORDER = {name: at for at, name in enumerate((*DOCUMENT_ELEMENTS, *STATEMENT_ELEMENTS))}


def pretty(raw: object) -> str:
    """Return a document as indented JSON, with its elements in IAM's usual order.

    Their order means nothing, so a difference in it would only hide the one that does.
    """
    return json.dumps(in_order(raw), indent=2, ensure_ascii=False)


def in_order(raw: object) -> object:
    """Return a document with its elements in IAM's usual order."""
    elements = as_mapping(raw)
    if elements is not None:
        usual = sorted(elements, key=lambda key: (_ORDER.get(key, len(_ORDER)), key))
        return {key: in_order(elements[key]) for key in usual}
    if isinstance(raw, (list, tuple)):
        return [in_order(each) for each in cast("Sequence[object]", raw)]
    return raw
