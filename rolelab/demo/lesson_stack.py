"""The lesson's lab, made and removed by the embedded engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rolelab.engine import deploy, values
from rolelab.engine.stack import Stack
from rolelab.errors import LabError
from rolelab.steps import Ended, Event, Failed, Message, Op, Severity

STACK = "demo"
_DID = {Op.CREATE: "created", Op.UPDATE: "updated", Op.REPLACE: "replaced", Op.DELETE: "deleted"}


@dataclass
class LessonStack:
    """The lesson's stack, run by the embedded engine; `up` and `destroy` also say what they did."""

    stack: Stack
    _did: list[str] = field(default_factory=list[str])
    _failed: list[str] = field(default_factory=list[str])

    def up(self, *, grant: bool) -> tuple[Mapping[str, Any], Sequence[str]]:
        """Make or update the lab; return the outputs with their secrets, and a line a resource."""
        switched = {"assume-role-lab:grant": "true" if grant else "false"}
        stack = replace(self.stack, configuration={**self.stack.configuration, **switched})
        self._begin()
        result = deploy.up(stack, self._listen)
        self._require(result)
        return values.plain(result.outputs), tuple(self._did)

    def destroy(self) -> Sequence[str]:
        """Remove everything; return a line a resource."""
        self._begin()
        self._require(deploy.destroy(self.stack, self._listen))
        return tuple(self._did)

    def _listen(self, event: Event) -> None:
        if isinstance(event, Ended) and event.step.custom and event.step.op in _DID:
            kind = event.step.type.rpartition(":")[2]
            self._did.append(f"{_DID[event.step.op]} {kind} {event.step.id or event.step.name}")
        elif isinstance(event, Failed):
            self._failed.append(f"{event.step.op.value} {event.step.urn}: {event.said}")
        elif isinstance(event, Message) and event.severity is Severity.ERROR:
            self._failed.append(event.text)

    def _begin(self) -> None:
        self._did.clear()
        self._failed.clear()

    def _require(self, result: deploy.Result) -> None:
        if result.error:
            raise LabError("; ".join([str(result.error), *map(_in_one_line, self._failed)]))


def _in_one_line(text: str) -> str:
    """Return what went wrong without the traceback in it: its last line says it."""
    first, *others = text.splitlines()
    return f"{first} {others[-1].strip()}" if others else first
