"""What is to be done so that AWS has what a registration declares: goal, world -> operation.

Pure: the same goal in the same world gives the same operation, but for an automatic name's random
digits. Nothing here asks AWS; the inputs are compared with those that the state has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rolelab.engine import deletion, properties, values
from rolelab.engine.deletion import Deletion
from rolelab.engine.properties import RandomDigits
from rolelab.engine.resource import Goal, Properties, Resource, urn_name
from rolelab.engine.types.base import PropertyFault, ResourceType
from rolelab.engine.world import World
from rolelab.steps import Op, PropertyDiff, Step


@dataclass(slots=True, kw_only=True)
class RunSoFar:
    """What a run has decided on so far."""

    preview: bool = False
    """Values may be unknown: nothing is carried out."""
    left_behind: frozenset[tuple[str, str]] = frozenset()
    """URN and id of the replaced resources that an earlier run did not come to deleting."""
    registered: set[str] = field(default_factory=set[str])
    skipped: set[str] = field(default_factory=set[str])
    """URNs of what failed, and of what depends on that."""
    unmade: set[str] = field(default_factory=set[str])
    """URNs of what a preview would create or replace."""
    claims: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Type and what only one resource can be -> the URN that it was registered for."""
    recreated: dict[str, Resource] = field(default_factory=dict[str, Resource])
    """URN -> what is deleted before the replacement of something that it depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is to be done for one registration."""

    op: Op
    """Same, create, update or replace."""
    goal: Goal
    resource: Resource
    """As it will be; what only AWS knows is missing in it, unless it stays the same."""
    old: Resource | None = None
    """What is there under the URN."""
    changes: tuple[PropertyDiff, ...] = ()
    delete_before_replace: bool = False
    """Otherwise the new one is created first; the old one's deletion is pending until the end."""
    deletions: tuple[Deletion, ...] = ()
    """What goes before it is created, in this order."""

    @property
    def step(self) -> Step:
        """The operation as it is told."""
        return Step(
            op=self.op,
            urn=self.resource.urn,
            type=self.resource.type,
            name=self.goal.name,
            id=self.old.id if self.old else "",
            changes=self.changes,
            delete_first=self.delete_before_replace,
            custom=self.resource.custom,
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """A registration that cannot be carried out: what is wrong with it, as URN and words."""

    faults: tuple[tuple[str, str], ...] = ()
    """None where it only lacks a value of something that was skipped."""


def former_urn(goal: Goal, world: World, so_far: RunSoFar) -> str | None:
    """Return the URN that the resource of a goal has by an alias; None if it has the goal's own."""
    if goal.urn in so_far.recreated or goal.urn in world.live:
        return None
    others = (urn for urn in goal.aliases if urn in world.live and urn not in so_far.registered)
    return next(others, None)


def decide_component(goal: Goal, world: World) -> Operation:
    """Decide on a component or the stack: nothing in AWS belongs to it."""
    old = world.live.get(goal.urn)
    resource = goal.resource(inputs=goal.inputs)
    if old is None:
        return Operation(op=Op.CREATE, goal=goal, resource=resource)
    return Operation(op=Op.SAME, goal=goal, resource=replace(resource, outputs=old.outputs))


def decide(
    goal: Goal, known: ResourceType, world: World, so_far: RunSoFar, digits: RandomDigits
) -> Operation | Rejected:
    """Decide on a resource of a type that is known."""
    old = None if goal.urn in so_far.recreated else world.live.get(goal.urn)
    if old and goal.ignore_changes:
        inputs = properties.ignoring(goal.inputs, old.inputs, goal.ignore_changes)
        goal = replace(goal, inputs=inputs)
    checked = properties.check(known, goal.name, goal.inputs, old, digits)
    if checked.faults:
        return Rejected(tuple((goal.urn, _words(goal, fault)) for fault in checked.faults))
    if not so_far.preview and values.is_unknown(checked.inputs):
        # The value comes from what was skipped, though Pulumi knows of no dependency on it.
        return Rejected()
    if said := _claimed_twice(goal, known, checked.inputs, so_far):
        return Rejected(((goal.urn, said),))
    resource = goal.resource(
        inputs=checked.inputs, automatic=checked.automatic, replacing=known.replacing
    )
    if old is None:
        return _creation(goal, known, resource, world, so_far)
    changes = properties.differences(
        known, old.inputs, checked.inputs, replace_on_changes=goal.replace_on_changes
    )
    if any(change.replaces for change in changes):
        return _replacement(goal, known, old, changes, world, so_far, digits)
    resource = replace(resource, id=old.id, formerly=old.formerly)
    if changes or old.stale:
        return Operation(op=Op.UPDATE, goal=goal, resource=resource, old=old, changes=changes)
    # Equal inputs are not all: dependencies, parent, protection … must still reach the state.
    outputs = properties.secrets_marked(known, old.outputs, resource.inputs, goal.secret_outputs)
    return Operation(op=Op.SAME, goal=goal, resource=replace(resource, outputs=outputs), old=old)


def _claimed_twice(goal: Goal, known: ResourceType, inputs: Properties, so_far: RunSoFar) -> str:
    """Return what is wrong where another resource of the program is the same thing in AWS.

    Each run would give it the properties of the one and take away those of the other.
    """
    opened = values.plain(inputs)
    claim = known.claim(opened)
    if not claim or values.is_unknown(claim):
        return ""
    first = so_far.claims.setdefault((known.token, claim), goal.urn)
    if first == goal.urn:
        return ""
    shown = opened.get("name") if known.exclusive == "name" else claim
    return (
        f"'{urn_name(first)}' and '{goal.name}' are both the {known.label} {shown}: there is only"
        " one of it, so give one of them another name, or leave it out"
    )


def _creation(
    goal: Goal, known: ResourceType, resource: Resource, world: World, so_far: RunSoFar
) -> Operation:
    recreated = goal.urn in so_far.recreated
    return Operation(
        op=Op.REPLACE if recreated else Op.CREATE,
        goal=goal,
        resource=resource,
        delete_before_replace=recreated,
        deletions=_clearing_the_way(known, resource, world, so_far),
    )


def _replacement(
    goal: Goal,
    known: ResourceType,
    old: Resource,
    changes: tuple[PropertyDiff, ...],
    world: World,
    so_far: RunSoFar,
    digits: RandomDigits,
) -> Operation | Rejected:
    if old.protect:
        return Rejected(((goal.urn, protected("replaced", goal.urn)),))
    # A new one gets a new automatic name.
    checked = properties.check(known, goal.name, goal.inputs, None, digits)
    resource = goal.resource(
        inputs=checked.inputs, automatic=checked.automatic, replacing=known.replacing
    )
    operation = Operation(op=Op.REPLACE, goal=goal, resource=resource, old=old, changes=changes)
    delete_first = goal.delete_before_replace
    if delete_first is None:
        # Only the provider knows that two cannot be there together; `replaceOnChanges` says
        # nothing.
        delete_first = any(change.property in known.replacing for change in changes) and (
            known.delete_before_replace or _keeps_name(known, old.inputs, resource)
        )
    if not delete_first:
        return replace(operation, deletions=_clearing_the_way(known, resource, world, so_far))
    dependants = deletion.dependent_replacements(goal.urn, dict(world.live), so_far.registered)
    if kept := [resource.urn for resource in dependants if resource.protect]:
        return Rejected(tuple((urn, protected("replaced", urn)) for urn in kept))
    return replace(
        operation,
        delete_before_replace=True,
        deletions=tuple(Deletion(victim) for victim in (*dependants, old)),
    )


def _clearing_the_way(
    known: ResourceType, resource: Resource, world: World, so_far: RunSoFar
) -> tuple[Deletion, ...]:
    """Return what an earlier run left in the way of a new resource."""
    if not so_far.left_behind:
        return ()
    left = [old for old in world.pending_deletions if (old.urn, old.id) in so_far.left_behind]
    rivals = deletion.in_the_way(known, resource, left, world)
    if not rivals:
        return ()
    hanging = deletion.hanging_on(rivals, dict(world.live), so_far.registered)
    return (
        *(Deletion(victim) for victim in hanging),
        *(Deletion(rival, pending=True) for rival in rivals),
    )


def _keeps_name(known: ResourceType, before: Properties, new: Resource) -> bool:
    """Return whether old and new one have one physical name, so that they cannot both be there."""
    auto = known.auto_name
    if auto is None or auto.property in new.automatic:
        return False
    names = new.inputs.get(auto.property), before.get(auto.property)
    return values.plain(names[0]) == values.plain(names[1])


def _words(goal: Goal, fault: PropertyFault) -> str:
    shown = values.shown(goal.inputs.get(fault.property))
    value = f" value {{{shown}}}" if fault.value is not None else ""
    where = f"{goal.type} resource '{goal.name}': property {fault.property}"
    return f"{where}{value} has a problem: {fault.reason}"


def protected(what: str, urn: str) -> str:
    """Return the words for a resource that cannot be deleted or replaced."""
    return (
        f'resource "{urn}" cannot be {what} because it is protected. To unprotect it, remove the'
        " `protect` flag from the resource in the program and run `rolelab up`"
    )
