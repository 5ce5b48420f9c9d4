"""Wildcards, policy variables and ARN segments.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "IAM policy elements: Variables and tags",
"IAM JSON policy elements: Condition operators" (ARN operators).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolelab.iam.request import Context

# A filled pattern marks what still is special with private-use characters, so that a `*`, `?` or `:`
# that came out of a variable's value is an ordinary character.
_MANY, _ONE, _VALUE_COLON = "\ue000", "\ue001", "\ue002"
_MARKED = str.maketrans({"*": _MANY, "?": _ONE})
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]*?)\s*,\s*'([^']*)'\s*\Z")
_LITERALS = ("*", "?", "$")


class Lack(Enum):
    """Why a key has no value: it is not in the request, or nobody knows whether it is."""

    ABSENT = "not in the request"
    UNKNOWN = "not known"


def fill(pattern: str, context: Context, *, variables: bool) -> str | Lack:
    """Mark the wildcards and put in the variables' values; Lack when one has none and no default."""
    if not variables or "${" not in pattern:
        return pattern.translate(_MARKED)
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        parts.append(pattern[end : found.start()].translate(_MARKED))
        value = _value(found.group(1), context)
        if isinstance(value, Lack):
            return value
        parts.append(value.replace(":", _VALUE_COLON))
        end = found.end()
    parts.append(pattern[end:].translate(_MARKED))
    return "".join(parts)


def fill_arn(pattern: str, context: Context, *, variables: bool) -> str | Lack:
    """Fill a `Resource` pattern; a variable before the fifth colon stays text, so it matches nothing."""
    if variables and "${" in pattern and pattern[: pattern.index("${")].count(":") < 5:
        return pattern.translate(_MARKED)
    return fill(pattern, context, variables=variables)


def fill_text(text: str, context: Context, *, variables: bool) -> str | Lack:
    """Put in the variables' values where wildcards mean nothing, as for `StringEquals`."""
    filled = fill(text, context, variables=variables)
    if isinstance(filled, Lack):
        return filled
    return filled.replace(_MANY, "*").replace(_ONE, "?").replace(_VALUE_COLON, ":")


def _value(variable: str, context: Context) -> str | Lack:
    if variable in _LITERALS:
        return variable
    key, default = variable.strip(), None
    with_default = _DEFAULT.match(variable)
    if with_default:
        key, default = with_default.groups()
    values = context.get(key)
    if values is Lack.UNKNOWN:
        return values
    if (
        isinstance(values, Lack) or len(values) != 1
    ):  # a multivalued key cannot be used as a variable
        return Lack.ABSENT if default is None else default
    return values[0]


@lru_cache(maxsize=4096)
def _compiled(filled: str, ignore_case: bool) -> re.Pattern[str]:
    source = "".join(
        ".*"
        if char == _MANY
        else "."
        if char == _ONE
        else ":"
        if char == _VALUE_COLON
        else re.escape(char)
        for char in re.sub(f"{_MANY}+", _MANY, filled)
    )
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def glob(filled: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a filled pattern matches the whole of a value, `*` reaching across everything."""
    return _compiled(filled, ignore_case).fullmatch(value) is not None


def marked(pattern: str) -> str:
    """Return a pattern without variables in filled form."""
    return pattern.translate(_MARKED)


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action pattern covers an action; neither prefix nor name is case-sensitive."""
    return glob(marked(pattern), action, ignore_case=True)


def arn_matches(filled: str, value: str) -> bool:
    """Whether a filled ARN pattern matches segment by segment; only the last segment reaches beyond a colon.

    A pattern of fewer than six segments is completed with `*`, as AWS does.
    """
    if filled == _MANY:
        return True
    segments = complete(filled, _MANY).split(":", 5)
    values = value.split(":", 5)
    return len(segments) == len(values) and all(
        glob(one, other) for one, other in zip(segments, values, strict=True)
    )


def complete(arn: str, star: str = "*") -> str:
    """Return an ARN pattern with `*` for the segments it leaves out; anything else as it is."""
    return (
        arn + f":{star}" * (5 - arn.count(":"))
        if arn.startswith("arn:") and arn.count(":") < 5
        else arn
    )


def strict_arn_matches(filled: str, value: str) -> bool:
    """Whether both are ARNs of six segments and match, as the ARN condition operators want it."""
    if filled == _MANY:
        return value.startswith("arn:")
    return filled.count(":") >= 5 and value.count(":") >= 5 and arn_matches(filled, value)


def has_wildcard(pattern: str) -> bool:
    """Whether `*` or `?` in it is a wildcard; `${*}` is not."""
    return any(char in "*?" for char in _VARIABLE.sub("", pattern))


def covers(wide: str, narrow: str, *, ignore_case: bool = False) -> bool:
    """Whether every value that `narrow` matches is matched by `wide` too; False also where that is not certain.

    Exact for patterns without variables: a wildcard of the narrow one is fed to the wide one as a character of its own.
    """
    if wide == narrow or wide == "*":
        return True
    if "${" in wide or "${" in narrow:
        return False
    # `?` of the narrow side stands for one character and only `?` or `*` of the wide side may take it; `*` only `*`.
    return _covers(wide.lower() if ignore_case else wide, narrow.lower() if ignore_case else narrow)


@lru_cache(maxsize=4096)
def _covers(wide: str, narrow: str) -> bool:
    def closed(states: set[int]) -> set[int]:
        # A `*` may stand for nothing: whoever is before it is behind it too.
        for place in range(len(wide)):
            if place in states and wide[place] == "*":
                states.add(place + 1)
        return states

    reached = closed({0})
    for char in narrow:
        following: set[int] = set()
        for state in reached:
            if state >= len(wide):
                continue
            special = wide[state]
            if special == "*":
                following.add(state)
            elif char != "*" and (special in ("?", char)):
                following.add(state + 1)
        reached = closed(following)
        if not reached:
            return False
    return len(wide) in reached
