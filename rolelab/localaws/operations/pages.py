"""Lists a page at a time: `MaxItems` (100) after `Marker`, in the order of their keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import TypeVar

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import EntityRecord
from rolelab.localaws.operations.api_call import ApiCall

Item = TypeVar("Item")
E = TypeVar("E", bound=EntityRecord)


def page(
    call: ApiCall, items: Iterable[Item], key: Callable[[Item], str]
) -> tuple[list[Item], dict[str, object]]:
    """Return one page of items, and what the answer tells of the pages to come.

    Raises:
        AwsError: ValidationError, for a marker that no page has given.
    """
    most = call.number("MaxItems", 100)
    ordered = sorted(items, key=key)
    if "Marker" in call.params:
        after = _read_marker(call.text("Marker"))
        ordered = [item for item in ordered if key(item) > after]
    shown = ordered[:most]
    if len(ordered) <= most:
        return shown, {"IsTruncated": False}
    return shown, {"IsTruncated": True, "Marker": _write_marker(key(shown[-1]))}


def listing(
    call: ApiCall,
    member: str,
    items: Iterable[Item],
    key: Callable[[Item], str],
    shown: Callable[[Item], object] = lambda item: item,
) -> dict[str, object]:
    """Return one page as the answer of a call that lists."""
    here, rest = page(call, items, key)
    return {member: [shown(item) for item in here], **rest}


def below_path(call: ApiCall, records: Iterable[E]) -> list[E]:
    """Return the records whose path begins with the call's `PathPrefix`."""
    prefix = call.text("PathPrefix", "/")
    return [record for record in records if record["Path"].startswith(prefix)]


def _write_marker(key: str) -> str:
    return base64.urlsafe_b64encode(b"after:" + key.encode()).decode()


def _read_marker(marker: str) -> str:
    try:
        content = base64.urlsafe_b64decode(marker.encode()).decode()
    except ValueError:
        content = ""
    if not content.startswith("after:"):
        raise AwsError("ValidationError", "Invalid Marker.")
    return content[6:]
