"""Comparing what exists with what was declared, patiently: each learner's user, the role once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolelab.diagnosis.administrator import NoAnswer, NotLookedAt
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.declared import Deviation, Deviations
from rolelab.diagnosis.reasons import of_deviations
from rolelab.findings import Verdict
from rolelab.verify.story import Surroundings
from rolelab.verify.telling import Teller

AS_DECLARED = "as declared"


def compare(
    checks: Sequence[Check],
    teller: Teller,
    around: Surroundings,
    read_deviations: Callable[[], Deviations],
) -> None:
    """Read until nothing deviates, or something surely does; tell every one of `checks`."""
    try:
        answer = around.patience.ask(
            read_deviations,
            lambda answer: answer.works and not answer.value,
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
    # Of a user or role that is not there nothing else can be compared.
    for check in checks[:1] if missing else checks:
        _tell(check, deviations.get(check.id), teller)
    if missing:
        teller.skip(checks[1:], f"not looked at: {missing.got}")


def _tell(check: Check, deviation: Deviation | None, teller: Teller) -> None:
    if deviation is None:
        teller.tell(check, Verdict.PASS, expected=AS_DECLARED, got=AS_DECLARED)
        return
    teller.tell(
        check,
        Verdict.FAIL,
        expected=deviation.expected,
        got=deviation.got,
        reason=of_deviations([deviation]),
    )
