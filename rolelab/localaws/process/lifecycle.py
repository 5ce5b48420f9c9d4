"""The local AWS as a background process of one project: find it, start it, stop it.

Light to import: `rolelab local status` needs the standard library only.

The folder (mode 0700) is the instance: `instance.json` says who and where, `secret` is the administrator's,
`log` is the server's, `state/` what it holds between two runs. The server keeps a lock on `alive` as long as it
lives and writes its process id there, so that one which the system gave to somebody else is never taken for it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any, cast

from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.errors import CannotTell, LabError
from rolelab.secret import Secret

HEALTH_PATH = "/_rolelab/health"
DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
IDLE_VARIABLE = "ROLELAB_LOCAL_IDLE_S"
"""Environment variable: seconds without a request after which the server ends by itself (0: never)."""
DEFAULT_IDLE_S = 7200

_START_S = 30.0
_STOP_S = 15.0
_ANSWER_S = 2.0
_SETTLE_S = 5.0
_HUNG_STOP_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One running local AWS. Its state belongs to its id: another id means an empty world."""

    url: str
    instance_id: str
    secret: Secret
    """Secret access key of every root key (12 digits: the root of that account)."""
    region: str
    pid: int
    port: int

    def endpoint(self, account_id: str = DEFAULT_ACCOUNT) -> Endpoint:
        """Return the endpoint with the root key of a 12-digit account."""
        return Endpoint(
            url=self.url,
            region=self.region,
            credentials=Credentials(access_key_id=account_id, secret_access_key=self.secret),
        )


class State(Enum):
    """What the folder and the port say about the background process."""

    RUNNING = "running"
    STOPPED = "stopped"
    """Never started, or ended in order: its state is kept and comes back with the next start."""
    DEAD = "dead"
    """Killed: what it held is lost, the next start makes an empty one with an id of its own."""
    HUNG = "hung"
    """The process lives and does not answer."""
    ASTRAY = "astray"
    """The process lives, and the folder does not say how to ask it: its record is spoilt, or its secret another's."""
    FOREIGN = "foreign"
    """Another program answers on its port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The state of the background process, with a line for people; the instance only where it is running."""

    state: State
    line: str
    instance: Instance | None = None
    pid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A running instance, and whether it was this call that started it (then `line` says what is in it)."""

    instance: Instance
    started: bool
    line: str


def proof(secret: Secret, instance_id: str, nonce: str) -> str:
    """Return what only the instance can answer to a nonce: it shows the secret is known without showing it."""
    text = f"{HEALTH_PATH}\n{instance_id}\n{nonce}".encode()
    return hmac.new(secret.reveal().encode(), text, hashlib.sha256).hexdigest()


def find(home: Path) -> Found:
    """Look at the folder, the lock and the port, and say which of the states it is; changes nothing.

    Raises:
        CannotTell: the folder cannot be looked at.
    """
    record = read_record(home)
    alive = _is_alive(home)
    if record is None:
        return _found_without_record(home) if alive else _not_running()
    secret = read_secret(home)
    said = _ask(record, secret or Secret(""))
    answer = said.answer
    # The record is of the run before as long as the new one starts.
    pid, where = (_holder(home) or record.pid) if alive else record.pid, f"127.0.0.1:{record.port}"
    if alive and secret and answer is _Answer.OURS:
        instance = record.instance(secret)
        line = f"the local AWS runs at {instance.url} (process {pid})"
        if record.code != code_print():
            line += "; it runs from older code until the next start or `rolelab up`"
        return Found(state=State.RUNNING, line=line, instance=instance, pid=pid)
    if alive and answer in (_Answer.OURS, _Answer.UNPROVEN):
        line = f"the local AWS (process {pid}) runs, but the folder's secret is not its own"
        return Found(state=State.ASTRAY, line=line, pid=_holder(home))
    if alive:
        line = f"the local AWS (process {pid}) does not answer on {where}"
        return Found(state=State.HUNG, line=line, pid=_holder(home))
    if answer is not _Answer.REFUSED:
        return Found(
            state=State.FOREIGN,
            line=f"the local AWS is not running; another program has its port, {where}",
        )
    if record.kept:
        return Found(
            state=State.STOPPED,
            line="the local AWS is not running; what it holds is kept for the next start",
        )
    return Found(
        state=State.DEAD, line=f"the local AWS (process {pid}) was killed; what it held is lost"
    )


def _not_running() -> Found:
    return Found(state=State.STOPPED, line="the local AWS is not running")


def _found_without_record(home: Path) -> Found:
    pid = _holder(home)
    if pid is None or not (home / "instance.json").exists():
        return Found(
            state=State.HUNG, line=f"a local AWS is starting or stopping ({home})", pid=pid
        )
    line = (
        f"the local AWS (process {pid}) runs, but its record is spoilt ({home / 'instance.json'})"
    )
    return Found(state=State.ASTRAY, line=line, pid=pid)


def ensure(home: Path, *, region: str = DEFAULT_REGION) -> Started:
    """Return the running instance, started here if need be; of two callers at once only one starts it.

    One that runs from older code than this is restarted in order, with what it holds.

    Raises:
        LabError: it cannot be started.
        CannotTell: one that cannot be asked is in the way.
    """
    found = find(home)
    if found.instance and _is_of_this_code(home):
        return Started(instance=found.instance, started=False, line=found.line)
    prepare(home)
    with _starting(home):
        found = _settled(home)
        if found.instance and _is_of_this_code(home):
            return Started(instance=found.instance, started=False, line=found.line)
        if found.state in (State.HUNG, State.ASTRAY):
            raise CannotTell(found.line, do="end it with `rolelab local stop`, then try again")
        older = found.instance is not None
        if older:
            stop(home)
        record = read_record(home)
        lost = record is not None and not record.kept
        _spawn(home, region)
        now = find(home)
    if now.instance is None:
        raise LabError(
            "the local AWS ended right after its start",
            where=str(home / "log"),
            do="see its last lines",
        )
    return Started(
        instance=now.instance,
        started=True,
        line=_started_line(now.instance, lost=lost, older=older),
    )


def stop(home: Path, *, force: bool = False) -> Found:
    """End the background process in order, or by force if it hangs, and say what came of it.

    One that cannot save what it holds goes on, so that room can be made; with `force` it is ended all the same.

    Raises:
        LabError: it could not be ended, or could not save what it holds.
        CannotTell: the folder cannot be looked at.
    """
    found = find(home)
    if not _is_alive(home):
        return found
    if found.pid is None:
        raise LabError(found.line, do="try again in a moment")
    failures = _failures(home)
    _signal(found.pid, signal.SIGTERM)
    why = _ended(home, _HUNG_STOP_S if found.state is State.HUNG else _STOP_S, failures)
    if why is None:
        return _after_the_end(
            home, "the local AWS could not save what it held at its end: that is lost"
        )
    if why and not force:
        raise LabError(
            f"the local AWS could not save what it holds, {why}",
            where=str(home / "state"),
            do="it runs on: mend that and stop it again, or give up what it holds with `rolelab local stop --force`",
        )
    if found.state is State.ASTRAY and not force:
        # It may be well and unable to save, which it cannot tell us.
        raise LabError(
            f"the local AWS (process {found.pid}) does not end",
            where=str(home / "log"),
            do="see its last lines, or give up what it holds with `rolelab local stop --force`",
        )
    _signal(found.pid, signal.SIGKILL)
    if _ended(home, 5.0) is not None:
        raise LabError(
            f"the local AWS (process {found.pid}) cannot be ended",
            do=f"end process {found.pid} by hand",
        )
    if why:
        return _after_the_end(
            home, "the local AWS could not save what it held and was ended by force: that is lost"
        )
    return _after_the_end(home, "the local AWS hung and was killed; what it held is lost")


def _after_the_end(home: Path, lost: str) -> Found:
    record = read_record(home)
    if record and record.kept:
        return Found(
            state=State.STOPPED,
            line="the local AWS is stopped; what it holds is kept for the next start",
        )
    return Found(state=State.DEAD, line=lost)


def why_not_written(error: OSError) -> str:
    """Say in words why something could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no room on the disk"
    return error.strerror or str(error)


def code_print() -> str:
    """Return what tells this code of the local AWS from an older or a newer one; only looks at its files."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    seen = [(file.name, one.st_size, one.st_mtime_ns) for file in files for one in (file.stat(),)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _is_of_this_code(home: Path) -> bool:
    record = read_record(home)
    return record is not None and record.code == code_print()


# -- what the folder holds ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`instance.json`: who the instance is and where it was last seen."""

    instance_id: str
    port: int
    pid: int
    region: str
    version: str
    """Of MiniStack: another version's state is not read."""
    started: float
    kept: bool = False
    """True from a clean end to the next start: `state/` is whole."""
    code: str = ""
    """What the server's code was when it started (`code_print`)."""

    def instance(self, secret: Secret) -> Instance:
        """Return what a caller needs of it."""
        return Instance(
            url=f"http://127.0.0.1:{self.port}",
            instance_id=self.instance_id,
            secret=secret,
            region=self.region,
            pid=self.pid,
            port=self.port,
        )


def prepare(home: Path) -> None:
    """Make the folder, for its owner only.

    Raises:
        LabError: it belongs to somebody else or cannot be made.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise LabError(
            f"cannot use the folder of the local AWS: {error.strerror}", where=str(home)
        ) from None


def read_record(home: Path) -> Record | None:
    """Return the record, or None where there is none, or none that makes sense.

    Raises:
        CannotTell: there may be one, and it cannot be read.
    """
    path = home / "instance.json"
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _cannot_look(path, error) from None
    try:
        record = Record(**cast("dict[str, Any]", json.loads(text)))
    except (ValueError, TypeError, RecursionError):
        return None
    return record if _makes_sense(record) else None


_TYPES: dict[str, tuple[type, ...]] = {
    "instance_id": (str,), "port": (int,), "pid": (int,), "region": (str,), "version": (str,), "started": (float, int),
    "kept": (bool,), "code": (str,),
}  # fmt: skip


def _makes_sense(record: Record) -> bool:
    return (
        all(type(getattr(record, name)) in types for name, types in _TYPES.items())
        and 0 < record.port < 65536
        # Zero and below would be groups of processes, not one.
        and record.pid > 0
    )


def _cannot_look(path: Path, error: OSError) -> CannotTell:
    return CannotTell(
        f"cannot find out whether the local AWS runs: {error.strerror}",
        where=str(path),
        do="make it readable for you",
    )


def write_record(home: Path, record: Record) -> None:
    """Replace the record in one step.

    Raises:
        OSError: it cannot be written.
    """
    _write(home / "instance.json", _text(record))


def stage_kept(home: Path, record: Record, secret: Secret) -> None:
    """Write down ahead of the end that all is kept, so that the end itself needs no room; the secret comes along.

    Raises:
        OSError: it cannot be written.
    """
    write_secret(home, secret)
    _write(home / _KEPT, _text(record))


def mark_kept(home: Path) -> None:
    """Let what was staged count."""
    (home / _KEPT).replace(home / "instance.json")


_KEPT = "instance.json.kept"


def _text(record: Record) -> str:
    return json.dumps({field.name: getattr(record, field.name) for field in fields(record)})


def read_secret(home: Path) -> Secret | None:
    """Return the administrator's secret, or None where there is none."""
    try:
        text = (home / "secret").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Secret(text) if text else None


def new_secret() -> Secret:
    """Make a secret access key: 40 characters, as AWS's are."""
    return Secret(secrets.token_urlsafe(30))


def write_secret(home: Path, secret: Secret) -> None:
    """Keep the administrator's secret, readable by its owner only."""
    _write(home / "secret", secret.reveal())


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


# -- locks and life -------------------------------------------------------------------------------------------------


def hold_alive(home: Path) -> int:
    """Take the lock that says "alive", for as long as the calling process lives, and write its id there.

    Raises:
        LabError: another server holds it.
        OSError: it cannot be written.
    """
    descriptor = os.open(home / "alive", os.O_RDWR | os.O_CREAT, 0o600)
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


def _is_alive(home: Path) -> bool:
    try:
        descriptor = os.open(home / "alive", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _cannot_look(home / "alive", error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _holder(home: Path) -> int | None:
    """Return the process that holds the lock; None in the moment before it has said so."""
    try:
        text = (home / "alive").read_bytes().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and len(text) < 12 and int(text) > 0 else None


@contextmanager
def _starting(home: Path) -> Iterator[None]:
    try:
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LabError(
            f"the local AWS cannot be started: {why_not_written(error)}", where=str(home / "lock")
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _settled(home: Path) -> Found:
    """Look again for a moment where the process lives without answering: it may be on its way out."""
    deadline = time.monotonic() + _SETTLE_S
    found = find(home)
    while found.state is State.HUNG and time.monotonic() < deadline:
        time.sleep(0.05)
        found = find(home)
    return found


def _ended(home: Path, wait_s: float, failures: int | None = None) -> str | None:
    """Wait for the end: None once it came, else why what it holds could not be saved, or "" if it says nothing.

    `failures`: how often it had failed to save before it was told to end, where it can be asked.
    """
    deadline = time.monotonic() + wait_s
    while _is_alive(home):
        if failures is not None:
            said = _said(home)
            if said.failures > failures:
                return said.unsaved
        if time.monotonic() > deadline:
            return ""
        time.sleep(0.01)
    return None


def _failures(home: Path) -> int | None:
    said = _said(home)
    return said.failures if said.answer is _Answer.OURS else None


def _said(home: Path) -> _Said:
    record, secret = read_record(home), read_secret(home)
    return _ask(record, secret) if record and secret else _Said(_Answer.SILENT)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise LabError(
            f"process {pid} belongs to somebody else", do="ask its owner to end it"
        ) from None


# -- the process ----------------------------------------------------------------------------------------------------


def _spawn(home: Path, region: str) -> None:
    """Start the server detached from this terminal and wait until it serves, or says why it cannot."""
    import subprocess  # not needed to look whether it runs

    package_root = str(Path(__file__).resolve().parents[3])
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MINISTACK_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (package_root, os.environ.get("PYTHONPATH", "")))
    )
    reading, writing = os.pipe()
    try:
        try:
            log = os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            # The id of a process before must not be read for the new one's.
            os.close(os.open(home / "alive", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        except OSError as error:
            os.close(writing)
            raise LabError(
                f"the local AWS did not start: {why_not_written(error)}", where=str(home)
            ) from None
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "rolelab.localaws.process", str(home), region, str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=home,
                pass_fds=(writing,),
                start_new_session=True,
            )
        finally:
            os.close(log)
            os.close(writing)
        said = _read_until_closed(reading, _START_S)
    finally:
        os.close(reading)
    if said == "serving":
        # It outlives us on purpose, so nobody waits for it.
        process.returncode = 0
        return
    if said is None:
        process.kill()
        said = f"no answer within {_START_S:.0f} s"
    process.wait()
    raise LabError(
        f"the local AWS did not start: {said or 'it ended at once'}", where=str(home / "log")
    )


def _read_until_closed(descriptor: int, wait_s: float) -> str | None:
    """Return what came through the pipe until its other end closed, or None when that takes too long."""
    import select

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


def _started_line(instance: Instance, *, lost: bool, older: bool) -> str:
    if older:
        return f"restarted the local AWS at {instance.url} (process {instance.pid}), which ran from older code"
    line = f"started the local AWS at {instance.url} (process {instance.pid})"
    return f"{line}; the one before was killed and what it held is lost" if lost else line


# -- the proof ------------------------------------------------------------------------------------------------------


class _Answer(Enum):
    OURS = "ours"
    UNPROVEN = "unproven"
    """It says that it is the instance, and proves it with another secret than ours."""
    FOREIGN = "foreign"
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class _Said:
    """Who answered, and ours: how often it could not save what it holds, and why."""

    answer: _Answer
    failures: int = 0
    unsaved: str = ""


def _ask(record: Record, secret: Secret) -> _Said:
    """Ask whoever listens on the recorded port to prove that it is the instance."""
    nonce = secrets.token_hex(16)
    request = f"GET {HEALTH_PATH}?nonce={nonce} HTTP/1.0\r\nHost: 127.0.0.1:{record.port}\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", record.port), timeout=_ANSWER_S) as connection:
            connection.sendall(request.encode())
            reply = _read_reply(connection)
    except ConnectionRefusedError:
        return _Said(_Answer.REFUSED)
    except TimeoutError:
        return _Said(_Answer.SILENT)
    except OSError:
        return _Said(_Answer.FOREIGN)
    try:
        content = json.loads(reply.partition(b"\r\n\r\n")[2])
        given, who = str(content["proof"]), content["instance"]
        right = proof(secret, record.instance_id, nonce)
        if hmac.compare_digest(given.encode(), right.encode()):
            return _Said(
                _Answer.OURS, int(content.get("failures", 0)), str(content.get("unsaved", ""))
            )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _Said(_Answer.FOREIGN)
    return _Said(_Answer.UNPROVEN if who == record.instance_id else _Answer.FOREIGN)


def _read_reply(connection: socket.socket) -> bytes:
    """Read up to the end, a foreign server's endless one up to a bound."""
    deadline = time.monotonic() + _ANSWER_S
    reply = b""
    while len(reply) < 65536:
        if time.monotonic() > deadline:
            raise TimeoutError
        chunk = connection.recv(4096)
        if not chunk:
            break
        reply += chunk
    return reply
