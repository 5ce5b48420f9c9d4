"""Policy documents compared by spelling: was one changed, or only written in another way.

`compare` asks what documents allow; here a Sid counts, and an entry that another one covers.
"""

from __future__ import annotations

import json
from typing import cast


def equal(one: object, other: object) -> bool:
    """Return whether two texts hold the same document; what is not JSON is compared as text.

    White space, the order of keys and lists, and lists of one do not count.
    """
    if one == other or not isinstance(one, str) or not isinstance(other, str):
        return one == other
    try:
        return _normal(json.loads(one)) == _normal(json.loads(other))
    except ValueError:
        return False


def _normal(value: object) -> object:
    if isinstance(value, dict):
        elements = cast("dict[str, object]", value)
        return {key: _normal(each) for key, each in elements.items()}
    if isinstance(value, list):
        items = [_normal(each) for each in cast("list[object]", value)]
        items.sort(key=lambda each: json.dumps(each, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value
