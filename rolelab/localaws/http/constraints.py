r"""What AWS's service models ask of a value, and the words for one that is not so.

STS shows the value, IAM does not, nor the words that an enumeration knows. IAM has a sentence of
its own for names and paths. All other faults of a request are told at once.

Source: botocore/data/{iam,sts}/*/service-2.json; IAM API Reference, "Common Errors"
(ValidationError); the words are those that AWS answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from typing_extensions import NotRequired, TypedDict

from rolelab.localaws.accounts.aws_error import AwsError


class Member(TypedDict):
    """A member of a structure or list."""

    shape: str


class Shape(TypedDict):
    """What the model tells of one type."""

    type: str
    members: NotRequired[dict[str, Member]]
    member: NotRequired[Member]
    required: NotRequired[list[str]]
    enum: NotRequired[list[str]]
    pattern: NotRequired[str]
    min: NotRequired[int]
    max: NotRequired[int]
    sensitive: NotRequired[bool]


_OF_A_NAME = "must contain only alphanumeric characters and/or the following: +=,.@_-"
_OF_A_PATH = (
    "must begin and end with / and contain only alphanumeric characters and/or / characters."
)
_SENTENCES = {
    r"[\w+=,.@-]+": _OF_A_NAME,
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": _OF_A_PATH,
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": _OF_A_PATH,
    r"\u002F[\u0021-\u007F]*": (
        "must begin with the / character and contain only alphanumeric characters"
        " and/or / characters."
    ),
}
"""Pattern of IAM's model -> what a value must do that has not got it."""


@dataclass(slots=True)
class Violations:
    """The faults of one request, in the words of its service."""

    service: str
    told: list[str] = field(default_factory=list[str])
    sentence: str = ""
    """What IAM says where nothing else is wrong."""

    def add(self, at: str, value: str | None, must: str, *, is_secret: bool = False) -> None:
        """Note what a value must be; None is one that is not there."""
        shown = "Value"
        if self.service != "iam" and not is_secret:
            shown = "Value null" if value is None else f"Value '{value}'"
        self.told.append(f"{shown} at '{at}' failed to satisfy constraint: Member must {must}")

    def check_text(self, shape: Shape, value: str, at: str) -> None:
        """Look at a text: enumeration, length, pattern."""
        asked, secret = shape, shape.get("sensitive", False)
        sentence = _SENTENCES.get(shape.get("pattern", "")) if self.service == "iam" else None
        if sentence and not _has_pattern(shape, value):
            self.sentence = (
                self.sentence or f"The specified value for {at} is invalid. It {sentence}"
            )
            # The greatest length is told before; the least is part of the sentence.
            asked = Shape(type="string", max=shape.get("max", len(value)))
        for must in self._broken(asked, value):
            self.add(at, value, must, is_secret=secret)

    def check_range(self, shape: Shape, size: int, at: str, value: str, of: str) -> None:
        """Look at a number, or at the length of a list; `of` is `value` or `length`."""
        for must in _range(shape, size, of):
            self.add(at, value, must)

    def check_members(self, shape: Shape, values: Sequence[str], at: str) -> None:
        """Look at the texts of a list: whatever is wrong with whichever, it is told once."""
        if any(next(self._broken(shape, value), "") for value in values):
            musts = ", ".join(f"Member must {must}" for must in self._asked(shape))
            self.add(at, shown(values), f"satisfy constraint: [{musts}]")

    def error(self) -> AwsError | None:
        """Return what is answered, if anything is wrong."""
        if self.told:
            count = f"{len(self.told)} validation error{'s' if len(self.told) > 1 else ''} detected"
            return AwsError("ValidationError", f"{count}: {'; '.join(self.told)}")
        return AwsError("ValidationError", self.sentence) if self.sentence else None

    def _broken(self, shape: Shape, value: str) -> Iterator[str]:
        if "enum" in shape and value not in shape["enum"]:
            yield self._enumeration(shape)
        yield from _range(shape, len(value), "length")
        if not _has_pattern(shape, value):
            yield f"satisfy regular expression pattern: {shape.get('pattern', '')}"

    def _asked(self, shape: Shape) -> Iterator[str]:
        if "enum" in shape:
            yield self._enumeration(shape)
        if "max" in shape:
            yield f"have length less than or equal to {shape['max']}"
        if "min" in shape:
            yield f"have length greater than or equal to {shape['min']}"
        if "pattern" in shape:
            yield f"satisfy regular expression pattern: {shape['pattern']}"
        if "pattern" in shape or "enum" in shape:
            yield "not be null"

    def _enumeration(self, shape: Shape) -> str:
        words = f": [{', '.join(shape.get('enum', ()))}]" if self.service != "iam" else ""
        return f"satisfy enum value set{words}"


def shown(values: Iterable[object]) -> str:
    """Return a list as AWS shows it, cut where it is long."""
    return f"[{', '.join(map(str, values))[:200]}]"


def looking_order(service: str, names: Iterable[str]) -> list[str]:
    """Return the members of a structure in the order in which they are looked at.

    IAM keeps them in a hash table of Java's, so theirs is the order of its sixteen slots.
    """
    return sorted(names, key=_slot) if service == "iam" else list(names)


def _slot(name: str) -> int:
    number = 0
    for letter in name[:1].lower() + name[1:]:
        number = (31 * number + ord(letter)) & 0xFFFFFFFF
    return (number ^ number >> 16) & 15


def _range(shape: Shape, size: int, of: str) -> Iterator[str]:
    if "min" in shape and size < shape["min"]:
        yield f"have {of} greater than or equal to {shape['min']}"
    if "max" in shape and size > shape["max"]:
        yield f"have {of} less than or equal to {shape['max']}"


def _has_pattern(shape: Shape, value: str) -> bool:
    return "pattern" not in shape or _compiled(shape["pattern"]).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of the model, which is Java's: `\w` is ASCII there, `\p{L}` any letter."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII | re.DOTALL)
    python = (
        pattern.replace(r"\p{L}", r"\w")
        .replace(r"\p{N}", "")
        .replace(r"\p{Z}", " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000")
    )
    return re.compile(python, re.DOTALL)
