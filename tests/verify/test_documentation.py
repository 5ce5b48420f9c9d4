"""The documentation's table of checks is the program's."""

from __future__ import annotations

from pathlib import Path

from rolelab.verify.checks import CHECKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verification.md"


def test_the_table_of_checks_is_the_programs() -> None:
    """Whoever reads a report finds each id there, in the order of the lesson."""
    rows = [
        f"| `{c.check}` | {c.who} | {f'`{c.action}`' if c.action else ''} | {c.title} |"
        for c in CHECKS.values()
    ]
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("a test compares them -->\n")[2].partition("<!-- end of checks -->")[0]
    assert table.splitlines()[2:] == rows
