"""Files that are written whole or not at all, and folders for the owner alone."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

AS_A_FILE = os.O_NOFOLLOW | os.O_NONBLOCK
"""Flags for what stays open: a link is not followed, a pipe not waited for."""


def replace(path: Path, text: str, *, mode: int) -> None:
    """Write `text` to a file in one step: whoever reads it sees the old content or the new.

    A link is replaced itself, and the mode is not that of what was there.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def remove_unfinished(path: Path) -> None:
    """Remove what `replace` of this file left beside it when it was killed.

    Raises:
        OSError: it cannot be removed.
    """
    for left in path.parent.glob(f".{path.name}.????????"):
        left.unlink(missing_ok=True)


def read(path: Path) -> bytes:
    """Return what a file holds; a pipe or a device, which may have no end, is none.

    Raises:
        OSError: it is not there, cannot be read, or is not a file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read()
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone, whatever the umask.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
