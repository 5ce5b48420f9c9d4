"""The background process: `python -m rolelab.localaws.process HOME REGION PIPE`, started by `instance.ensure`."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from rolelab.errors import LabError
from rolelab.localaws.ministack import emulator
from rolelab.localaws.process.lifecycle import (
    DEFAULT_IDLE_S,
    IDLE_VARIABLE,
    Record,
    code_print,
    hold_alive,
    mark_kept,
    new_secret,
    read_record,
    read_secret,
    stage_kept,
    why_not_written,
    write_record,
    write_secret,
)

_log = logging.getLogger(__name__)


class _Starter:
    """Whoever started this process and waits at the other end of a pipe for one word of it."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def tell(self, said: str) -> bool:
        """Say it; False if the word has been said before, and nobody listens any more."""
        if self._pipe is None:
            return False
        pipe, self._pipe = self._pipe, None
        os.write(pipe, said.encode())
        os.close(pipe)
        return True


def main(home: Path, region: str, pipe: int) -> int:
    """Serve until stopped or idle; tell the starter through the pipe when it serves, or why it does not."""
    starter = _Starter(pipe)
    try:
        _serve(home, region, starter)
    except LabError as error:
        if not starter.tell(str(error)):
            _log.error("%s", error)
        return error.exit_code
    except OSError as error:
        if not starter.tell(f"cannot write {error.filename or home}: {why_not_written(error)}"):
            _log.exception("the local AWS failed")
        return 1
    return 0


def _serve(home: Path, region: str, starter: _Starter) -> None:
    os.umask(0o077)
    idle_s, code = _idle_s(), code_print()
    hold_alive(home)
    before, secret = read_record(home), read_secret(home)
    version = emulator.PINS["ministack"]
    state = home / "state"
    restore = before is not None and before.kept and before.version == version
    if not restore:
        # What is there was written by a run that did not end in order, or by another version: another world begins.
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(mode=0o700, exist_ok=True)

    from rolelab.localaws.process.server import Server, new_id

    server = Server(
        instance_id=before.instance_id if restore and before else new_id(),
        # Without it only whoever held it is locked out: it opens the world, and does not hold it.
        secret=secret if restore and secret else new_secret(),
        region=region,
        port=before.port if before else 0,
        state=state,
        restore=restore,
    )
    instance = server.instance
    record = Record(
        instance_id=instance.instance_id,
        port=instance.port,
        pid=os.getpid(),
        region=region,
        version=version,
        started=time.time(),
        code=code,
    )

    def announce() -> None:
        write_secret(home, instance.secret)
        write_record(home, record)
        starter.tell("serving")

    def end(*_: object) -> None:
        server.leave()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    saved = server.run(
        on_ready=announce,
        on_saved=lambda: stage_kept(home, replace(record, kept=True), instance.secret),
        idle_s=idle_s,
    )
    if not saved:
        raise LabError("the local AWS ends without having saved what it held")
    mark_kept(home)


def _idle_s() -> float:
    given = os.environ.get(IDLE_VARIABLE, "")
    try:
        return float(given) if given else DEFAULT_IDLE_S
    except ValueError:
        raise LabError(
            f"{given!r} is no number of seconds", where=IDLE_VARIABLE, do="give one, such as 7200"
        ) from None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
