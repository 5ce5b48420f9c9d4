"""Condition operators, an entry each: what deciding, comparing and changing policies ask of it.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Protocol

from rolelab.iam.language.patterns import (
    arn_covers,
    covers,
    fill,
    fill_text,
    glob,
    strict_arn_matches,
)
from rolelab.iam.request import Context, Lack


class _Fill(Protocol):
    def __call__(self, text: str, context: Context, /, *, variables: bool) -> str | Lack: ...


def _as_it_is(text: str, _context: Context, /, *, variables: bool) -> str:  # noqa: ARG001
    return text


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator."""

    name: str
    matches: Callable[[str, str], bool]
    """(value of the policy, filled; value of the request) -> whether they match."""
    negated: str = ""
    """Name of the operator that holds where this one does not."""
    fill: _Fill = _as_it_is
    """Puts variables into the policy's value; operators that take none leave it as it is."""
    normal: Callable[[str], str] = str
    """The form in which values of the policy that mean the same are the same."""
    covers: Callable[[str, str], bool] | None = None
    """Whether the first value matches all that the second does; None where that is not plain."""
    same_as: str = ""
    """The operator that means the same."""
    without_wildcards: str = ""
    """The operator that means the same where no value has a wildcard."""
    is_list_of_texts: bool = False
    """Whether a request's value can be put into the list as it is, or taken out."""

    @property
    def takes_variables(self) -> bool:
        """Whether `${…}` in its values is a policy variable."""
        return self.fill is not _as_it_is


def number(text: str) -> Decimal | None:
    """Read an integer or decimal."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def moment(text: str) -> datetime | None:
    """Read a W3C form of ISO 8601 (a year up to fractions of a second) or seconds since 1970."""
    if text.isdigit() and len(text) > 4:
        try:
            return datetime.fromtimestamp(int(text), tz=timezone.utc)
        except (OverflowError, ValueError, OSError):
            return None
    for form in ("%Y", "%Y-%m"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    try:
        read = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def _seconds(text: str) -> float | None:
    read = moment(text)
    return None if read is None else read.timestamp()


def _equal_ignoring_case(policy: str, request: str) -> bool:
    return policy.casefold() == request.casefold()


def _bool(policy: str, request: str) -> bool:
    return policy.lower() == request.lower() and policy.lower() in ("true", "false")


def _binary(policy: str, request: str) -> bool:
    try:
        ours, theirs = (base64.b64decode(each, validate=True) for each in (policy, request))
    except (binascii.Error, ValueError):
        return False
    return ours == theirs


def _in_network(policy: str, request: str) -> bool:
    import ipaddress  # only where it is needed: most policies have no address

    try:
        return ipaddress.ip_address(request) in ipaddress.ip_network(policy, strict=False)
    except ValueError:
        return False


def _network(value: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return value


def _network_covers(wide: str, narrow: str) -> bool:
    import ipaddress

    try:
        ours, theirs = ipaddress.ip_network(wide), ipaddress.ip_network(narrow)
    except ValueError:
        return False
    if isinstance(ours, ipaddress.IPv4Network) and isinstance(theirs, ipaddress.IPv4Network):
        return theirs.subnet_of(ours)
    if isinstance(ours, ipaddress.IPv6Network) and isinstance(theirs, ipaddress.IPv6Network):
        return theirs.subnet_of(ours)
    return False


def _ordered(
    kind: str, read: Callable[[str], Decimal | float | None], normal: Callable[[str], str]
) -> list[Operator]:
    """Return the five operators that compare numbers, or times."""

    def matching(
        compare: Callable[[Decimal | float, Decimal | float], bool],
    ) -> Callable[[str, str], bool]:
        def matches(policy: str, request: str) -> bool:
            limit, value = read(policy), read(request)
            return limit is not None and value is not None and compare(value, limit)

        return matches

    equal = operator.eq if kind == "Numeric" else None
    return [
        Operator(
            f"{kind}Equals",
            matching(operator.eq),
            f"{kind}NotEquals",
            normal=normal,
            covers=equal,
        ),
        Operator(f"{kind}LessThan", matching(operator.lt), normal=normal),
        Operator(f"{kind}LessThanEquals", matching(operator.le), normal=normal),
        Operator(f"{kind}GreaterThan", matching(operator.gt), normal=normal),
        Operator(f"{kind}GreaterThanEquals", matching(operator.ge), normal=normal),
    ]


def _normal_number(value: str) -> str:
    read = number(value)
    return value if read is None else format(read.normalize(), "f")


def _normal_moment(value: str) -> str:
    read = _seconds(value)
    return value if read is None else str(read)


NULL = Operator("Null", _bool, normal=str.lower)
"""Compares whether the key is there at all, not its value."""

_TABLE = (
    Operator(
        "StringEquals",
        operator.eq,
        "StringNotEquals",
        fill=fill_text,
        covers=operator.eq,
        is_list_of_texts=True,
    ),
    Operator(
        "StringEqualsIgnoreCase",
        _equal_ignoring_case,
        "StringNotEqualsIgnoreCase",
        fill=fill_text,
        normal=str.casefold,
        covers=operator.eq,
        is_list_of_texts=True,
    ),
    Operator(
        "StringLike",
        glob,
        "StringNotLike",
        fill=fill,
        covers=covers,
        without_wildcards="StringEquals",
        is_list_of_texts=True,
    ),
    Operator(
        "ArnEquals",
        strict_arn_matches,
        "ArnNotEquals",
        fill=fill,
        covers=arn_covers,
        same_as="ArnLike",
        is_list_of_texts=True,
    ),
    Operator(
        "ArnLike",
        strict_arn_matches,
        "ArnNotLike",
        fill=fill,
        covers=arn_covers,
        is_list_of_texts=True,
    ),
    *_ordered("Numeric", number, _normal_number),
    *_ordered("Date", _seconds, _normal_moment),
    Operator("Bool", _bool, normal=str.lower, covers=operator.eq),
    Operator("BinaryEquals", _binary),
    Operator(
        "IpAddress",
        _in_network,
        "NotIpAddress",
        normal=_network,
        covers=_network_covers,
        is_list_of_texts=True,
    ),
    NULL,
)
OPERATORS = {each.name: each for each in _TABLE}
"""Name -> operator; of a negated one its opposite."""
_BY_LOWER = {each.name.lower(): (each, False) for each in _TABLE} | {
    each.negated.lower(): (each, True) for each in _TABLE if each.negated
}
_SETS = {"": "", "foranyvalue": "ForAnyValue", "forallvalues": "ForAllValues"}


@dataclass(frozen=True, slots=True)
class Use:
    """An operator as a policy uses it: with its negation, `IfExists` and set form."""

    operator: Operator
    is_negated: bool = False
    if_exists: bool = False
    each: str = ""
    """`ForAnyValue`, `ForAllValues` or empty."""

    @property
    def name(self) -> str:
        """As AWS spells it."""
        name = self.operator.negated if self.is_negated else self.operator.name
        return f"{self.each}{':' * bool(self.each)}{name}{'IfExists' * self.if_exists}"


@lru_cache(maxsize=256)
def used(name: str) -> Use | None:
    """Take an operator's name apart (case does not count); None when there is no such operator."""
    each, _, rest = name.lower().rpartition(":")
    base = rest.removesuffix("ifexists")
    known, is_negated = _BY_LOWER.get(base, (None, False))
    if known is None or each not in _SETS or (name.startswith(":")):
        return None
    if known is NULL and (each or base != rest):
        return None
    return Use(known, is_negated, base != rest, _SETS[each])
