"""Putting a lab back to what was declared: the changes of all deviations, learners and role."""

from __future__ import annotations

from dataclasses import dataclass

from rolelab.aws import iam_entities
from rolelab.aws.callers import Callers
from rolelab.diagnosis import declared
from rolelab.diagnosis.administrator import user_of
from rolelab.diagnosis.iam_calls import Call
from rolelab.outputs import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to change, and what no change of IAM brings back."""

    calls: tuple[Call, ...]
    advice: tuple[str, ...]
    """What is to be done beside, or instead."""


def plan(lab: Lab, callers: Callers) -> Plan:
    """Compare everything with what was declared and return what puts it back; the caller is the administrator.

    Raises:
        AwsFailure: something cannot be read.
    """
    deviations = declared.compare_role(lab, iam_entities.read_role(callers, lab.role.name))
    for learner in lab.learners:
        deviations += declared.compare_user(lab, learner, user_of(callers, learner))
    calls = dict.fromkeys(call.command for deviation in deviations for call in deviation.calls)
    by_command = {call.command: call for deviation in deviations for call in deviation.calls}
    advice = dict.fromkeys(deviation.advice for deviation in deviations if deviation.advice)
    return Plan(calls=tuple(by_command[command] for command in calls), advice=tuple(advice))


def carry_out(todo: Plan, callers: Callers) -> None:
    """Make every change, in order.

    Raises:
        AwsFailure: AWS refuses one, or does not answer; those before it are made.
    """
    for call in todo.calls:
        call.carry_out(callers)
