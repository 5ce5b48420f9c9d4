"""The local AWS's own paths, and how both sides prove that they know its secret without showing it.

Anybody may ask for its health: the answer proves that it is this instance. Its events, its clock
and the removal of buckets are for the administrator alone: the request proves that it comes from
somebody who knows the secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from rolelab.aws.endpoint import HEALTH_PATH as HEALTH_PATH
from rolelab.secret import Secret

EVENTS_PATH = "/_rolelab/events"
CLOCK_PATH = "/_rolelab/clock"
BUCKETS_PATH = "/_rolelab/buckets"
SIGN_IN_PATH = "/_rolelab/signin"
TIME_HEADER = "x-rolelab-time"
PROOF_HEADER = "x-rolelab-proof"
_SECONDS = re.compile(r"[0-9]{1,12}")
WINDOW_S = 60
"""A proof is good for so long: whoever overheard one can do little with it."""


def of_instance(secret: Secret, instance_id: str, nonce: str) -> str:
    """Return the proof with which the instance answers a nonce."""
    return _digest(secret, f"{HEALTH_PATH}\n{instance_id}\n{nonce}")


def of_request(secret: Secret, method: str, target: str, at: str, body: bytes = b"") -> str:
    """Return the proof of a request: `target` is path and query, `at` seconds since 1970."""
    of_body = f"\n{hashlib.sha256(body).hexdigest()}" if body else ""
    return _digest(secret, f"{method} {target}\n{at}{of_body}")


def is_request(
    secret: Secret, method: str, target: str, at: str, proof: str, *, now: float, body: bytes = b""
) -> bool:
    """Return whether a request comes from somebody who knows the secret, now."""
    if not _SECONDS.fullmatch(at) or abs(now - int(at)) > WINDOW_S:
        return False
    return equal(of_request(secret, method, target, at, body), proof)


def equal(right: str, proof: str) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(right.encode(), proof.encode())


def _digest(secret: Secret, text: str) -> str:
    return hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()
