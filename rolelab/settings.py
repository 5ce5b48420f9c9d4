"""Raw configuration -> typed Settings, checked as a whole: one parse for the Pulumi CLI and for rolelab."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from components import documents, limits
from rolelab.errors import Faults, UsageError

NAMESPACE = "assume-role-lab"
DEFAULT_LEARNERS = ("testuser",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the program builds; the field names are the configuration keys in snake case."""

    learners: tuple[str, ...]
    """User names, in order, with generated ones already filled in."""
    role_name: str
    managed_policies: tuple[str, ...]
    """Names of AWS managed policies, or ARNs."""
    grant: bool
    max_session_duration: int
    """Seconds."""
    console: bool


@dataclass(frozen=True, slots=True)
class _Key:
    """A configuration key: how its text is read, and an example that is right."""

    read: Callable[[str], Any]
    wants: str
    example: str
    default: Any
    rules: Callable[[Any], list[str]] = lambda _: []


def _names(text: str) -> tuple[str, ...]:
    value = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        raise ValueError(text)
    return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _whole(text: str) -> int:
    # Python would take other alphabets' digits, and underscores.
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise ValueError(text)
    return int(text)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _learners(names: tuple[str, ...]) -> list[str]:
    faults = [f"{name!r} {fault}" for name in names for fault in limits.name(name)]
    return faults + limits.unique_names(names) + limits.users(len(names))


def _role_name(name: str) -> list[str]:
    return [f"{name!r} {fault}" for fault in limits.name(name)]


def _count(count: int) -> list[str]:
    return (
        [f"is {count}; a number of learners is 0 (not used) or more"]
        if count < 0
        else limits.users(count)
    )


# Defaults for a program whose Pulumi.yaml does not declare the key; a test holds them against Pulumi.yaml.
_KEYS: dict[str, _Key] = {
    "learners": _Key(_names, "a list of names", "[testuser]", DEFAULT_LEARNERS, _learners),
    "learnerCount": _Key(_whole, "a whole number", "25", 0, _count),
    "roleName": _Key(str, "a name", "s3Access", "s3Access", _role_name),
    "managedPolicies": _Key(
        _names,
        "a list of names or ARNs",
        "[AmazonS3FullAccess]",
        ("AmazonS3FullAccess",),
        limits.managed_policies,
    ),
    "grant": _Key(_flag, "true or false", "true", True),
    "maxSessionDuration": _Key(
        _whole, "a whole number of seconds", "3600", 3600, limits.role_session
    ),
    "console": _Key(_flag, "true or false", "false", False),
}

KEYS = tuple(_KEYS)
"""The configuration keys of the namespace, in the order in which people read them."""


def parse(raw: Mapping[str, str], *, where: str = "the stack's configuration") -> Settings:
    """Check the whole configuration and return it typed.

    `raw` maps full keys (`assume-role-lab:learners`) to text, lists as JSON, as Pulumi hands them to a program; keys of
    other namespaces are not looked at. `where` names the file in messages.

    Raises:
        Faults: every fault at once, each with key, value, rule and a right example.
    """
    ours = {
        key.partition(":")[2]: text
        for key, text in raw.items()
        if key.partition(":")[0] == NAMESPACE
    }
    faults: list[UsageError] = []

    def fault(key: str, what: str, do: str) -> None:
        faults.append(UsageError(f"{key} {what}", where=f"{where}, {NAMESPACE}:{key}", do=do))

    for key in sorted(ours.keys() - _KEYS.keys()):
        near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}"
        fault(key, f"is not a key of {NAMESPACE} (its value is {ours[key]!r})", hint)

    values: dict[str, Any] = {}
    for key, known in _KEYS.items():
        values[key] = known.default
        if key not in ours:
            continue
        try:
            values[key] = known.read(ours[key])
        except (ValueError, KeyError):
            fault(
                key,
                f"is {ours[key]!r}; it must be {known.wants}",
                f"give {known.wants}, such as {known.example}",
            )
            continue
        for rule in known.rules(values[key]):
            fault(key, rule, f"give {known.wants}, such as {known.example}")

    names: tuple[str, ...] = values["learners"]
    count: int = values["learnerCount"]
    if count > 0 and names not in (DEFAULT_LEARNERS, ()):
        fault(
            "learnerCount",
            f"is {count} while learners names {len(names)}",
            "use one of them: learnerCount 25, or learners [ada, grace]",
        )
    if count > 0 and names in (DEFAULT_LEARNERS, ()):
        # More than an account holds are a fault already: a slip of the keyboard must not make a billion names.
        names = generated_names(min(count, limits.USERS_PER_ACCOUNT))
    if not names and not any("learners" in f.where for f in faults):
        fault(
            "learners",
            "is empty; a lab has at least one learner",
            "give a list of names, such as [testuser]",
        )
    if not faults:
        grant = documents.grant(documents.role_arn("0" * 12, values["roleName"]))
        for rule in limits.document_size(grant, most=limits.USER_INLINE_SIZE):
            fault("roleName", f"makes a grant that {rule}", "give a shorter name, such as s3Access")
    if faults:
        raise Faults(faults)
    return Settings(
        learners=names,
        role_name=values["roleName"],
        managed_policies=values["managedPolicies"],
        grant=values["grant"],
        max_session_duration=values["maxSessionDuration"],
        console=values["console"],
    )


def generated_names(count: int) -> tuple[str, ...]:
    """Return `learner001` … `learner1000` …: a class that grows keeps the names that it has."""
    return tuple(f"learner{number:03d}" for number in range(1, count + 1))
