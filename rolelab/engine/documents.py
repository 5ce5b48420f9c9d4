"""Policy documents compared by meaning.

White space, order of keys and lists, and one-element lists do not count.
"""

from __future__ import annotations

import json
from typing import Any, cast


def same(one: Any, other: Any) -> bool:
    """Return whether two policies, as text, mean the same; what is no JSON is compared as text."""
    if one == other:
        return True
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    try:
        return _normal(json.loads(one)) == _normal(json.loads(other))
    except ValueError:
        return False


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        ordered = sorted(
            (_normal(one) for one in cast("list[Any]", value)),
            key=lambda one: json.dumps(one, sort_keys=True),
        )
        return ordered[0] if len(ordered) == 1 else ordered
    return value
