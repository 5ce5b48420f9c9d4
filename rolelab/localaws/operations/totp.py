"""Codes of a virtual MFA device, as authenticator apps make them: six digits, SHA-1, 30 s.

Source: RFC 6238; IAM User Guide, "Assign a virtual MFA device in the AWS Management Console".
"""

from __future__ import annotations

import hashlib
import hmac

STEP_S = 30
DRIFT = 2
"""So many steps before or after the present one are taken; AWS gives no figure."""


def code(seed: bytes, step: int) -> str:
    """Return the code of a step (seconds since 1970, divided by 30)."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def step_of(seed: bytes, given: str, now: float, drift: int = DRIFT) -> int | None:
    """Return the step that a code is of, or None if it is of none near `now`."""
    present = int(now) // STEP_S
    for step in sorted(
        range(present - drift, present + drift + 1), key=lambda step: abs(step - present)
    ):
        if hmac.compare_digest(code(seed, step).encode(), given.encode()):
            return step
    return None
