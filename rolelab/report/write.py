"""Where a report goes: to a file, whole or not at all, or to the standard output."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rolelab import whole_file
from rolelab.errors import CannotTell, UsageError

STDOUT = "-"
_DO = "name a file in a folder of yours"


def write(target: str, text: str) -> None:
    """Write `text` to a file in one step, or to the standard output for `-`.

    What is not an ordinary file (`/dev/stderr`, a pipe) is not replaced but written to.

    Raises:
        CannotTell: it cannot be written; what was there is as it was.
    """
    if target == STDOUT:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
        return
    path = Path(target)
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_text(text, encoding="utf-8")
        else:
            # A link is followed, so that what it leads to is replaced and not the link.
            whole_file.replace(path.resolve(), text, mode=0o644)
    except OSError as error:
        # Not a failure of what the report is about.
        raise CannotTell(f"cannot be written: {error.strerror}", where=target, do=_DO) from None


def require_writable(files: Mapping[str, str]) -> None:
    """Look, before the work, whether every form can be written where it is to go.

    Raises:
        UsageError: one cannot, is nowhere, or goes where another one goes.
    """
    taken: dict[str, str] = {}
    for form, target in files.items():
        option = f"--{form}"
        if not target:
            raise UsageError("no file is named", where=option, do=_DO)
        place = target if target == STDOUT else str(Path(target).resolve())
        if place in taken:
            name = "the standard output" if target == STDOUT else target
            what = f"two forms cannot share {name}"
            do = "name a file for one of them"
            raise UsageError(what, where=f"{taken[place]}, {option}", do=do)
        taken[place] = option
        if target != STDOUT and (why_not := _why_not(Path(place))):
            raise UsageError(f"cannot be written: {why_not}", where=f"{option} {target}", do=_DO)


def _why_not(path: Path) -> str:
    """Return why a file cannot be written; empty where it can."""
    try:
        if path.is_dir():
            return os.strerror(errno.EISDIR)
        if path.exists() and not path.is_file():
            return "" if os.access(path, os.W_OK) else os.strerror(errno.EACCES)
        # It would be replaced by one beside it: only trying tells whether one can be made.
        with tempfile.TemporaryFile(dir=path.parent):
            return ""
    except OSError as error:
        return error.strerror or str(error)
