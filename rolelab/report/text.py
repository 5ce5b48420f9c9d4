"""Findings as plain lines of at most 80 columns: for pipes, files and logs; nothing but letters and spaces."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from rolelab.findings import Finding, Proof, Verdict
from rolelab.report import summary

WIDTH = 80
MARKS = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.UNKNOWN: "????", Verdict.SKIPPED: "skip"}


def head(proof: Proof) -> str:
    """Return one sentence on what was looked at."""
    names = summary.learners(proof.findings)
    who = names[0] if len(names) == 1 else f"{len(names)} learners"
    role = proof.role_arn.rsplit("/", 1)[-1]
    grant = "" if proof.grant else ", grant off"
    return f"{who} and the role {role} (stack {proof.stack}{grant}) in account {proof.account_id}, {proof.where}"


def lines(proof: Proof) -> Iterator[str]:
    """Return the report line by line: each check for few learners, what deviates and counts for many."""
    found = _without_repetition(proof.findings)
    yield from textwrap.wrap(head(proof), WIDTH)
    names = summary.learners(found)
    if len(names) <= summary.EACH:
        for name in dict.fromkeys(finding.learner for finding in found):
            yield ""
            yield name or "the role"
            yield from _each([finding for finding in found if finding.learner == name])
    else:
        yield ""
        yield f"{'':32}{'pass':>8}{'fail':>8}{'unknown':>8}{'skipped':>8}"
        for check, tally in summary.by_check(found).items():
            yield f"  {check:30}" + "".join(f"{tally[verdict] or '-':>8}" for verdict in MARKS)
        for deviation in summary.deviations(found, verdicts=(Verdict.FAIL, Verdict.UNKNOWN)):
            yield ""
            yield from _wrapped(deviation.whose or "the role", "")
            yield from _finding(deviation.finding)
    yield ""
    yield from textwrap.wrap(summary.conclusion(found), WIDTH)


def _without_repetition(found: Iterable[Finding]) -> list[Finding]:
    """Say why, and what to do, once: later findings of the same learner refer to the first."""
    seen: dict[tuple[str, str, str], str] = {}
    told: list[Finding] = []
    for finding in found:
        key = (finding.learner, finding.why, finding.do)
        if finding.verdict is Verdict.FAIL and (finding.why or finding.do):
            if key in seen:
                finding = replace(finding, why=f"Why, and what to do: as for {seen[key]}.", do="")  # noqa: PLW2901
            else:
                seen[key] = finding.check
        told.append(finding)
    return told


def reason(why: Iterable[str], do: str, *, indent: int = 0) -> Iterator[str]:
    """Return why, and what to do, line by line; diffs and commands stay as they are, to be copied."""
    for line in why:
        yield from _wrapped(line, " " * indent)
    for number, line in enumerate(do.splitlines()):
        if line.startswith(" "):
            yield " " * indent + line.removeprefix("  ")
        else:
            yield from _wrapped(line if number else f"do: {line}", " " * indent)


def _each(found: list[Finding]) -> Iterator[str]:
    """Show every check; a run of them of which the same is to be said as one."""
    for first, *more in runs(found):
        if more:
            text = f"{1 + len(more)} checks, {first.check} to {more[-1].check}: {first.do or first.got}"
            yield from _wrapped(text, f"  {MARKS[first.verdict]}  ", " " * 8)
        else:
            yield from _finding(first)


def runs(found: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Return neighbouring findings of which the same is to be said together, all others alone."""
    for _, alike in groupby(found, key=_alike):
        yield list(alike)


def _alike(finding: Finding) -> tuple[Verdict, str]:
    if finding.verdict is Verdict.SKIPPED or (finding.verdict is Verdict.UNKNOWN and not finding.got):
        return finding.verdict, finding.do
    plain = finding.verdict is Verdict.PASS and finding.expected == finding.got and not finding.said
    return finding.verdict, finding.got if plain else finding.check


def _finding(finding: Finding) -> Iterator[str]:
    who = f"{finding.who}, {finding.what}: " if finding.who else f"{finding.what}: "
    got = "" if finding.verdict is Verdict.SKIPPED else finding.got
    if finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        got = f"expected {finding.expected}; got {finding.got}"
    first = f"  {MARKS[finding.verdict]}  {finding.check:24} "
    text = f"{who}{got or finding.do}"
    yield from _wrapped(text, first, " " * 8)
    if finding.said:
        yield from _wrapped(f"AWS: {finding.said}", " " * 8)
    do = finding.do if finding.verdict is not Verdict.SKIPPED else ""
    yield from reason(finding.why.splitlines(), do, indent=8)


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    indent = first if rest is None else rest
    # Names and ARNs stay whole: they are to be copied.
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]
