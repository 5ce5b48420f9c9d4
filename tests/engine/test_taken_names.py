"""A name that another stack has is told before anything is made."""

from __future__ import annotations

import pytest

from rolelab.steps import Severity
from tests.engine.stacks import StackRunner, in_step

LAB = """
tags = {"lab": pulumi.get_project(), "stack": pulumi.get_stack()}
r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST, tags=tags)
for name in (%s):
    user = aws.iam.User(name, name=name, tags=tags)
    aws.iam.AccessKey(name, user=user.name)
p = aws.iam.Policy("p", name="p", policy=allow("s3:Get*"))
"""


@pytest.fixture
def other(stack: StackRunner) -> StackRunner:
    """Another stack of the project, in the same account, with a lab of its own."""
    made = StackRunner(stack.root, stack.aws, stack.account, stack.clients, stack="monday")
    assert made.up(LAB % '"ada",').ok
    return made


def test_nothing_is_made_and_each_name_is_told_with_whose_it_is(
    stack: StackRunner, other: StackRunner
) -> None:
    """Half a lab would be there otherwise: the users, and not the role."""
    before = stack.left()
    program = LAB % '"ben", "Ada", "cleo"'
    for ran in (stack.preview(program, look_first=True), stack.up(program, look_first=True)):
        assert not ran.ok
        said = sorted(ran.errors)
        assert [line.partition(" is there already")[0] for line in said] == [
            "IAM Policy p",
            "IAM Role reader",
            "IAM User Ada",
        ]
        assert "made by somebody else (it has no lab's tags)" in said[0]
        assert "made by stack monday of exp" in said[1]
        assert "give it another name in the configuration" in said[2]
    assert stack.left() == before
    assert [one for one in stack.world.everything if one.custom] == []
    assert in_step(other.clients, other.world) == []


def test_another_stack_of_other_names_is_in_nobodys_way(
    stack: StackRunner, other: StackRunner
) -> None:
    """What the program prints comes once, though it is looked through before."""
    text = LAB.replace("reader", "writer").replace('"p", name="p"', '"p", name="p2"') % '"ben",'
    ran = stack.up(f"{text}\nprint('hello')", look_first=True)
    assert ran.ok
    assert ran.messages(Severity.INFO) == ["hello"]
    assert stack.up(refresh=True).did == []
    assert stack.destroy().ok
    assert in_step(other.clients, other.world) == []


def test_a_lab_whose_state_is_elsewhere_is_told_as_such(
    stack: StackRunner, other: StackRunner
) -> None:
    """In another clone, say, that uses the same local AWS."""
    (other.folder / "state.json").unlink()
    for journal in other.folder.glob("journal.*"):
        journal.unlink()
    said = other.up(look_first=True).errors
    assert any("made by a stack of this name whose state is elsewhere" in line for line in said)


def test_own_names_are_not_taken(stack: StackRunner) -> None:
    """A replaced role, an added learner, a lab made anew: all of the stack's own."""
    assert stack.up(LAB % '"ada",', look_first=True).ok
    moved = LAB.replace('name="reader"', 'name="reader", path="/x/"')
    assert stack.up(moved % '"ada", "ben"', look_first=True).ok
    assert in_step(stack.clients, stack.world) == []
    assert stack.destroy().ok
    assert stack.up(look_first=True).ok


def test_many_names_are_counted(stack: StackRunner) -> None:
    for number in range(23):
        stack.clients.iam.create_user(UserName=f"u{number}")
    ran = stack.up('for n in range(23): aws.iam.User(f"u{n}", name=f"u{n}")', look_first=True)
    assert len(ran.errors) == 21
    assert "and 3 more names are taken" in ran.errors
