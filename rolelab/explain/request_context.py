"""The condition keys that a question supposes of its request: read from KEY=VALUE, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rolelab.errors import UsageError
from rolelab.iam import condition_keys
from rolelab.iam.request import region_of_single_endpoint

Supposed = Mapping[str, tuple[str, ...]]
"""Condition key -> its values in the request."""
_WHERE = "context"
_KEY = re.compile(r"[^\s:=]+:\S(?:.*\S)?")


def read(entries: Iterable[str]) -> Supposed:
    """Read entries such as `aws:SourceIp=203.0.113.7`; several of one key are its values.

    Raises:
        UsageError: one has no such form.
    """
    names: dict[str, str] = {}
    values: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        key, equals, value = (part.strip() for part in entry.partition("="))
        if not equals:
            what = f"{entry.strip() or 'an empty entry'} is not KEY=VALUE"
            raise UsageError(what, where=_WHERE, do="give one such as aws:SourceIp=203.0.113.7")
        # Case does not count in names of keys.
        key = names.setdefault(key.lower(), key)
        values[key] = (*values.get(key, ()), value)
    return values


def check(context: Supposed, action: str) -> None:
    """Refuse what no request of the action's service has.

    Raises:
        UsageError: a name is not one of a condition key, or a value not one that the key can have.
    """
    service = action.partition(":")[0].lower()
    for key, values in context.items():
        _check_name(service, key)
        if len(values) > 1 and condition_keys.is_single(key):
            raise UsageError(
                f"a request has one {key}, not {' and '.join(values)}",
                where=_WHERE,
                do="give one value",
            )
        for value in values:
            _check_value(service, key, value)


def _check_name(service: str, key: str) -> None:
    near = condition_keys.nearest(service, key)
    do = f"the nearest is {near}" if near else "name one such as aws:SourceIp"
    if not _KEY.fullmatch(key) or key.endswith("/"):
        raise UsageError(f"{key or 'nothing'} is not a condition key", where=_WHERE, do=do)
    if not condition_keys.is_known(service, key):
        what = f"AWS has no such condition key in requests of {service}: {key}"
        raise UsageError(what, where=_WHERE, do=do)


def _check_value(service: str, key: str, value: str) -> None:
    wanted = condition_keys.wanted(service, key, value)
    if wanted:
        what = f"{value or 'nothing'} is not a value of {key}"
        raise UsageError(what, where=_WHERE, do=f"give {wanted}")
    region = region_of_single_endpoint(service)
    if region and key.lower() == "aws:requestedregion" and value != region:
        what = f"requests of {service} are made in {region}, not in {value}"
        raise UsageError(what, where=_WHERE, do=f"leave {key} out")
