"""Look whether the local AWS of a folder runs, and whether what answers on its port is that one.

Light to import: `rolelab local status` needs the standard library only.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rolelab.localaws.http import proofs
from rolelab.localaws.process import lock
from rolelab.localaws.process.record import (
    Instance,
    InstanceRecord,
    code_print,
    read_record,
    read_secret,
)
from rolelab.secret import Secret

_ANSWER_S = 2.0
_SETTLE_S = 5.0
MOST_BYTES = 65536
"""More than an answer on the health has."""


class State(Enum):
    """What the folder and the port show of the background process."""

    RUNNING = "running"
    STOPPED = "stopped"
    """Never started, or ended in order: its state is kept and comes back with the next start."""
    DEAD = "dead"
    """Killed: what it held is lost, the next start makes an empty one with an id of its own."""
    HUNG = "hung"
    """The process lives and does not answer."""
    ASTRAY = "astray"
    """The process lives and cannot be asked: its record is spoilt, or the secret another's."""
    FOREIGN = "foreign"
    """Another program answers on its port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The state of the background process in a line for people; the instance only where it runs."""

    state: State
    line: str
    instance: Instance | None = None
    pid: int | None = None

    @property
    def is_in_the_way(self) -> bool:
        """Whether a process must end before another one can be started: it cannot be asked."""
        return self.state in (State.HUNG, State.ASTRAY)


class Answer(Enum):
    """Who answers on the recorded port."""

    OURS = "ours"
    UNPROVEN = "unproven"
    """It claims to be the instance, and proves it with another secret than ours."""
    FOREIGN = "foreign"
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Health:
    """Who answered; where it is ours, how often it could not save what it holds, and why."""

    answer: Answer
    failures: int = 0
    unsaved: str = ""


def find(home: Path) -> Found:
    """Look at the folder, the lock and the port; changes nothing.

    Raises:
        CannotTell: the folder cannot be looked at.
    """
    recorded = read_record(home)
    alive = lock.is_alive(home)
    if recorded is None:
        return _without_record(home) if alive else _not_running()
    secret = read_secret(home)
    answer = ask(recorded, secret or Secret("")).answer
    if not alive:
        return _ended(recorded, answer)
    holder = lock.holder(home)
    # The record is of the run before as long as the new one starts.
    process = f"process {holder or recorded.pid}"
    if secret and answer is Answer.OURS:
        instance = recorded.instance(secret)
        line = f"the local AWS runs at {instance.url} ({process})"
        if recorded.code != code_print():
            line += "; it runs from older code until the next start or `rolelab up`"
        pid = holder or recorded.pid
        return Found(state=State.RUNNING, line=line, instance=instance, pid=pid)
    if answer in (Answer.OURS, Answer.UNPROVEN):
        line = f"the local AWS ({process}) runs, but the folder's secret is not its own"
        return Found(state=State.ASTRAY, line=line, pid=holder)
    line = f"the local AWS ({process}) does not answer on 127.0.0.1:{recorded.port}"
    return Found(state=State.HUNG, line=line, pid=holder)


def settled(home: Path) -> Found:
    """Look again for a moment where a process does not answer: it may be on its way out."""
    deadline = time.monotonic() + _SETTLE_S
    while (found := find(home)).state is State.HUNG and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def health(home: Path) -> Health:
    """Ask the instance of the folder how it is."""
    recorded, secret = read_record(home), read_secret(home)
    return ask(recorded, secret) if recorded and secret else Health(Answer.SILENT)


def _not_running() -> Found:
    return Found(state=State.STOPPED, line="the local AWS is not running")


def _without_record(home: Path) -> Found:
    pid, path = lock.holder(home), home / "instance.json"
    if pid is None or not path.exists():
        line = f"a local AWS is starting or stopping ({home})"
        return Found(state=State.HUNG, line=line, pid=pid)
    line = f"the local AWS (process {pid}) runs, but its record is spoilt ({path})"
    return Found(state=State.ASTRAY, line=line, pid=pid)


def _ended(recorded: InstanceRecord, answer: Answer) -> Found:
    if answer is not Answer.REFUSED:
        port = f"127.0.0.1:{recorded.port}"
        line = f"the local AWS is not running; another program has its port, {port}"
        return Found(state=State.FOREIGN, line=line)
    if recorded.kept:
        line = "the local AWS is not running; what it holds is kept for the next start"
        return Found(state=State.STOPPED, line=line)
    line = f"the local AWS (process {recorded.pid}) was killed; what it held is lost"
    return Found(state=State.DEAD, line=line)


def ask(recorded: InstanceRecord, secret: Secret) -> Health:
    """Ask whoever listens on the recorded port to prove that it is the instance."""
    nonce = secrets.token_hex(16)
    target, address = f"{proofs.HEALTH_PATH}?nonce={nonce}", ("127.0.0.1", recorded.port)
    request = f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1:{recorded.port}\r\n\r\n"
    try:
        with socket.create_connection(address, timeout=_ANSWER_S) as connection:
            connection.sendall(request.encode())
            reply = _read_reply(connection)
    except ConnectionRefusedError:
        return Health(Answer.REFUSED)
    except TimeoutError:
        return Health(Answer.SILENT)
    except OSError:
        return Health(Answer.FOREIGN)
    return told(reply.partition(b"\r\n\r\n")[2], recorded.instance_id, secret, nonce)


def told(answer: bytes, instance_id: str, secret: Secret, nonce: str) -> Health:
    """Return what an answer to the question for the health tells: above all whose it is."""
    try:
        content = json.loads(answer)
        proof, told_id = str(content["proof"]), content["instance"]
        if proofs.equal(proofs.of_instance(secret, instance_id, nonce), proof):
            failures, unsaved = content.get("failures", 0), content.get("unsaved", "")
            return Health(Answer.OURS, int(failures), str(unsaved))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Health(Answer.FOREIGN)
    return Health(Answer.UNPROVEN if told_id == instance_id else Answer.FOREIGN)


def _read_reply(connection: socket.socket) -> bytes:
    """Read up to the end, a foreign server's endless one up to a bound."""
    deadline = time.monotonic() + _ANSWER_S
    reply = b""
    while len(reply) < MOST_BYTES:
        if time.monotonic() > deadline:
            raise TimeoutError
        chunk = connection.recv(4096)
        if not chunk:
            break
        reply += chunk
    return reply
