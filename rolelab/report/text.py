"""Findings as plain lines of at most 80 columns, letters and spaces only: for pipes and logs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from rolelab import readable
from rolelab.advice import Advice
from rolelab.findings import Finding, Proof, Verdict
from rolelab.report import summary

WIDTH = 80
MOST_NAMED = 20
"""Learners with faults of their own that are listed one by one."""
MARKS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "FAIL",
    Verdict.UNKNOWN: "unknown",
    Verdict.SKIPPED: "skip",
}


def head(proof: Proof) -> str:
    """Return one sentence on what was looked at."""
    names = summary.learners(proof.findings)
    who = names[0] if len(names) == 1 else f"{len(names)} learners"
    stack = f"stack {proof.stack}{'' if proof.grant else ', grant off'}"
    what = f"{who} and the role {summary.role_name(proof)} ({stack})"
    return f"{what} in account {proof.account_id}, {proof.where}"


def lines(proof: Proof) -> Iterator[str]:
    """Return the report line by line: of few learners each check, of many what deviates."""
    findings = proof.findings
    if len(summary.learners(findings)) > 1:
        yield from _wrapped(summary.who_is_not_all_right(proof), "")
    yield from _wrapped(head(proof), "")
    if len(summary.learners(findings)) <= summary.EACH:
        for name, own in summary.by_learner(summary.told_once(findings)).items():
            yield ""
            yield readable.line(name) or "the role"
            yield from _each(own)
    else:
        yield from _of_class(summary.overview(proof.findings))
        yield ""
        yield f"{'all learners':32}{'pass':>8}{'fail':>8}{'unknown':>8}{'skipped':>8}"
        for check, tally in summary.by_check(findings).items():
            yield f"  {check:30}" + "".join(f"{tally[verdict] or '-':>8}" for verdict in MARKS)
    for note in proof.notes:
        yield ""
        yield from _wrapped(f"note: {note}", "")
    yield ""
    yield from textwrap.wrap(summary.conclusion(findings), WIDTH)


def _of_class(seen: summary.Overview) -> Iterator[str]:
    """Say who has faults of their own, then what is shared, then what is whose own."""
    if seen.own:
        yield ""
        yield f"{'who has faults of their own':32}what failed"
    names = list(seen.own)
    for name in names[:MOST_NAMED]:
        checks = ", ".join(dict.fromkeys(finding.check for finding in seen.own[name]))
        yield from _wrapped(checks, f"  {readable.line(name):29} ", " " * 32)
    if len(names) > MOST_NAMED:
        yield f"  and {len(names) - MOST_NAMED} more: `--html` and `--json` name them all"
    title, whose = "", ""
    for fault in seen.faults:
        yield ""
        if title != (title := "WHAT IS SHARED" if fault.is_shared else "FAULTS OF THEIR OWN"):
            yield title
        if whose != (whose := fault.whose):
            yield from _wrapped(whose, "")
        yield from _finding(fault.finding)
        if len(fault.learners) > 1 and any(step.command for step in fault.finding.advice):
            yield from _wrapped(f"(shown for {fault.learners[0]}, alike for the others)", " " * 8)


def reason(
    why: Iterable[str], advice: Iterable[Advice], *, indent: int = 0, width: int = WIDTH
) -> Iterator[str]:
    """Return why, and what to do, line by line; diffs and commands stay whole, to be copied."""
    margin, mark = " " * indent, "do:"
    for sentence in why:
        yield from _wrapped(sentence, margin, width=width)
    for step in advice:
        if step.sentence:
            yield from _wrapped(f"{mark} {step.sentence}".lstrip(), margin, width=width)
        elif mark:
            yield margin + mark
        yield from (margin + readable.line(line) for line in step.verbatim)
        mark = ""


def result(finding: Finding) -> str:
    """Return what came of a check in a few words, and what was expected if it differs."""
    if finding.unasked:
        return finding.unasked
    if finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        return f"expected {finding.expected}; got {finding.got}"
    return finding.got


def _each(findings: list[Finding]) -> Iterator[str]:
    """Show every check; neighbours of which the same is to be said as one."""
    for first, *more in runs(findings):
        if more:
            text = f"{1 + len(more)} checks, {first.check} to {more[-1].check}: {result(first)}"
            yield from _wrapped(text, f"  {MARKS[first.verdict]}  ", " " * 8)
        else:
            yield from _finding(first)


def runs(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Return neighbouring findings of which the same is to be said together, all others alone."""
    for _, alike in groupby(findings, key=_alike):
        yield list(alike)


def _alike(finding: Finding) -> tuple[Verdict, str]:
    if finding.unasked:
        return finding.verdict, finding.unasked
    plain = finding.verdict is Verdict.PASS and finding.expected == finding.got and not finding.said
    return finding.verdict, finding.got if plain else finding.check


def _finding(finding: Finding) -> Iterator[str]:
    what = finding.failure if finding.verdict is Verdict.FAIL and finding.failure else finding.what
    who = f"{finding.who}, {what}: " if finding.who else f"{what}: "
    first = f"  {MARKS[finding.verdict]}  {finding.check:24} "
    yield from _wrapped(f"{who}{result(finding)}", first, " " * 8)
    if finding.said:
        yield from _wrapped(f"AWS: {finding.said}", " " * 8)
    yield from reason(finding.why, finding.advice, indent=8)


def _wrapped(text: str, first: str, rest: str | None = None, *, width: int = WIDTH) -> list[str]:
    indent = first if rest is None else rest
    # Names and ARNs stay whole: they are to be copied.
    return textwrap.wrap(
        readable.line(text),
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
