"""AWS's own service models, as botocore ships them: requests are read, checked, answered by them.

The models are data; botocore itself is not loaded. Checks and words are those of AWS: required
members, lengths, ranges, enumerations and patterns, all faults of a request in one answer.

Source: botocore/data/{iam,sts}/*/service-2.json; IAM API Reference, "Common Errors"
(ValidationError).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Union, cast

from typing_extensions import NotRequired, TypedDict

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.envelopes import text
from rolelab.localaws.http.service_models import content_of

_NUMBER = re.compile(r"[0-9]{1,8}")
_MOST = 1000
"""More members than any list of IAM or STS may have."""
_DEEPEST = 12
_FAILED = "failed to satisfy constraint: Member must"

Tree = dict[str, Union[str, "Tree"]]
"""The parameters of a request by the parts of their names: `Tags.member.1.Key`."""


class _Member(TypedDict):
    shape: str


class Shape(TypedDict):
    """What the model tells of one type."""

    type: str
    members: NotRequired[dict[str, _Member]]
    member: NotRequired[_Member]
    required: NotRequired[list[str]]
    enum: NotRequired[list[str]]
    pattern: NotRequired[str]
    min: NotRequired[int]
    max: NotRequired[int]
    sensitive: NotRequired[bool]


class _Output(TypedDict):
    shape: str
    resultWrapper: NotRequired[str]


class _Operation(TypedDict):
    input: NotRequired[_Member]
    output: NotRequired[_Output]


class _Content(TypedDict):
    operations: dict[str, _Operation]
    shapes: dict[str, Shape]


class Model:
    """One service: its operations, and the shapes of what goes in and out."""

    def __init__(self, service: str) -> None:
        content = cast("_Content", content_of(service))
        self._operations = content["operations"]
        self._shapes = content["shapes"]

    def __contains__(self, operation: str) -> bool:
        """Return whether the service has an operation."""
        return operation in self._operations

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the operations."""
        return iter(self._operations)

    def read(self, operation: str, flat: Mapping[str, str]) -> Mapping[str, object]:
        """Return the request's parameters as the operation's input has them.

        Raises:
            AwsError: ValidationError, with every fault.
        """
        shape = self._operations[operation].get("input")
        if shape is None:
            return {}
        faults: list[str] = []
        params = self._structure(self._shapes[shape["shape"]], _nested(flat), "", faults)
        if faults:
            count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
            raise AwsError("ValidationError", count + "; ".join(faults))
        return params

    def write(self, operation: str, result: Mapping[str, object]) -> str:
        """Return a result as XML in its wrapper; empty where the operation has no output."""
        output = self._operations[operation].get("output")
        if not output:
            return ""
        wrapper = output.get("resultWrapper", f"{operation}Result")
        return f"<{wrapper}>{self._members(self._shapes[output['shape']], result)}</{wrapper}>"

    # -- reading -----------------------------------------------------------------------------------

    def _structure(
        self, shape: Shape, tree: Tree, path: str, faults: list[str]
    ) -> Mapping[str, object]:
        read: dict[str, object] = {}
        for name, member in shape.get("members", {}).items():
            at = f"{path}.{_camel(name)}" if path else _camel(name)
            if name not in tree:
                if name in shape.get("required", ()):
                    faults.append(f"Value null at '{at}' {_FAILED} not be null")
                continue
            value = self._value(member["shape"], tree[name], at, faults)
            if value is not None:
                read[name] = value
        return read

    def _value(self, name: str, given: str | Tree, at: str, faults: list[str]) -> object:
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, _tree(given), at, faults)
        if kind == "list":
            return self._list(shape, _tree(_tree(given).get("member", {})), at, faults)
        # A.B=c where A is a plain value: the value itself, if it was given too.
        plain = given.get("", "") if isinstance(given, dict) else given
        value = plain if isinstance(plain, str) else ""
        return _SCALARS.get(kind, _string)(shape, value, at, faults)

    def _list(self, shape: Shape, members: Tree, at: str, faults: list[str]) -> list[object]:
        member = shape.get("member", {"shape": ""})["shape"]
        numbers = sorted((key for key in members if _NUMBER.fullmatch(key)), key=int)[:_MOST]
        values = [
            self._value(member, members[number], f"{at}.{place}.member", faults)
            for place, number in enumerate(numbers, 1)
        ]
        shown = f"Value '[{', '.join(str(value) for value in values)[:200]}]' at '{at}'"
        _check_range(shape, len(values), f"{shown} {_FAILED} have length", faults, most=_MOST)
        return values

    # -- writing -----------------------------------------------------------------------------------

    def _members(self, shape: Shape, result: Mapping[str, object]) -> str:
        parts: list[str] = []
        for name, member in shape.get("members", {}).items():
            value = result.get(name)
            if value is not None:
                written = self._written(self._shapes[member["shape"]], value)
                parts.append(f"<{name}>{written}</{name}>")
        return "".join(parts)

    def _written(self, shape: Shape, value: object) -> str:
        kind = shape["type"]
        if kind == "structure":
            return self._members(shape, cast("Mapping[str, object]", value))
        if kind == "list" and "member" in shape:
            inner, items = self._shapes[shape["member"]["shape"]], cast("Iterable[object]", value)
            return "".join(f"<member>{self._written(inner, item)}</member>" for item in items)
        if kind == "map":
            items = cast("Mapping[str, object]", value).items()
            return "".join(
                f"<entry><key>{text(key)}</key><value>{text(item)}</value></entry>"
                for key, item in items
            )
        if kind == "timestamp" and isinstance(value, float):
            return clock.iso(value)
        if kind == "blob" and isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return text(value)


@cache
def model(service: str) -> Model:
    """Return the model of `iam` or `sts`, read once."""
    return Model(service)


def _nested(flat: Mapping[str, str]) -> Tree:
    """Take the names apart at their dots; one that is both keeps its own value as ''."""
    tree: Tree = {}
    for name, value in flat.items():
        *outer, last = name.split(".")
        if len(outer) >= _DEEPEST:
            continue
        at = tree
        for part in outer:
            inner = at.get(part)
            if not isinstance(inner, dict):
                inner = at[part] = {} if inner is None else {"": inner}
            at = inner
        inner = at.get(last)
        if isinstance(inner, dict):
            inner[""] = value
        else:
            at[last] = value
    return tree


def _tree(value: str | Tree) -> Tree:
    return value if isinstance(value, dict) else {}


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _check_range(
    shape: Shape, size: int, start: str, faults: list[str], most: int | None = None
) -> None:
    if "min" in shape and size < shape["min"]:
        faults.append(f"{start} greater than or equal to {shape['min']}")
    limit = shape.get("max", most)
    if limit is not None and size > limit:
        faults.append(f"{start} less than or equal to {limit}")


def _start(shape: Shape, value: str, at: str) -> str:
    shown = "Value" if shape.get("sensitive") else f"Value '{value}'"
    return f"{shown} at '{at}' {_FAILED}"


def _string(shape: Shape, value: str, at: str, faults: list[str]) -> str:
    start = _start(shape, value, at)
    if "enum" in shape and value not in shape["enum"]:
        faults.append(f"{start} satisfy enum value set: [{', '.join(shape['enum'])}]")
    _check_range(shape, len(value), f"{start} have length", faults)
    if "pattern" in shape and not _pattern(shape["pattern"]).fullmatch(value):
        faults.append(f"{start} satisfy regular expression pattern: {shape['pattern']}")
    return value


def _integer(shape: Shape, value: str, at: str, faults: list[str]) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        faults.append(f"Value '{value}' at '{at}' {_FAILED} be a number")
        return None
    number = int(value)
    _check_range(shape, number, f"Value '{number}' at '{at}' {_FAILED} have value", faults)
    return number


def _boolean(shape: Shape, value: str, at: str, faults: list[str]) -> bool | None:
    lower = value.lower()
    if lower not in ("true", "false"):
        faults.append(f"{_start(shape, value, at)} be true or false")
        return None
    return lower == "true"


def _blob(shape: Shape, value: str, at: str, faults: list[str]) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        faults.append(f"{_start(shape, value, at)} be base64")
        return None


_SCALARS = {"integer": _integer, "boolean": _boolean, "blob": _blob}


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of the model, which is Java's: `\w` is ASCII there, `\p{L}` any letter."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII | re.DOTALL)
    python = (
        pattern.replace(r"\p{L}", r"\w")
        .replace(r"\p{N}", "")
        .replace(r"\p{Z}", " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000")
    )
    return re.compile(python, re.DOTALL)
