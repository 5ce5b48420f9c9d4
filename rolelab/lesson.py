"""What a step of the lesson is: acted by the demo, shown by the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LessonAnswer:
    """What really happened, and whether it is what the lesson says."""

    as_taught: bool
    outcome: str
    """`allowed`, `refused`, `made`, … or how it went wrong."""
    said: tuple[str, ...]
    """AWS's own words, or what its answer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonStep:
    """One step of the lesson."""

    title: str
    who: str
    why: str
    """One sentence: why this happens."""
    command: str
    """The same with the tools of work; it works when typed after `rolelab up`."""
    act: Callable[[], LessonAnswer]
