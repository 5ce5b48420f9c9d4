"""Wildcards, policy variables and ARN segments.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "IAM policy elements: Variables and
tags", "IAM JSON policy elements: Condition operators" (ARN operators).
"""

from __future__ import annotations

import re
from functools import lru_cache

from rolelab.iam.request import Context, Lack

# A filled pattern marks what still is special with private-use characters, so that a `*`, `?` or
# `:` that came out of a variable's value is an ordinary character.
_MANY, _ONE, _VALUE_COLON = "\ue000", "\ue001", "\ue002"
_MARKED = str.maketrans({"*": _MANY, "?": _ONE})
_UNMARKED = str.maketrans({_MANY: "*", _ONE: "?", _VALUE_COLON: ":"})
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]*?)\s*,\s*'([^']*)'\s*\Z")
_LITERALS = ("*", "?", "$")


def fill(pattern: str, context: Context, *, variables: bool) -> str | Lack:
    """Mark the wildcards and put in the variables' values; Lack where one has none at all."""
    if not variables or "${" not in pattern:
        return marked(pattern)
    parts: list[str] = []
    end = 0
    for variable in _VARIABLE.finditer(pattern):
        parts.append(pattern[end : variable.start()].translate(_MARKED))
        value = _value(variable[1], context)
        if isinstance(value, Lack):
            return value
        parts.append(value.replace(":", _VALUE_COLON))
        end = variable.end()
    parts.append(pattern[end:].translate(_MARKED))
    return "".join(parts)


def keys_in(text: str) -> list[str]:
    """Return the keys that a text has as variables and gives no default for."""
    variables = (variable[1].strip() for variable in _VARIABLE.finditer(text))
    return [each for each in variables if each not in _LITERALS and not _DEFAULT.match(each)]


def fill_resource(pattern: str, context: Context, *, variables: bool) -> str | Lack:
    """Fill a `Resource` pattern; variables before the fifth colon stay text and match nothing."""
    if variables and "${" in pattern and pattern[: pattern.index("${")].count(":") < 5:
        return marked(pattern)
    return fill(pattern, context, variables=variables)


def fill_text(text: str, context: Context, *, variables: bool) -> str | Lack:
    """Put in the variables' values where wildcards mean nothing, as for `StringEquals`."""
    if not variables or "${" not in text:
        return text
    filled = fill(text, context, variables=True)
    return filled if isinstance(filled, Lack) else filled.translate(_UNMARKED)


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
    # A multivalued key cannot be used as a variable.
    if isinstance(values, Lack) or len(values) != 1:
        return Lack.ABSENT if default is None else default
    return values[0]


@lru_cache(maxsize=8192)
def _compiled(filled: str, ignore_case: bool = False) -> re.Pattern[str]:
    return re.compile(_source(filled), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _source(filled: str, many: str = ".*", one: str = ".") -> str:
    # Runs of stars mean one; left as they are they would make matching exponential.
    special = {_MANY: many, _ONE: one, _VALUE_COLON: ":"}
    characters = re.sub(f"{_MANY}+", _MANY, filled)
    return "".join(special.get(each) or re.escape(each) for each in characters)


@lru_cache(maxsize=8192)
def _compiled_arn(filled: str) -> re.Pattern[str]:
    # Wildcards reach beyond a colon in the last segment only.
    *segments, last = complete(filled, _MANY).split(":", 5)
    sources = [_source(segment, "[^:]*", "[^:]") for segment in segments]
    return re.compile(":".join((*sources, _source(last))), re.DOTALL)


def glob(filled: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether a filled pattern matches the whole of a value; `*` reaches across all."""
    return _compiled(filled, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=8192)
def marked(pattern: str) -> str:
    """Return a pattern without variables in filled form."""
    return pattern.translate(_MARKED)


def action_matches(pattern: str, action: str) -> bool:
    """Return whether an action pattern covers an action; case does not matter."""
    return pattern == "*" or glob(marked(pattern), action, ignore_case=True)


def arn_matches(filled: str, value: str) -> bool:
    """Return whether a filled ARN pattern matches by segments; only the last reaches past a colon.

    A pattern of fewer than six segments is completed with `*`, as AWS does.
    """
    return filled == _MANY or _compiled_arn(filled).fullmatch(value) is not None


def complete(arn: str, star: str = "*") -> str:
    """Return an ARN pattern with `*` for the segments it leaves out; anything else as it is."""
    missing = 5 - arn.count(":")
    return arn + f":{star}" * missing if arn.startswith("arn:") and missing > 0 else arn


def strict_arn_matches(filled: str, value: str) -> bool:
    """Return whether both are ARNs of six segments and match, as ARN condition operators do."""
    if filled == _MANY:
        return value.startswith("arn:")
    return filled.count(":") >= 5 and value.count(":") >= 5 and arn_matches(filled, value)


def has_wildcard(pattern: str) -> bool:
    """Return whether `*` or `?` in it is a wildcard; `${*}` is not."""
    return any(char in "*?" for char in _VARIABLE.sub("", pattern))


def covers(wide: str, narrow: str) -> bool:
    """Return whether `wide` matches every value that `narrow` does; False where not certain.

    Exact for patterns without variables: a wildcard of the narrow one is fed to the wide one as a
    character of its own.
    """
    if wide == narrow or wide == "*":
        return True
    return "${" not in wide and "${" not in narrow and _covers(wide, narrow)


def arn_covers(wide: str, narrow: str) -> bool:
    """Return whether every resource of `narrow` is one of `wide`, matched segment by segment."""
    if wide in ("*", narrow):
        return True
    ours, theirs = wide.split(":", 5), narrow.split(":", 5)
    return len(ours) == len(theirs) and all(map(covers, ours, theirs))


@lru_cache(maxsize=4096)
def _covers(wide: str, narrow: str) -> bool:
    def closed(states: set[int]) -> set[int]:
        # A `*` may stand for nothing: whoever is before it is behind it too.
        for place in range(len(wide)):
            if place in states and wide[place] == "*":
                states.add(place + 1)
        return states

    # `?` of the narrow side stands for one character and only `?` or `*` of the wide side may take
    # it; `*` only `*`.
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
