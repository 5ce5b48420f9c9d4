"""What AWS has now, taken into the state: drift is seen, and the next step puts it right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rolelab.aws.failures import AwsFailure
from rolelab.engine import properties, values
from rolelab.engine.cloud import Cloud, patiently
from rolelab.engine.deletion import Deletion, everything
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.state import StackState
from rolelab.engine.tally import Tally
from rolelab.engine.types.base import ResourceType
from rolelab.engine.types.table import TYPES
from rolelab.engine.types.user import UserType
from rolelab.errors import CannotTell
from rolelab.iam import spelling
from rolelab.steps import Ended, Op, PropertyDiff

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef

T = TypeVar("T")

_MANY = 50
"""Users from which on they are listed instead of read one by one."""


def refresh(state: StackState, cloud: Cloud, tally: Tally, threads: Executor) -> None:
    """Read every resource, and take what differs or is gone into the state.

    Raises:
        CannotTell: something could not be read; what was read is in the state.
    """
    world = state.world
    many = sum(one.type == UserType.token for one in world.live.values()) >= _MANY
    users = answered("the users of the account", cloud.list_users) if many else None

    def read(resource: Resource) -> Properties | None:
        located = world.located(resource)
        actual = _read(TYPES[resource.type], cloud, located, users)
        return actual and _under_the_old_name(actual, resource, located)

    kept = [entry for entry in everything(world) if entry.resource.custom]
    reading = [threads.submit(read, entry.resource) for entry in kept]
    unread: BaseException | None = None
    for entry, answer in zip(kept, reading, strict=True):
        if error := answer.exception():
            unread = unread or error
        else:
            _take(tally, state, entry, answer.result())
    if unread:
        raise unread


def _read(
    known: ResourceType,
    cloud: Cloud,
    resource: Resource,
    users: Mapping[str, UserDetailTypeDef] | None,
) -> Properties | None:
    if users is not None:
        with suppress(LookupError):
            return known.read_listed(users, resource)
    return answered(f"{known.label} ({resource.id})", lambda: known.read(cloud, resource))


def answered(what: str, ask: Callable[[], T]) -> T:
    """Return what `ask` returns, asked again while AWS is asked too often.

    Raises:
        CannotTell: it could not be found out.
    """
    try:
        return patiently(ask)
    except AwsFailure as failure:
        raise CannotTell(f"reading {what}: {failure}", do="run the same command again") from None


def _under_the_old_name(actual: Properties, resource: Resource, located: Resource) -> Properties:
    """Return what AWS has, where an owner is renamed: that is the owner's change, and no other's.

    The owner gets its name back; to replace its key, because of the name, would be a loss.
    """
    return {
        key: resource.inputs[key]
        if key in resource.inputs
        and value == located.inputs[key] != values.plain(resource.inputs[key])
        else value
        for key, value in actual.items()
    }


def _take(tally: Tally, state: StackState, entry: Deletion, actual: Properties | None) -> None:
    resource, known = entry.resource, TYPES[entry.resource.type]
    step = entry.step(Op.REFRESH)
    if actual is None:
        state.drop(resource, pending_deletion=entry.pending)
        gone = PropertyDiff(property="id", old=resource.id)
        tally.tell(Ended(replace(step, changes=(gone,)), 0.0))
        return
    now = taken_in(known, resource, actual)
    if now == resource or entry.pending:
        return
    state.put(now)
    changes = properties.differences(known, resource.inputs, now.inputs)
    if changes:
        changes = tuple(replace(change, replaces=False) for change in changes)
        tally.tell(Ended(replace(step, changes=changes), 0.0))


def taken_in(known: ResourceType, resource: Resource, actual: Properties) -> Resource:
    """Return the resource as AWS has it.

    What was added behind its back counts as if it had been declared.
    """
    inputs, outputs = dict(resource.inputs), dict(resource.outputs)
    for key, value in actual.items():
        property_ = known.properties.get(key)
        before = values.plain(outputs.get(key))
        if property_ is None:
            outputs[key] = _as_before(outputs.get(key), value)
            continue
        # A policy that means the same keeps its own text.
        equal = (
            spelling.equal(before, value)
            if property_.document
            else before == value or not (before or value)
        )
        if not equal:
            outputs[key] = _as_before(outputs.get(key), value)
        mine = values.plain(inputs.get(key))
        if key in inputs and (spelling.equal(mine, value) if property_.document else mine == value):
            continue
        if key in inputs or not (
            value in ("", [], {}) or value == property_.default or property_.computed
        ):
            inputs[key] = _as_before(inputs.get(key), value)
    for key, property_ in known.properties.items():
        # What AWS does not have any more, though it tells of such things, was taken away.
        if key in inputs and key not in actual and key in known.tells and not property_.required:
            inputs.pop(key)
            outputs.pop(key, None)
    return replace(resource, inputs=inputs, outputs=outputs)


def _as_before(before: object, value: object) -> object:
    return values.secret(value) if values.is_secret(before) else value
