"""Condition blocks: every operator, with IfExists and the set forms.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Creating a condition with
multiple keys or values", "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, cast

from tests.oracle import patterns

Values = "str | list[str] | None"
Keys = Callable[[str], "str | list[str] | None"]
"""Gives what the request says about a condition key: one value, many (a multivalued key), or
None."""

_POSITIVE: dict[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}
"""Negated operator -> what it negates."""


def is_operator(name: str) -> bool:
    """Return whether IAM knows a condition operator, its prefix and suffix included."""
    _, operator, if_exists = _split(name)
    if operator == "null":
        return not if_exists and ":" not in name
    return operator in _COMPARE or operator in _POSITIVE


def met(conditions: Mapping[str, Mapping[str, Any]], keys: Keys, *, variables: bool) -> bool:
    """Return whether all of a statement's conditions are met.

    With `variables`, `${…}` in their values is filled in.
    """
    return all(
        _met(operator, keys(key), [_text(value) for value in _listed(wanted)], keys, variables)
        for operator, block in conditions.items()
        for key, wanted in block.items()
    )


def _met(
    name: str, given: str | list[str] | None, wanted: list[str], keys: Keys, variables: bool
) -> bool:
    form, operator, if_exists = _split(name)
    if operator == "null":
        return (given is None) == (wanted[:1] == ["true"])
    negated = operator in _POSITIVE
    if given is None or given == []:
        # An absent key: IfExists and ForAllValues are met, a negated operator too, ForAnyValue
        # never.
        return if_exists or form == "forallvalues" or (negated and form != "foranyvalue")
    compare = _COMPARE[_POSITIVE.get(operator, operator)]
    lookup = (
        _single(keys)
        if variables and _POSITIVE.get(operator, operator) in _WITH_VARIABLES
        else None
    )

    def fits(value: str) -> bool:
        return any(compare(value, one, lookup) for one in wanted) != negated

    values = given if isinstance(given, list) else [given]
    if form == "forallvalues":
        return all(fits(value) for value in values)
    if form == "foranyvalue":
        return any(fits(value) for value in values)
    return all(fits(value) for value in values) if negated else any(fits(value) for value in values)


def _split(name: str) -> tuple[str, str, bool]:
    """Return set form, operator and IfExists, in lower case."""
    lower = name.lower()
    form, colon, operator = lower.rpartition(":")
    if colon and form not in ("forallvalues", "foranyvalue"):
        return "", lower, False
    if_exists = operator.endswith("ifexists")
    return form, operator.removesuffix("ifexists"), if_exists


def _single(keys: Keys) -> patterns.Lookup:
    def lookup(key: str) -> str | None:
        value = keys(key)
        # A multivalued key cannot stand for one text.
        return value if isinstance(value, str) else None

    return lookup


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


# -- operators: (value of the request, value of the policy, variables) -> does it fit

Compare = Callable[[str, str, "patterns.Lookup | None"], bool]


def _string_equals(value: str, wanted: str, lookup: patterns.Lookup | None) -> bool:
    return value == (patterns.filled(wanted, lookup) if lookup else wanted)


def _string_equals_ignore_case(value: str, wanted: str, lookup: patterns.Lookup | None) -> bool:
    text = patterns.filled(wanted, lookup) if lookup else wanted
    return text is not None and value.casefold() == text.casefold()


def _string_like(value: str, wanted: str, lookup: patterns.Lookup | None) -> bool:
    if not lookup:
        return patterns.matches(wanted, value)
    pattern = patterns.resolved(wanted, lookup)
    return pattern is not None and pattern.fullmatch(value) is not None


def _arn_like(value: str, wanted: str, lookup: patterns.Lookup | None) -> bool:
    """Compare the six parts of an ARN one by one.

    A wildcard does not reach over a colon, but in the last part.
    """
    if wanted == "*":
        return True
    given, pattern = value.split(":", 5), _arn_parts(wanted)
    return len(given) == len(pattern) and all(
        _string_like(part, one, lookup) for part, one in zip(given, pattern, strict=True)
    )


def _arn_parts(arn: str) -> list[str]:
    """Split at colons, but not at those inside of a variable."""
    hidden = re.sub(r"\$\{[^{}]*\}", lambda found: found[0].replace(":", "\0"), arn)
    return [part.replace("\0", ":") for part in hidden.split(":", 5)]


def _numeric(test: Callable[[float, float], bool]) -> Compare:
    def compare(value: str, wanted: str, _: patterns.Lookup | None) -> bool:
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[float, float], bool]) -> Compare:
    def compare(value: str, wanted: str, _: patterns.Lookup | None) -> bool:
        left, right = _seconds(value), _seconds(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _seconds(text: str) -> float | None:
    """Return a time in seconds since 1970.

    From ISO 8601 (UTC unless it says otherwise) or such a number itself.
    """
    try:
        return float(text)
    except ValueError:
        pass
    iso = re.sub(r"[zZ]$", "+00:00", text.strip())
    iso = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), iso)
    iso = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", iso)
    if re.fullmatch(r"\d{4}-\d\d", iso):
        iso += "-01"
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _bool(value: str, wanted: str, _: patterns.Lookup | None) -> bool:
    return value.lower() == wanted.lower()


def _binary(value: str, wanted: str, _: patterns.Lookup | None) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except (binascii.Error, ValueError):
        return False


def _ip_address(value: str, wanted: str, _: patterns.Lookup | None) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


_COMPARE: dict[str, Compare] = {
    "stringequals": _string_equals,
    "stringequalsignorecase": _string_equals_ignore_case,
    "stringlike": _string_like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "numericequals": _numeric(lambda a, b: a == b),
    "numericlessthan": _numeric(lambda a, b: a < b),
    "numericlessthanequals": _numeric(lambda a, b: a <= b),
    "numericgreaterthan": _numeric(lambda a, b: a > b),
    "numericgreaterthanequals": _numeric(lambda a, b: a >= b),
    "dateequals": _date(lambda a, b: a == b),
    "datelessthan": _date(lambda a, b: a < b),
    "datelessthanequals": _date(lambda a, b: a <= b),
    "dategreaterthan": _date(lambda a, b: a > b),
    "dategreaterthanequals": _date(lambda a, b: a >= b),
    "bool": _bool,
    "binaryequals": _binary,
    "ipaddress": _ip_address,
}

_WITH_VARIABLES = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
)
"""Operators whose values may hold policy variables."""
