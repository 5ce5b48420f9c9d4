"""The local AWS's own time: it can be moved, so that a lesson sees a session end.

Signatures are checked against the real time, because clients sign with theirs.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timezone
from email.utils import formatdate
from functools import lru_cache
from math import floor
from pathlib import Path

from rolelab import whole_file

_ahead_s = 0.0
FURTHEST_S = 10 * 366 * 86400
"""Ten years: the furthest that the time can be moved."""


def now() -> float:
    """Return the time in seconds since 1970."""
    return time.time() + _ahead_s


def moment() -> datetime:
    """Return the time as a date."""
    return datetime.fromtimestamp(now(), timezone.utc)


def iso(seconds: float | None = None) -> str:
    """Return a time, or the present one, as AWS writes it: 2026-01-31T12:00:00Z."""
    return _iso(floor(now() if seconds is None else seconds))


def http_date() -> str:
    """Return the present time as HTTP's header Date writes it."""
    return _http_date(floor(now()))


# A call of the API writes the present second four times.
@lru_cache(maxsize=16)
def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def move(seconds: float) -> None:
    """Move the time on (or, negative, back) by so many seconds, ten years at most.

    Raises:
        ValueError: it is not a number, or further.
    """
    global _ahead_s  # noqa: PLW0603 - one clock for one world
    if not abs(_ahead_s + seconds) <= FURTHEST_S:
        raise ValueError(f"the clock cannot be moved by {seconds} s")
    _ahead_s += seconds


def reset() -> None:
    """Go back to the real time."""
    global _ahead_s  # noqa: PLW0603 - one clock for one world
    _ahead_s = 0.0


def restore(file: Path) -> None:
    """Move the time to where it was when that was written; it is the real one where nothing was."""
    reset()
    with suppress(OSError, ValueError):
        move(float(whole_file.read(file)))


def ahead_s() -> float:
    """Return how far the time was moved on, in seconds."""
    return _ahead_s
