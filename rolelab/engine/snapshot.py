"""A snapshot of a state: one JSON file, written whole, for the owner alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

from rolelab import whole_file
from rolelab.engine.resource import Properties
from rolelab.engine.world import World
from rolelab.errors import LabError

VERSION = 1
NOT_A_STATE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading raises where it is JSON of another form, or none."""
encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def write(path: Path, world: World, *, generation: int = 0) -> None:
    """Write a state, in one step and to the disk.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    content = {"version": VERSION, "generation": generation, **world.to_json()}
    whole_file.replace(path, encode(content), mode=0o600)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def read(path: Path) -> Properties:
    """Return what a snapshot holds; nothing where there is none.

    Raises:
        LabError: it cannot be read, or a version that is not known wrote it.
    """
    try:
        content = cast("dict[str, Any]", json.loads(whole_file.read(path)))
        if content["version"] != VERSION:
            raise LabError(
                f"the state has version {content['version']}, this rolelab reads {VERSION}",
                where=str(path),
                do="use the rolelab that wrote it",
            )
        if type(content["generation"]) is not int:
            raise TypeError(content["generation"])
    except FileNotFoundError:
        return {}
    except (*NOT_A_STATE, OSError) as error:
        raise unreadable(path, error) from None
    return content


def read_world(path: Path) -> World:
    """Return the state that a snapshot holds; an empty one where there is none.

    Raises:
        LabError: as `read`.
    """
    content = read(path)
    try:
        return World.from_json(content) if content else World()
    except NOT_A_STATE as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> LabError:
    """Return the error for a state that cannot be read."""
    why = error.strerror if isinstance(error, OSError) else "it is not as rolelab wrote it"
    return LabError(
        f"the state cannot be read: {why}",
        where=str(path),
        do="put back a copy; or remove it and run `rolelab local reset`: all begins anew then",
    )
