"""The background process: `python -m rolelab.localaws.process HOME REGION PIPE`, started by `instance.ensure`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from rolelab.errors import LabError
from rolelab.localaws import emulator
from rolelab.localaws.instance import (
    DEFAULT_IDLE_S,
    IDLE_VARIABLE,
    Record,
    hold_alive,
    new_secret,
    read_record,
    read_secret,
    write_record,
    write_secret,
)


def main(home: Path, region: str, pipe: int) -> int:
    """Serve until stopped or idle; tell the starter through the pipe when it serves, or why it does not."""
    try:
        _serve(home, region, pipe)
    except LabError as error:
        os.write(pipe, str(error).encode())
        return error.exit_code
    return 0


def _serve(home: Path, region: str, pipe: int) -> None:
    os.umask(0o077)
    idle_s = _idle_s()
    hold_alive(home)
    before, secret = read_record(home), read_secret(home)
    version = emulator.PINS["ministack"]
    state = home / "state"
    restore = before is not None and secret is not None and before.kept and before.version == version
    if not restore:
        # What is there was written by a run that did not end in order, or by another version: another world begins.
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(mode=0o700, exist_ok=True)

    from rolelab.localaws.server import Server, new_id

    server = Server(
        instance_id=before.instance_id if restore and before else new_id(),
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
    )

    def announce() -> None:
        write_secret(home, instance.secret)
        write_record(home, record)
        os.write(pipe, b"serving")
        os.close(pipe)

    def end(*_: object) -> None:
        server.end()

    # uvicorn ends in order and then raises the signal again, for whoever handled it before: nothing is left to do.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    server.run(on_ready=announce, idle_s=idle_s)
    write_record(home, replace(record, kept=True))


def _idle_s() -> float:
    given = os.environ.get(IDLE_VARIABLE, "")
    try:
        return float(given) if given else DEFAULT_IDLE_S
    except ValueError:
        raise LabError(f"{given!r} is no number of seconds", where=IDLE_VARIABLE, do="give one, such as 7200") from None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
