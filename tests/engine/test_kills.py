"""Killed at any moment.

The next `up` completes, the next `destroy` leaves nothing, nothing is made twice.

A class of 20 learners; kills are placed by journal line over a first `up`, an update, a replacement
and a `destroy`, half of them killed again while recovering. A kill *before* a line leaves something
done and not recorded; one *after* it, something recorded and not done.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from _pytest.mark.structures import ParameterSet

from rolelab.localaws.process import control
from tests import seeds
from tests.engine.conftest import Runner
from tests.engine.stacks import StackRunner, in_step

CLASS = """
config = pulumi.Config()
role = aws.iam.Role("role", name=config.require("role"), assume_role_policy=TRUST,
    force_detach_policies=True,
    tags={"lab": "exp"})
aws.iam.RolePolicyAttachment("s3", role=role.name, policy_arn=S3)
policy = allow("sts:AssumeRole", role.arn)
for number in range(20):
    name = f"learner{number:02d}"
    tags = {"lab": "exp", "term": config.require("term")}
    user = aws.iam.User(name, name=name, force_destroy=True, tags=tags)
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
WHEN = ("before", "after", "torn")
SAMPLE = (3, 4, 8)
"""Of the twelve parts, those that `make test` runs: before and again, after, torn."""


@dataclass(frozen=True)
class Kill:
    scenario: Scenario
    line: int
    """Of the journal, where the run is killed."""
    when: str
    """Before, after or within the line (`torn`)."""
    again: bool
    """Whether the recovery is killed as well."""

    def __str__(self) -> str:
        return f"{self.scenario.name}-{self.line}-{self.when}" + ("-again" if self.again else "")


def _placed() -> Iterator[ParameterSet]:
    """Place twelve kills over each scenario, every other one killed again; three are for now."""
    for scenario in SCENARIOS:
        for index, part in enumerate(PARTS):
            line = max(1, round(scenario.lines * part))
            kill = Kill(scenario, line, WHEN[index % 3], again=index % 2 == 1)
            marks = [] if index in SAMPLE else [pytest.mark.long]
            yield pytest.param(kill, id=str(kill), marks=marks)


def _drawn() -> Iterator[ParameterSet]:
    """Draw as many anywhere."""
    for parameter in seeds.runs(sample=0, whole=len(SCENARIOS) * len(PARTS)):
        draw = random.Random(str(parameter.values[0]))
        scenario = draw.choice(SCENARIOS)
        line = draw.randint(1, round(scenario.lines * PARTS[-1]))
        kill = Kill(scenario, line, draw.choice(WHEN), again=draw.random() < 0.5)
        yield pytest.param(kill, id=f"{parameter.id}-{kill}", marks=parameter.marks)


@pytest.mark.parametrize("kill", [*_placed(), *_drawn()])
def test_a_killed_run_loses_nothing_and_leaves_nothing(
    stack: StackRunner, runner: Runner, kill: Kill
) -> None:
    scenario = kill.scenario
    stack.program(CLASS)
    if scenario.made:
        stack.config = BEFORE
        assert stack.up().ok
    stack.config = scenario.config
    assert runner.run(stack, scenario.call, kill=(kill.line, kill.when), parallel=8)["killed"]
    if kill.again:
        # Lines of the recovery itself, then of the work that is left, of which a late kill leaves
        # little.
        second = min(1 + kill.line % 12, max(1, scenario.lines - kill.line))
        assert runner.run(stack, scenario.call, kill=(second, kill.when), parallel=8)["killed"]

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


@pytest.mark.parametrize("seed", seeds.runs(sample=3, whole=60))
def test_a_kill_while_the_clock_of_aws_is_moved_leaves_nothing(
    stack: StackRunner, runner: Runner, seed: object
) -> None:
    """What AWS made is dated by AWS's clock, which a lesson moves: before, after, back again."""
    draw = random.Random(f"clock {seed}")
    stack.program(CLASS)
    stack.config = BEFORE
    try:
        control.move_clock(stack.aws, draw.choice([1, 90, 3600, 86400, 10 * 86400]))
        kill = draw.randint(1, round(SCENARIOS[0].lines * PARTS[-1])), draw.choice(WHEN)
        assert runner.run(stack, "up", kill=kill, parallel=8)["killed"]
        if draw.random() < 0.5:
            control.move_clock(stack.aws, draw.choice([3600, 86400]))
        elif draw.random() < 0.5:
            control.reset_clock(stack.aws)
        assert stack.destroy().errors == []
    finally:
        control.reset_clock(stack.aws)
    assert stack.left() == {}
    assert stack.world.everything == []
