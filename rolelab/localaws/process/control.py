"""Ask a running local AWS, as its administrator, for what AWS's own API has not.

That is events, clock, and buckets gone at once.

Each of these raises CannotTell where the local AWS does not answer.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Literal, TypedDict, cast
from urllib.parse import urlencode

from rolelab.errors import CannotTell, LabError
from rolelab.localaws.http import proofs
from rolelab.localaws.process import probe
from rolelab.localaws.process.record import Instance

if TYPE_CHECKING:
    from rolelab.localaws.http.events import ApiEvent


class Told(TypedDict, total=False):
    """What the instance answers, a part for each path."""

    events: list[ApiEvent]
    refused: tuple[str, str]
    aheadSeconds: float
    makers: dict[str, str]


class SignInAnswer(TypedDict, total=False):
    """What the sign-in service answers."""

    kind: Literal["signed in", "wrong", "code", "wait", "expired"]
    message: str
    account: str
    arn: str
    name: str
    credentials: Mapping[str, str]
    mfa: bool
    mustChange: bool


def events(
    instance: Instance, *, after: int = 0, account: str | None = None, behind: str | None = None
) -> list[ApiEvent]:
    """Return the events since one's number, the oldest first, of all accounts or one.

    `behind` is an ARN: what it and the sessions that it began have asked.
    """
    query = {"after": str(after), "account": account, "behind": behind}
    asked = {name: value for name, value in query.items() if value is not None}
    return _ask(instance, "GET", proofs.EVENTS_PATH, asked).get("events", [])


def events_for(instance: Instance, access_key_id: str) -> Told:
    """Return the events of an account as one of its principals sees them, or why not."""
    return _ask(instance, "GET", proofs.EVENTS_PATH, {"key": access_key_id})


def follow(
    instance: Instance,
    *,
    account: str | None = None,
    behind: str | None = None,
    every_s: float = 0.5,
) -> Iterator[ApiEvent]:
    """Yield the events there are, and then each new one, until the local AWS ends."""
    last = 0
    while True:
        for event in events(instance, after=last, account=account, behind=behind):
            last = event["eventNumber"]
            yield event
        time.sleep(every_s)


def move_clock(instance: Instance, seconds: float) -> float:
    """Move the local AWS's time on; returns how many seconds it is ahead now."""
    return _clock(instance, "POST", {"move": repr(seconds)})


def reset_clock(instance: Instance) -> float:
    """Give the local AWS the real time again."""
    return _clock(instance, "POST", {"reset": "1"})


def ahead_s(instance: Instance) -> float:
    """Return how many seconds the local AWS is ahead of the real time."""
    return _clock(instance, "GET", {})


def remove_buckets(instance: Instance, account: str) -> None:
    """Remove an account's buckets with what is in them; their names are free again."""
    _ask(instance, "POST", proofs.BUCKETS_PATH, {"account": account})


def bucket_makers(instance: Instance, account: str) -> Mapping[str, str]:
    """Return who made an account's buckets: a principal id by each name, `AROA…:session`."""
    return _ask(instance, "GET", proofs.BUCKETS_PATH, {"account": account}).get("makers", {})


def sign_in(instance: Instance, do: str, parameters: Mapping[str, str]) -> SignInAnswer:
    """Ask the sign-in service: `do` is password, root or switched."""
    body = urlencode({"do": do, **parameters}).encode()
    return cast("SignInAnswer", _ask(instance, "POST", proofs.SIGN_IN_PATH, {}, body))


def _clock(instance: Instance, method: str, query: dict[str, str]) -> float:
    return _ask(instance, method, proofs.CLOCK_PATH, query).get("aheadSeconds", 0.0)


def _ask(
    instance: Instance, method: str, path: str, query: dict[str, str], body: bytes = b""
) -> Told:
    target = f"{path}?{urlencode(query)}" if query else path
    at = str(int(time.time()))
    proof = proofs.of_request(instance.secret, method, target, at, body)
    headers = {proofs.TIME_HEADER: at, proofs.PROOF_HEADER: proof}
    connection = HTTPConnection("127.0.0.1", instance.port, timeout=10)
    try:
        if body:
            _require_instance(connection, instance)
        connection.request(method, target, body or None, headers=headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, HTTPException) as error:
        raise CannotTell(
            f"the local AWS does not answer: {error}", do="see `rolelab local status`"
        ) from None
    finally:
        connection.close()
    if response.status != 200:
        said = content[:200].decode("utf-8", "replace")
        with suppress(ValueError, KeyError, TypeError):
            said = str(json.loads(content)["error"])
        raise LabError(f"the local AWS refused {method} {path}: {said}")
    return json.loads(content)


def _require_instance(connection: HTTPConnection, instance: Instance) -> None:
    """Have whoever answers prove that it is the instance, before a body is sent: it holds a secret.

    After an end of the local AWS its port is anybody's.

    Raises:
        CannotTell: it is somebody else.
    """
    nonce = secrets.token_hex(16)
    connection.connect()
    # What is sent goes to who has proved it: on this connection, or not at all.
    connection.auto_open = 0
    connection.request("GET", f"{proofs.HEALTH_PATH}?nonce={nonce}")
    answer = connection.getresponse().read(probe.MOST_BYTES)
    told = probe.told(answer, instance.instance_id, instance.secret, nonce)
    if told.answer is not probe.Answer.OURS:
        raise CannotTell(
            f"another program answers at 127.0.0.1:{instance.port}; nothing secret was sent to it",
            do="see `rolelab local status`",
        )
