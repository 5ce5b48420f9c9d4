"""Findings in a terminal: a table where it is wide enough, the plain lines in colour where it is not."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rolelab.findings import Finding, Proof, Verdict, exit_code
from rolelab.report import summary, text
from rolelab.report.summary import FAILED

WIDE = 110
"""Columns from which on a table reads well: an ARN of usual length is not broken in it."""
STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.UNKNOWN: "yellow",
    Verdict.SKIPPED: "dim",
}


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
        console.print(
            _table(name, [finding for finding in proof.findings if finding.learner == name])
        )
    for shared in summary.deviations(proof.findings):
        finding = shared.finding
        if finding.why or finding.advice:
            heading = f"{finding.check} {FAILED[finding.verdict]}, {shared.whose or 'the role'}"
            console.print(Text(heading, style=STYLES[finding.verdict]))
            for line in text.reason(finding.why, finding.advice, width=console.width - 1):
                # Commands are to be copied: the terminal breaks what is too long, and a copy of it is still one line.
                console.print(Text(line), soft_wrap=True)
            console.print()
    worst = {0: Verdict.PASS, 1: Verdict.FAIL, 3: Verdict.UNKNOWN}[exit_code(proof.findings)]
    console.print(Text(summary.conclusion(proof.findings), style=STYLES[worst]))


def _table(name: str, found: list[Finding]) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        title=name or "the role",
        title_justify="left",
        title_style="bold",
        expand=True,
    )
    table.add_column("", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("who", no_wrap=True)
    table.add_column("result, and AWS's words", ratio=1, overflow="fold")
    for finding, *more in text.runs(found):
        style = STYLES[finding.verdict]
        result = Text(text.result(finding), style="" if finding.verdict is Verdict.PASS else style)
        if finding.said:
            result.append(f"\nAWS: {finding.said}", style="not bold dim default")
        table.add_row(
            Text(text.MARKS[finding.verdict], style=style),
            Text(
                f"{finding.check}\nto {more[-1].check} ({1 + len(more)})" if more else finding.check
            ),
            Text(finding.who if all(each.who == finding.who for each in more) else ""),
            result,
        )
    return table


def _coloured(line: str) -> Text:
    for verdict, mark in text.MARKS.items():
        if line.startswith(f"  {mark}  "):
            return Text.assemble("  ", (mark, STYLES[verdict]), line[2 + len(mark) :])
    return Text(line, style="" if line.startswith(" ") else "bold")
