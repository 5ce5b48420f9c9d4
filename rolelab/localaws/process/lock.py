"""The locks of the folder: `alive` for as long as the server lives, `lock` while one is started.

A lock goes with its process, however that ends. Beside it the server writes its process id, so that
an id which the system gave to somebody else is never taken for it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rolelab import whole_file
from rolelab.errors import LabError
from rolelab.localaws.process.record import cannot_look, why_not_written


def hold_alive(home: Path) -> int:
    """Take the lock that means "alive" for the life of this process, and write its id there.

    Raises:
        LabError: another server holds it.
        OSError: it cannot be written.
    """
    descriptor = os.open(home / "alive", os.O_RDWR | os.O_CREAT | whole_file.AS_A_FILE, 0o600)
    deadline = time.monotonic() + 1.0
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Whoever looks whether we are alive holds the lock for an instant.
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise LabError("a local AWS already runs in this folder", where=str(home)) from None
            time.sleep(0.005)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
            return descriptor


def is_own(home: Path, descriptor: int) -> bool:
    """Return whether a folder is still the one in which `descriptor` holds the lock.

    It is not where it was removed or moved, and another one made in its place.
    """
    try:
        there = (home / "alive").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # It cannot be looked at: nothing says that it is another's.
        return True
    return os.path.samestat(there, os.fstat(descriptor))


def is_alive(home: Path) -> bool:
    """Return whether a server lives.

    Raises:
        CannotTell: the lock cannot be looked at.
    """
    try:
        descriptor = os.open(home / "alive", os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise cannot_look(home / "alive", error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(home: Path) -> int | None:
    """Return the id of the process that lives; None in the moment before it has written it."""
    try:
        text = whole_file.read(home / "alive").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and len(text) < 12 and int(text) > 0 else None


def forget_holder(home: Path) -> None:
    """Empty the file: the id of a process before must not be read for the new one's.

    Raises:
        OSError: it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | whole_file.AS_A_FILE
    os.close(os.open(home / "alive", flags, 0o600))


@contextmanager
def starting(home: Path) -> Iterator[None]:
    """Wait until nobody else starts a server here, and hold that until the end.

    Raises:
        LabError: the lock cannot be written.
    """
    try:
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | whole_file.AS_A_FILE, 0o600)
    except OSError as error:
        raise LabError(
            f"the local AWS cannot be started: {why_not_written(error)}", where=str(home / "lock")
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
