"""S3's actions: what each is asked on, and the condition keys that come with it.

    actions()                    every action by its name in lower case, with its prefix
    actions()["s3:getobject"].has_key("s3:ExistingObjectTag/class")

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3";
the table beside this file is written by `tools/s3_actions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class S3Action:
    """One action of S3."""

    name: str
    """With its prefix: `s3:GetObject`."""
    kinds: frozenset[str]
    """Types of resource: `bucket`, `object`, `accesspoint`, …; none where it names no resource."""
    keys: frozenset[str]
    """Condition keys in lower case; `s3:existingobjecttag/` stands for each tag's."""

    def has_key(self, key: str) -> bool:
        """Return whether requests of this action can have a condition key; case does not count."""
        return _general(key) in self.keys


@cache
def actions() -> Mapping[str, S3Action]:
    """Return all actions by their names in lower case, prefix included."""
    groups: dict[str, list[str]] = {}
    found: dict[str, S3Action] = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, kinds, keys = (part.split() for part in line.split("|"))
        if name[0].startswith("@"):
            groups[name[0]] = keys
            continue
        of_kinds = [key for kind in kinds for key in groups.get(f"@{kind}", ())]
        full = f"s3:{name[0]}"
        own = frozenset(map(_general, [*_written_out(keys, groups), *of_kinds]))
        found[full.lower()] = S3Action(full, frozenset(kinds), own)
    return found


@cache
def keys() -> frozenset[str]:
    """Return the condition keys of all actions, as `S3Action.keys` has them."""
    return frozenset(key for action in actions().values() for key in action.keys)


def is_key(key: str) -> bool:
    """Return whether S3 has a condition key of its own by this name; case does not count."""
    return _general(key) in keys()


def _written_out(keys: Iterable[str], groups: Mapping[str, list[str]]) -> list[str]:
    return [each for key in keys for each in groups.get(key, [key])]


def _general(key: str) -> str:
    """Return a key in lower case, without the name of a tag."""
    family, slash, _ = key.lower().partition("/")
    return family + slash
