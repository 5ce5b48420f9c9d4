"""States of a stack in other AWSs than the one that it was last worked on in.

`state.json` has the latter; each other one is kept in a file beside it until its AWS is worked in
again. Nothing is ever thrown away because another AWS was named. A file whose AWS is also that of
`state.json` is left by a move that a death cut short, and no longer counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from rolelab.engine import snapshot
from rolelab.engine.stack import Home
from rolelab.engine.world import World

_LONGEST = 60


def file_of(folder: Path, home: Home) -> Path:
    """Return where the state in an AWS is set aside: its name can be read, and is its alone."""
    text = str(home)
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", text)[:_LONGEST]
    digits = hashlib.sha256(text.encode()).hexdigest()[:8]
    return folder / f"elsewhere-{readable}-{digits}.json"


def keep(folder: Path, world: World) -> None:
    """Set a state aside; one in which there is nothing need not be kept.

    Raises:
        OSError: it cannot be written.
    """
    if world.home and world.holds_anything:
        snapshot.write(file_of(folder, world.home), world)


def worlds(folder: Path, present: World) -> Iterator[World]:
    """Yield the states that are set aside, beside the present one.

    Raises:
        LabError: one of them cannot be read.
    """
    for path in sorted(folder.glob("elsewhere-*.json")):
        world = snapshot.read_world(path)
        if world.home and world.home != present.home:
            yield world


def forget(folder: Path, home: Home) -> None:
    """Remove the file of an AWS whose state is no longer set aside.

    Raises:
        OSError: it cannot be removed.
    """
    file_of(folder, home).unlink(missing_ok=True)
