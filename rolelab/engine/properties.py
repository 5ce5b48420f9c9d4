"""A resource's properties, pure: filled in and checked, compared, marked as secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from rolelab.engine import values
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.types.base import PropertyFault, ResourceType, fault_of
from rolelab.iam import spelling
from rolelab.steps import PropertyDiff

RandomDigits = Callable[[int], str]
"""Gives that many random hexadecimal digits."""

_PREFIX_DIGITS = 26
"""Length of what AWS's provider appends to a `namePrefix`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A registration's inputs with what the provider fills in, or what is wrong with them."""

    inputs: Properties
    automatic: list[str]
    faults: list[PropertyFault]


def check(
    known: ResourceType, name: str, given: Properties, old: Resource | None, digits: RandomDigits
) -> Checked:
    """Fill in defaults and an automatic name, and find every fault.

    `old` is the resource whose automatic name is kept; None for a new one, also for the successor
    of a replaced one.
    """
    faults = [
        PropertyFault(
            key, f"rolelab does not know this input of {known.token}: use `pulumi up` for it"
        )
        for key in sorted(given.keys() - known.properties.keys())
    ]
    inputs = {key: value for key, value in given.items() if key in known.properties}
    automatic: list[str] = []
    auto = known.auto_name
    if auto and auto.property not in inputs:
        inputs[auto.property] = _automatic_name(known, name, inputs, old, digits)
        automatic.append(auto.property)
    elif auto and auto.prefix_property in inputs:
        faults.append(
            PropertyFault(auto.property, f"conflicts with {auto.prefix_property}: give one of them")
        )
    for key, property_ in known.properties.items():
        if key not in inputs and property_.default is not None:
            inputs[key] = property_.default
        elif key not in inputs and property_.required:
            faults.append(
                PropertyFault(key, f'Missing required argument. The argument "{key}" is required')
            )
        elif key in inputs and (fault := fault_of(key, property_, values.plain(inputs[key]))):
            faults.append(fault)
    return Checked(inputs, automatic, faults)


def _automatic_name(
    known: ResourceType, name: str, inputs: Properties, old: Resource | None, digits: RandomDigits
) -> Any:
    auto = known.auto_name
    if auto is None:
        raise ValueError(f"{known.token} has no automatic name")
    prefix = inputs.get(auto.prefix_property)
    if old and auto.property in old.automatic and old.inputs.get(auto.prefix_property) == prefix:
        return old.inputs[auto.property]
    if prefix is None:
        return f"{name[: auto.longest - 8]}-{digits(7)}"
    prefix = values.plain(prefix)
    return values.UNKNOWN if values.is_unknown(prefix) else f"{prefix}{digits(_PREFIX_DIGITS)}"


def differences(
    known: ResourceType, old: Properties, new: Properties, *, replace_on_changes: Iterable[str] = ()
) -> tuple[PropertyDiff, ...]:
    """Compare a resource's inputs with those wanted now, by meaning; sorted by property."""
    also = {_steps(path)[0] for path in replace_on_changes}
    found: list[PropertyDiff] = []
    for key, property_ in known.properties.items():
        before, after = values.plain(old.get(key)), values.plain(new.get(key))
        if key not in new and property_.computed:
            continue
        if _same(before, after, document=property_.document):
            continue
        replaces = property_.replaces or key in also or "*" in also
        found.append(
            PropertyDiff(
                property=key,
                old=values.shown(old.get(key)),
                new=values.shown(new.get(key)),
                replaces=replaces,
            )
        )
    return tuple(sorted(found, key=lambda change: change.property))


def _same(before: Any, after: Any, *, document: bool) -> bool:
    if values.is_unknown(before) or values.is_unknown(after):
        return False
    before, after = (None if one in ("", [], {}) else one for one in (before, after))
    return (
        spelling.equal(before, after)
        if document
        else before == after and type(before) is type(after)
    )


def ignoring(given: Properties, old: Properties, paths: Iterable[str]) -> Properties:
    """Return the inputs with what is under the paths as it was (`ignoreChanges`).

    A path is such as `*`, `name`, `tags.owner`.
    """
    result: Any = given
    for path in paths:
        result = _restored(result, old, _steps(path))
    return cast("Properties", result)


_STEP = re.compile(r"""\[(?:"([^"]*)"|'([^']*)'|(\d+|\*))\]|([^.\[\]]+)""")


def _steps(path: str) -> list[str]:
    return [next(part for part in match if part) for match in _STEP.findall(path)] or [path]


def _restored(new: Any, old: Any, path: list[str]) -> Any:
    step, rest = path[0], path[1:]
    if step == "*" and not rest:
        return old
    if not isinstance(new, dict) or not isinstance(old, dict):
        return cast("object", new)
    fresh, before = cast("Properties", new), cast("Properties", old)
    if rest:
        return (
            {**fresh, step: _restored(fresh[step], before[step], rest)}
            if step in fresh and step in before
            else fresh
        )
    without = {key: value for key, value in fresh.items() if key != step}
    return {**without, step: before[step]} if step in before else without


def secrets_marked(
    known: ResourceType, outputs: Properties, inputs: Properties, also: Iterable[str]
) -> Properties:
    """Mark outputs as secret.

    Those of the type, those asked for, and those whose input is secret.
    """
    marked = dict(outputs)
    for key in {
        *known.secret,
        *also,
        *(key for key, value in inputs.items() if values.has_secret(value)),
    }:
        if key in marked:
            marked[key] = values.secret(marked[key])
    return marked


def outputs_before(known: ResourceType, inputs: Properties) -> Properties:
    """Return what is known of a resource before it is made: its inputs; the rest is unknown."""
    outputs = dict.fromkeys(known.computed, values.UNKNOWN)
    outputs |= {
        key: values.UNKNOWN
        for key, one in known.properties.items()
        if one.computed and key not in inputs
    }
    if "tagsAll" in known.computed:
        outputs["tagsAll"] = inputs.get("tags", {})
    return {**outputs, **inputs}
