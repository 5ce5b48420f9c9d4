"""The background process: `python -m rolelab.localaws.process HOME PIPE REGION PORT OWNER`.

`lifecycle.ensure` starts it and waits at the other end of the pipe for one word: an exit code, and
why it does not serve. PORT is 0 where any will do. With the process OWNER it ends; 0 is none.

It works in HOME and names what is in there from there: where the folder is moved, its files go
with it, and never into one that was made in its place.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rolelab.errors import LabError
from rolelab.localaws.ministack import emulator
from rolelab.localaws.process import lock, log
from rolelab.localaws.process.lifecycle import DEFAULT_IDLE_S, IDLE_VARIABLE
from rolelab.localaws.process.record import (
    InstanceRecord,
    code_print,
    mark_kept,
    new_id,
    new_secret,
    read_record,
    read_secret,
    stage_kept,
    why_not_written,
    write_record,
    write_secret,
)
from rolelab.localaws.process.spawning import SERVING

if TYPE_CHECKING:
    from rolelab.localaws.process.server import Server

_log = logging.getLogger(__name__)


class _Starter:
    """Whoever started this process and waits for one word of it."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def tell(self, word: str) -> bool:
        """Send it; False if one has been sent before, and nobody listens any more."""
        if self._pipe is None:
            return False
        pipe, self._pipe = self._pipe, None
        with suppress(BrokenPipeError):  # it was interrupted: whoever comes next finds the server
            os.write(pipe, word.encode())
        os.close(pipe)
        return True


def main(home: Path, pipe: int, region: str, port: int, owner: int) -> int:
    """Serve until stopped or idle; tell the starter when it serves, or why it does not."""
    log.install()
    starter = _Starter(pipe)
    try:
        _serve(home, starter, region, port, owner)
    except LabError as error:
        if not starter.tell(f"{error.exit_code} {error}"):
            _log.error("%s", error)
        return error.exit_code
    except OSError as error:
        path = home / (error.filename or "")
        if not starter.tell(f"1 cannot write {path}: {why_not_written(error)}"):
            _log.exception("the local AWS failed")
        return 1
    return 0


def _serve(home: Path, starter: _Starter, region: str, port: int, owner: int) -> None:
    os.umask(0o077)
    # Looked at before the code is loaded: a change from here on makes it older code.
    idle_s, code = _idle_s(), code_print()
    os.chdir(home)
    here = Path()
    alive = lock.hold_alive(home)
    server = _prepared(here, region, port)
    instance = server.instance
    recorded = InstanceRecord(
        instance_id=instance.instance_id,
        port=instance.port,
        pid=os.getpid(),
        region=region,
        version=emulator.PINS["ministack"],
        started=time.time(),
        code=code,
    )

    def announce() -> None:
        write_secret(here, instance.secret)
        write_record(here, recorded)
        starter.tell(SERVING)

    def end(*_: object) -> None:
        server.leave()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    kept = replace(recorded, kept=True)
    saved = server.run(
        on_ready=announce,
        on_saved=lambda: stage_kept(here, kept, instance.secret),
        idle_s=idle_s,
        is_wanted=lambda: lock.is_own(home, alive) and _lives(owner),
    )
    if not saved:
        raise LabError("the local AWS ends without having saved what it held")
    mark_kept(here)


def _prepared(home: Path, region: str, port: int) -> Server:
    """Return a server that continues what an orderly end has kept, or begins an empty world."""
    before, secret = read_record(home), read_secret(home)
    state = home / "state"
    restore = before is not None and before.kept and before.version == emulator.PINS["ministack"]
    if not restore:
        # What is there was written by a run that did not end in order, or by another version.
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(mode=0o700, exist_ok=True)

    from rolelab.localaws.process.server import Server

    return Server(
        instance_id=before.instance_id if restore and before else new_id(),
        # Without it only whoever held it is locked out: it opens the world, and does not hold it.
        secret=secret if restore and secret else new_secret(),
        region=region,
        port=port or (before.port if before else 0),
        must_have_port=port > 0,
        state=state,
        restore=restore,
    )


def _lives(owner: int) -> bool:
    if owner == 0:
        return True
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _idle_s() -> float:
    text = os.environ.get(IDLE_VARIABLE, "")
    try:
        return float(text) if text else DEFAULT_IDLE_S
    except ValueError:
        raise LabError(
            f"{text!r} is not a number of seconds", where=IDLE_VARIABLE, do="give one, such as 7200"
        ) from None


if __name__ == "__main__":
    sys.exit(
        main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    )
