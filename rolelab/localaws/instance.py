"""The local AWS as a background process of one project: find it, start it, stop it.

Light to import: `rolelab local status` needs the standard library only.

The folder (mode 0700) is the instance: `instance.json` says who and where, `secret` is the administrator's,
`log` is the server's, `state/` what it holds between two runs. The server keeps a lock on `alive` as long as it
lives, so that a process id which the system gave to somebody else is never taken for it.
"""

from __future__ import annotations

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
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, cast

from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.errors import LabError
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
    """Look at the folder, the lock and the port, and say which of the five states it is; changes nothing."""
    record = read_record(home)
    alive = _is_alive(home)
    if record is None:
        if alive:
            return Found(state=State.HUNG, line=f"a local AWS is starting or stopping ({home})")
        return Found(state=State.STOPPED, line="the local AWS is not running")
    secret = read_secret(home)
    answer = _ask(record, secret) if secret else _Answer.FOREIGN
    pid, where = record.pid, f"127.0.0.1:{record.port}"
    if alive and secret and answer is _Answer.OURS:
        instance = record.instance(secret)
        return Found(
            state=State.RUNNING,
            line=f"the local AWS runs at {instance.url} (process {pid})",
            instance=instance,
            pid=pid,
        )
    if alive:
        return Found(state=State.HUNG, line=f"the local AWS (process {pid}) does not answer on {where}", pid=pid)
    if answer in (_Answer.FOREIGN, _Answer.SILENT):
        return Found(state=State.FOREIGN, line=f"the local AWS is not running; another program has its port, {where}")
    if record.kept:
        return Found(state=State.STOPPED, line="the local AWS is not running; what it holds is kept for the next start")
    return Found(state=State.DEAD, line=f"the local AWS (process {pid}) was killed; what it held is lost")


def ensure(home: Path, *, region: str = DEFAULT_REGION) -> Started:
    """Return the running instance, started here if need be; of two callers at once only one starts it.

    Raises:
        LabError: it cannot be started, or a hung one is in the way.
    """
    found = find(home)
    if found.state is State.RUNNING and found.instance:
        return Started(instance=found.instance, started=False, line=found.line)
    prepare(home)
    with _starting(home):
        found = _settled(home)
        if found.state is State.RUNNING and found.instance:
            return Started(instance=found.instance, started=False, line=found.line)
        if found.state is State.HUNG:
            raise LabError(found.line, do="end it with `rolelab local stop`, then try again")
        record = read_record(home)
        lost = record is not None and not record.kept
        _spawn(home, region)
        now = find(home)
    if now.instance is None:
        raise LabError("the local AWS ended right after its start", where=str(home / "log"), do="see its last lines")
    return Started(instance=now.instance, started=True, line=_started_line(now.instance, lost=lost))


def stop(home: Path) -> Found:
    """End the background process in order, or by force if it hangs, and say what came of it.

    Raises:
        LabError: it could not be ended.
    """
    found = find(home)
    if not _is_alive(home):
        return found
    if found.pid is None:
        raise LabError(found.line, do="try again in a moment")
    _signal(found.pid, signal.SIGTERM)
    if not _ended(home, _STOP_S if found.state is State.RUNNING else _HUNG_STOP_S):
        _signal(found.pid, signal.SIGKILL)
        if not _ended(home, 5.0):
            raise LabError(
                f"the local AWS (process {found.pid}) cannot be ended", do=f"end process {found.pid} by hand"
            )
    record = read_record(home)
    if record and record.kept:
        return Found(state=State.STOPPED, line="the local AWS is stopped; what it holds is kept for the next start")
    return Found(state=State.DEAD, line="the local AWS hung and was killed; what it held is lost")


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
        raise LabError(f"cannot use the folder of the local AWS: {error.strerror}", where=str(home)) from None


def read_record(home: Path) -> Record | None:
    """Return the record, or None where there is none that can be read."""
    try:
        content = json.loads((home / "instance.json").read_text(encoding="utf-8"))
        return Record(**cast("dict[str, Any]", content))
    except (OSError, ValueError, TypeError):
        return None


def write_record(home: Path, record: Record) -> None:
    """Replace the record in one step."""
    fields = {name: getattr(record, name) for name in Record.__slots__}
    _write(home / "instance.json", json.dumps(fields))


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
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


# -- locks and life -------------------------------------------------------------------------------------------------


def hold_alive(home: Path) -> int:
    """Take the lock that says "alive", for as long as the calling process lives.

    Raises:
        LabError: another server holds it.
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
            return descriptor


def _is_alive(home: Path) -> bool:
    try:
        descriptor = os.open(home / "alive", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _starting(home: Path) -> Iterator[None]:
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
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


def _ended(home: Path, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while _is_alive(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise LabError(f"process {pid} belongs to somebody else", do="ask its owner to end it") from None


# -- the process ----------------------------------------------------------------------------------------------------


def _spawn(home: Path, region: str) -> None:
    """Start the server detached from this terminal and wait until it serves, or says why it cannot."""
    import subprocess  # not needed to look whether it runs

    package_root = str(Path(__file__).resolve().parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINISTACK_"))}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH", ""))))
    reading, writing = os.pipe()
    try:
        log = os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
    raise LabError(f"the local AWS did not start: {said or 'it ended at once'}", where=str(home / "log"))


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


def _started_line(instance: Instance, *, lost: bool) -> str:
    line = f"started the local AWS at {instance.url} (process {instance.pid})"
    return f"{line}; the one before was killed and what it held is lost" if lost else line


# -- the proof ------------------------------------------------------------------------------------------------------


class _Answer(Enum):
    OURS = "ours"
    FOREIGN = "foreign"
    SILENT = "silent"
    REFUSED = "refused"


def _ask(record: Record, secret: Secret) -> _Answer:
    """Ask whoever listens on the recorded port to prove that it is the instance."""
    nonce = secrets.token_hex(16)
    request = f"GET {HEALTH_PATH}?nonce={nonce} HTTP/1.0\r\nHost: 127.0.0.1:{record.port}\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", record.port), timeout=_ANSWER_S) as connection:
            connection.sendall(request.encode())
            reply = _read_reply(connection)
    except ConnectionRefusedError:
        return _Answer.REFUSED
    except TimeoutError:
        return _Answer.SILENT
    except OSError:
        return _Answer.FOREIGN
    try:
        content = json.loads(reply.partition(b"\r\n\r\n")[2])
        given = str(content["proof"])
    except (ValueError, KeyError, TypeError):
        return _Answer.FOREIGN
    right = proof(secret, record.instance_id, nonce)
    return _Answer.OURS if hmac.compare_digest(given.encode(), right.encode()) else _Answer.FOREIGN


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
