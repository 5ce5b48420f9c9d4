"""Long lists: searched as a whole, shown a page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rolelab.console.visit import Visit

ROWS = 50
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a list that a page shows."""

    rows: list[Any]
    total: int
    """How many there are that fit the search."""
    number: int
    """Of the page, from 1."""
    pages: int
    search: str

    @property
    def near(self) -> list[int]:
        """The pages that are offered: the first, the last, those around this one; 0 is a gap."""
        offered: list[int] = []
        for page in range(1, self.pages + 1):
            if page in (1, self.pages) or abs(page - self.number) < _NEAR:
                offered.append(page)
            elif offered[-1]:
                offered.append(0)
        return offered


def shown(visit: Visit, entries: list[Any], field: str, *, rows: int = ROWS) -> Shown:
    """Return the entries whose field contains what is searched, and of those the asked page's."""
    search = visit.asked("search").strip()
    fitting = [entry for entry in entries if search.lower() in str(entry[field]).lower()]
    pages = max(1, -(-len(fitting) // rows))
    text = visit.asked("page", "1")
    number = min(pages, max(1, int(text))) if re.fullmatch(r"[0-9]{1,6}", text) else 1
    start = (number - 1) * rows
    return Shown(fitting[start : start + rows], len(fitting), number, pages, search)
