"""The table of checks is the only one: documentation and faults speak of its entries alone."""

from __future__ import annotations

from pathlib import Path

from rolelab.faults import FAULTS
from rolelab.verify.checks import CHECKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verification.md"


def test_the_table_of_checks_is_the_programs() -> None:
    """Whoever reads a report finds each id there, in the order of the lesson."""
    rows = [
        f"| `{c.id}` | {c.who} | {f'`{c.action}`' if c.action else ''} | {c.title} |"
        for c in CHECKS.values()
    ]
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("a test compares them -->\n")[2].partition("<!-- end of checks -->")[0]
    assert table.splitlines()[2:] == rows


def test_each_check_is_shown_by_a_fault() -> None:
    """Whoever adds a check adds what it is for; a fault names no check that is not there."""
    shown = {check for fault in FAULTS.values() for check in fault.fails}
    # What AWS itself would have to get wrong, or what cannot happen without one of the others.
    without = {
        "assume.temporary",
        "assume.expiry",
        "assume.identity",
        "during.copy-object",
        "after.create-bucket",
        "after.list-users",
        "cleanup.buckets",
    }
    assert shown == set(CHECKS) - without
