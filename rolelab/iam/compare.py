"""Comparing policy documents by meaning: what differs, in words, and if it is too open or tight.

Not differences: order, `Sid`, `Id`, a string or a list of one, an account's id or its root ARN,
URL-encoding, the case of actions and condition keys, one statement or the same split in several, an
entry that another one covers, `ArnEquals` or `ArnLike`, `StringLike` without wildcards, an address
or its /32.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from rolelab.iam.canonical import (
    Canon,
    Element,
    Requirement,
    canonical,
    changed,
    element_covers,
    implies,
    unmatched,
)
from rolelab.iam.documents import Document, Effect, read
from rolelab.iam.language.patterns import arn_covers, covers


class Direction(Enum):
    """What a difference means for whoever asks; the value reads after "got is"."""

    TOO_OPEN = "too open"
    TOO_TIGHT = "too tight"
    OTHERWISE = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the wanted and the found document."""

    place: str
    """Such as `statement 1, Principal`, counted in the found document where that has it."""
    want: str
    """What was wanted; empty when nothing was."""
    got: str
    """What was found; empty when nothing was."""
    direction: Direction

    @property
    def element(self) -> str:
        """`Principal`, `Condition` and their like; empty for a whole statement or document."""
        return self.place.partition(", ")[2].partition(" ")[0]

    def __str__(self) -> str:
        if not self.got:
            words = f"{self.want} is missing"
        elif not self.want:
            words = f"{self.got} is there and should not be"
        else:
            words = f"wanted {self.want}, got {self.got}"
        return f"{self.place}: {words} ({self.direction.value})"


def compare(want: object, got: object) -> tuple[Difference, ...]:
    """Return what differs in meaning between two documents (mappings, JSON text or Documents)."""
    wanted, actual = (each if isinstance(each, Document) else read(each) for each in (want, got))
    if wanted.fault or actual.fault:
        return _faults(wanted, actual)
    wants, gots = canonical(wanted), canonical(actual)
    missing, extra = unmatched(wants, gots), unmatched(gots, wants)
    if not missing and not extra:
        return ()
    differences: list[Difference] = []
    # A statement that is wider than the wanted one covers it: what is said of it needs the wanted
    # one beside it.
    for ours, theirs in _pairs(changed(wants, gots), changed(gots, wants)):
        if ours in missing or theirs in extra:
            differences += _between(ours, theirs)
    return tuple(differences) or (_whole(missing, extra),)


def same(want: object, got: object) -> bool:
    """Return whether two documents mean the same; text that is no policy means itself."""
    return want == got or not compare(want, got)


def direction(differences: Sequence[Difference]) -> Direction | None:
    """Return what several differences amount to: None for none, OTHERWISE if they disagree."""
    directions = {each.direction for each in differences}
    if not directions:
        return None
    return directions.pop() if len(directions) == 1 else Direction.OTHERWISE


def _faults(want: Document, got: Document) -> tuple[Difference, ...]:
    shown = [
        f"a document that cannot be read: {each.fault}" if each.fault else "a policy"
        for each in (want, got)
    ]
    return (Difference("document", shown[0], shown[1], Direction.OTHERWISE),)


# -- words -----------------------------------------------------------------------------------------


def _pairs(wants: list[Canon], gots: list[Canon]) -> list[tuple[Canon | None, Canon | None]]:
    """Put each wanted statement beside the found one that is most like it."""
    costs = sorted(
        (_cost(want, got), i, j) for i, want in enumerate(wants) for j, got in enumerate(gots)
    )
    pairs: dict[int, int] = {}
    for cost, i, j in costs:
        if cost < _UNLIKE and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [
        *((wants[i], gots[j]) for i, j in pairs.items()),
        *((want, None) for i, want in enumerate(wants) if i not in pairs),
        *((None, got) for j, got in enumerate(gots) if j not in pairs.values()),
    ]


_UNLIKE = 10


def _cost(want: Canon, got: Canon) -> int:
    cost = 3 if want.effect is not got.effect else 0
    for one, other, weight in (
        (want.principals, got.principals, 2),
        (want.actions, got.actions, 4),
        (want.resources, got.resources, 3),
    ):
        if one != other:
            cost += weight if not one.entries & other.entries else weight - 1
    return cost + (2 if want.conditions != got.conditions else 0)


def _between(want: Canon | None, got: Canon | None) -> list[Difference]:
    if want is None:
        return [] if got is None else [_extra(got)]
    if got is None:
        return [_missing(want)]
    place = f"statement {got.index + 1}"
    if want.effect is not got.effect:
        directed = _directed(is_wider=got.effect is Effect.ALLOW)
        return [Difference(f"{place}, Effect", want.effect.value, got.effect.value, directed)]
    differences: list[Difference] = []
    flips = got.effect is Effect.DENY
    for name, ours, theirs, covering in (
        ("Principal", want.principals, got.principals, _principal_covers),
        ("Action", want.actions, got.actions, covers),
        ("Resource", want.resources, got.resources, arn_covers),
    ):
        if ours != theirs:
            wider = element_covers(theirs, ours, covering)
            narrower = element_covers(ours, theirs, covering)
            directed = _of_two(wider, narrower, flips)
            words = _element_words(ours), _element_words(theirs)
            differences.append(Difference(f"{place}, {name}", *words, directed))
    return [*differences, *_conditions(place, want, got, flips)]


def _extra(got: Canon) -> Difference:
    directed = _directed(is_wider=got.effect is Effect.ALLOW)
    return Difference(f"statement {got.index + 1}", "", _statement_words(got), directed)


def _missing(want: Canon) -> Difference:
    directed = _directed(is_wider=want.effect is Effect.DENY)
    return Difference("a statement", _statement_words(want), "", directed)


def _directed(*, is_wider: bool) -> Direction:
    return Direction.TOO_OPEN if is_wider else Direction.TOO_TIGHT


def _of_two(wider: bool, narrower: bool, flips: bool) -> Direction:
    if wider is narrower:
        return Direction.OTHERWISE
    return _directed(is_wider=wider is not flips)


def _principal_covers(wide: str, narrow: str) -> bool:
    return wide in ("*", narrow)


def _conditions(place: str, want: Canon, got: Canon, flips: bool) -> Iterable[Difference]:
    wants, gots = (
        {(each.operator, each.key): each for each in canon.conditions} for canon in (want, got)
    )
    for name in sorted(wants.keys() | gots.keys()):
        ours, theirs = wants.get(name), gots.get(name)
        key = theirs.written if theirs else ours.written if ours else name[1]
        where = f"{place}, Condition {name[0]} {key}"
        if ours is not None and theirs is not None:
            if ours != theirs:
                directed = _of_two(implies(ours, theirs), implies(theirs, ours), flips)
                yield Difference(where, _value_words(ours), _value_words(theirs), directed)
        elif ours is not None:
            yield Difference(where, _value_words(ours), "", _directed(is_wider=not flips))
        elif theirs is not None:
            yield Difference(where, "", _value_words(theirs), _directed(is_wider=flips))


def _whole(wants: list[Canon], gots: list[Canon]) -> Difference:
    words = ["; ".join(_statement_words(canon) for canon in side) for side in (wants, gots)]
    return Difference("document", words[0], words[1], Direction.OTHERWISE)


def _statement_words(canon: Canon) -> str:
    words = f"{canon.effect.value} {_element_words(canon.actions)}"
    if canon.resources.entries:
        words += f" on {_element_words(canon.resources)}"
    if canon.principals.entries:
        words += f" for {_element_words(canon.principals)}"
    if canon.conditions:
        ordered = sorted(canon.conditions, key=lambda each: (each.operator, each.key))
        conditions = [f"{each.operator} {each.written} {_value_words(each)}" for each in ordered]
        words += f" if {' and '.join(conditions)}"
    return words


def _element_words(element: Element) -> str:
    words = ", ".join(element.written) or "nothing"
    return f"everything but {words}" if element.is_negated else words


def _value_words(requirement: Requirement) -> str:
    return " or ".join(sorted(requirement.values))
