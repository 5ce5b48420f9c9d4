"""What many findings say together: counts, and alike ones joined, for one learner or a thousand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rolelab.advice import Advice, as_text
from rolelab.findings import Finding, Proof, Verdict, exit_code

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


def learners(findings: Iterable[Finding]) -> list[str]:
    """Return the names of the learners in their order; what belongs to none is left out."""
    return [name for name in dict.fromkeys(finding.learner for finding in findings) if name]


def by_learner(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings of each learner, and under an empty name those that all share."""
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.learner, []).append(finding)
    return grouped


def overall(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict on the whole."""
    return {0: Verdict.PASS, 1: Verdict.FAIL, 3: Verdict.UNKNOWN}[exit_code(findings)]


def role_name(proof: Proof) -> str:
    """Return the name of the role."""
    return proof.role_arn.rpartition("/")[2]


def deviations(findings: Iterable[Finding]) -> list[Shared]:
    """Join failures, and what was not found out, that differ in nothing but the learner's name.

    Each reason and change is told once.
    """
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
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
        Shared(finding=first, learners=tuple(learners(same)))
        for first, same in zip(firsts, alike.values(), strict=True)
    ]


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Tell why, and what to do, once: a learner's later findings refer to the first such."""
    seen: dict[str, list[Finding]] = {}
    told: list[Finding] = []
    for finding in findings:
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


def counts(findings: Iterable[Finding]) -> Counter[Verdict]:
    """Count the verdicts."""
    return Counter(finding.verdict for finding in findings)


def by_check(findings: Iterable[Finding]) -> dict[str, Counter[Verdict]]:
    """Count the verdicts of each check, in the order of the lesson."""
    counted: dict[str, Counter[Verdict]] = {}
    for finding in findings:
        counted.setdefault(finding.check, Counter())[finding.verdict] += 1
    return counted


def conclusion(findings: Sequence[Finding]) -> str:
    """Return one sentence that says it all."""
    words = {
        Verdict.PASS: "The lab is as it should be",
        Verdict.FAIL: "The lab is not as it should be",
        Verdict.UNKNOWN: "It could not be found out whether the lab is as it should be",
    }
    return f"{words[overall(findings)]}: {counted(findings)}"


def counted(findings: Sequence[Finding]) -> str:
    """Return the counts as a sentence."""
    tally = counts(findings)
    asked = len(findings) - tally[Verdict.SKIPPED]
    words = {
        Verdict.FAIL: "failed",
        Verdict.UNKNOWN: "could not be found out",
        Verdict.SKIPPED: "skipped",
    }
    parts = [f"{tally[verdict]} {word}" for verdict, word in words.items() if tally[verdict]]
    return f"{', '.join([f'{tally[Verdict.PASS]} of {asked} checks passed', *parts])}."
