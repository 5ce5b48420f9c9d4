"""Names as people take them: in which order, and which one somebody may have meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

_ALIKE = 0.6


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names as people do: numbers by what they are, student2 before student10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part) if part.isdecimal() and part.isascii() else -1, part) for part in parts]


def nearest(name: str, names: Iterable[str], *, alike: float = _ALIKE) -> str:
    """Return the name that is most like `name`, whatever the case; empty where none is like it.

    `alike` is how much it must be: 0 takes any, 1 only the same.
    """
    spelled: Mapping[str, str] = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=alike)
    return spelled[near[0]] if near else ""


def did_you_mean(name: str, names: Iterable[str], *, otherwise: str, alike: float = _ALIKE) -> str:
    """Return the remedy for a name that there is not: the nearest one, or what else to do."""
    near = nearest(name, names, alike=alike)
    return f"did you mean {near}?" if near else otherwise
