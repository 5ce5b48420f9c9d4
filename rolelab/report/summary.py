"""What many findings say together: counts, and alike ones joined, for reports of one learner or of a thousand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolelab.findings import Finding, Verdict

EACH = 3
"""Up to so many learners are shown check by check; of more only what deviates."""
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One kind of finding that is no pass, with all the learners that have it."""

    finding: Finding
    """That of the first of them."""
    learners: tuple[str, ...]
    same_as: str = ""
    """An earlier check with the same reason and the same change; empty without one."""

    @property
    def whose(self) -> str:
        """The learners in a few words."""
        named = ", ".join(self.learners[:_NAMED])
        more = len(self.learners) - _NAMED
        return f"{named} and {more} more" if more > 0 else named


def learners(found: Iterable[Finding]) -> list[str]:
    """Return the names of the learners in their order; what belongs to none is left out."""
    return [name for name in dict.fromkeys(finding.learner for finding in found) if name]


def deviations(found: Iterable[Finding], *, verdicts: Sequence[Verdict]) -> list[Deviation]:
    """Join findings that differ in nothing but the learner's name."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in found:
        if finding.verdict in verdicts:
            parts = (finding.check, finding.verdict.value, finding.expected, finding.got, finding.said, finding.do)
            key = tuple(part.replace(finding.learner, "\0") if finding.learner else part for part in parts)
            alike.setdefault(key, []).append(finding)
    seen: dict[tuple[str, str], str] = {}
    joined: list[Deviation] = []
    for same in alike.values():
        first = same[0]
        names = tuple(finding.learner for finding in same if finding.learner)
        reason = (first.why, first.do)
        earlier = seen.get(reason, "") if any(reason) else ""
        seen.setdefault(reason, first.check)
        joined.append(Deviation(finding=first, learners=names, same_as=earlier))
    return joined


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
        parts.append(f"{tally[Verdict.SKIPPED]} were not made")
    return f"{', '.join(parts)}."
