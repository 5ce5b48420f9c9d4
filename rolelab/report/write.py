"""Where a report goes: to a file, whole or not at all, or to the standard output."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from rolelab import whole_file
from rolelab.errors import LabError

STDOUT = "-"


def write(target: str, text: str) -> None:
    """Write `text` to a file in one step, or to the standard output for `-`.

    What is not an ordinary file (`/dev/stderr`, a pipe) is not replaced but written to.

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
        else:
            # A link is followed, so that what it leads to is replaced and not the link.
            whole_file.replace(path.resolve(), text, mode=0o644)
    except OSError as error:
        what, do = f"cannot be written: {error.strerror}", "name a file in a folder of yours"
        raise LabError(what, where=target, do=do) from None
