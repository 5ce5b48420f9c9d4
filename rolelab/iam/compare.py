"""Comparing policy documents by meaning, and saying in words what differs and whether it is too open or too tight.

Not differences: order, `Sid`, `Id`, a string or a list of one, an account's id or its root ARN, URL-encoding, the case
of actions and condition keys, one statement or the same split in several, an entry that another one covers,
`ArnEquals` or `ArnLike`, `StringLike` without wildcards, an address or its /32.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product

from rolelab.iam.conditions import moment, number, operator
from rolelab.iam.model import (
    Condition,
    Document,
    Effect,
    Principals,
    Statement,
    account_of,
    read,
)
from rolelab.iam.patterns import complete, covers, has_wildcard


class Direction(Enum):
    """What a difference means for whoever asks; the value reads after "got is"."""

    TOO_OPEN = "too open"
    TOO_TIGHT = "too tight"
    OTHERWISE = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the wanted and the found document."""

    place: str
    """Such as `statement 1, Principal`, counted in the found document where it has the statement."""
    want: str
    """What was wanted; empty when nothing was."""
    got: str
    """What was found; empty when nothing was."""
    direction: Direction

    def __str__(self) -> str:
        if not self.got:
            words = f"{self.want} is missing"
        elif not self.want:
            words = f"{self.got} is there and should not be"
        else:
            words = f"wanted {self.want}, got {self.got}"
        return f"{self.place}: {words} ({self.direction.value})"


@dataclass(frozen=True, slots=True)
class _Set:
    """One element of a statement: what it names, or what it leaves out."""

    entries: frozenset[str]
    is_negated: bool = False


_Conditions = frozenset[tuple[str, str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class _Canon:
    effect: Effect
    principals: _Set
    actions: _Set
    resources: _Set
    conditions: _Conditions
    index: int

    def atoms(self) -> Iterable[_Atom]:
        """The statement split so that each part names one principal, one action, one resource."""
        for principal, action, resource in product(
            *map(_parts, (self.principals, self.actions, self.resources))
        ):
            yield _Atom(self.effect, principal, action, resource, self.conditions)

    @property
    def size(self) -> int:
        return (
            len(_parts(self.principals)) * len(_parts(self.actions)) * len(_parts(self.resources))
        )


@dataclass(frozen=True, slots=True)
class _Atom:
    effect: Effect
    principal: _Set
    action: _Set
    resource: _Set
    conditions: _Conditions


def _parts(element: _Set) -> list[_Set]:
    if element.is_negated or not element.entries:
        return [element]
    return [_Set(frozenset({entry})) for entry in sorted(element.entries)]


_LARGE = 600
"""Atoms of one document from which on they are compared as they stand, not by what covers what (quadratic)."""
_HUGE = 100_000
"""Atoms from which on whole statements are compared."""


def compare(want: object, got: object) -> tuple[Difference, ...]:
    """Return what differs between two documents (mappings, JSON text or Documents); nothing when they mean the same."""
    wanted, found = (each if isinstance(each, Document) else read(each) for each in (want, got))
    if wanted.fault or found.fault:
        return _faults(wanted, found)
    want_all, got_all = _canonical(wanted), _canonical(found)
    want_rest, got_rest = _unmatched(want_all, got_all), _unmatched(got_all, want_all)
    if not want_rest and not got_rest:
        return ()
    differences: list[Difference] = []
    # A statement that is wider than the wanted one covers it: what is said of it needs the wanted one beside it.
    for one, other in _pairs(_changed(want_all, got_all), _changed(got_all, want_all)):
        if one in want_rest or other in got_rest:
            differences += _between(one, other)
    return tuple(differences) or (_whole(want_rest, got_rest),)


def same(want: object, got: object) -> bool:
    """Whether two documents mean the same."""
    return not compare(want, got)


def direction(differences: Sequence[Difference]) -> Direction | None:
    """Return what several differences amount to: None for none, OTHERWISE when they do not agree."""
    found = {each.direction for each in differences}
    if not found:
        return None
    return found.pop() if len(found) == 1 else Direction.OTHERWISE


def _faults(want: Document, got: Document) -> tuple[Difference, ...]:
    shown = [
        f"a document that cannot be read: {each.fault}" if each.fault else "a policy"
        for each in (want, got)
    ]
    return (Difference("document", shown[0], shown[1], Direction.OTHERWISE),)


# Canonical form


def _canonical(document: Document) -> list[_Canon]:
    literal = not document.has_variables
    return [_canon(statement, literal) for statement in document.statements]


def _canon(statement: Statement, literal: bool) -> _Canon:
    def text(value: str) -> str:
        # In old versions `${…}` is no variable: it must not be taken for one.
        return complete(value.replace("${", "${$}{") if literal else value)

    if statement.principals is not None or statement.not_principals is None:
        principals = _Set(_named(statement.principals or Principals()))
    else:
        principals = _Set(_named(statement.not_principals), is_negated=True)
    if statement.actions is not None:
        actions = _Set(_reduced(action.lower() for action in statement.actions))
    else:
        actions = _Set(
            _reduced(action.lower() for action in statement.not_actions or ()), is_negated=True
        )
    if statement.resources is not None or statement.not_resources is None:
        resources = _Set(_reduced((text(each) for each in statement.resources or ()), arn_covers))
    else:
        resources = _Set(
            _reduced((text(each) for each in statement.not_resources), arn_covers), is_negated=True
        )
    conditions = frozenset(_condition(condition, text) for condition in statement.conditions)
    return _Canon(statement.effect, principals, actions, resources, conditions, statement.index)


def _named(principals: Principals) -> frozenset[str]:
    if principals.everyone:
        return frozenset({"*"})
    named = {
        f"account {account_of(entry)}" if account_of(entry) else entry for entry in principals.aws
    }
    named |= {f"service {entry.lower()}" for entry in principals.service}
    named |= {f"provider {entry}" for entry in principals.federated}
    return frozenset(named | {f"canonical user {entry}" for entry in principals.canonical})


def _reduced(
    entries: Iterable[str], covering: Callable[[str, str], bool] = covers
) -> frozenset[str]:
    found = frozenset(entries)
    if len(found) > _LARGE:
        return found
    return frozenset(
        entry
        for entry in found
        if not any(
            other != entry and covering(other, entry) and not covering(entry, other)
            for other in found
        )
    )


def arn_covers(wide: str, narrow: str) -> bool:
    """Whether every resource of `narrow` is one of `wide`, segment by segment as `Resource` is matched."""
    if wide in ("*", narrow):
        return True
    ones, others = wide.split(":", 5), narrow.split(":", 5)
    return len(ones) == len(others) and all(
        covers(one, other) for one, other in zip(ones, others, strict=True)
    )


def _condition(condition: Condition, text: Callable[[str], str]) -> tuple[str, str, frozenset[str]]:
    known = operator(condition.operator)
    if known is None:
        return condition.operator, condition.key.lower(), frozenset(condition.values)
    base, values = known.base, condition.values
    if base.startswith(("String", "Arn")):
        values = tuple(text(value) for value in values)
    if base == "ArnEquals":
        base = "ArnLike"
    elif base == "StringLike" and not any(has_wildcard(value) for value in values):
        base = "StringEquals"
    elif base == "StringEqualsIgnoreCase":
        values = tuple(value.casefold() for value in values)
    normal = frozenset(_value(base, value) for value in values)
    name = (f"{known.each}:" if known.each else "") + ("Not" if known.is_negated else "") + base
    return name + ("IfExists" if known.if_exists else ""), condition.key.lower(), normal


def _value(base: str, value: str) -> str:
    if base in ("Bool", "Null"):
        return value.lower()
    if base.startswith("Numeric"):
        read_number = number(value)
        return value if read_number is None else format(read_number.normalize(), "f")
    if base.startswith("Date"):
        read_moment = moment(value)
        return value if read_moment is None else str(read_moment.timestamp())
    if base == "IpAddress":
        import ipaddress

        try:
            return str(ipaddress.ip_network(value, strict=False))
        except ValueError:
            return value
    return value


# What covers what


def _unmatched(ours: list[_Canon], theirs: list[_Canon]) -> list[_Canon]:
    """Return the statements of `ours` with a part that no statement of `theirs` covers."""
    sizes = [sum(canon.size for canon in side) for side in (ours, theirs)]
    if max(sizes) > _HUGE:
        return _changed(ours, theirs)
    atoms = [atom for canon in theirs for atom in canon.atoms()]
    exact = set(atoms)
    by_covering = max(sizes) <= _LARGE
    return [
        canon
        for canon in ours
        if not all(
            atom in exact or (by_covering and any(_covers(other, atom) for other in atoms))
            for atom in canon.atoms()
        )
    ]


def _changed(ours: list[_Canon], theirs: list[_Canon]) -> list[_Canon]:
    known = {_without_index(canon) for canon in theirs}
    return [canon for canon in ours if _without_index(canon) not in known]


def _without_index(canon: _Canon) -> tuple[object, ...]:
    return canon.effect, canon.principals, canon.actions, canon.resources, canon.conditions


def _covers(wide: _Atom, narrow: _Atom) -> bool:
    return (
        wide.effect is narrow.effect
        and (wide.principal == narrow.principal or wide.principal == _Set(frozenset({"*"})))
        and _element_covers(wide.action, narrow.action, covers)
        and _element_covers(wide.resource, narrow.resource, arn_covers)
        and all(
            any(_implies(given, needed) for given in narrow.conditions)
            for needed in wide.conditions
        )
    )


def _element_covers(wide: _Set, narrow: _Set, covering: Callable[[str, str], bool]) -> bool:
    if wide == narrow or (not wide.is_negated and "*" in wide.entries):
        return True
    if not wide.is_negated:
        return not narrow.is_negated and all(
            any(covering(one, other) for one in wide.entries) for other in narrow.entries
        )
    if narrow.is_negated:
        return all(any(covering(other, one) for other in narrow.entries) for one in wide.entries)
    return not any(has_wildcard(entry) or "${" in entry for entry in narrow.entries) and not any(
        covering(one, other) or "${" in one for one in wide.entries for other in narrow.entries
    )


def _implies(
    given: tuple[str, str, frozenset[str]], needed: tuple[str, str, frozenset[str]]
) -> bool:
    """Whether a request that meets `given` always meets `needed` too, where that is plain."""
    if given == needed:
        return True
    if given[1] != needed[1]:
        return False
    known = operator(needed[0]) if not needed[0].startswith("Not") else None
    if (
        known is None
        or ":" in needed[0]
        or given[0] not in (needed[0], needed[0].removesuffix("IfExists"))
    ):
        same_negated = (
            given[0] == needed[0] and needed[0].startswith("Not") and ":" not in needed[0]
        )
        return same_negated and needed[2] <= given[2]
    if known.base == "StringLike":
        return all(any(covers(one, other) for one in needed[2]) for other in given[2])
    if known.base == "ArnLike":
        return all(any(arn_covers(one, other) for one in needed[2]) for other in given[2])
    if known.base == "IpAddress":
        return all(any(_net_covers(one, other) for one in needed[2]) for other in given[2])
    return given[2] <= needed[2] and known.base in (
        "StringEquals",
        "StringEqualsIgnoreCase",
        "Bool",
        "NumericEquals",
    )


def _net_covers(wide: str, narrow: str) -> bool:
    import ipaddress

    try:
        one, other = ipaddress.ip_network(wide), ipaddress.ip_network(narrow)
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return other.subnet_of(one)
    if isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return other.subnet_of(one)
    return False


# Words


def _pairs(wants: list[_Canon], gots: list[_Canon]) -> list[tuple[_Canon | None, _Canon | None]]:
    """Put each wanted statement beside the found one that is most like it."""
    costs = sorted(
        ((_cost(want, got), i, j) for i, want in enumerate(wants) for j, got in enumerate(gots)),
        key=lambda entry: entry,
    )
    used_want: set[int] = set()
    used_got: set[int] = set()
    pairs: list[tuple[_Canon | None, _Canon | None]] = []
    for cost, i, j in costs:
        if cost < _UNLIKE and i not in used_want and j not in used_got:
            used_want.add(i)
            used_got.add(j)
            pairs.append((wants[i], gots[j]))
    pairs += [(want, None) for i, want in enumerate(wants) if i not in used_want]
    return pairs + [(None, got) for j, got in enumerate(gots) if j not in used_got]


_UNLIKE = 10


def _cost(want: _Canon, got: _Canon) -> int:
    cost = 3 if want.effect is not got.effect else 0
    for one, other, weight in (
        (want.principals, got.principals, 2),
        (want.actions, got.actions, 4),
        (want.resources, got.resources, 3),
    ):
        if one != other:
            cost += weight if not one.entries & other.entries else weight - 1
    return cost + (2 if want.conditions != got.conditions else 0)


def _between(want: _Canon | None, got: _Canon | None) -> list[Difference]:
    if want is None:
        return [] if got is None else [_extra(got)]
    if got is None:
        return [_missing(want)]
    place = f"statement {got.index + 1}"
    if want.effect is not got.effect:
        opens = got.effect is Effect.ALLOW
        directed = Direction.TOO_OPEN if opens else Direction.TOO_TIGHT
        return [Difference(f"{place}, Effect", want.effect.value, got.effect.value, directed)]
    differences: list[Difference] = []
    flips = got.effect is Effect.DENY
    for name, one, other in (
        ("Principal", want.principals, got.principals),
        ("Action", want.actions, got.actions),
        ("Resource", want.resources, got.resources),
    ):
        if one != other:
            differences.append(_element(f"{place}, {name}", one, other, flips))
    differences += _conditions(place, want, got, flips)
    return differences


def _extra(got: _Canon) -> Difference:
    directed = Direction.TOO_OPEN if got.effect is Effect.ALLOW else Direction.TOO_TIGHT
    return Difference(f"statement {got.index + 1}", "", _statement_words(got), directed)


def _missing(want: _Canon) -> Difference:
    directed = Direction.TOO_TIGHT if want.effect is Effect.ALLOW else Direction.TOO_OPEN
    return Difference("a statement", _statement_words(want), "", directed)


def _element(place: str, want: _Set, got: _Set, flips: bool) -> Difference:
    covering = (
        covers
        if place.endswith("Action")
        else arn_covers
        if place.endswith("Resource")
        else _principal_covers
    )
    wider, narrower = _element_covers(got, want, covering), _element_covers(want, got, covering)
    if wider == narrower:
        directed = Direction.OTHERWISE
    else:
        directed = Direction.TOO_OPEN if wider is not flips else Direction.TOO_TIGHT
    return Difference(place, _set_words(want), _set_words(got), directed)


def _principal_covers(wide: str, narrow: str) -> bool:
    return wide in ("*", narrow)


def _conditions(place: str, want: _Canon, got: _Canon, flips: bool) -> Iterable[Difference]:
    wants = {condition[:2]: condition[2] for condition in want.conditions}
    gots = {condition[:2]: condition[2] for condition in got.conditions}
    opens, tightens = (
        (Direction.TOO_TIGHT, Direction.TOO_OPEN)
        if flips
        else (Direction.TOO_OPEN, Direction.TOO_TIGHT)
    )
    for name in sorted(wants.keys() | gots.keys()):
        where = f"{place}, Condition {name[0]} {name[1]}"
        one, other = wants.get(name), gots.get(name)
        if one == other:
            continue
        if other is None:
            yield Difference(where, _value_words(one), "", opens)
        elif one is None:
            yield Difference(where, "", _value_words(other), tightens)
        else:
            is_wider, is_narrower = (
                _implies((*name, one), (*name, other)),
                _implies((*name, other), (*name, one)),
            )
            directed = Direction.OTHERWISE
            if is_wider is not is_narrower:
                directed = opens if is_wider else tightens
            yield Difference(where, _value_words(one), _value_words(other), directed)


def _whole(wants: list[_Canon], gots: list[_Canon]) -> Difference:
    words = ["; ".join(_statement_words(canon) for canon in side) for side in (wants, gots)]
    return Difference("document", words[0], words[1], Direction.OTHERWISE)


def _statement_words(canon: _Canon) -> str:
    words = f"{canon.effect.value} {_set_words(canon.actions)}"
    if canon.resources.entries:
        words += f" on {_set_words(canon.resources)}"
    if canon.principals.entries:
        words += f" for {_set_words(canon.principals)}"
    if canon.conditions:
        words += " if " + " and ".join(
            f"{name} {key} {_value_words(values)}"
            for name, key, values in sorted(canon.conditions, key=lambda c: c[:2])
        )
    return words


def _set_words(element: _Set) -> str:
    words = ", ".join(sorted(element.entries)) or "nothing"
    return f"everything but {words}" if element.is_negated else words


def _value_words(values: frozenset[str] | None) -> str:
    return " or ".join(sorted(values or ()))
