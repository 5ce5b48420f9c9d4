"""What is to be done for a registration: a table of (goal, world) -> operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from rolelab.engine import decide
from rolelab.engine.decide import Operation, Rejected, RunSoFar
from rolelab.engine.resource import STACK_TYPE, Goal, Resource, urn
from rolelab.engine.types.table import TYPES
from rolelab.engine.values import UNKNOWN
from rolelab.engine.world import World

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DEFAULTS: dict[str, dict[str, Any]] = {
    USER: {"path": "/", "forceDestroy": False},
    KEY: {"status": "Active"},
    ROLE: {"path": "/", "forceDetachPolicies": False, "maxSessionDuration": 3600},
}


def urn_of(type_: str, name: str) -> str:
    return urn("dev", "exp", type_, name)


def goal(type_: str, name: str, *, needs: dict[str, str] | None = None, **more: Any) -> Goal:
    """Return a goal; `needs`: property -> the URN that its value comes from."""
    custom = type_ in TYPES
    needed = {key: (value,) for key, value in (needs or {}).items()}
    inputs = more.pop("inputs", {})
    return Goal(
        urn=urn_of(type_, name),
        type=type_,
        name=name,
        custom=custom,
        inputs=inputs,
        dependencies=tuple((needs or {}).values()),
        property_dependencies=needed,
        **more,
    )


def there(type_: str, name: str, id_: str, **more: Any) -> Resource:
    """Return a resource as an earlier run recorded it."""
    needs: dict[str, str] = more.pop("needs", {})
    return Resource(
        urn=urn_of(type_, name),
        type=type_,
        custom=type_ in TYPES,
        id=id_,
        inputs={**DEFAULTS.get(type_, {}), **more.pop("inputs", {})},
        dependencies=list(needs.values()),
        replacing={key: [value] for key, value in needs.items()},
        **more,
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A goal in a world, and what is to be done."""

    name: str
    goal: Goal
    live: tuple[Resource, ...] = ()
    replaced: tuple[Resource, ...] = ()
    """Left behind by an earlier run."""
    so_far: RunSoFar = field(default_factory=RunSoFar)
    op: str
    """Pulumi's word for it, or "rejected"."""
    changes: tuple[str, ...] = ()
    deletions: tuple[str, ...] = ()
    """Ids of what goes first, `pending ` before a replaced one's."""
    delete_before_replace: bool = False
    words: str = ""
    """Part of what is told of a rejected one."""


ADA = there(USER, "u", "ada", inputs={"name": "ada"})
ADAS_KEY = there(KEY, "k", "AKIA1", inputs={"user": "ada"}, needs={"user": ADA.urn})
TRUST = '{"Version":"2012-10-17","Statement":[]}'
READER = there(ROLE, "r", "reader", inputs={"name": "reader", "assumeRolePolicy": TRUST})
ON_READER = {"role": "reader", "policyArn": S3}
ATTACHED = there(ATTACHMENT, "a", f"reader/{S3}", inputs=ON_READER, needs={"role": READER.urn})
NAMED = {"name": "ada"}
ROLE_INPUTS = {"name": "reader", "assumeRolePolicy": TRUST}
MOVED = {**ROLE_INPUTS, "path": "/class/"}

CASES = [
    Case(name="nothing there", goal=goal(USER, "u", inputs=NAMED), op="create"),
    Case(name="as declared", goal=goal(USER, "u", inputs=NAMED), live=(ADA,), op="same"),
    Case(
        name="a policy of the same meaning",
        goal=goal(
            ROLE,
            "r",
            inputs={
                **ROLE_INPUTS,
                "assumeRolePolicy": '{"Statement": [], "Version": "2012-10-17"}',
            },
        ),
        live=(READER,),
        op="same",
    ),
    Case(
        name="a change in place",
        goal=goal(USER, "u", inputs={"name": "grace", "tags": {"a": "b"}}),
        live=(ADA,),
        op="update",
        changes=("name", "tags"),
    ),
    Case(
        name="an update whose outcome was lost",
        goal=goal(USER, "u", inputs=NAMED),
        live=(there(USER, "u", "ada", inputs=NAMED, stale=True),),
        op="update",
    ),
    Case(
        name="a change that is to be ignored",
        goal=goal(USER, "u", inputs={"name": "grace"}, ignore_changes=("name",)),
        live=(ADA,),
        op="same",
    ),
    Case(
        name="another one, created first",
        goal=goal(KEY, "k", inputs={"user": "grace"}),
        live=(ADAS_KEY,),
        op="replace",
        changes=("user",),
    ),
    Case(
        name="the type deletes first",
        goal=goal(ATTACHMENT, "a", inputs={"role": "reader", "policyArn": READ_ONLY}),
        live=(ATTACHED,),
        op="replace",
        changes=("policyArn",),
        deletions=(f"reader/{S3}",),
        delete_before_replace=True,
    ),
    Case(
        name="its name stays, so it goes first, with what a new one of it replaces",
        goal=goal(ROLE, "r", inputs=MOVED),
        live=(READER, ATTACHED),
        op="replace",
        changes=("path",),
        deletions=(f"reader/{S3}", "reader"),
        delete_before_replace=True,
    ),
    Case(
        name="what was decided on already stays",
        goal=goal(ROLE, "r", inputs=MOVED),
        live=(READER, ATTACHED),
        so_far=RunSoFar(registered={ATTACHED.urn}),
        op="replace",
        changes=("path",),
        deletions=("reader",),
        delete_before_replace=True,
    ),
    Case(
        name="create before delete was asked for",
        goal=goal(ROLE, "r", inputs=MOVED, delete_before_replace=False),
        live=(READER, ATTACHED),
        op="replace",
        changes=("path",),
    ),
    Case(
        name="replaceOnChanges says nothing of the order",
        goal=goal(USER, "u", inputs={**NAMED, "tags": {"a": "b"}}, replace_on_changes=("tags",)),
        live=(ADA,),
        op="replace",
        changes=("tags",),
    ),
    Case(
        name="deleted before the replacement of what it hangs on",
        goal=goal(ATTACHMENT, "a", inputs=ON_READER),
        live=(READER,),
        so_far=RunSoFar(recreated={ATTACHED.urn: ATTACHED}),
        op="replace",
        delete_before_replace=True,
    ),
    Case(
        name="an earlier run's replaced role has the name",
        goal=goal(ROLE, "r", inputs=ROLE_INPUTS),
        replaced=(READER,),
        so_far=RunSoFar(left_behind=frozenset({(READER.urn, READER.id)})),
        op="create",
        deletions=("pending reader",),
    ),
    Case(
        name="and an attachment still hangs on it",
        goal=goal(ROLE, "r", inputs=ROLE_INPUTS),
        live=(ATTACHED,),
        replaced=(READER,),
        so_far=RunSoFar(left_behind=frozenset({(READER.urn, READER.id)})),
        op="create",
        deletions=(f"reader/{S3}", "pending reader"),
    ),
    Case(
        name="this run's own replaced role waits until the end",
        goal=goal(ROLE, "other", inputs=ROLE_INPUTS),
        replaced=(READER,),
        op="create",
    ),
    Case(
        name="protected",
        goal=goal(KEY, "k", inputs={"user": "grace"}),
        live=(there(KEY, "k", "AKIA1", inputs={"user": "ada"}, protect=True),),
        op="rejected",
        words="cannot be replaced because it is protected",
    ),
    Case(
        name="a protected one hangs on it",
        goal=goal(ROLE, "r", inputs=MOVED),
        live=(
            READER,
            there(ATTACHMENT, "a", "x", inputs=ON_READER, needs={"role": READER.urn}, protect=True),
        ),
        op="rejected",
        words=f'"{ATTACHED.urn}" cannot be replaced',
    ),
    Case(
        name="a property is missing",
        goal=goal(ROLE, "r", inputs={"name": "reader"}),
        op="rejected",
        words='The argument "assumeRolePolicy" is required',
    ),
    Case(
        name="a document that is indented",
        goal=goal(ROLE, "r", inputs=ROLE_INPUTS | {"assumeRolePolicy": f"\n  {TRUST}\n"}),
        op="rejected",
        words="leading space characters are not allowed",
    ),
    Case(
        name="its value was skipped",
        goal=goal(KEY, "k", inputs={"user": UNKNOWN}),
        op="rejected",
    ),
    Case(
        name="its value is not known in a preview",
        goal=goal(KEY, "k", inputs={"user": UNKNOWN}),
        so_far=RunSoFar(preview=True),
        op="create",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_operation_follows_from_goal_and_world(case: Case) -> None:
    world = World(
        live={resource.urn: resource for resource in case.live},
        pending_deletions=list(case.replaced),
    )
    before = world.to_json()
    known = TYPES[case.goal.type]
    operation = decide.decide(case.goal, known, world, case.so_far, lambda count: "0" * count)
    assert world.to_json() == before
    if isinstance(operation, Rejected):
        assert case.op == "rejected"
        assert case.words in "\n".join(text for _, text in operation.faults)
        assert bool(operation.faults) == bool(case.words)
        return
    assert operation.op.value == case.op
    assert tuple(change.property for change in operation.changes) == case.changes
    assert operation.delete_before_replace == case.delete_before_replace
    gone = tuple(
        f"{'pending ' if deletion.pending else ''}{deletion.resource.id}"
        for deletion in operation.deletions
    )
    assert gone == case.deletions


def test_an_automatic_name_is_kept_and_a_replacement_gets_another() -> None:
    old = there(USER, "u", "u-1111111", inputs={"name": "u-1111111"}, automatic=["name"])
    world = World(live={old.urn: old})
    wanted = goal(USER, "u", inputs={"tags": {"a": "b"}})
    updated = _decided(wanted, world)
    assert updated.resource.inputs["name"] == "u-1111111"
    replaced = _decided(goal(USER, "u", inputs={"tags": {}}, replace_on_changes=("*",)), world)
    assert replaced.op.value == "same"
    wanted = goal(USER, "u", inputs={"tags": {"a": "b"}}, replace_on_changes=("tags",))
    assert _decided(wanted, world).resource.inputs["name"] == "u-0000000"


def _decided(wanted: Goal, world: World) -> Operation:
    operation = decide.decide(
        wanted, TYPES[wanted.type], world, RunSoFar(), lambda count: "0" * count
    )
    assert isinstance(operation, Operation)
    return operation


def test_an_alias_leads_to_what_was_there_unless_another_goal_has_it() -> None:
    world = World(live={ADA.urn: ADA})
    renamed = goal(USER, "v", aliases=(ADA.urn,))
    assert decide.former_urn(renamed, world, RunSoFar()) == ADA.urn
    assert decide.former_urn(renamed, world, RunSoFar(registered={ADA.urn})) is None
    assert decide.former_urn(goal(USER, "u", aliases=(READER.urn,)), world, RunSoFar()) is None


def test_a_component_keeps_its_outputs() -> None:
    stack = there(STACK_TYPE, "exp-dev", "", outputs={"role": "reader"})
    wanted = goal(STACK_TYPE, "exp-dev")
    assert decide.decide_component(wanted, World()).op.value == "create"
    operation = decide.decide_component(wanted, World(live={stack.urn: stack}))
    assert operation.op.value == "same"
    assert operation.resource.outputs == {"role": "reader"}
