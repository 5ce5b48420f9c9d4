"""Wildcards and policy variables, read by the second judge: `*`, `?`, `${aws:username}`.

Source: IAM User Guide, "IAM policy elements: Variables and tags", "IAM JSON policy elements:
Resource".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Lookup = Callable[[str], "str | None"]
"""Gives the one value of a condition key in the request, or None where there is none."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s][^,]*?)\s*,\s*'([^']*)'\s*")
_LITERAL = {"*": "*", "?": "?", "$": "$"}


def matches(pattern: str, value: str) -> bool:
    """Return whether a value fits a pattern with `*` and `?`; case counts."""
    return _compiled(pattern).fullmatch(value) is not None


def resolved(pattern: str, lookup: Lookup) -> re.Pattern[str] | None:
    """Compile a pattern with its variables filled in; None where one has neither value nor default.

    What a variable stands for is text: a `*` in a tag or a user name is no wildcard.
    """
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found[1], lookup)
        if value is None:
            return None
        parts += (_translated(pattern[end : found.start()]), re.escape(value))
        end = found.end()
    if not parts:
        return _compiled(pattern)
    parts.append(_translated(pattern[end:]))
    return re.compile("".join(parts), re.DOTALL)


def filled(text: str, lookup: Lookup) -> str | None:
    """Return a text with its variables filled in; None where one has neither value nor default."""
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], lookup)
        if value is None:
            return None
        parts += (text[end : found.start()], value)
        end = found.end()
    return "".join(parts) + text[end:]


def _value(inner: str, lookup: Lookup) -> str | None:
    if inner in _LITERAL:
        return _LITERAL[inner]
    with_default = _DEFAULT.fullmatch(inner)
    if with_default:
        value = lookup(with_default[1])
        return with_default[2] if value is None else value
    return lookup(inner.strip())


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_translated(pattern), re.DOTALL)


def _translated(pattern: str) -> str:
    # Runs of stars mean one; left as they are they would make matching exponential.
    parts = re.split(r"(\*+|\?)", pattern)
    return "".join(
        ".*" if part.startswith("*") else "." if part == "?" else re.escape(part)
        for part in parts
        if part
    )
