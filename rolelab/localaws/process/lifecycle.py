"""Start and stop the local AWS of a folder: one background process, whoever asks first."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from rolelab.errors import CannotTell, LabError, UsageError
from rolelab.localaws.process import lock, probe
from rolelab.localaws.process.probe import Answer, Found, State
from rolelab.localaws.process.record import (
    DEFAULT_REGION,
    Instance,
    begin_anew,
    code_print,
    prepare,
    read_record,
    told_command,
    why_not_written,
)
from rolelab.localaws.process.spawning import spawn

IDLE_VARIABLE = "ROLELAB_LOCAL_IDLE_S"
"""Environment variable: after so many seconds without a request the server ends (0: never)."""
DEFAULT_IDLE_S = 7200

_STOP_S = 15.0
_HUNG_STOP_S = 3.0
_KILL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A running instance, and whether this call started it (then `line` tells what is in it)."""

    instance: Instance
    started: bool
    line: str


def ensure(home: Path, *, region: str = DEFAULT_REGION, port: int = 0, owner: int = 0) -> Started:
    """Return the running instance, started here if need be; of two callers only one starts it.

    One that runs from older code than this is restarted in order, with what it holds. Without a
    `port` it takes the one that it had, if that is free, else any. It ends with the process
    `owner`, if one is named.

    Raises:
        UsageError: it cannot have the port, or runs on another one.
        LabError: it cannot be started.
        CannotTell: one that cannot be asked is in the way.
    """
    found = probe.find(home)
    if found.instance and _is_of_this_code(home):
        return _joined(home, found.instance, found.line, port)
    prepare(home)
    with lock.starting(home):
        found = probe.settled(home)
        if found.instance and _is_of_this_code(home):
            return _joined(home, found.instance, found.line, port)
        if found.is_in_the_way:
            do = f"end it with {told_command('stop', home)}, then try again"
            raise CannotTell(found.line, do=do)
        older = found.instance is not None
        if older:
            stop(home)
        before = read_record(home)
        lost = before is not None and not before.kept
        spawn(home, [region, str(port), str(owner)])
        now = probe.find(home)
    if now.instance is None:
        raise LabError(
            "the local AWS ended right after its start",
            where=str(home / "log"),
            do="see its last lines",
        )
    line = _started_line(now.instance, lost=lost, older=older)
    return Started(instance=now.instance, started=True, line=line)


def _joined(home: Path, running: Instance, line: str, port: int) -> Started:
    if port not in (0, running.port):
        what = f"the local AWS runs on port {running.port}"
        do = f"stop it with {told_command('stop', home)}, then start it"
        raise UsageError(what, where="--port", do=do)
    return Started(instance=running, started=False, line=line)


def _is_of_this_code(home: Path) -> bool:
    recorded = read_record(home)
    return recorded is not None and recorded.code == code_print()


def _started_line(instance: Instance, *, lost: bool, older: bool) -> str:
    where = f"the local AWS at {instance.url} (process {instance.pid})"
    if older:
        return f"restarted {where}, which ran from older code"
    return f"started {where}" + (
        "; the one before was killed and what it held is lost" if lost else ""
    )


def stop(home: Path, *, force: bool = False) -> Found:
    """End the background process in order, or by force if it hangs; return what came of it.

    One that cannot save what it holds goes on, so that room can be made; with `force` it is ended.

    Raises:
        LabError: it could not be ended, or could not save what it holds.
        CannotTell: the folder cannot be looked at.
    """
    found = probe.find(home)
    if not lock.is_alive(home):
        return found
    if found.pid is None:
        raise LabError(found.line, do="try again in a moment")
    health = probe.health(home)
    failures = health.failures if health.answer is Answer.OURS else None
    _signal(found.pid, signal.SIGTERM)
    why = _ended(home, _HUNG_STOP_S if found.state is State.HUNG else _STOP_S, failures)
    if why is None:
        return _stopped(home, "the local AWS could not save what it held at its end: that is lost")
    if not force:
        _require_no_loss(home, found, why)
    _kill(found.pid, home)
    if why:
        return _stopped(
            home, "the local AWS could not save what it held and was ended by force: that is lost"
        )
    return _stopped(home, "the local AWS hung and was killed; what it held is lost")


def reset(home: Path) -> bool:
    """Empty the local AWS: what it holds is gone, and it is another instance; tells if it ran.

    Its port and the administrator's secret stay, so that shells that have them go on.

    Raises:
        LabError: it could not be ended, or the folder cannot be written.
        CannotTell: the folder cannot be looked at.
    """
    prepare(home)
    with lock.starting(home):
        ran = lock.is_alive(home)
        if ran:
            # In no order: nothing of it is to be kept.
            _kill(lock.holder(home), home)
        try:
            begin_anew(home)
        except OSError as error:
            what = f"the local AWS could not be emptied: {why_not_written(error)}"
            raise LabError(what, where=str(home / (error.filename or ""))) from None
    return ran


def _kill(pid: int | None, home: Path) -> None:
    if pid is None:
        raise LabError("a local AWS is starting or stopping", where=str(home), do="try again")
    _signal(pid, signal.SIGKILL)
    if _ended(home, _KILL_S) is not None:
        raise LabError(
            f"the local AWS (process {pid}) cannot be ended", do=f"end process {pid} by hand"
        )


def _require_no_loss(home: Path, found: Found, why: str) -> None:
    """Refuse to kill what might still save what it holds.

    Raises:
        LabError: it told why it cannot save now, or cannot tell us.
    """
    if why:
        raise LabError(
            f"the local AWS could not save what it holds, {why}",
            where=str(home / "state"),
            do="it runs on: fix that and stop it again, "
            f"or give up what it holds with {told_command('stop --force', home)}",
        )
    if found.state is State.ASTRAY:
        raise LabError(
            f"the local AWS (process {found.pid}) does not end",
            where=str(home / "log"),
            do="see its last lines, "
            f"or give up what it holds with {told_command('stop --force', home)}",
        )


def _ended(home: Path, wait_s: float, failures: int | None = None) -> str | None:
    """Wait for the end: None once it came, else why it could not save, "" if it does not tell.

    `failures`: how often it had failed to save before it was told to end, where it can be asked.
    """
    deadline = time.monotonic() + wait_s
    while lock.is_alive(home):
        if failures is not None:
            health = probe.health(home)
            if health.failures > failures:
                return health.unsaved
        if time.monotonic() > deadline:
            return ""
        time.sleep(0.01)
    return None


def _stopped(home: Path, lost: str) -> Found:
    recorded = read_record(home)
    if recorded and recorded.kept:
        line = "the local AWS is stopped; what it holds is kept for the next start"
        return Found(state=State.STOPPED, line=line)
    return Found(state=State.DEAD, line=lost)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise LabError(
            f"process {pid} belongs to somebody else", do="ask its owner to end it"
        ) from None
