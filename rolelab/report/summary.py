"""What many findings say together: who is not all right, what is shared, and the counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rolelab.advice import Advice
from rolelab.findings import Finding, Proof, Verdict, exit_code

EACH = 3
"""Up to so many learners are shown check by check; of more only what deviates."""
FAILED = {Verdict.FAIL: "failed", Verdict.UNKNOWN: "not found out"}
"""How a check that did not pass is headed."""
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOfSome:
    """One thing that is wrong, or was not found out, with all the learners that have it."""

    finding: Finding
    """That of the first of them."""
    learners: tuple[str, ...]
    """Empty where it is the role's."""
    is_shared: bool
    """Whether it is the role's, or more than half of a class have it: nobody's own."""

    @property
    def whose(self) -> str:
        """The learners in a few words."""
        return named(self.learners) or "the role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Who is not all right: the learners with faults of their own, and what is shared."""

    faults: tuple[FaultOfSome, ...]
    """Shared ones first."""
    own: Mapping[str, tuple[Finding, ...]]
    """Learner -> what is their own, of those who have something."""

    @property
    def shared(self) -> tuple[FaultOfSome, ...]:
        """What is nobody's own."""
        return tuple(fault for fault in self.faults if fault.is_shared)

    @property
    def concerned(self) -> set[str]:
        """The learners who have something of what is shared."""
        return {learner for fault in self.shared for learner in fault.learners}


def overview(findings: Sequence[Finding]) -> Overview:
    """Join failures, and what was not found out, that are the same fault, whoever has it.

    Each reason and change is told once.
    """
    class_size = len(learners(findings))
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        if finding.verdict in FAILED:
            alike.setdefault(_kind(finding), []).append(finding)
    groups = [(same, _is_shared(same, class_size)) for same in alike.values()]
    groups.sort(key=lambda group: not group[1])
    firsts = told_once(same[0] for same, _ in groups)
    own: dict[str, list[Finding]] = {}
    for same, is_shared in groups:
        for finding in () if is_shared else same:
            own.setdefault(finding.learner, []).append(finding)
    return Overview(
        faults=tuple(
            FaultOfSome(finding=first, learners=tuple(learners(same)), is_shared=is_shared)
            for first, (same, is_shared) in zip(firsts, groups, strict=True)
        ),
        own={name: tuple(own[name]) for name in learners(findings) if name in own},
    )


def _kind(finding: Finding) -> tuple[str, ...]:
    """Return what makes two findings the same fault: their parts, not what is said of them."""
    cause = finding.cause
    if not cause:
        words = f"{finding.expected}\0{finding.got}\0{finding.unasked}"
        mine = words.replace(finding.learner, "") if finding.learner else words
        cause = (re.sub(r"\d+", "", mine),)
    return finding.check, finding.verdict.value, *cause


def _is_shared(same: Sequence[Finding], class_size: int) -> bool:
    names = learners(same)
    return not names or (class_size > 1 and 2 * len(names) > class_size)


def who_is_not_all_right(proof: Proof) -> str:
    """Return in one sentence who is not all right, by name, and how many share a fault."""
    total = len(learners(proof.findings))
    everybody = f"all {total} learners" if total > 1 else "the learner"
    seen = overview(proof.findings)
    # What is wrong with the role is everybody's, also of those whose own fault keeps them from it.
    is_roles = any(not fault.learners for fault in seen.shared)
    shared = total if is_roles and seen.concerned else len(seen.concerned)
    parts: list[str] = []
    if seen.own:
        because = " by faults of their own" if seen.shared else ""
        parts.append(f"{named(tuple(seen.own), most=2 * _NAMED)}{because}")
    if seen.shared:
        who = everybody if shared == total else f"{shared} of {total} learners"
        parts.append(f"{who} by what they share" if shared else "the role")
    if parts:
        lead = "Not all right" if overall(proof.findings) is Verdict.FAIL else "Not found out"
        return f"{lead}: {', and '.join(parts)}."
    if overall(proof.findings) is not Verdict.PASS:
        return f"Not found out: {everybody}."
    return f"{everybody[:1].upper()}{everybody[1:]} {'are' if total > 1 else 'is'} all right."


def named(names: Sequence[str], *, most: int = _NAMED) -> str:
    """Return names in a row, of many the first and how many more there are."""
    more = len(names) - most
    return f"{', '.join(names[:most])} and {more} more" if more > 0 else ", ".join(names)


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


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Tell why, and what to do, once: later findings refer to the first such, whoever's it is.

    So no command stands there twice: what is made once cannot be made again.
    """
    told: list[Finding] = []
    first_with: dict[Advice, Finding] = {}
    first_for: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        if finding.verdict not in FAILED or not finding.advice:
            told.append(finding)
            continue
        told.append(_referring(finding, first_with, first_for.get(finding.why)))
        first_for.setdefault(finding.why, finding)
        for step in finding.advice:
            first_with.setdefault(step, finding)
    return told


def _referring(
    finding: Finding, first_with: Mapping[Advice, Finding], same: Finding | None
) -> Finding:
    """Refer to the `same` reason if it has the advice, else to the first with a part of it."""
    first = next((first_with[step] for step in finding.advice if step in first_with), None)
    if first is None:
        return finding
    rest = tuple(step for step in finding.advice if step not in first_with)
    if same and set(finding.advice) <= set(same.advice):
        why = f"Why, and what to do: as for {_where(same, finding)}."
        return replace(finding, why=(why,), advice=())
    lead = "besides what is said" if rest else "as"
    return replace(
        finding, advice=(Advice(sentence=f"{lead} for {_where(first, finding)}."), *rest)
    )


def _where(earlier: Finding, later: Finding) -> str:
    whose = "" if earlier.learner == later.learner else f" of {earlier.learner or 'the role'}"
    return f"{earlier.check}{whose}"


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
