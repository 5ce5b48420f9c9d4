"""What AWS has now, taken into the state: drift is seen, and the next step puts it right."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rolelab.aws.failures import AwsFailure
from rolelab.engine import documents, plan, values
from rolelab.engine.cloud import Cloud, patiently
from rolelab.engine.deployment import Deployment
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.state import DraftState, StateStore
from rolelab.engine.types.base import ResourceType
from rolelab.engine.types.user import UserType
from rolelab.errors import CannotTell
from rolelab.steps import Ended, Op, PropertyDiff, Step

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef

T = TypeVar("T")

_MANY = 50
"""Users from which on they are listed instead of read one by one."""


def refresh(
    deployment: Deployment,
    state: StateStore | DraftState,
    types: Mapping[str, ResourceType],
    cloud: Cloud,
) -> int:
    """Read every resource and take what differs into the state; return how many differ or are gone.

    Raises:
        CannotTell: something could not be read; what was read is in the state.
    """
    lock, found = threading.Lock(), 0
    world = state.world
    many = sum(one.type == UserType.token for one in world.live.values()) >= _MANY
    users = _answered("the users of the account", cloud.list_users) if many else None

    def job(resource: Resource, pending_deletion: bool) -> Callable[[], None]:
        def look() -> None:
            nonlocal found
            known = types[resource.type]
            opened = plan.located(resource, world.live)
            actual = _read(known, cloud, opened, users)
            with lock:
                found += _take(
                    deployment, state, known, resource, actual, pending_deletion=pending_deletion
                )

        return look

    deployment.in_parallel(
        [job(one, False) for one in list(world.live.values()) if one.custom]
        + [job(one, True) for one in list(world.pending_deletions)]
    )
    return found


def _read(
    known: ResourceType,
    cloud: Cloud,
    resource: Resource,
    users: Mapping[str, UserDetailTypeDef] | None,
) -> Properties | None:
    if users is not None:
        with suppress(LookupError):
            return known.read_listed(users, resource)
    return _answered(f"{known.label} ({resource.id})", lambda: known.read(cloud, resource))


def _answered(what: str, ask: Callable[[], T]) -> T:
    try:
        return patiently(ask)
    except AwsFailure as failure:
        raise CannotTell(f"reading {what}: {failure}", do="run the same command again") from None


def _take(
    deployment: Deployment,
    state: StateStore | DraftState,
    known: ResourceType,
    resource: Resource,
    actual: Properties | None,
    *,
    pending_deletion: bool,
) -> int:
    step = Step(
        op=Op.REFRESH, urn=resource.urn, type=resource.type, name=resource.name, id=resource.id
    )
    if actual is None:
        state.drop(resource, pending_deletion=pending_deletion)
        deployment.tell(
            Ended(replace(step, changes=(PropertyDiff(property="id", old=resource.id),)), 0.0)
        )
        return 1
    now = taken_in(known, resource, actual)
    if now == resource or pending_deletion:
        return 0
    state.put(now)
    changes = plan.differences(known, resource.inputs, now.inputs)
    if not changes:
        return 0
    changes = tuple(replace(change, replaces=False) for change in changes)
    deployment.tell(Ended(replace(step, changes=changes), 0.0))
    return 1


def taken_in(known: ResourceType, resource: Resource, actual: Properties) -> Resource:
    """Return the resource as AWS has it: what was added behind its back counts as if it had been declared."""
    inputs, outputs = dict(resource.inputs), dict(resource.outputs)
    for key, value in actual.items():
        property_ = known.properties.get(key)
        before = values.plain(outputs.get(key))
        if property_ is None:
            outputs[key] = _as_before(outputs.get(key), value)
            continue
        # A policy that means the same keeps its own text.
        equal = (
            documents.same(before, value)
            if property_.document
            else before == value or not (before or value)
        )
        if not equal:
            outputs[key] = _as_before(outputs.get(key), value)
        mine = values.plain(inputs.get(key))
        if key in inputs and (documents.same(mine, value) if property_.document else mine == value):
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
