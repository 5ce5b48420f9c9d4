"""Property values: protobuf Struct <-> JSON, and the marks for secrets and unknown values in them.

A secret is a mapping with Pulumi's own signature, both on the wire and in the state, so that it
needs no conversion in between. Nothing here prints a value; `shown` is the form for people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from rolelab import steps
from rolelab.secret import MASKED

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct, Value

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for every value that is known only when the resource is made (Pulumi's own token)."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


class UnsupportedValueError(ValueError):
    """A value of a kind that the engine does not handle: an asset, an archive."""


def secret(value: Any) -> Any:
    """Mark a value as secret; an unknown or already marked one stays as it is."""
    return value if value is None or is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Return whether a value is itself marked as secret."""
    return isinstance(value, dict) and cast("dict[str, Any]", value).get(SIGNATURE) == SECRET


def has_secret(value: Any) -> bool:
    """Return whether a value is secret or has a secret somewhere in it."""
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        return inner.get(SIGNATURE) == SECRET or any(has_secret(one) for one in inner.values())
    return isinstance(value, list) and any(has_secret(one) for one in cast("list[Any]", value))


def plain(value: Any) -> Any:
    """Return the value with the secrets in it opened.

    What AWS is given. Shares what needs no change.
    """
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        if inner.get(SIGNATURE) == SECRET:
            return plain(inner.get("value"))
        return {key: plain(one) for key, one in inner.items()}
    if isinstance(value, list):
        return [plain(one) for one in cast("list[Any]", value)]
    return value


def is_unknown(value: Any) -> bool:
    """Return whether something in a value is not known yet.

    A text with an unknown part is unknown as a whole.
    """
    if isinstance(value, str):
        return UNKNOWN in value
    if isinstance(value, dict):
        return any(is_unknown(one) for one in cast("dict[str, Any]", value).values())
    return isinstance(value, list) and any(is_unknown(one) for one in cast("list[Any]", value))


def masked(value: Any) -> Any:
    """Return the value with each secret in it as `[secret]`: what `pulumi stack output` prints."""
    return _told(value, lambda text: text)


def shown(value: Any) -> Any:
    """Return the value as a preview shows it: `[secret]`, `[unknown]`."""
    return _told(value, lambda text: steps.UNKNOWN if UNKNOWN in text else text)


def _told(value: Any, word: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return word(value)
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        if inner.get(SIGNATURE) == SECRET:
            return MASKED
        return {key: _told(each, word) for key, each in inner.items()}
    if isinstance(value, list):
        return [_told(each, word) for each in cast("list[Any]", value)]
    return value


def from_struct(struct: Struct) -> dict[str, Any]:
    """Read a message's properties; nulls are left out at the top as Pulumi leaves them out.

    Raises:
        UnsupportedValueError: there is an asset or an archive in it.
    """
    read = {key: _from_value(value) for key, value in struct.fields.items()}
    return {key: value for key, value in read.items() if value is not None}


def _from_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return _from_mapping(
            {key: _from_value(one) for key, one in value.struct_value.fields.items()}
        )
    if kind == "list_value":
        return [_from_value(one) for one in value.list_value.values]
    return None


def _from_mapping(values: dict[str, Any]) -> Any:
    mark = values.get(SIGNATURE)
    if mark is None:
        return values
    if mark == SECRET:
        return secret(values.get("value"))
    if mark == OUTPUT:
        inner = values.get("value", UNKNOWN)
        return secret(inner) if values.get("secret") else inner
    if mark == RESOURCE:
        # A resource as a value stands for its id, or for its URN where it has none, as Pulumi's own
        # providers take it.
        return values.get("id") or values.get("urn")
    raise UnsupportedValueError("an asset or an archive")


def to_struct(values: dict[str, Any]) -> Struct:
    """Return a message's properties; keys whose value is None are left out."""
    from google.protobuf.struct_pb2 import Struct

    struct = Struct()
    for key, value in values.items():
        if value is not None:
            _fill(struct.fields[key], value)
    return struct


def _fill(target: Value, value: Any) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, dict):
        fields = target.struct_value.fields
        target.struct_value.SetInParent()
        for key, one in cast("dict[str, Any]", value).items():
            _fill(fields[key], one)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for one in cast("list[Any]", value):
            _fill(target.list_value.values.add(), one)
    else:
        target.null_value = 0  # pyright: ignore[reportAttributeAccessIssue]
