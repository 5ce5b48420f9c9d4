"""AWS's own service models, as botocore ships them: a request is read, checked and answered by them.

The models are data; botocore itself is not loaded. Checks and words are those of AWS: required members, lengths,
ranges, enumerations and patterns, all faults of a request in one answer.

Source: botocore/data/{iam,sts}/*/service-2.json; IAM API Reference, "Common Errors" (ValidationError).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from rolelab.localaws.http.envelopes import AwsError, text

Shape = dict[str, Any]
_NUMBER = re.compile(r"[0-9]{1,8}")
_MOST = 1000
"""More members than any list of IAM or STS may have."""


class Model:
    """One service: its operations, and the shapes of what goes in and out."""

    def __init__(self, service: str) -> None:
        content = _load(service)
        self.service = service
        self._operations: dict[str, dict[str, Any]] = content["operations"]
        self._shapes: dict[str, Shape] = content["shapes"]

    def __contains__(self, operation: str) -> bool:
        """Tell whether the service has an operation."""
        return operation in self._operations

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the operations."""
        return iter(self._operations)

    def read(self, operation: str, flat: Mapping[str, str]) -> dict[str, Any]:
        """Return the request's parameters as the operation's input has them: lists, structures, numbers, booleans.

        Raises:
            AwsError: ValidationError, with every fault.
        """
        shape = self._operations[operation].get("input", {}).get("shape")
        if shape is None:
            return {}
        faults: list[str] = []
        given: dict[str, Any] = self._structure(self._shapes[shape], _nested(flat), "", faults)
        if faults:
            count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
            raise AwsError("ValidationError", count + "; ".join(faults))
        return given

    def write(self, operation: str, result: Mapping[str, Any]) -> str:
        """Return a result as the XML of the operation's output, in its wrapper; empty where there is none."""
        output = self._operations[operation].get("output")
        if not output:
            return ""
        wrapper = output.get("resultWrapper", f"{operation}Result")
        return f"<{wrapper}>{self._members(self._shapes[output['shape']], result)}</{wrapper}>"

    # -- reading ---------------------------------------------------------------------------------------------------

    def _structure(
        self, shape: Shape, given: Mapping[str, Any], path: str, faults: list[str]
    ) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for name, member in shape.get("members", {}).items():
            at = f"{path}.{_camel(name)}" if path else _camel(name)
            if name not in given:
                if name in shape.get("required", ()):
                    faults.append(
                        f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
                    )
                continue
            value = self._value(member["shape"], given[name], at, faults)
            if value is not None:
                read[name] = value
        return read

    def _value(self, name: str, given: Any, at: str, faults: list[str]) -> Any:
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, _mapping(given), at, faults)
        if kind == "list":
            return self._list(shape, given, at, faults)
        if isinstance(given, dict):
            # A.B=c where A is a plain value: the value itself, if it was given too.
            given = _mapping(given).get("", "")
        return _SCALARS.get(kind, _string)(shape, given, at, faults)

    def _list(self, shape: Shape, given: Any, at: str, faults: list[str]) -> list[Any]:
        members = _mapping(_mapping(given).get("member"))
        numbered = sorted(
            ((int(key), value) for key, value in members.items() if _NUMBER.fullmatch(key)),
            key=lambda one: one[0],
        )[:_MOST]
        values = [
            self._value(shape["member"]["shape"], value, f"{at}.{place}.member", faults)
            for place, (_, value) in enumerate(numbered, 1)
        ]
        shown = f"Value '[{', '.join(str(value) for value in values)[:200]}]' at '{at}' failed to satisfy constraint: "
        if len(values) < shape.get("min", 0):
            faults.append(f"{shown}Member must have length greater than or equal to {shape['min']}")
        if len(values) > shape.get("max", _MOST):
            faults.append(f"{shown}Member must have length less than or equal to {shape['max']}")
        return values

    # -- writing ---------------------------------------------------------------------------------------------------

    def _members(self, shape: Shape, result: Mapping[str, Any]) -> str:
        parts: list[str] = []
        for name, member in shape["members"].items():
            value = result.get(name)
            if value is not None:
                parts.append(
                    f"<{name}>{self._written(self._shapes[member['shape']], value)}</{name}>"
                )
        return "".join(parts)

    def _written(self, shape: Shape, value: Any) -> str:
        kind = shape["type"]
        if kind == "structure":
            return self._members(shape, value)
        if kind == "list":
            inner = self._shapes[shape["member"]["shape"]]
            return "".join(f"<member>{self._written(inner, one)}</member>" for one in value)
        if kind == "map":
            return "".join(
                f"<entry><key>{text(key)}</key><value>{text(one)}</value></entry>"
                for key, one in value.items()
            )
        if kind == "timestamp":
            return iso(value)
        if kind == "blob":
            return base64.b64encode(value).decode()
        return text(value)


@cache
def model(service: str) -> Model:
    """Return the model of `iam` or `sts`, read once."""
    return Model(service)


def iso(value: Any) -> str:
    """Return a time (seconds since 1970, or what already is text) as AWS writes it: 2026-01-31T12:00:00Z."""
    if isinstance(value, str):
        return value
    return datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _load(service: str) -> dict[str, Any]:
    spec = find_spec("botocore")
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = sorted(Path(places[0], "data", service).glob("*/service-2.json*"))[-1]
    content = found.read_bytes()
    return json.loads(gzip.decompress(content) if found.suffix == ".gz" else content)


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    """Turn `Tags.member.1.Key` into nested dictionaries; a name that is both keeps its value as ''."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        parts = name.split(".")
        if len(parts) > 12:
            continue
        at = tree
        for part in parts[:-1]:
            inner: Any = at.get(part)
            if not isinstance(inner, dict):
                at[part] = {} if inner is None else {"": inner}
            at = at[part]
        if isinstance(at.get(parts[-1]), dict):
            at[parts[-1]][""] = value
        else:
            at[parts[-1]] = value
    return tree


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(shape: Shape, value: str, at: str) -> str:
    return f"Value at '{at}'" if shape.get("sensitive") else f"Value '{value}' at '{at}'"


def _string(shape: Shape, given: str, at: str, faults: list[str]) -> str:
    start = f"{_shown(shape, given, at)} failed to satisfy constraint: "
    if "enum" in shape and given not in shape["enum"]:
        faults.append(f"{start}Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    if len(given) < shape.get("min", 0):
        faults.append(f"{start}Member must have length greater than or equal to {shape['min']}")
    if "max" in shape and len(given) > shape["max"]:
        faults.append(f"{start}Member must have length less than or equal to {shape['max']}")
    if "pattern" in shape and not _pattern(shape["pattern"]).fullmatch(given):
        faults.append(f"{start}Member must satisfy regular expression pattern: {shape['pattern']}")
    return given


def _integer(shape: Shape, given: str, at: str, faults: list[str]) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", given):
        faults.append(
            f"Value '{given}' at '{at}' failed to satisfy constraint: Member must be a number"
        )
        return None
    number = int(given)
    start = f"Value '{number}' at '{at}' failed to satisfy constraint: "
    if number < shape.get("min", number):
        faults.append(f"{start}Member must have value greater than or equal to {shape['min']}")
    if number > shape.get("max", number):
        faults.append(f"{start}Member must have value less than or equal to {shape['max']}")
    return number


def _boolean(shape: Shape, given: str, at: str, faults: list[str]) -> bool | None:
    lower = given.lower()
    if lower not in ("true", "false"):
        faults.append(
            f"{_shown(shape, given, at)} failed to satisfy constraint: Member must be true or false"
        )
        return None
    return lower == "true"


def _blob(shape: Shape, given: str, at: str, faults: list[str]) -> bytes | None:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        faults.append(
            f"{_shown(shape, given, at)} failed to satisfy constraint: Member must be base64"
        )
        return None


_SCALARS = {"integer": _integer, "boolean": _boolean, "blob": _blob}


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of the model, which is Java's: `\w` and `\d` are ASCII there, and `\p{L}` any letter."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII | re.DOTALL)
    python = (
        pattern.replace(r"\p{L}", r"\w")
        .replace(r"\p{N}", "")
        .replace(r"\p{Z}", " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000")
    )
    return re.compile(python, re.DOTALL)
