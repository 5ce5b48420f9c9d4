"""Decisions, pure: what the provider would fill in, what differs, what must be replaced, in what order to delete."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from rolelab.engine import documents, values
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.types.base import PropertyFault, ResourceType, fault_of
from rolelab.steps import PropertyDiff

Chance = Callable[[int], str]
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
    known: ResourceType, name: str, given: Properties, old: Resource | None, chance: Chance
) -> Checked:
    """Fill in defaults and an automatic name, and find every fault.

    `old` is the resource whose automatic name is kept; None for a new one, also for the successor of a replaced one.
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
        inputs[auto.property] = _automatic_name(known, name, inputs, old, chance)
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
    known: ResourceType, name: str, inputs: Properties, old: Resource | None, chance: Chance
) -> Any:
    auto = known.auto_name
    if auto is None:
        raise ValueError(f"{known.token} has no automatic name")
    prefix = inputs.get(auto.prefix_property)
    if old and auto.property in old.automatic and old.inputs.get(auto.prefix_property) == prefix:
        return old.inputs[auto.property]
    if prefix is None:
        return f"{name[: auto.longest - 8]}-{chance(7)}"
    prefix = values.plain(prefix)
    return values.UNKNOWN if values.is_unknown(prefix) else f"{prefix}{chance(_PREFIX_DIGITS)}"


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
        documents.same(before, after)
        if document
        else before == after and type(before) is type(after)
    )


def ignoring(given: Properties, old: Properties, paths: Iterable[str]) -> Properties:
    """Return the inputs with what is under the paths as it was (`ignoreChanges`): `*`, `name`, `tags.owner`."""
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
    """Mark outputs as secret: those of the type, those asked for, and those whose input is secret."""
    marked = dict(outputs)
    for key in {
        *known.secret,
        *also,
        *(key for key, value in inputs.items() if values.has_secret(value)),
    }:
        if key in marked:
            marked[key] = values.secret(marked[key])
    return marked


def preview_outputs(known: ResourceType, inputs: Properties) -> Properties:
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


def to_be_replaced_with(
    urn: str, live: Mapping[str, Resource], types: Mapping[str, ResourceType], registered: set[str]
) -> list[Resource]:
    """Return what must be deleted before `urn` can be: its dependants that a new one of it replaces, dependants first.

    A dependant is replaced if one of the properties that replace it gets its value from there; one that can be
    changed in place stays. `registered` were already decided on in this run, without it.
    """
    found: dict[str, Resource] = {}
    waiting = [urn]
    while waiting:
        source = waiting.pop()
        for resource in live.values():
            if resource.urn in found or resource.urn in registered or resource.type not in types:
                continue
            if any(source in urns for urns in resource.replacing.values()):
                found[resource.urn] = resource
                waiting.append(resource.urn)
    return [found_one for wave in deletion_waves(list(found.values())) for found_one in wave]


def in_the_way(
    known: ResourceType, wanted: Resource, owed: Sequence[Resource], live: Mapping[str, Resource]
) -> list[Resource]:
    """Return replaced resources that keep AWS from taking the new one, their dependants first.

    They are owed a deletion since an earlier run that was cut short, and have the name that the new one is to have, or
    use up the quota: it cannot wait until the end of this run.
    """
    if not known.exclusive:
        return []

    def held(resource: Resource) -> str:
        return str(located(resource, live).inputs.get(known.exclusive)).lower()

    there = [one for one in owed if one.type == known.token and held(one) == held(wanted)]
    urns = {one.urn for one in there}
    needing = [one for one in owed if one not in there and not urns.isdisjoint(refers_to(one))]
    return [one for wave in deletion_waves([*there, *needing]) for one in wave]


def gone_with(
    rivals: Sequence[Resource], live: Mapping[str, Resource], registered: set[str]
) -> list[Resource]:
    """Return the resources not registered yet that go with what they still hang on, dependants first.

    An attachment to a replaced role that is removed only now: an earlier run did not come to replacing it.
    """
    ids = {(one.urn, one.id) for one in rivals}
    found = [
        one
        for one in live.values()
        if one.urn not in registered
        and any(
            (urn, one.inputs.get(name)) in ids
            for name, urns in one.replacing.items()
            for urn in urns
        )
    ]
    return [one for wave in deletion_waves(found) for one in wave]


def refers_to(resource: Resource) -> set[str]:
    """Return the URNs that must outlive a resource: what it depends on, its parent, its provider."""
    others = {
        *resource.dependencies,
        resource.parent,
        resource.deleted_with,
        resource.provider.rpartition("::")[0],
    }
    return others - {"", resource.urn}


def located(resource: Resource, live: Mapping[str, Resource]) -> Resource:
    """Return the resource as AWS is to be asked for it: secrets opened, a renamed user under its present name.

    A user keeps its keys, policies and password when it is renamed, so the old name in them leads nowhere.
    """
    inputs = values.plain(resource.inputs)
    for name, urns in resource.replacing.items():
        for urn in urns:
            owner = live.get(urn)
            if owner is not None and inputs.get(name) in owner.formerly:
                inputs[name] = owner.id
    return replace(resource, inputs=inputs)


def blocked_by(victims: Sequence[Resource]) -> tuple[list[int], list[list[int]]]:
    """Return for each victim how many others must go before it, and whose way is clear when it has gone."""
    holders: dict[str, list[int]] = defaultdict(list)
    for index, victim in enumerate(victims):
        holders[victim.urn].append(index)
    waits = [0] * len(victims)
    frees: list[list[int]] = [[] for _ in victims]
    for index, victim in enumerate(victims):
        for urn in refers_to(victim):
            for other in holders.get(urn, ()):
                waits[other] += 1
                frees[index].append(other)
    return waits, frees


def deletion_waves(victims: Sequence[Resource]) -> list[list[Resource]]:
    """Return the victims in waves: nothing in a wave is needed by what is left after it."""
    waits, frees = blocked_by(victims)
    ready = [index for index, count in enumerate(waits) if count == 0]
    waves: list[list[Resource]] = []
    while ready:
        waves.append([victims[index] for index in ready])
        following: list[int] = []
        for index in ready:
            for other in frees[index]:
                waits[other] -= 1
                if waits[other] == 0:
                    following.append(other)
        ready = following
    return waves
