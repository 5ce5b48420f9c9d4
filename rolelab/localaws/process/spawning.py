"""Begin the background process, and hear from it whether it serves."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rolelab import whole_file
from rolelab.errors import LabError, UsageError
from rolelab.localaws.process import lock
from rolelab.localaws.process.record import why_not_written

SERVING = "serving"
"""The background process's word for a start that worked."""
_START_S = 30.0


def spawn(home: Path, more: Sequence[str]) -> None:
    """Start the server detached from this terminal; wait until it serves, or tells why it cannot.

    `more` are its arguments behind the pipe: region, port, owner.

    Raises:
        UsageError: the port cannot be had.
        LabError: it did not start.
    """
    reading, writing = os.pipe()
    try:
        try:
            process = _process(home, writing, more)
        finally:
            os.close(writing)
        said = _read_until_closed(reading, _START_S)
    finally:
        os.close(reading)
    if said == SERVING:
        # It outlives us on purpose, so nobody waits for it.
        process.returncode = 0
        return
    if said is None:
        process.kill()
        said = f"1 no answer within {_START_S:.0f} s"
    process.wait()
    code, _, why = said.partition(" ")
    what = f"the local AWS did not start: {why or 'it ended at once'}"
    if code == str(UsageError.exit_code):
        raise UsageError(what)
    raise LabError(what, where=str(home / "log"))


def _process(home: Path, pipe: int, more: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        log = os.open(
            home / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | whole_file.AS_A_FILE, 0o600
        )
        lock.forget_holder(home)
    except OSError as error:
        raise LabError(
            f"the local AWS did not start: {why_not_written(error)}",
            where=str(error.filename or home),
            do="make it a file that you can write",
        ) from None
    words = ["-m", "rolelab.localaws.process", str(home), str(pipe), *more]
    try:
        return subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            cwd=home,
            pass_fds=(pipe,),
            start_new_session=True,
        )
    finally:
        os.close(log)


_INHERITED = ("PATH", "HOME", "USER", "TMPDIR", "TZ", "LANG", "LC_", "LD_", "DYLD_", "PYTHON",
              "COV", "ROLELAB_")  # fmt: skip
"""Beginnings of the names of variables that the server gets: what Python and ours read."""


def _environment() -> dict[str, str]:
    """Return the server's environment: its own code, and nothing that it was not made for.

    Botocore and MiniStack read a hundred variables, those of an AWS account and of containers.
    """
    package_root = str(Path(__file__).resolve().parents[3])
    inherited = {name: value for name, value in os.environ.items() if name.startswith(_INHERITED)}
    path = filter(None, (package_root, os.environ.get("PYTHONPATH", "")))
    return inherited | {"PYTHONPATH": os.pathsep.join(path)}


def _read_until_closed(descriptor: int, wait_s: float) -> str | None:
    """Return what came through the pipe until its other end closed, or None if that is too long."""
    deadline = time.monotonic() + wait_s
    said = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(descriptor, 4096)
        if not chunk:
            return said.decode("utf-8", "replace").strip()
        said += chunk
