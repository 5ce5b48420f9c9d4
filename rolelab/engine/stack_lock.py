"""Who works on a stack: `flock` on a file that says so; it goes with the process."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from rolelab import whole_file
from rolelab.errors import LabError


def take(folder: Path, command: str) -> int:
    """Take the lock of a stack; return its file descriptor: closing that gives it back.

    Raises:
        LabError: another process has it, or the file cannot be written.
    """
    descriptor = _opened(folder / "lock")
    # `holder` takes the lock for an instant: that is not a reason to give up.
    for attempt in range(3):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == 2:
                who = _describe(os.pread(descriptor, 1000, 0))
                os.close(descriptor)
                raise LabError(
                    f"stack {folder.name} is in use by {who}",
                    where=str(folder),
                    do="wait until it has ended",
                ) from None
            time.sleep(0.02)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    who = json.dumps({"command": command, "pid": os.getpid(), "since": since})
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, who.encode(), 0)
    except OSError as error:
        raise _not_locked(folder / "lock", error) from None
    return descriptor


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | whole_file.AS_A_FILE, 0o600)
    except OSError as error:
        raise _not_locked(path, error) from None


def _not_locked(path: Path, error: OSError) -> LabError:
    do = "make it a file that you can write, or remove it"
    return LabError(f"the stack cannot be locked: {error.strerror}", where=str(path), do=do)


def holder(folder: Path) -> str:
    """Return who works on the stack right now; empty if nobody does."""
    with suppress(FileNotFoundError):
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _describe(os.pread(descriptor, 1000, 0))
        finally:
            os.close(descriptor)
    return ""


def _describe(text: bytes) -> str:
    try:
        who = json.loads(text)
        return f"`rolelab {who['command']}` (process {who['pid']}, since {who['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
