"""Figures: what was measured, against what, and what it must reach."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; `ratio` is what counts, the seconds are this machine's today."""

    name: str
    value: float
    """Median, in `unit`."""
    unit: str = "s"
    against: str = ""
    base: float | None = None
    """Median of what it is measured against, in the same unit, in the same run."""
    ratio: float | None = None
    """Median of the ratios of each round: load that comes and goes hits both sides of a round."""
    limit: float | None = None
    """The most that the ratio (or, without one, the value) may be."""
    rounds: int = 1

    @property
    def reached(self) -> bool | None:
        """Whether the limit was kept; None without one."""
        if self.limit is None:
            return None
        return (self.value if self.ratio is None else self.ratio) <= self.limit


def compared(
    name: str,
    against: str,
    rounds: Sequence[tuple[float, float]],
    *,
    limit: float | None = None,
    unit: str = "s",
) -> Figure:
    """Return the figure of interleaved rounds of what is measured and what that is held to."""
    return Figure(
        name=name,
        value=statistics.median(ours for ours, _ in rounds),
        unit=unit,
        against=against,
        base=statistics.median(theirs for _, theirs in rounds),
        ratio=statistics.median(ours / theirs for ours, theirs in rounds),
        limit=limit,
        rounds=len(rounds),
    )


def plain(
    name: str, values: Sequence[float], *, limit: float | None = None, unit: str = "s"
) -> Figure:
    """Return a figure that is not a ratio."""
    return Figure(
        name=name, value=statistics.median(values), unit=unit, limit=limit, rounds=len(values)
    )


def line(figure: Figure) -> str:
    """Return one line of the table."""
    value = (
        f"{figure.value:.0f} {figure.unit}"
        if figure.unit == "MB"
        else f"{figure.value:.3f} {figure.unit}"
    )
    against = f"{figure.against} {figure.base:.3f} {figure.unit}" if figure.base is not None else ""
    ratio = f"{figure.ratio:.2f} x" if figure.ratio is not None else ""
    unit = "x" if figure.ratio is not None else figure.unit
    limit = f"{figure.limit:g} {unit}" if figure.limit is not None else ""
    verdict = {True: "reached", False: "MISSED", None: ""}[figure.reached]
    columns = f"{value:>10} {against:>34} {ratio:>8} {limit:>9} {figure.rounds:>3} {verdict}"
    return f"{figure.name:<42} {columns}"


HEADER = f"{'what':<42} {'median':>10} {'against':>34} {'ratio':>8} {'at most':>9} {'n':>3}"


def write(path: Path, figures: Iterable[Figure]) -> None:
    """Write the figures as JSON, with what is needed to compare two files."""
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }
    listed = [{**asdict(figure), "reached": figure.reached} for figure in figures]
    path.write_text(
        json.dumps({"machine": machine, "figures": listed}, indent=2) + "\n", encoding="utf-8"
    )


def rounds(
    count: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> list[tuple[float, float]]:
    """Measure both, turn about, so that neither has the quieter half of the run."""
    found: list[tuple[float, float]] = []
    for number in range(count):
        if number % 2:
            second = theirs()
            found.append((ours(), second))
        else:
            found.append((ours(), theirs()))
    return found
