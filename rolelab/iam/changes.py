"""Policies with one document changed, and what changed between two sets of policies."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from rolelab.iam.edits import Edit, Raw
from rolelab.iam.evaluate import Policies
from rolelab.iam.model import Layer, Policy, as_list, pretty, read

LAYERS = (
    Layer.SERVICE_CONTROL,
    Layer.RESOURCE_CONTROL,
    Layer.VPC_ENDPOINT,
    Layer.TRUST,
    Layer.RESOURCE,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)
"""The layers that hold documents."""

_Some = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One policy document before and after."""

    layer: Layer
    owner: str
    """What the policy is attached to, such as `user testuser`."""
    policy: str
    """Its name; empty for a trust or bucket policy."""
    before: Mapping[str, object] | None
    """None: the policy is made."""
    after: Mapping[str, object] | None
    """None: the policy is removed, or detached."""
    arn: str = ""
    """Of a managed policy."""

    @property
    def where(self) -> str:
        """The policy in words."""
        return " ".join(
            word
            for word in (self.layer.value, self.policy, self.owner and f"of {self.owner}")
            if word
        )

    def diff(self) -> str:
        """Return a unified diff of the indented JSON."""
        now, proposed = (
            pretty(side).splitlines() if side is not None else []
            for side in (self.before, self.after)
        )
        lines = difflib.unified_diff(
            now, proposed, f"{self.where} (now)", f"{self.where} (proposed)", lineterm=""
        )
        return "\n".join(lines)

    @property
    def size(self) -> int:
        """How much of a change it is: lines, and a document made or removed counts as more than a line."""
        lines = self.diff().splitlines()[2:]
        return sum(line[:1] in ("+", "-") for line in lines) + (
            20 if self.before is None or self.after is None else 0
        )


def where(layer: Layer, policy: Policy) -> str:
    """Say which policy it is."""
    return " ".join(
        word for word in (layer.value, policy.name, policy.owner and f"of {policy.owner}") if word
    )


def is_editable(policy: Policy) -> bool:
    """Whether the account may change the document: AWS's own managed policies nobody can."""
    return ":iam::aws:policy/" not in policy.arn and not policy.document.fault


def between(before: Policies, after: Policies) -> tuple[Change, ...]:
    """Return the documents that differ, by name and owner."""
    found: list[Change] = []
    for layer in LAYERS:
        ones = {(policy.owner, policy.name, policy.arn): policy for policy in before.at(layer)}
        others = {(policy.owner, policy.name, policy.arn): policy for policy in after.at(layer)}
        for key in dict.fromkeys((*ones, *others)):
            one, other = ones.get(key), others.get(key)
            if one is not None and other is not None and one.document == other.document:
                continue
            raws = [None if side is None else side.document.raw for side in (one, other)]
            found.append(Change(layer, key[0], key[1], raws[0], raws[1], key[2]))
    return tuple(found)


def edited(
    policies: Policies, layer: Layer, policy: Policy, index: int, *edits: Edit
) -> Policies | None:
    """Return the policies with one statement edited; None when an edit does not apply."""
    raw = copy.deepcopy(dict(policy.document.raw))
    statement = cast("Raw", as_list(raw["Statement"])[index])
    return put(policies, layer, policy, raw) if all(edit(statement) for edit in edits) else None


def with_statement(
    policies: Policies, layer: Layer, policy: Policy, statement: Mapping[str, object]
) -> Policies:
    """Return the policies with a statement added at the end of one document."""
    raw = copy.deepcopy(dict(policy.document.raw))
    raw["Statement"] = [*as_list(raw.get("Statement", [])), statement]
    return put(policies, layer, policy, raw)


def without_statement(
    policies: Policies, layer: Layer, policy: Policy, index: int
) -> tuple[str, Policies]:
    """Return words and the policies with a statement gone, and with it the policy when it was the only one."""
    raw = copy.deepcopy(dict(policy.document.raw))
    rest = [each for number, each in enumerate(as_list(raw["Statement"])) if number != index]
    if not rest:
        return f"Remove the {where(layer, policy)}.", put(policies, layer, policy, None)
    raw["Statement"] = rest
    return f"Take statement {index + 1} out of the {where(layer, policy)}.", put(
        policies, layer, policy, raw
    )


def put(
    policies: Policies, layer: Layer, policy: Policy, raw: Mapping[str, object] | None
) -> Policies:
    """Return the policies with one document replaced, or (None) that policy gone."""
    new = None if raw is None else replace(policy, document=read(raw))

    def swapped(given: _Some) -> _Some:
        return tuple(
            each for each in (new if one is policy else one for one in given) if each is not None
        )

    if layer is Layer.IDENTITY:
        return replace(policies, identity=swapped(policies.identity))
    if layer is Layer.SESSION:
        return replace(policies, session=swapped(policies.session or ()) or None)
    if layer is Layer.SERVICE_CONTROL:
        return replace(policies, service_control=_levels(policies.service_control, swapped))
    if layer is Layer.RESOURCE_CONTROL:
        return replace(policies, resource_control=_levels(policies.resource_control, swapped))
    if layer is Layer.BOUNDARY:
        return replace(policies, boundary=new)
    if layer is Layer.TRUST:
        return replace(policies, trust=new)
    if layer is Layer.RESOURCE:
        return replace(policies, resource=new)
    return replace(policies, vpc_endpoint=new)


def _levels(levels: tuple[_Some, ...], swapped: Callable[[_Some], _Some]) -> tuple[_Some, ...]:
    return tuple(level for level in map(swapped, levels) if level)


def with_layer_of(policies: Policies, declared: Policies, layer: Layer) -> Policies:
    """Return the policies with one layer as another set has it."""
    if layer is Layer.IDENTITY:
        return replace(policies, identity=declared.identity)
    if layer is Layer.BOUNDARY:
        return replace(policies, boundary=declared.boundary)
    if layer is Layer.SESSION:
        return replace(policies, session=declared.session)
    if layer is Layer.TRUST:
        return replace(policies, trust=declared.trust)
    if layer is Layer.RESOURCE:
        return replace(policies, resource=declared.resource)
    if layer is Layer.SERVICE_CONTROL:
        return replace(policies, service_control=declared.service_control)
    if layer is Layer.RESOURCE_CONTROL:
        return replace(policies, resource_control=declared.resource_control)
    return replace(policies, vpc_endpoint=declared.vpc_endpoint)
