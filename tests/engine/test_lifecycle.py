"""What `up` does with a change of the program.

A table of programs before and after, and what is done in between.
"""

# ruff: noqa: E501 - a table of programs, a row a case
from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from components import documents
from rolelab.engine.state import StateStore
from rolelab.steps import Op
from tests.engine.stacks import StackRunner, in_step

USER = 'u = aws.iam.User("u", name="ada", force_destroy=True)\n'
ROLE = 'r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST)\n'
KEY = 'k = aws.iam.AccessKey("k", user=u.name)\n'
ATTACHED = 'a = aws.iam.RolePolicyAttachment("a", role=r.name, policy_arn=S3)\n'
GRANT = 'g = aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("sts:AssumeRole", r.arn))\n'
LAB = USER + ROLE + KEY + ATTACHED + GRANT


@dataclass(frozen=True)
class Case:
    name: str
    before: str
    after: str
    did: list[tuple[str, str]]
    """Operation and logical name, sorted; the stack left out."""


CASES = [
    Case("nothing changed", LAB, LAB, []),
    Case("one more", USER, USER + KEY, [("create", "k")]),
    Case("one less", LAB, USER + ROLE + KEY + ATTACHED, [("delete", "g")]),
    Case("all less", LAB, "", [("delete", name) for name in ("a", "g", "k", "r", "u")]),
    Case("user renamed in place", USER, USER.replace("ada", "grace"), [("update", "u")]),
    Case("user's path in place", USER, USER.replace('"ada"', '"ada", path="/class/"'), [("update", "u")]),
    Case(
        "renamed user with what hangs on it",
        LAB,
        LAB.replace("ada", "grace"),
        # The key and the grant name their user: another name is another key and another policy.
        [("delete-replaced", "g"), ("delete-replaced", "k"), ("replace", "g"), ("replace", "k"), ("update", "u")],
    ),
    Case("tags added", USER, USER.replace("True)", 'True, tags={"a": "1"})'), [("update", "u")]),
    Case("tags changed", USER.replace("True)", 'True, tags={"a": "1", "b": "2"})'), USER.replace("True)", 'True, tags={"a": "3"})'), [("update", "u")]),
    Case("key switched off", USER + KEY, USER + KEY.replace("u.name)", 'u.name, status="Inactive")'), [("update", "k")]),
    Case("session limit", ROLE, ROLE.replace("TRUST)", "TRUST, max_session_duration=7200)"), [("update", "r")]),
    Case("description", ROLE, ROLE.replace("TRUST)", 'TRUST, description="for reading")'), [("update", "r")]),
    Case("description removed", ROLE.replace("TRUST)", 'TRUST, description="x")'), ROLE, [("update", "r")]),
    Case("trust by other words", ROLE, ROLE.replace("=TRUST", "=TRUST.replace(' ', '').replace('\"sts:AssumeRole\"', '[\"sts:AssumeRole\"]')"), []),
    Case("trust changed", ROLE, ROLE.replace("=TRUST", '=TRUST.replace("sts:AssumeRole", "sts:*")'), [("update", "r")]),
    Case(
        "role renamed: the new one first",
        ROLE + ATTACHED,
        (ROLE + ATTACHED).replace("reader", "writer"),
        [("delete-replaced", "a"), ("delete-replaced", "r"), ("replace", "a"), ("replace", "r")],
    ),
    Case(
        "role's path, same name: the old one first",
        LAB,
        LAB.replace('"reader"', '"reader", path="/class/"'),
        [("delete-replaced", "a"), ("delete-replaced", "r"), ("replace", "a"), ("replace", "r"), ("update", "g")],
    ),
    Case("another policy attached", ROLE + ATTACHED, ROLE + ATTACHED.replace("S3", 'S3.replace("FullAccess", "ReadOnlyAccess")'), [("delete-replaced", "a"), ("replace", "a")]),
    Case("inline policy's text", USER + ROLE + GRANT, USER + ROLE + GRANT.replace("sts:AssumeRole", "sts:*"), [("update", "g")]),
    Case("inline policy's name", USER + ROLE + GRANT, USER + ROLE + GRANT.replace('"grant"', '"other"'), [("delete-replaced", "g"), ("replace", "g")]),
    Case("managed policy's text", 'p = aws.iam.Policy("p", name="p", policy=allow("s3:GetObject"))', 'p = aws.iam.Policy("p", name="p", policy=allow("s3:PutObject"))', [("update", "p")]),
    Case("managed policy's description", 'p = aws.iam.Policy("p", name="p", policy=allow("s3:GetObject"))', 'p = aws.iam.Policy("p", name="p", description="d", policy=allow("s3:GetObject"))', [("delete-replaced", "p"), ("replace", "p")]),
    Case("password's length", USER + 'l = aws.iam.UserLoginProfile("l", user=u.name)', USER + 'l = aws.iam.UserLoginProfile("l", user=u.name, password_length=30)', [("delete-replaced", "l"), ("replace", "l")]),
    Case("automatic names stay", 'aws.iam.User("u")', 'aws.iam.User("u", tags={"a": "1"})', [("update", "u")]),
    Case("name prefix stays", 'aws.iam.Role("r", name_prefix="lab-", assume_role_policy=TRUST)', 'aws.iam.Role("r", name_prefix="lab-", assume_role_policy=TRUST)', []),
    Case("name prefix changed", 'aws.iam.Role("r", name_prefix="lab-", assume_role_policy=TRUST)', 'aws.iam.Role("r", name_prefix="class-", assume_role_policy=TRUST)', [("delete-replaced", "r"), ("replace", "r")]),
    Case("boundary added", USER, USER.replace("True)", "True, permissions_boundary=S3)"), [("update", "u")]),
    Case("boundary removed", ROLE.replace("TRUST)", "TRUST, permissions_boundary=S3)"), ROLE, [("update", "r")]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_of_the_program_becomes_the_steps_that_pulumi_takes(
    stack: StackRunner, case: Case
) -> None:
    """What is done is what the preview said, no more.

    AWS and the state agree before and after, and nothing stays.
    """
    assert stack.up(case.before).ok
    assert in_step(stack.clients, stack.world) == []

    planned = stack.preview(case.after)
    assert in_step(stack.clients, stack.world) == []
    done = stack.up()
    assert done.errors == []
    assert done.did == case.did
    # A preview tells of a replacement once; of what goes with it, only what is to be replaced
    # itself.
    assert planned.did == [one for one in case.did if one[0] != "delete-replaced"]
    assert in_step(stack.clients, stack.world) == []

    again = stack.up()
    assert (again.did, again.result.summary.changes) == ([], 0)
    assert stack.destroy().ok
    assert stack.left() == {}
    assert stack.world.everything == []


def test_what_is_needed_is_made_first_and_removed_last(stack: StackRunner) -> None:
    """Order: users and role before what names them, and the reverse when they go."""
    made = stack.up(LAB).order
    for first, later in [("u", "k"), ("u", "g"), ("r", "a"), ("r", "g")]:
        assert made.index(f"create {first}") < made.index(f"create {later}")
    gone = stack.destroy().order
    for first, later in [("k", "u"), ("g", "u"), ("a", "r"), ("g", "r")]:
        assert gone.index(f"delete {first}") < gone.index(f"delete {later}")


def test_create_before_delete_keeps_the_old_one_until_the_end(stack: StackRunner) -> None:
    """A role of another name is made first; what depends on it follows; the old one goes last."""
    stack.up(LAB)
    order = stack.up(LAB.replace("reader", "writer")).order
    assert order.index("replace r") < order.index("replace a") < order.index("delete-replaced r")
    assert order.index("update g") < order.index("delete-replaced r")


def test_delete_before_replace_takes_only_the_dependants_that_are_replaced_too(
    stack: StackRunner,
) -> None:
    """The attachment goes before its role.

    The grant, which can be changed in place, stays all the while.
    """
    stack.up(LAB)
    changed = LAB.replace('"reader"', '"reader", path="/class/"')
    order = stack.up(changed).order
    assert (
        order.index("delete-replaced a")
        < order.index("delete-replaced r")
        < order.index("replace r")
    )
    assert order.index("replace r") < order.index("replace a")
    assert "delete-replaced g" not in order


def test_the_property_that_replaces_is_named(stack: StackRunner) -> None:
    """A preview says which of several changes makes it a replacement."""
    stack.up(ROLE)
    step = stack.preview(ROLE.replace('"reader"', '"writer", description="new"')).step("r")
    assert step.op is Op.REPLACE
    assert {change.property: change.replaces for change in step.changes} == {
        "name": True,
        "description": False,
    }


def test_a_rename_of_the_logical_name_without_alias_fails_on_the_physical_one(
    stack: StackRunner,
) -> None:
    """As with Pulumi: the new one is made before the old one goes, and AWS has the name already."""
    stack.up(USER)
    ran = stack.up(USER.replace('"u"', '"v"'))
    assert not ran.ok
    assert "EntityAlreadyExists" in ran.failures[0]
    assert stack.left() == {"users": ["ada"]}


def test_what_has_no_identity_of_its_own_survives_a_new_logical_name(stack: StackRunner) -> None:
    """An attachment under another name is the same attachment.

    Were the old one detached, nothing would be attached.
    """
    stack.up(LAB)
    renamed = LAB.replace('"a", role', '"b", role').replace('"g", name', '"h", name')
    assert stack.up(renamed).did == [
        ("create", "b"),
        ("create", "h"),
        ("delete", "a"),
        ("delete", "g"),
    ]
    assert in_step(stack.clients, stack.world) == []


def test_going_back_to_a_name_whose_holder_is_still_owed_a_deletion(stack: StackRunner) -> None:
    """A replacement that was cut short and then taken back.

    The old role must go before the new one can have its name.
    """
    stack.up(ROLE + ATTACHED)
    stack.up((ROLE + ATTACHED).replace("reader", "writer"), parallel=1)
    world = stack.world
    old = next(one for one in world.live.values() if one.name == "r")
    # As if killed before the last step: the first role is there, its deletion pending.
    trust = stack.clients.iam.get_role(RoleName="writer")["Role"]["Arn"].replace(
        "role/writer", "root"
    )
    stack.clients.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=_trust(trust))
    held = StateStore(stack.folder, command="test")
    held.world.pending_deletions.append(
        replace(old, id="reader", inputs={**old.inputs, "name": "reader"})
    )
    held.fold()
    held.close()
    back = stack.up(ROLE + ATTACHED)
    assert back.errors == []
    assert stack.left() == {"roles": ["reader"]}
    assert in_step(stack.clients, stack.world) == []


def _trust(principal: str) -> str:
    return documents.as_json(documents.trust(principal))
