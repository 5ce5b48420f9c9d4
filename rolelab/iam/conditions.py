"""Condition operators: every one that IAM documents, with `IfExists` and the set forms.

Answers are True, False or None: None when a key's value is not known or the documentation leaves the answer open.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
"Creating a condition with multiple keys or values".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

from rolelab.iam.patterns import Lack, fill, fill_text, glob, strict_arn_matches

if TYPE_CHECKING:
    from rolelab.iam.model import Condition
    from rolelab.iam.request import Context


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one condition ended."""

    holds: bool | None
    got: tuple[str, ...] | Lack
    """The request's values of the key, or why there are none."""
    note: str = ""
    """Why it is None."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's name taken apart."""

    base: str
    """Such as `StringLike`; the positive form of a negated one."""
    is_negated: bool
    if_exists: bool
    each: str
    """`ForAnyValue`, `ForAllValues` or empty."""


_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_SETS = ("ForAnyValue", "ForAllValues")


@lru_cache(maxsize=256)
def operator(name: str) -> Operator | None:
    """Take an operator's name apart; None when there is no such operator."""
    each, _, rest = name.rpartition(":")
    if each and each not in _SETS:
        return None
    base = rest.removesuffix("IfExists")
    if_exists = base != rest
    is_negated = base in _NEGATED
    base = _NEGATED.get(base, base)
    if base == "Null":
        return None if if_exists or each else Operator(base, False, False, "")
    return Operator(base, is_negated, if_exists, each) if base in _TESTS else None


def takes_variables(name: str) -> bool:
    """Whether policy variables are filled in under this operator: string and ARN operators only."""
    known = operator(name)
    return known is not None and known.base.startswith(("String", "Arn"))


def holds(condition: Condition, context: Context, *, variables: bool) -> Outcome:
    """Compare one condition with the request."""
    got = context.get(condition.key)
    known = operator(condition.operator)
    if known is None:
        return Outcome(None, got, f"there is no condition operator {condition.operator}")
    if got is Lack.UNKNOWN:
        return Outcome(None, got, f"the value of {condition.key} is not known")
    if known.base == "Null":
        return _null(condition, got)
    if isinstance(got, Lack) or not got:
        return Outcome(_without_value(known), Lack.ABSENT)
    if len(got) > 1 and not known.each:
        return Outcome(
            None,
            got,
            f"{condition.key} has several values and {condition.operator} no ForAnyValue or ForAllValues",
        )
    test = _TESTS[known.base]
    answers = [
        _one(test, known, condition.values, value, context, variables=variables) for value in got
    ]
    result = all_of(answers) if known.each == "ForAllValues" else any_of(answers)
    return Outcome(
        result,
        got,
        "" if result is not None else f"a policy variable in {condition.key} is not known",
    )


def _null(condition: Condition, got: tuple[str, ...] | Lack) -> Outcome:
    is_absent = isinstance(got, Lack) or not got
    wanted = {value.lower() for value in condition.values}
    if not wanted <= {"true", "false"}:
        return Outcome(
            None, got, f"Null is compared with {', '.join(condition.values)}, not true or false"
        )
    return Outcome(("true" if is_absent else "false") in wanted, got)


def _without_value(known: Operator) -> bool:
    # ForAllValues holds of an empty set, ForAnyValue never does; a negated operator holds of a missing key.
    if known.each == "ForAllValues" or known.if_exists:
        return True
    return known.is_negated and not known.each


def _one(
    test: Callable[[str, str, Context, bool], bool | Lack],
    known: Operator,
    wanted: Iterable[str],
    value: str,
    context: Context,
    *,
    variables: bool,
) -> bool | None:
    answers: list[bool | None] = []
    for each in wanted:
        answer = test(each, value, context, variables)
        # A variable without a value equals nothing; one that is not known leaves the answer open.
        answers.append(
            None if answer is Lack.UNKNOWN else False if answer is Lack.ABSENT else bool(answer)
        )
    matched = any_of(answers)
    return matched if not known.is_negated or matched is None else not matched


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued or."""
    found: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            found = None
    return found


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued and."""
    found: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            found = None
    return found


def _string_equals(wanted: str, got: str, context: Context, variables: bool) -> bool | Lack:
    text = fill_text(wanted, context, variables=variables)
    return text if isinstance(text, Lack) else text == got


def _string_equals_ignore_case(
    wanted: str, got: str, context: Context, variables: bool
) -> bool | Lack:
    text = fill_text(wanted, context, variables=variables)
    return text if isinstance(text, Lack) else text.casefold() == got.casefold()


def _string_like(wanted: str, got: str, context: Context, variables: bool) -> bool | Lack:
    filled = fill(wanted, context, variables=variables)
    return filled if isinstance(filled, Lack) else glob(filled, got)


def _arn_like(wanted: str, got: str, context: Context, variables: bool) -> bool | Lack:
    filled = fill(wanted, context, variables=variables)
    return filled if isinstance(filled, Lack) else strict_arn_matches(filled, got)


def _bool(wanted: str, got: str, _context: Context, _variables: bool) -> bool:
    return wanted.lower() == got.lower() and wanted.lower() in ("true", "false")


def _binary(wanted: str, got: str, _context: Context, _variables: bool) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(got, validate=True)
    except (binascii.Error, ValueError):
        return False


def _ip(wanted: str, got: str, _context: Context, _variables: bool) -> bool:
    import ipaddress  # only where it is needed: most policies have no address

    try:
        return ipaddress.ip_address(got) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _ordered(
    read: Callable[[str], Decimal | datetime | None], order: str
) -> Callable[[str, str, Context, bool], bool]:
    def test(wanted: str, got: str, _context: Context, _variables: bool) -> bool:
        limit, value = read(wanted), read(got)
        if limit is None or value is None:
            return False
        if isinstance(limit, Decimal) and isinstance(value, Decimal):
            return _compare(value, limit, order)
        if isinstance(limit, datetime) and isinstance(value, datetime):
            return _compare(value.timestamp(), limit.timestamp(), order)
        return False

    return test


def _compare(value: Decimal | float, limit: Decimal | float, order: str) -> bool:
    if order == "Equals":
        return value == limit
    if order.startswith("Less"):
        return value < limit or (order.endswith("Equals") and value == limit)
    return value > limit or (order.endswith("Equals") and value == limit)


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


_ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_TESTS: dict[str, Callable[[str, str, Context, bool], bool | Lack]] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": _string_like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _bool,
    "BinaryEquals": _binary,
    "IpAddress": _ip,
    **{f"Numeric{order}": _ordered(number, order) for order in _ORDERS},
    **{f"Date{order}": _ordered(moment, order) for order in _ORDERS},
}

OPERATORS = frozenset(_TESTS) | frozenset(_NEGATED) | {"Null"}
"""All base names, negated ones included."""
