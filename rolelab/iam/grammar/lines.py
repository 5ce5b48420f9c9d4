"""Where the elements of a policy document stand in its text.

The text is taken apart by its tokens, not read again: what is deep in it costs no more than its
letters, and an element that is there twice is found both times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_STATEMENT = re.compile(r"statement (\d+)")
_DEEPEST = 4
"""Parts of the longest path of a place: Statement, 0, Condition, Bool."""

Path = tuple["str | int", ...]
"""Names of elements, and numbers in lists: `("Statement", 0, "Effect")`."""


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet."""

    is_list: bool
    at: str | int
    """The element or the number in the list that is looked at."""
    awaits_name: bool
    names: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class _Element:
    path: Path
    line: int
    is_there_twice: bool


def line_of(text: str, place: str) -> int:
    """Return the line (from 1) of a fault's place in a document that is JSON.

    Of an element that is not there it is the line of its statement, or the first; of a `document`
    with two elements of one name, that of the second.
    """
    lines: dict[Path, int] = {(): 1}
    for element in _elements(text):
        if element.is_there_twice and place == "document":
            return element.line
        lines.setdefault(element.path, element.line)
    if ("Statement", 0) not in lines:
        # One statement needs no list around it.
        lines |= {("Statement", 0, *path[1:]): line for path, line in lines.items() if path}
    return next(lines[path] for path in _paths(place) if path in lines)


def deepest_line(text: str) -> int:
    """Return the line on which most brackets are open, also of what is no JSON."""
    line, seen, depth, most, deepest = 1, 0, 0, 0, 1
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        line += text.count("\n", seen, token.start())
        seen = token.start()
        if depth > most:
            most, deepest = depth, line
    return deepest


def longest_number_line(text: str) -> int:
    """Return the line of the number with the most digits."""
    longest = max(re.finditer("[0-9]+", text), key=lambda found: len(found[0]), default=None)
    return text.count("\n", 0, longest.start()) + 1 if longest else 1


def _paths(place: str) -> Iterator[Path]:
    """Yield where to look for a place, the nearest first.

    `statement 1, Condition Bool` is Bool in Condition of the statement, or the Condition, or the
    statement; a name that nobody knows may have any letters.
    """
    first, _, rest = place.partition(", ")
    statement = _STATEMENT.fullmatch(first)
    around: Path = ("Statement", int(statement[1]) - 1) if statement else ()
    inner = rest if rest or statement else first
    name, *below = re.split("[ .]", inner, maxsplit=1)
    yield from ((*around, inner), (*around, name, *below), (*around, name))
    yield from (around, around[:1], ())


def _elements(text: str) -> Iterator[_Element]:
    """Yield each element and each entry of a list, and below the deepest place what is twice."""
    opened: list[_Open] = []
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen, mark = token.start(), token[0]
        inner = opened[-1] if opened else None
        if mark == ":":
            continue
        if mark in ("]", "}"):
            opened.pop()
        elif mark == ",":
            _next(inner)
        elif inner and inner.awaits_name:
            name = str(json.loads(mark))
            is_again, inner.at, inner.awaits_name = name in inner.names, name, False
            inner.names.add(name)
            if is_again or len(opened) <= _DEEPEST:
                yield _Element(tuple(each.at for each in opened[:_DEEPEST]), line, is_again)
        else:
            if inner and inner.is_list and len(opened) <= _DEEPEST:
                yield _Element(tuple(each.at for each in opened), line, False)
            if mark in ("[", "{"):
                opened.append(_Open(mark == "[", 0, mark == "{"))


def _next(inner: _Open | None) -> None:
    """Go on behind a comma."""
    if inner and inner.is_list:
        inner.at = int(inner.at) + 1
    elif inner:
        inner.awaits_name = True
