"""Findings in a terminal: as a table where it is wide enough, else as lines in colour."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rolelab import readable
from rolelab.findings import Finding, Proof, Verdict
from rolelab.report import summary, text

WIDE = 110
"""Columns from which on a table reads well: an ARN of usual length is not broken in it."""
_OTHER_COLUMNS = 56
"""Columns of a table beside those of the result."""
STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.UNKNOWN: "yellow",
    Verdict.SKIPPED: "dim",
}


def show(proof: Proof, console: Console | None = None) -> None:
    """Print the report."""
    console = console or Console(highlight=False)
    if not _fits(proof, console.width) or len(summary.learners(proof.findings)) > summary.EACH:
        for line in text.lines(proof):
            console.print(_coloured(line), soft_wrap=True)
        return
    if len(summary.learners(proof.findings)) > 1:
        console.print(Text(readable.line(summary.who_is_not_all_right(proof)), style="bold"))
    console.print(Text(readable.line(text.head(proof)), style="bold"))
    for name, findings in summary.by_learner(proof.findings).items():
        console.print(_table(readable.line(name) or "the role", findings))
    for fault in summary.overview(proof.findings).faults:
        finding = fault.finding
        if finding.why or finding.advice:
            failed = summary.FAILED[finding.verdict]
            heading = f"{finding.check} {failed}, {fault.whose}: {finding.heading}"
            console.print(Text(readable.line(heading), style=STYLES[finding.verdict]))
            for line in text.reason(finding.why, finding.advice, width=console.width - 1):
                # Commands are to be copied: what a terminal breaks stays one line in a copy.
                console.print(Text(line), soft_wrap=True)
            console.print()
    for note in proof.notes:
        console.print(Text(readable.line(f"note: {note}")), soft_wrap=True)
    style = STYLES[summary.overall(proof.findings)]
    console.print(Text(summary.conclusion(proof.findings), style=style))


def _fits(proof: Proof, width: int) -> bool:
    """Return whether a table is wide enough that no name or ARN in it is broken."""
    words = (
        word
        for finding in proof.findings
        for word in f"{text.result(finding)} {finding.said}".split()
    )
    return width >= max(WIDE, _OTHER_COLUMNS + max(map(len, words), default=0))


def _table(title: str, findings: list[Finding]) -> Table:
    table = Table(
        title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", expand=True
    )
    for head in ("", "check", "who"):
        table.add_column(head, no_wrap=True)
    table.add_column("result, and AWS's words", ratio=1, overflow="fold")
    for finding, *more in text.runs(findings):
        style = STYLES[finding.verdict]
        told = readable.line(text.result(finding))
        result = Text(told, style="" if finding.verdict is Verdict.PASS else style)
        if finding.said:
            said = readable.line(f"AWS: {finding.said}")
            result.append(f"\n{said}", style="not bold dim default")
        run = f"\nto {more[-1].check} ({1 + len(more)})" if more else ""
        table.add_row(
            Text(text.MARKS[finding.verdict], style=style),
            Text(f"{finding.check}{run}"),
            Text(finding.who if all(each.who == finding.who for each in more) else ""),
            result,
        )
    return table


def _coloured(line: str) -> Text:
    for verdict, mark in text.MARKS.items():
        if line.startswith(f"  {mark}  "):
            return Text.assemble("  ", (mark, STYLES[verdict]), line[2 + len(mark) :])
    return Text(line, style="" if line.startswith(" ") else "bold")
