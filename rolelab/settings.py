"""Raw configuration -> typed Settings, checked whole: one parse for the Pulumi CLI and rolelab.

A key is one field of `Settings`. Pulumi.yaml and the README's table repeat it for their readers;
tests hold them against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar, cast

from components import limits
from rolelab.errors import Faults, UsageError
from rolelab.nearest import did_you_mean
from rolelab.proposed_names import proposals

NAMESPACE = "assume-role-lab"

_Value = TypeVar("_Value")


class _Kind(NamedTuple):
    """How the text of a value is read."""

    type: str
    """Pulumi's word for it."""
    read: Callable[[str], object]
    """Raises ValueError or KeyError for what is not of this kind."""
    wants: str


class Fault(NamedTuple):
    """What is wrong with a value."""

    what: str
    do: str = ""
    """Where there is more to say than what a right value looks like."""


class Key(NamedTuple):
    """A configuration key: what it is for, how it is read, and which rules its value keeps."""

    kind: _Kind
    description: str
    default: Any
    """For a program whose Pulumi.yaml does not declare the key."""
    example: str
    rules: Callable[[Any], list[Fault]]

    def parse(self, text: str | None) -> tuple[object, list[Fault]]:
        """Return the value and what is wrong with it; None stands for a key that is not set."""
        if text is None:
            return self.default, []
        try:
            value = self.kind.read(text)
        except (ValueError, KeyError, RecursionError):
            return self.default, [Fault(f"is {text!r}; it must be {self.kind.wants}")]
        return value, self.rules(value)


class _KeyFault(NamedTuple):
    key: str
    what: str
    do: str


def _names(text: str) -> tuple[str, ...]:
    value: object = json.loads(text)
    if not isinstance(value, list):
        raise ValueError(text)  # noqa: TRY004 - a wrong value, not a wrong call
    names = cast("list[object]", value)
    if not all(isinstance(name, str) for name in names):
        raise ValueError(text)
    return tuple(cast("list[str]", names))


def _whole(text: str) -> int:
    # Python would take other alphabets' digits, and underscores.
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise ValueError(text)
    return int(text)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_NAMES = _Kind("array", _names, "a list of names")
_NAME = _Kind("string", str, "a name")
_FLAG = _Kind("boolean", _flag, "true or false")
_WHOLE = _Kind("integer", _whole, "a whole number")


def _name_faults(names: Sequence[str]) -> list[Fault]:
    """Return what IAM does not take of names, with one each that it takes."""
    proposed = proposals(names)
    return [
        Fault(f"{name!r} {fault}", f"give {proposed[name]}, say")
        for name in names
        for fault in limits.name(name)
    ]


def _learners(names: tuple[str, ...]) -> list[Fault]:
    together = limits.unique_names(names) + limits.users(len(names))
    return _name_faults(names) + [Fault(fault) for fault in together]


def _count(count: int) -> list[Fault]:
    if count < 0:
        return [Fault(f"is {count}; a number of learners is 0 (not used) or more")]
    return [Fault(fault) for fault in limits.users(count)]


def _rule(rule: Callable[[_Value], list[str]]) -> Callable[[_Value], list[Fault]]:
    return lambda value: [Fault(fault) for fault in rule(value)]


def _key(
    kind: _Kind,
    description: str,
    *,
    default: _Value,
    example: str,
    rules: Callable[[_Value], list[Fault]] = lambda _: [],
) -> _Value:
    key = Key(kind, description, default, example, rules)
    return field(default=default, metadata={"key": key})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the program builds; the configuration keys are the names of the fields in camel case."""

    learners: tuple[str, ...] = _key(
        _NAMES,
        "Names of the learners; each becomes an IAM user of that name.",
        default=("testuser",),
        example="[testuser]",
        rules=_learners,
    )
    """In order; generated ones are filled in already."""
    learner_count: int = _key(
        _WHOLE,
        "Above 0, that many generated learners (learner001, …) instead of named ones; "
        f"{limits.USERS_PER_ACCOUNT} at most.",
        default=0,
        example="25",
        rules=_count,
    )
    role_name: str = _key(
        _NAME,
        "Name of the role that the learners switch to.",
        default="s3Access",
        example="s3Access",
        rules=lambda name: _name_faults([name]),
    )
    managed_policies: tuple[str, ...] = _key(
        _NAMES._replace(wants="a list of names or ARNs"),
        "Managed policies of the role, by name (AWS's own) or by ARN.",
        default=("AmazonS3FullAccess",),
        example="[AmazonS3FullAccess]",
        rules=_rule(limits.managed_policies),
    )
    grant: bool = _key(
        _FLAG,
        "Whether the learners may assume the role; false is the lesson before the inline policy is"
        " added.",
        default=True,
        example="true",
    )
    max_session_duration: int = _key(
        _WHOLE._replace(wants="a whole number of seconds"),
        "The longest session of the role, in seconds, 3600 to 43200.",
        default=3600,
        example="3600",
        rules=_rule(limits.role_session),
    )
    console: bool = _key(
        _FLAG,
        "Whether each learner also gets a password for the AWS console.",
        default=False,
        example="false",
    )


def _in_configuration(name: str) -> str:
    return re.sub(r"_(.)", lambda letter: letter[1].upper(), name)


KEYS: Mapping[str, Key] = {
    _in_configuration(each.name): each.metadata["key"] for each in fields(Settings)
}
"""The configuration keys of the namespace, in the order in which people read them."""


def parse(raw: Mapping[str, str], *, where: str = "the stack's configuration") -> Settings:
    """Check the whole configuration and return it typed.

    `raw` maps full keys (`assume-role-lab:learners`) to text, lists as JSON, as Pulumi hands them
    to a program; keys of other namespaces are not looked at. `where` is the file, for messages.

    Raises:
        Faults: every fault at once, each with key, value, rule and a right example.
    """
    ours = {
        key.partition(":")[2]: text
        for key, text in raw.items()
        if key.partition(":")[0] == NAMESPACE
    }
    faults = [*_unknown_keys(ours)]
    values: dict[str, Any] = {}
    for (name, key), each in zip(KEYS.items(), fields(Settings), strict=True):
        values[each.name], wrong = key.parse(ours.get(name))
        do = f"give {key.kind.wants}, such as {key.example}"
        faults += [_KeyFault(name, fault.what, fault.do or do) for fault in wrong]
    settings = Settings(**values)
    faults += _wrong_together(settings, faults)
    if faults:
        raise Faults(
            [
                UsageError(f"{key} {what}", where=f"{where}, {NAMESPACE}:{key}", do=do)
                for key, what, do in faults
            ]
        )
    if settings.learner_count:
        return replace(settings, learners=generated_names(settings.learner_count))
    return settings


def _unknown_keys(ours: Mapping[str, str]) -> Iterator[_KeyFault]:
    for key in sorted(ours.keys() - KEYS.keys()):
        do = did_you_mean(key, KEYS, otherwise=f"the keys are {', '.join(KEYS)}", alike=0.4)
        yield _KeyFault(key, f"is not a key of {NAMESPACE} (its value is {ours[key]!r})", do)


def _wrong_together(settings: Settings, so_far: list[_KeyFault]) -> Iterator[_KeyFault]:
    """Name what is right by itself and wrong beside the other keys."""
    names, count = settings.learners, settings.learner_count
    # Pulumi does not say whether a value is a default: the default names may stand beside a number.
    if count > 0 and names not in (KEYS["learners"].default, ()):
        what = f"is {count} while learners names {len(names)}"
        do = "use one of them: learnerCount 25, or learners [ada, grace]"
        yield _KeyFault("learnerCount", what, do)
    if not names and count <= 0 and not any(fault.key == "learners" for fault in so_far):
        what = "is empty; a lab has at least one learner"
        yield _KeyFault("learners", what, "give a list of names, such as [testuser]")


def generated_names(count: int) -> tuple[str, ...]:
    """Return `learner001` … `learner1000` …: a class that grows keeps the names that it has."""
    return tuple(f"learner{number:03d}" for number in range(1, count + 1))
