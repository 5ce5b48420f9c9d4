"""How a trail tells rolelab's own questions from what people do: by the user agent."""

from __future__ import annotations

VERIFY = "rolelab-verify"
EXPLAIN = "rolelab-explain"


def is_own(user_agent: str) -> bool:
    """Return whether a call was made to prove or to explain a lab, with somebody's key."""
    return not {VERIFY, EXPLAIN}.isdisjoint(user_agent.split())
