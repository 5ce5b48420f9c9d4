"""Statements in a form in which those that mean the same are the same, and what covers what.

Not part of the form: order, `Sid`, `Id`, a string or a list of one, an account's id or its root
ARN, the case of actions and condition keys, an entry that another one covers, `ArnEquals` or
`ArnLike`, `StringLike` without wildcards, an address or its /32.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TypeVar

from rolelab.iam.documents import Condition, Document, Effect, Principals, Statement, account_of
from rolelab.iam.language.operators import OPERATORS, used
from rolelab.iam.language.patterns import arn_covers, complete, covers, has_wildcard

_LARGE = 600
"""Above so many parts a document is compared as it stands: what covers what is quadratic."""
_HUGE = 100_000
"""Parts from which on whole statements are compared."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a statement: what it names, or what it leaves out."""

    entries: frozenset[str]
    is_negated: bool = False
    spelling: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)
    """Entry -> as it was written, where that is not the same."""

    @property
    def written(self) -> list[str]:
        """The entries as they were written, in order."""
        return [self.spelling.get(entry, entry) for entry in sorted(self.entries)]

    def parts(self) -> list[Element]:
        """Return one element for each entry; what is left out stays together."""
        if self.is_negated or not self.entries:
            return [self]
        return [Element(frozenset({entry})) for entry in sorted(self.entries)]


EVERYONE = Element(frozenset({"*"}))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition."""

    operator: str
    key: str
    """In lower case."""
    values: frozenset[str]
    written: str = field(default="", compare=False, repr=False)
    """The key as it was written."""


@dataclass(frozen=True, slots=True)
class Canon:
    """A statement in canonical form."""

    effect: Effect
    principals: Element
    actions: Element
    resources: Element
    conditions: frozenset[Requirement]
    index: int = -1
    """Place in the document; -1 for a part of a statement."""

    def parts(self) -> Iterable[Canon]:
        """Return the statement in parts that name one principal, one action, one resource each."""
        elements = (self.principals, self.actions, self.resources)
        for principal, action, resource in product(*(element.parts() for element in elements)):
            yield Canon(self.effect, principal, action, resource, self.conditions)

    @property
    def size(self) -> int:
        """The number of its parts."""
        principals, actions, resources = (
            len(element.parts()) for element in (self.principals, self.actions, self.resources)
        )
        return principals * actions * resources


def canonical(document: Document) -> list[Canon]:
    """Return a document's statements in canonical form."""
    return [_canon(each, not document.has_variables) for each in document.statements]


def _canon(statement: Statement, literal: bool) -> Canon:
    def text(value: str) -> str:
        # In old versions `${…}` is no variable: it must not be taken for one.
        return complete(value.replace("${", "${$}{") if literal else value)

    return Canon(
        statement.effect,
        _element(statement.principals, statement.not_principals, _named),
        replace(
            _element(
                statement.actions,
                statement.not_actions,
                lambda entries: _reduced(map(str.lower, entries), covers),
            ),
            spelling={
                each.lower(): each for each in statement.actions or statement.not_actions or ()
            },
        ),
        _element(
            statement.resources,
            statement.not_resources,
            lambda entries: _reduced(map(text, entries), arn_covers),
        ),
        frozenset(_requirement(condition, text) for condition in statement.conditions),
        statement.index,
    )


_Entries = TypeVar("_Entries", Principals, "tuple[str, ...]")


def _element(
    named: _Entries | None,
    left_out: _Entries | None,
    form: Callable[[_Entries], frozenset[str]],
) -> Element:
    if left_out is not None and named is None:
        return Element(form(left_out), is_negated=True)
    return Element(form(named) if named is not None else frozenset())


def _named(principals: Principals) -> frozenset[str]:
    if principals.everyone:
        return EVERYONE.entries
    accounts = {each: account_of(each) for each in principals.aws}
    named = {f"account {account}" if account else each for each, account in accounts.items()}
    named |= {f"service {entry.lower()}" for entry in principals.service}
    named |= {f"provider {entry}" for entry in principals.federated}
    return frozenset(named | {f"canonical user {entry}" for entry in principals.canonical})


def _reduced(entries: Iterable[str], covering: Callable[[str, str], bool]) -> frozenset[str]:
    """Return the entries without those that another one covers."""
    whole = frozenset(entries)
    if len(whole) > _LARGE:
        return whole

    def is_covered(entry: str, by: str) -> bool:
        return by != entry and covering(by, entry) and not covering(entry, by)

    return frozenset(each for each in whole if not any(is_covered(each, by) for by in whole))


def _requirement(condition: Condition, text: Callable[[str], str]) -> Requirement:
    key, values, use = condition.key.lower(), condition.values, used(condition.operator)
    if use is None:
        return Requirement(condition.operator, key, frozenset(values), condition.key)
    operator = OPERATORS.get(use.operator.same_as, use.operator)
    if operator.takes_variables:
        values = tuple(map(text, values))
    if operator.without_wildcards and not any(map(has_wildcard, values)):
        operator = OPERATORS[operator.without_wildcards]
    name = replace(use, operator=operator).name
    return Requirement(name, key, frozenset(map(operator.normal, values)), condition.key)


# -- what covers what ------------------------------------------------------------------------------


def unmatched(ours: list[Canon], theirs: list[Canon]) -> list[Canon]:
    """Return the statements of `ours` with a part that no statement of `theirs` covers."""
    sizes = [sum(canon.size for canon in side) for side in (ours, theirs)]
    if max(sizes) > _HUGE:
        return changed(ours, theirs)
    parts = [part for canon in theirs for part in canon.parts()]
    exact = set(parts)
    by_covering = max(sizes) <= _LARGE

    def is_covered(part: Canon) -> bool:
        return part in exact or (by_covering and any(_covers(other, part) for other in parts))

    return [canon for canon in ours if not all(map(is_covered, canon.parts()))]


def changed(ours: list[Canon], theirs: list[Canon]) -> list[Canon]:
    """Return the statements of `ours` that stand as they are nowhere in `theirs`."""
    others = {replace(canon, index=-1) for canon in theirs}
    return [canon for canon in ours if replace(canon, index=-1) not in others]


def _covers(wide: Canon, narrow: Canon) -> bool:
    return (
        wide.effect is narrow.effect
        and wide.principals in (narrow.principals, EVERYONE)
        and element_covers(wide.actions, narrow.actions, covers)
        and element_covers(wide.resources, narrow.resources, arn_covers)
        and all(
            any(implies(given, needed) for given in narrow.conditions) for needed in wide.conditions
        )
    )


def element_covers(wide: Element, narrow: Element, covering: Callable[[str, str], bool]) -> bool:
    """Return whether all that one element names the other names too, where that is plain."""
    if wide == narrow or (not wide.is_negated and "*" in wide.entries):
        return True
    if not wide.is_negated:
        return not narrow.is_negated and _all_covered(wide.entries, narrow.entries, covering)
    if narrow.is_negated:
        return _all_covered(narrow.entries, wide.entries, covering)
    return not any(has_wildcard(entry) or "${" in entry for entry in narrow.entries) and not any(
        covering(ours, theirs) or "${" in ours for ours in wide.entries for theirs in narrow.entries
    )


def _all_covered(
    wide: Iterable[str], narrow: Iterable[str], covering: Callable[[str, str], bool]
) -> bool:
    return all(any(covering(ours, theirs) for ours in wide) for theirs in narrow)


def implies(given: Requirement, needed: Requirement) -> bool:
    """Return whether a request that meets `given` always meets `needed`, where that is plain."""
    if given == needed:
        return True
    ours, theirs = used(needed.operator), used(given.operator)
    if given.key != needed.key or ours is None or theirs is None or ours.each or theirs.each:
        return False
    if ours.operator is not theirs.operator or ours.is_negated is not theirs.is_negated:
        return False
    if ours.is_negated:
        return ours.if_exists is theirs.if_exists and needed.values <= given.values
    if theirs.if_exists and not ours.if_exists:
        return False
    covering = ours.operator.covers
    return covering is not None and _all_covered(needed.values, given.values, covering)
