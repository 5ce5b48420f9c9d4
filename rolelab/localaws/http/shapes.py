"""AWS's own service models, as botocore ships them: requests are read, checked, answered by them.

The models are data; botocore itself is not loaded. What they ask of a value is in `constraints`.

Source: botocore/data/{iam,sts}/*/service-2.json.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Union, cast

from typing_extensions import NotRequired, TypedDict

from rolelab.localaws.accounts import clock
from rolelab.localaws.http.constraints import Member, Shape, Violations, looking_order, shown
from rolelab.localaws.http.envelopes import text
from rolelab.localaws.http.service_models import content_of

_NUMBER = re.compile(r"[0-9]{1,8}")
_MOST = 1000
"""More members than any list of IAM or STS may have."""
_DEEPEST = 12

Tree = dict[str, Union[str, "Tree"]]
"""The parameters of a request by the parts of their names: `Tags.member.1.Key`."""


class _Output(TypedDict):
    shape: str
    resultWrapper: NotRequired[str]


class _Operation(TypedDict):
    input: NotRequired[Member]
    output: NotRequired[_Output]


class _Content(TypedDict):
    operations: dict[str, _Operation]
    shapes: dict[str, Shape]


class Model:
    """One service: its operations, and the shapes of what goes in and out."""

    def __init__(self, service: str) -> None:
        content = cast("_Content", content_of(service))
        self._service = service
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
        faults = Violations(self._service)
        params = self._structure(self._shapes[shape["shape"]], _nested(flat), "", faults)
        error = faults.error()
        if error:
            raise error
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
        self, shape: Shape, tree: Tree, path: str, faults: Violations
    ) -> Mapping[str, object]:
        read: dict[str, object] = {}
        members = shape.get("members", {})
        for name in looking_order(self._service, members):
            at = f"{path}.{_camel(name)}" if path else _camel(name)
            if name not in tree:
                if name in shape.get("required", ()):
                    faults.add(at, None, "not be null")
                continue
            value = self._value(members[name]["shape"], tree[name], at, faults)
            if value is not None:
                read[name] = value
        return read

    def _value(self, name: str, given: str | Tree, at: str, faults: Violations) -> object:
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, _tree(given), at, faults)
        if kind == "list":
            return self._list(shape, _tree(_tree(given).get("member", {})), at, faults)
        return _SCALARS.get(kind, _text)(shape, _plain(given), at, faults)

    def _list(self, shape: Shape, members: Tree, at: str, faults: Violations) -> list[object]:
        name = shape.get("member", {"shape": ""})["shape"]
        numbers = sorted((key for key in members if _NUMBER.fullmatch(key)), key=int)[:_MOST]
        if self._shapes[name]["type"] == "string":
            values: list[object] = [_plain(members[number]) for number in numbers]
            faults.check_members(self._shapes[name], cast("list[str]", values), at)
            self._check_length(shape, values, at, faults)
            return values
        self._check_length(shape, numbers, at, faults)
        return [
            self._value(name, members[number], f"{at}.{place}.member", faults)
            for place, number in enumerate(numbers, 1)
        ]

    @staticmethod
    def _check_length(shape: Shape, values: Sequence[object], at: str, faults: Violations) -> None:
        limited: Shape = {"max": _MOST, **shape}
        faults.check_range(limited, len(values), at, shown(values), "length")

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


def _plain(value: str | Tree) -> str:
    # A.B=c where A is a plain value: the value itself, if it was given too.
    plain = value.get("", "") if isinstance(value, dict) else value
    return plain if isinstance(plain, str) else ""


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _text(shape: Shape, value: str, at: str, faults: Violations) -> str:
    faults.check_text(shape, value, at)
    return value


def _integer(shape: Shape, value: str, at: str, faults: Violations) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        faults.add(at, value, "be a number")
        return None
    faults.check_range(shape, int(value), at, str(int(value)), "value")
    return int(value)


def _boolean(_shape: Shape, value: str, at: str, faults: Violations) -> bool | None:
    lower = value.lower()
    if lower not in ("true", "false"):
        faults.add(at, value, "be true or false")
        return None
    return lower == "true"


def _blob(_shape: Shape, value: str, at: str, faults: Violations) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        faults.add(at, value, "be base64")
        return None


_SCALARS = {"integer": _integer, "boolean": _boolean, "blob": _blob}
