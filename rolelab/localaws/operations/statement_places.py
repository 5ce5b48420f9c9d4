"""Where the statements of a policy stand in its text, as the policy simulator counts."""

from __future__ import annotations

import json
from functools import lru_cache

_decode = json.JSONDecoder().raw_decode

Span = tuple[int, int]
"""From the character behind the bracket or comma before a statement to that behind its brace.

A statement that stands alone begins behind its own brace."""


@lru_cache(maxsize=512)
def spans(text: str) -> tuple[Span, ...]:
    """Return where each statement of a document that is one stands, in their order."""
    at = text.index("{") + 1
    while True:
        name, end = _decode(text, _behind_space(text, at))
        value = text.index(":", end) + 1
        if name == "Statement":
            return _of_statements(text, value)
        _, end = _decode(text, _behind_space(text, value))
        at = text.index(",", end) + 1


def _of_statements(text: str, at: int) -> tuple[Span, ...]:
    start = _behind_space(text, at)
    if text[start] != "[":
        return ((start + 1, _decode(text, start)[1]),)
    found: list[Span] = []
    at = start + 1
    while True:
        end = _decode(text, _behind_space(text, at))[1]
        found.append((at, end))
        at = _behind_space(text, end)
        if text[at] == "]":
            return tuple(found)
        at += 1


def _behind_space(text: str, at: int) -> int:
    while text[at].isspace():
        at += 1
    return at


def position(text: str, at: int) -> dict[str, int]:
    """Return line and column of a character, both counted from 1."""
    line_start = text.rfind("\n", 0, at) + 1
    return {"Line": text.count("\n", 0, at) + 1, "Column": at - line_start + 1}
