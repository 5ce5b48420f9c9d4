"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from pathlib import Path

from rolelab.errors import LabError

STDOUT = "-"


def write(target: str, text: str, *, mode: int = 0o644) -> None:
    """Write `text` to a file in one step, or to the standard output for `-`.

    Whoever reads the file sees the old content or the new, never a part. What is no ordinary file (`/dev/stderr`, a
    pipe) cannot be replaced and is written to as it is.

    Raises:
        LabError: it cannot be written; what was there is as it was.
    """
    if target == STDOUT:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
        return
    path = Path(target)
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_text(text, encoding="utf-8")
            return
        # A link is followed, so that what it leads to is replaced and not the link.
        path = path.resolve()
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(target, error) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _unwritable(target: str, error: OSError) -> LabError:
    return LabError(
        f"cannot be written: {error.strerror}", where=target, do="name a file in a folder of yours"
    )
