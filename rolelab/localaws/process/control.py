"""What the administrator may ask of the local AWS beside AWS's own API: its events, its clock.

Each request proves that it knows the instance's secret, without showing it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from rolelab.errors import CannotTell, LabError
from rolelab.localaws.process.lifecycle import Instance
from rolelab.secret import Secret

EVENTS_PATH = "/_rolelab/events"
CLOCK_PATH = "/_rolelab/clock"
TIME_HEADER = "x-rolelab-time"
PROOF_HEADER = "x-rolelab-proof"
WINDOW_S = 60
"""A proof is good for so long: whoever overheard one can do little with it."""


def proof(secret: Secret, method: str, target: str, at: str) -> str:
    """Return the proof for a request (`target`: path and query) made at a time (seconds since 1970, as text)."""
    return hmac.new(
        secret.reveal().encode(), f"{method} {target}\n{at}".encode(), hashlib.sha256
    ).hexdigest()


def is_proven(secret: Secret, method: str, target: str, at: str, given: str, *, now: float) -> bool:
    """Tell whether a request comes from somebody who knows the secret, now."""
    if not at.isascii() or not at.isdigit() or abs(now - int(at)) > WINDOW_S:
        return False
    return hmac.compare_digest(proof(secret, method, target, at).encode(), given.encode())


def events(
    instance: Instance, *, after: int = 0, account: str | None = None
) -> list[dict[str, Any]]:
    """Return the events since one's number, the oldest first, of all accounts or one.

    Raises:
        CannotTell: the local AWS does not answer.
    """
    query = {"after": str(after)} | ({"account": account} if account else {})
    return _ask(instance, "GET", EVENTS_PATH, query)["events"]


def follow(
    instance: Instance, *, account: str | None = None, every_s: float = 0.5
) -> Iterator[dict[str, Any]]:
    """Yield the events there are, and then each new one, until the local AWS ends.

    Raises:
        CannotTell: the local AWS does not answer any more.
    """
    last = 0
    while True:
        for event in events(instance, after=last, account=account):
            last = event["eventNumber"]
            yield event
        time.sleep(every_s)


def move_clock(instance: Instance, seconds: float) -> float:
    """Move the local AWS's time on; returns how many seconds it is ahead now.

    Raises:
        CannotTell: the local AWS does not answer.
    """
    return _ask(instance, "POST", CLOCK_PATH, {"move": repr(seconds)})["aheadSeconds"]


def reset_clock(instance: Instance) -> float:
    """Give the local AWS the real time again.

    Raises:
        CannotTell: the local AWS does not answer.
    """
    return _ask(instance, "POST", CLOCK_PATH, {"reset": "1"})["aheadSeconds"]


def ahead_s(instance: Instance) -> float:
    """Return how many seconds the local AWS is ahead of the real time.

    Raises:
        CannotTell: the local AWS does not answer.
    """
    return _ask(instance, "GET", CLOCK_PATH, {})["aheadSeconds"]


def _ask(instance: Instance, method: str, path: str, query: dict[str, str]) -> Any:
    target = f"{path}?{urlencode(query)}" if query else path
    at = str(int(time.time()))
    headers = {TIME_HEADER: at, PROOF_HEADER: proof(instance.secret, method, target, at)}
    connection = HTTPConnection("127.0.0.1", instance.port, timeout=10)
    try:
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, HTTPException) as error:
        raise CannotTell(
            f"the local AWS does not answer: {error}", do="see `rolelab local status`"
        ) from None
    finally:
        connection.close()
    if response.status != 200:
        raise LabError(
            f"the local AWS refused {method} {path}: {content[:200].decode('utf-8', 'replace')}"
        )
    return json.loads(content)
