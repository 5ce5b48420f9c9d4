"""Runs cases against an endpoint: creates what a case needs, asks, and judges the answer.

Every case has accounts and a bucket of its own, so that cases run at once and in any order on one
emulator. It needs of the emulator what it judges it for, and little else: 12-digit root keys.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

Case = dict[str, Any]
Credentials = tuple[str, str, "str | None"]

HERE = Path(__file__).parent
ACCOUNTS = {"A": "111122223333", "B": "444455556666"}
"""The accounts of the cases as they are written; a run puts others in their place."""
_BUCKET = "lab-bucket"
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})

_USER: Case = {
    "account": "A", "name": "testuser", "path": "/", "inline": [], "attached": [], "groups": [],
    "boundary": None, "tags": {}, "mfa_device": False,
}  # fmt: skip
_ROLE: Case = {
    "account": "A", "name": "s3Access", "path": "/", "inline": [], "attached": [], "boundary": None,
    "max_session": 3600, "tags": {},
}  # fmt: skip
_REQUEST: Case = {
    "principal": {"type": "user", "account": "A", "name": "testuser", "via": []},
    "credential": "normal", "after_session": [], "params": {},
    "context": {"mfa": False, "source_ip": "127.0.0.1"},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one case."""

    case: Case
    right: bool
    got: str
    """`allow`, or the error's code; `setup: …` where the case could not even be made."""
    said: str = ""


def load(paths: Iterable[Path] | None = None) -> list[Case]:
    """Return the cases of files (default: all of this folder), completed by their defaults."""
    cases: list[Case] = []
    for path in sorted(paths or [path for path in HERE.glob("*.json") if path.stem != "gaps"]):
        content = json.loads(path.read_text(encoding="utf-8"))
        parts = {f"${name}": part for name, part in content.get("parts", {}).items()}
        cases += [
            whole(_with_parts(case, parts)) | {"file": path.stem} for case in content["cases"]
        ]
    return cases


def whole(case: Case) -> Case:
    """Return a case with everything that it leaves out."""
    setup, request = case.get("setup", {}), case["request"]
    principal: Case = {**_REQUEST["principal"], **request.get("principal", {})}
    return case | {
        "setup": {
            "users": [{**_USER, **user} for user in setup.get("users", [])],
            "roles": [{**_ROLE, **role} for role in setup.get("roles", [])],
            "buckets": setup.get("buckets", []),
            "policies": setup.get("policies", []),
        },
        "request": {**_REQUEST, "resource": "*", **request, "principal": principal},
        "accept": case.get("accept", []),
    }


def _with_parts(value: Any, parts: dict[str, Any]) -> Any:
    """Put the named parts of a file ("$trust-account") in their places."""
    if isinstance(value, str) and value in parts:
        return parts[value]
    if isinstance(value, list):
        return [_with_parts(one, parts) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {
            name: _with_parts(one, parts) for name, one in cast("dict[str, Any]", value).items()
        }
    return value


@dataclass
class Runner:
    """Knows the endpoint and the secret of its root keys."""

    endpoint: str
    secret: str
    region: str = "us-east-1"

    def __post_init__(self) -> None:
        self._session = boto3.Session()
        self._making = threading.Lock()

    def run(self, cases: Iterable[Case], *, threads: int = 4) -> list[Answer]:
        """Return the answers to all cases, in their order."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.ask, cases))

    def ask(self, case: Case) -> Answer:
        """Make what the case needs, ask, and judge."""
        from .scene import Scene

        mine, names = _renamed(case)
        try:
            ask = Scene(self, mine).made()
        except (ClientError, BotoCoreError, KeyError, ValueError) as error:
            return Answer(case=case, right=False, got=f"setup: {error}")
        got, said = _outcome(ask)
        for literal, real in names.items():
            said = said.replace(real, literal)
        return Answer(case=case, right=_is_right(case, got, said), got=got, said=said)

    def client(self, service: str, credentials: Credentials, region: str = "") -> Any:
        """Return a boto3 client that sends what it is given, as it is."""
        key, secret, token = credentials
        with self._making:  # a session reads each service's model once, and is not made for threads
            return cast("Any", self._session).client(
                service,
                endpoint_url=self.endpoint,
                region_name=region or self.region,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=Config(
                    parameter_validation=False,
                    # Again only where a busy machine lost the connection: no case is about a 5xx.
                    retries={"total_max_attempts": 2},
                    s3={"addressing_style": "path"},
                ),
            )

    def root(self, account: str) -> Credentials:
        """Return the root key of an account."""
        return account, self.secret, None


def _renamed(case: Case) -> tuple[Case, dict[str, str]]:
    """Return the case with accounts and a bucket of its own, and what stands for what."""
    draw = random.SystemRandom()
    names = {literal: f"{draw.randrange(10**11, 10**12)}" for literal in ACCOUNTS.values()}
    names[_BUCKET] = f"lab-bucket-{draw.randrange(16**10):010x}"
    text = json.dumps(case)
    for literal, real in names.items():
        text = text.replace(literal, real)
    mine: Case = json.loads(text)
    mine["accounts"] = {letter: names[literal] for letter, literal in ACCOUNTS.items()}
    return mine, names


def _outcome(ask: Callable[[], object]) -> tuple[str, str]:
    try:
        ask()
    except ClientError as error:
        told = error.response.get("Error", {})
        return str(told.get("Code", "")), str(told.get("Message", ""))
    except BotoCoreError as error:
        return type(error).__name__, str(error)
    return "allow", ""


def _is_right(case: Case, got: str, said: str) -> bool:
    expected = case["expected"]
    if expected == "allow":
        return got == "allow"
    if expected == "deny":
        right = got in _DENIED or got in case["accept"]
    else:
        right = got == expected.partition(":")[2] or got in case["accept"]
    is_said = all(part in said for part in _listed(case.get("says", [])))
    return right and is_said and not any(part in said for part in _listed(case.get("says_not", [])))


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
