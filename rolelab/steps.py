"""What the engine tells while it works.

Plain events, read by the terminal display and the JSON output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

UNKNOWN = "[unknown]"


class Op(Enum):
    """What is done to one resource; the values are the Pulumi engine's own words."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    DELETE_REPLACED = "delete-replaced"
    """The second half of a replacement: the old one goes."""
    REFRESH = "refresh"
    """What was found in AWS differs from the state, or is gone."""


class Severity(Enum):
    """How a message is to be taken."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDiff:
    """One property that differs.

    Secrets are masked and unknown values named before they get here.
    """

    property: str
    old: Any = None
    """None: it was not there."""
    new: Any = None
    """None: it goes."""
    replaces: bool = False
    """True for the property that makes it a replacement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on one resource, planned or carried out."""

    op: Op
    urn: str
    type: str
    name: str
    id: str = ""
    changes: tuple[PropertyDiff, ...] = ()
    retain: bool = False
    """A delete that leaves the thing in AWS (`retainOnDelete`)."""
    delete_first: bool = False
    """A replacement that deletes the old one before it creates the new one."""
    custom: bool = True
    """False for components and the stack: nothing in AWS belongs to them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that was decided on; in a preview nothing follows it."""

    step: Step


@dataclass(frozen=True, slots=True)
class Began:
    """A step is being carried out."""

    step: Step


@dataclass(frozen=True, slots=True)
class Ended:
    """A step was carried out and recorded."""

    step: Step
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A step was tried and failed; `said` is AWS's own words."""

    step: Step
    said: str


@dataclass(frozen=True, slots=True)
class Message:
    """A line for people: a diagnostic of the program, or of the engine itself."""

    severity: Severity
    text: str
    urn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended.

    Resources by operation, the stack and components included as Pulumi counts them.
    """

    kind: str
    """preview, update or destroy."""
    counts: Mapping[Op, int] = field(default_factory=dict[Op, int])
    errors: int = 0
    seconds: float = 0.0
    finished: bool = True
    """False if it was cut short: by a failure, or by an interruption."""

    @property
    def changes(self) -> int:
        """How many resources differ from what is declared."""
        return sum(count for op, count in self.counts.items() if op not in (Op.SAME, Op.REFRESH))


Event = Planned | Began | Ended | Failed | Message | Summary
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Take an event and do nothing with it."""
