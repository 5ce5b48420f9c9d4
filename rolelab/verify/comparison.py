"""Comparing what exists with what was declared, patiently: each learner's user, and once the role."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolelab.aws.patience import Outcome
from rolelab.diagnosis.administrator import NoAnswer, NotLookedAt
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.declared import Deviations
from rolelab.findings import Verdict
from rolelab.verify.story import Surroundings
from rolelab.verify.telling import Teller


def compare(
    checks: Sequence[Check],
    teller: Teller,
    around: Surroundings,
    read_deviations: Callable[[], Deviations],
) -> None:
    """Read until nothing deviates, or it is certain that something does; tell every one of `checks`."""
    try:
        answer = around.patience.ask(
            read_deviations,
            lambda answer: answer.outcome is Outcome.WORKED and not answer.value,
            likeness=lambda deviations: deviations,
        )
    except NotLookedAt as not_looked:
        teller.skip(checks, f"not looked at: {not_looked}")
        return
    except NoAnswer as lost:
        teller.skip(checks, f"could not be found out: {lost}", verdict=Verdict.UNKNOWN)
        return
    if not answer.works:
        teller.skip(checks, f"could not be found out: {answer.got}", verdict=Verdict.UNKNOWN)
        return
    deviations: Deviations = answer.value
    missing = next((each for each in deviations.values() if each.is_missing), None)
    if missing is None:
        teller.compared(checks, deviations)
        return
    # Of a user or role that is not there nothing else can be compared.
    teller.compared(checks[:1], deviations)
    teller.skip(checks[1:], f"not looked at: {missing.got}")
