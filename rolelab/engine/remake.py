"""One user made anew with all that hangs on it, from what the state knows: no program is run.

To run the program of a class of 1,000 takes seconds; one learner has four resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

from rolelab.engine import deletion, values
from rolelab.engine.decide import Operation, protected
from rolelab.engine.deletion import Deletion
from rolelab.engine.executor import Executor
from rolelab.engine.resource import Goal, Properties, Resource
from rolelab.engine.state import StackState
from rolelab.engine.tally import Tally
from rolelab.engine.types.table import TYPES
from rolelab.engine.types.user import UserType
from rolelab.engine.world import World
from rolelab.errors import UsageError
from rolelab.steps import Op


def remake_user(state: StackState, executor: Executor, tally: Tally, name: str) -> None:
    """Delete a user with what hangs on it, make all of it again, and tell the stack's outputs.

    Raises:
        UsageError: the stack has no user of that name.
    """
    before = _with_what_hangs_on_it(state.world, name)
    if kept := [resource.urn for resource in before if resource.protect]:
        for urn in kept:
            tally.error(protected("replaced", urn), urn)
        return
    executor.delete([Deletion(resource) for resource in before])
    for resource in before:
        if tally.stopped:
            return
        made = executor.carry_out(_creation(resource))
        if isinstance(made, Future):
            made.result()  # one after the other: a key needs its user
    stack = state.world.stack
    if stack is not None and not tally.stopped:
        state.put_outputs(stack, _told(stack.outputs, before, state.world))


def user_of(world: World, name: str) -> Resource:
    """Return the user that is declared under a name.

    Raises:
        UsageError: there is none.
    """
    users = [
        resource
        for resource in world.live.values()
        if resource.type == UserType.token and values.plain(resource.inputs.get("name")) == name
    ]
    if not users:
        do = "run `rolelab up`, which makes it"
        raise UsageError(f"the stack has no user {name}", where="the stack's state", do=do)
    return users[0]


def _with_what_hangs_on_it(world: World, name: str) -> list[Resource]:
    """Return the user that is declared under a name, then what hangs on it."""
    user = user_of(world, name)
    hanging = [
        resource
        for resource in world.live.values()
        if any(user.urn in urns for urns in resource.replacing.values())
    ]
    return [*reversed(deletion.in_order([user, *hanging]))]


def _creation(before: Resource) -> Operation:
    wanted = replace(before, id="", outputs={}, formerly=[], stale=False)
    goal = Goal(
        urn=before.urn,
        type=before.type,
        name=before.name,
        custom=True,
        inputs=before.inputs,
        parent=before.parent,
    )
    return Operation(op=Op.CREATE, goal=goal, resource=wanted)


def _told(outputs: Properties, before: list[Resource], world: World) -> Properties:
    """Return the stack's outputs with what is new in the place of what it was."""
    new: dict[str, str] = {}
    for old in before:
        known, now = TYPES[old.type], world.live[old.urn]
        unique = known.listing.output if known.listing else ""
        for key in (*known.secret, unique):
            pair = (values.plain(old.outputs.get(key)), values.plain(now.outputs.get(key)))
            if all(isinstance(value, str) and value for value in pair):
                new[pair[0]] = pair[1]
        new[old.id] = now.id
    return cast("Properties", _replaced(outputs, new))


def _replaced(value: Any, new: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        return {key: _replaced(each, new) for key, each in inner.items()}
    if isinstance(value, list):
        return [_replaced(each, new) for each in cast("list[Any]", value)]
    return new.get(value, value) if isinstance(value, str) else value
