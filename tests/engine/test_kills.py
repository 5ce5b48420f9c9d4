"""Killed at any moment: the next `up` completes, the next `destroy` leaves nothing, nothing is made twice.

A class of 20 learners; kills are placed by journal line over a first `up`, an update, a replacement and a `destroy`,
half of them killed again while recovering. A kill *before* a line leaves something done and not recorded; one
*after* it, something recorded and not done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.engine.conftest import Runner
from tests.engine.stacks import StackRunner, in_step

CLASS = """
config = pulumi.Config()
role = aws.iam.Role("role", name=config.require("role"), assume_role_policy=TRUST, force_detach_policies=True,
    tags={"lab": "exp"})
aws.iam.RolePolicyAttachment("s3", role=role.name, policy_arn=S3)
policy = allow("sts:AssumeRole", role.arn)
for number in range(20):
    name = f"learner{number:02d}"
    user = aws.iam.User(name, name=name, force_destroy=True, tags={"lab": "exp", "term": config.require("term")})
    aws.iam.AccessKey(name, user=user.name)
    if number % 4 == 0:
        aws.iam.UserLoginProfile(name, user=user.name)
    aws.iam.UserPolicy(name, name="grant", user=user.name, policy=policy)
pulumi.export("role", role.arn)
"""
BEFORE = {"role": "reader", "term": "1"}


@dataclass(frozen=True)
class Scenario:
    name: str
    call: str
    made: bool
    """Whether the class is there before."""
    config: dict[str, str]
    lines: int
    """About how many journal lines it writes."""


SCENARIOS = [
    Scenario("up", "up", False, BEFORE, 136),
    Scenario("update", "up", True, {"role": "reader", "term": "2"}, 40),
    Scenario("replacement", "up", True, {"role": "writer", "term": "1"}, 49),
    Scenario("destroy", "destroy", True, BEFORE, 135),
]
PARTS = (0.0, 0.06, 0.13, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)


def _kills() -> Iterator[object]:
    """Place twelve kills over each scenario: in turn before, after and within a line, every other one killed again."""
    for scenario in SCENARIOS:
        for index, part in enumerate(PARTS):
            when, again = ("before", "after", "torn")[index % 3], index % 2 == 1
            name = f"{scenario.name}-{part:.2f}-{when}" + ("-again" if again else "")
            yield pytest.param(scenario, max(1, round(scenario.lines * part)), when, again, id=name)


@pytest.mark.parametrize(("scenario", "line", "when", "again"), list(_kills()))
def test_a_killed_run_loses_nothing_and_leaves_nothing(
    stack: StackRunner, runner: Runner, scenario: Scenario, line: int, when: str, again: bool
) -> None:
    stack.program(CLASS)
    if scenario.made:
        stack.config = BEFORE
        assert stack.up().ok
    stack.config = scenario.config
    assert runner.run(stack, scenario.call, kill=(line, when), parallel=8)["killed"]
    if again:
        # Lines of the recovery itself, then of the work that is left, of which a late kill leaves little.
        second = min(1 + line % 12, max(1, scenario.lines - line))
        assert runner.run(stack, scenario.call, kill=(second, when), parallel=8)["killed"]

    if scenario.call == "up":
        done = stack.up()
        assert done.errors == []
        assert in_step(stack.clients, stack.world) == []
        assert {len(keys) for keys in stack.keys().values()} == {1}
        assert stack.up().did == []
    destroyed = stack.destroy()
    assert destroyed.errors == []
    assert stack.left() == {}
    assert stack.world.everything == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_destroy_right_after_a_kill_leaves_nothing(
    stack: StackRunner, runner: Runner, scenario: Scenario
) -> None:
    """The real engine's `destroy` exits 0 here and leaves what it did not know of."""
    stack.program(CLASS)
    if scenario.made:
        stack.config = BEFORE
        assert stack.up().ok
    stack.config = scenario.config
    assert runner.run(stack, scenario.call, kill=(scenario.lines // 2, "before"))["killed"]
    assert stack.destroy().errors == []
    assert stack.left() == {}


def test_the_kills_are_placed_over_the_whole_journal(stack: StackRunner, runner: Runner) -> None:
    """The numbers of lines above are those that the runs really write."""
    stack.program(CLASS)
    for scenario in SCENARIOS:
        stack.config = scenario.config
        ran = runner.run(stack, scenario.call)
        assert (ran["ok"], ran["lines"]) == (True, scenario.lines)
        if scenario.name != "destroy":
            stack.config = BEFORE
            assert stack.up().ok
