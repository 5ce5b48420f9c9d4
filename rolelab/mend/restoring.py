"""Putting a lab back to what was declared: the changes of all deviations, learners and role."""

from __future__ import annotations

from dataclasses import dataclass

from rolelab.advice import Advice
from rolelab.aws import iam_entities
from rolelab.aws.callers import Callers
from rolelab.diagnosis.administrator import user_of
from rolelab.diagnosis.declared import Deviation
from rolelab.diagnosis.iam_call import IamCall
from rolelab.diagnosis.role_checks import compare_role
from rolelab.diagnosis.user_checks import compare_user
from rolelab.outputs import Lab, Learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to change, and what no change of IAM brings back."""

    calls: tuple[IamCall, ...]
    by_hand: tuple[Advice, ...]
    """What is to be done beside, or instead."""


def plan(lab: Lab, callers: Callers, learner: Learner | None = None) -> Plan:
    """Compare all with what was declared; return what puts it back. The administrator calls.

    With a learner, only that one's user and grant are looked at: the role is everybody's.

    Raises:
        AwsFailure: something cannot be read.
    """
    deviations: list[Deviation] = []
    if learner is None:
        deviations += compare_role(lab, iam_entities.read_role(callers, lab.role.name)).values()
    for each in lab.learners if learner is None else (learner,):
        deviations += compare_user(lab, each, user_of(callers, each)).values()
    # What several deviations need is done once.
    calls = {call.command: call for deviation in deviations for call in deviation.calls}
    *first, last = [step for deviation in deviations for step in deviation.by_hand] or [None]
    by_hand = [Advice(sentence=step.sentence) for step in first if step]
    return Plan(
        calls=tuple(calls.values()),
        # One `up` makes anew all that is gone: the command stands there once, at the end.
        by_hand=(*by_hand, last) if last else (),
    )


def carry_out(todo: Plan, callers: Callers) -> None:
    """Make every change, in order.

    Raises:
        AwsFailure: AWS refuses one, or does not answer; those before it are made.
    """
    for call in todo.calls:
        call.carry_out(callers)
