"""The log of the background process: on its standard error, which is a file, and of a limited size.

Whoever can reach the port can have something logged: what is oldest goes when the file is full.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
from typing import TextIO

MOST_BYTES = 1_000_000


class BoundedLog(logging.StreamHandler[TextIO]):
    """Logs to standard error, and begins anew where that is a file that has grown too large."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        file = self.stream.fileno()
        held = os.fstat(file)
        if stat.S_ISREG(held.st_mode) and held.st_size > MOST_BYTES:
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            self.stream.write("the log was full: what stood here is gone\n")
        super().emit(record)


def install() -> None:
    """Log so from here on, warnings and errors."""
    logging.basicConfig(handlers=[BoundedLog()], level=logging.WARNING)
