"""Comparing what exists with what was declared, patiently: for each learner's user, and once for the role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rolelab.aws.patience import Outcome, Patience
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.declared import Deviation
from rolelab.findings import Verdict
from rolelab.verify.telling import Teller

_Entity = TypeVar("_Entity")


class _Around(Protocol):
    @property
    def admin(self) -> Administrator: ...
    @property
    def patience(self) -> Patience: ...


def compare(
    checks: Sequence[str],
    teller: Teller,
    around: _Around,
    read: Callable[[Administrator], _Entity],
    deviations_of: Callable[[_Entity], list[Deviation]],
) -> None:
    """Read until there is no deviation, or it is certain that there is one; tell every one of `checks`."""
    try:
        answer = around.patience.ask(
            lambda: deviations_of(read(around.admin)),
            lambda answer: answer.outcome is Outcome.WORKED and not answer.value,
            likeness=lambda deviations: deviations,
        )
    except NotLookedAt as not_looked:
        teller.skip(checks, f"not looked at: {not_looked}")
        return
    except NoAnswer as lost:
        teller.skip(checks, f"could not be found out: {lost}", verdict=Verdict.UNKNOWN)
        return
    if answer.outcome is not Outcome.WORKED:
        teller.skip(checks, f"could not be found out: {answer.got}", verdict=Verdict.UNKNOWN)
        return
    found: list[Deviation] = answer.value
    # A user or role that is not there has nothing else to be compared; a user moved to another path has.
    if len(found) == 1 and found[0].check == checks[0] and found[0].is_missing:
        teller.compared((found[0].check,), found)
        teller.skip(checks, f"not looked at: {found[0].got}")
        return
    teller.compared(checks, found)
