"""What many findings say together: counts, and alike ones joined, for reports of one learner or of a thousand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rolelab.advice import Advice, as_text
from rolelab.findings import Finding, Verdict

EACH = 3
"""Up to so many learners are shown check by check; of more only what deviates."""
FAILED = {Verdict.FAIL: "failed", Verdict.UNKNOWN: "not found out"}
"""How a check that did not pass is headed."""
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One kind of finding that is not a pass, with all the learners that have it."""

    finding: Finding
    """That of the first of them."""
    learners: tuple[str, ...]

    @property
    def whose(self) -> str:
        """The learners in a few words."""
        named = ", ".join(self.learners[:_NAMED])
        more = len(self.learners) - _NAMED
        return f"{named} and {more} more" if more > 0 else named


def learners(found: Iterable[Finding]) -> list[str]:
    """Return the names of the learners in their order; what belongs to none is left out."""
    return [name for name in dict.fromkeys(finding.learner for finding in found) if name]


def deviations(found: Iterable[Finding]) -> list[Shared]:
    """Join failures, and what was not found out, that differ in nothing but the learner's name, each reason and change told once."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in found:
        if finding.verdict in FAILED:
            parts = (
                finding.check,
                finding.verdict.value,
                finding.expected,
                finding.got,
                finding.said,
                finding.unasked,
                as_text(finding.advice),
            )
            key = tuple(
                part.replace(finding.learner, "\0") if finding.learner else part for part in parts
            )
            alike.setdefault(key, []).append(finding)
    firsts = told_once(same[0] for same in alike.values())
    return [
        Shared(
            finding=first, learners=tuple(finding.learner for finding in same if finding.learner)
        )
        for first, same in zip(firsts, alike.values(), strict=True)
    ]


def told_once(found: Iterable[Finding]) -> list[Finding]:
    """Say why, and what to do, once: later findings of the same learner refer to the first that says it."""
    seen: dict[str, list[Finding]] = {}
    told: list[Finding] = []
    for finding in found:
        earlier = seen.setdefault(finding.learner, [])
        if finding.verdict in FAILED and finding.got:
            told.append(_referring(finding, earlier))
            earlier.append(finding)
        else:
            told.append(finding)
    return told


def _referring(finding: Finding, earlier: Sequence[Finding]) -> Finding:
    if not finding.advice:
        return finding
    # A later one may propose a part of it only: the command without the difference that it makes.
    alike = [each for each in earlier if set(finding.advice) <= set(each.advice)]
    for each in alike:
        if each.why == finding.why:
            return replace(finding, why=(f"Why, and what to do: as for {each.check}.",), advice=())
    if not alike:
        return finding
    return replace(finding, advice=(Advice(sentence=f"as for {alike[0].check}."),))


def counts(found: Iterable[Finding]) -> Counter[Verdict]:
    """Count the verdicts."""
    return Counter(finding.verdict for finding in found)


def by_check(found: Iterable[Finding]) -> dict[str, Counter[Verdict]]:
    """Count the verdicts of each check, in the order of the lesson."""
    counted: dict[str, Counter[Verdict]] = {}
    for finding in found:
        counted.setdefault(finding.check, Counter())[finding.verdict] += 1
    return counted


def conclusion(found: Sequence[Finding]) -> str:
    """Return one sentence that says it all."""
    tally = counts(found)
    if tally[Verdict.FAIL]:
        verdict = "The lab is not as it should be"
    elif tally[Verdict.UNKNOWN] or not tally[Verdict.PASS]:
        verdict = "It could not be found out whether the lab is as it should be"
    else:
        verdict = "The lab is as it should be"
    return f"{verdict}: {counted(found)}"


def counted(found: Sequence[Finding]) -> str:
    """Return the counts as a sentence."""
    tally = counts(found)
    asked = sum(tally[verdict] for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN))
    parts = [f"{tally[Verdict.PASS]} of {asked} checks passed"]
    if tally[Verdict.FAIL]:
        parts.append(f"{tally[Verdict.FAIL]} failed")
    if tally[Verdict.UNKNOWN]:
        parts.append(f"{tally[Verdict.UNKNOWN]} could not be found out")
    if tally[Verdict.SKIPPED]:
        parts.append(f"{tally[Verdict.SKIPPED]} skipped")
    return f"{', '.join(parts)}."
