"""Ctrl-C ends a command with one line, from its first moment on.

Loads nothing that Python has not loaded before it comes here: whatever is loaded first is where
Ctrl-C would show a traceback.
"""

import os
import sys

TYPE_CHECKING = False  # the one of `typing`, which takes longer to load than all of this
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal


def end_on_ctrl_c() -> None:
    """Let Ctrl-C end this process, wherever it is.

    Where whoever started it ignores Ctrl-C, as a script does for what it runs in the background,
    it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, end)


def end(number: int, _frame: object) -> None:
    """End at once: nothing is unwound, so nothing can go wrong or show a traceback."""
    try:
        # Whoever writes to it right now may be the one interrupted: then it is as it is.
        sys.stdout.flush()
    finally:
        try:
            os.write(2, b"error: interrupted\n")
        finally:
            os._exit(128 + number)
