"""The grammar of identity-based policies and session policies, in the order in which AWS looks.

AWS reads such a document several times. What an earlier reading refuses, in whatever statement,
is told before what a later one would refuse.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference"; the order and the words are those that AWS answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from components.documents import VERSION
from rolelab.iam import names
from rolelab.iam.documents import (
    DOCUMENT_ELEMENTS,
    EXCLUSIVE,
    OLD_VERSION,
    STATEMENT_ELEMENTS,
    as_list,
    as_mapping,
)
from rolelab.iam.grammar import arn_forms
from rolelab.iam.grammar.model import (
    LEGACY,
    SYNTAX,
    VENDORS,
    GrammarFault,
    PolicyUse,
    strings,
    unique_sid,
    unknown,
)
from rolelab.iam.language.operators import used

_Raw = Mapping[str, object]
_TOO_OLD = "Policy document must be version 2012-10-17 or greater."
_SID_FORM = (
    "Statement IDs (SID) must be alpha-numeric."
    " Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
_DATE = re.compile(
    r"(?P<year>-?[0-9]{1,9})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?"
    r"(?:[Tt](?:(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})"
    r"(?::(?P<second>[0-9]{1,2})(?:\.[0-9]{1,9})?)?)?"
    r"(?:[Zz]|[+-](?P<zone_hour>[0-9]{2})(?::(?P<zone_minute>[0-9]{2}))?)?)?)?"
)
_RANGES = {
    "year": range(-292275054, 292278994),
    "month": range(1, 13),
    "day": range(1, 32),
    "hour": range(24),
    "minute": range(60),
    "second": range(60),
    "zone_hour": range(24),
    "zone_minute": range(60),
}
"""Parts of a date -> what they may be; the years are those of AWS's clock in milliseconds."""
_LAST_SECOND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Statement:
    raw: _Raw
    where: str
    """`statement 1`."""

    def at(self, element: str) -> str:
        return f"{self.where}, {element}"


def faults(raw: _Raw, use: PolicyUse) -> tuple[GrammarFault, ...]:
    """Return the faults of a document; where the syntax is wrong, nothing else is looked at."""
    return tuple(_syntax(raw)) or (*_too_old(raw, use), *_told(_statements(raw)))


def first_faults(raw: _Raw, use: PolicyUse) -> tuple[GrammarFault, ...]:
    """Return those faults that are told before the parser of old, which takes no white space."""
    return tuple(_syntax(raw)) or tuple(_too_old(raw, use))


def _statements(raw: _Raw) -> tuple[_Statement, ...]:
    return tuple(
        _Statement(statement, f"statement {number}")
        for number, each in enumerate(as_list(raw["Statement"]), 1)
        if (statement := as_mapping(each)) is not None
    )


def _too_old(raw: _Raw, use: PolicyUse) -> Iterator[GrammarFault]:
    if use is PolicyUse.MANAGED and raw.get("Version") != VERSION:
        yield GrammarFault("Version", _TOO_OLD)


# -- the first reading -----------------------------------------------------------------------------


def _syntax(raw: _Raw) -> Iterator[GrammarFault]:
    for name in unknown(raw, DOCUMENT_ELEMENTS):
        yield GrammarFault(f"document, {name}", SYNTAX)
    if "Version" in raw and raw["Version"] not in (VERSION, OLD_VERSION):
        yield GrammarFault("Version", SYNTAX)
    if not isinstance(raw.get("Id", ""), str):
        yield GrammarFault("Id", SYNTAX)
    content = raw.get("Statement")
    if not content or (as_mapping(content) is None and not isinstance(content, list)):
        yield GrammarFault("Statement", SYNTAX)
        return
    for number, each in enumerate(as_list(raw["Statement"]), 1):
        statement = as_mapping(each)
        places = ("",) if statement is None else _misshapen(statement)
        for place in places:
            where = f"statement {number}"
            yield GrammarFault(f"{where}, {place}" if place else where, SYNTAX)


def _misshapen(raw: _Raw) -> Iterator[str]:
    """Yield the elements of a statement that have no shape of theirs; '' for the whole."""
    yield from unknown(raw, STATEMENT_ELEMENTS)
    if any(element in raw and opposite in raw for element, opposite in EXCLUSIVE):
        yield ""
    if not isinstance(raw.get("Sid", ""), str):
        yield "Sid"
    effect = raw.get("Effect")
    if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
        yield "Effect"
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        if element in raw and strings(raw[element]) is None:
            yield element
    yield from _misshapen_condition(raw.get("Condition", {}))


def _misshapen_condition(block: object) -> Iterator[str]:
    operators = as_mapping(block)
    if operators is None:
        yield "Condition"
        return
    for name, under in operators.items():
        keys = as_mapping(under)
        # An operator that is none does not matter while nothing stands below it.
        is_known = not keys or used(name) is not None
        if keys is None or not is_known or not all(map(_are_scalars, keys.values())):
            yield f"Condition {name}"


def _are_scalars(values: object) -> bool:
    return all(isinstance(value, (str, bool, int, float)) for value in as_list(values))


# -- the readings that follow ----------------------------------------------------------------------


def _told(statements: Iterable[_Statement]) -> Iterator[GrammarFault]:
    resource = next(_resources(statements), None)
    yield from _legacy(statements)
    if resource and resource.what == LEGACY:
        yield resource
    for element in ("Principal", "NotPrincipal"):
        for each in statements:
            if element in each.raw:
                what = "Policy document should not specify a principal."
                yield GrammarFault(each.at(element), what)
    yield from _sids(statements)
    yield from _missing(statements, "Action", "Policy statement must contain actions.")
    if resource and resource.what != LEGACY:
        yield resource
    yield from _missing(statements, "Resource", "Policy statement must contain resources.")
    for each in statements:
        for element, action in _entries(each, "Action"):
            what = action_fault(action)
            if what:
                yield GrammarFault(each.at(element), what)


def _legacy(statements: Iterable[_Statement]) -> Iterator[GrammarFault]:
    for each in statements:
        if each.raw["Effect"] not in ("Allow", "Deny"):
            yield GrammarFault(each.at("Effect"), LEGACY)
        for name, under in (as_mapping(each.raw.get("Condition")) or {}).items():
            use, keys = used(name), as_mapping(under) or {}
            if use is None or not use.operator.name.startswith("Date"):
                continue
            dates = (str(value) for values in keys.values() for value in as_list(values))
            if not all(map(_is_date, dates)):
                yield GrammarFault(each.at(f"Condition {name}"), LEGACY)


def _is_date(text: str) -> bool:
    if re.fullmatch(r"[0-9]{1,19}", text):
        return int(text) <= _LAST_SECOND
    parts = _DATE.fullmatch(text)
    return parts is not None and all(
        part is None or int(part) in _RANGES[name] for name, part in parts.groupdict().items()
    )


def _sids(statements: Iterable[_Statement]) -> Iterator[GrammarFault]:
    seen: set[str] = set()
    for each in statements:
        sid = each.raw.get("Sid", "")
        what = unique_sid(sid, seen)
        if what:
            yield GrammarFault(each.at("Sid"), what)
        if isinstance(sid, str) and not names.SID.fullmatch(sid):
            yield GrammarFault(each.at("Sid"), _SID_FORM)


def _missing(statements: Iterable[_Statement], element: str, what: str) -> Iterator[GrammarFault]:
    for each in statements:
        if not any(_entries(each, element)):
            empty = next((name for name in (element, f"Not{element}") if name in each.raw), "")
            yield GrammarFault(each.at(empty) if empty else each.where, what)


def _resources(statements: Iterable[_Statement]) -> Iterator[GrammarFault]:
    for each in statements:
        for element, arn in _entries(each, "Resource"):
            what = arn_forms.fault(arn) if arn != "*" else ""
            if what:
                yield GrammarFault(each.at(element), what)


def _entries(statement: _Statement, element: str) -> Iterator[tuple[str, str]]:
    """Yield (`Action` or `NotAction`, action) of a statement; likewise of resources."""
    for name in (element, f"Not{element}"):
        for entry in strings(statement.raw.get(name, [])) or ():
            yield name, entry


def action_fault(action: str) -> str:
    """Return AWS's message for a text that is not an action; empty for one that is."""
    vendor, *rest = action.split(":")
    if action == "*":
        return ""
    if not rest:
        return VENDORS
    if len(rest) > 1:
        return "Actions/Condition can contain only one colon."
    if vendor != "*" and not arn_forms.VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    return "" if rest[0] else SYNTAX
