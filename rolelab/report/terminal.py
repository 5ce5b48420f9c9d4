"""Findings in a terminal: a table where it is wide enough, the plain lines in colour where it is not."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rolelab.findings import Finding, Proof, Verdict, exit_code
from rolelab.report import summary, text

WIDE = 110
"""Columns from which on a table with AWS's words reads well."""
MARKS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.UNKNOWN: "?", Verdict.SKIPPED: "-"}
STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNKNOWN: "yellow", Verdict.SKIPPED: "dim"}


def show(proof: Proof, console: Console | None = None) -> None:
    """Print the report."""
    console = console or Console(highlight=False)
    names = summary.learners(proof.findings)
    if console.width < WIDE or len(names) > summary.EACH:
        for line in text.lines(proof):
            console.print(_coloured(line), soft_wrap=True)
        return
    console.print(Text(text.head(proof), style="bold"))
    for name in dict.fromkeys(finding.learner for finding in proof.findings):
        console.print(_table(name, [finding for finding in proof.findings if finding.learner == name]))
    for deviation in summary.deviations(proof.findings, verdicts=(Verdict.FAIL, Verdict.UNKNOWN)):
        finding = deviation.finding
        if finding.why or finding.do:
            console.print(Text(f"{finding.check}, {deviation.whose or 'the role'}", style=STYLES[finding.verdict]))
            console.print(Text(finding.why)) if finding.why else None
            console.print(Text(f"do: {finding.do}\n")) if finding.do else None
    worst = {0: Verdict.PASS, 1: Verdict.FAIL, 3: Verdict.UNKNOWN}[exit_code(proof.findings)]
    console.print(Text(f"{MARKS[worst]} {summary.conclusion(proof.findings)}", style=STYLES[worst]))


def _table(name: str, found: list[Finding]) -> Table:
    table = Table(box=SIMPLE_HEAD, title=name or "the role", title_justify="left", title_style="bold", expand=True)
    table.add_column("", width=1)
    table.add_column("who", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("expected", ratio=3, overflow="fold")
    table.add_column("got", ratio=3, overflow="fold")
    table.add_column("AWS's words", ratio=6, style="dim", overflow="fold")
    for finding, *more in text.runs(found):
        style = STYLES[finding.verdict]
        skipped = finding.verdict is Verdict.SKIPPED
        check = f"{finding.check}\nto {more[-1].check}" if more else finding.check
        table.add_row(
            Text(MARKS[finding.verdict], style=style),
            Text(finding.who),
            Text(check),
            Text(finding.expected),
            Text(finding.do if skipped else finding.got, style=style if finding.verdict is not Verdict.PASS else ""),
            Text(finding.said),
        )
    return table


def _coloured(line: str) -> Text:
    for verdict, mark in text.MARKS.items():
        if line.startswith(f"  {mark}  "):
            return Text.assemble("  ", (mark, STYLES[verdict]), line[2 + len(mark) :])
    return Text(line, style="" if line.startswith(" ") else "bold")
