"""A run of the engine as JSON, in the shapes of `pulumi preview --json` and `pulumi up --json`.

A preview is one object at the end; a run is one event a line while it goes on, with `sequence`
and `timestamp`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from rolelab import readable
from rolelab.steps import (
    Began,
    Ended,
    Event,
    Failed,
    Message,
    Op,
    Planned,
    PropertyDiff,
    Severity,
    Step,
    Summary,
)


class Lines:
    """Writes each event of a run as a line of JSON."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._sequence = 0

    def __call__(self, event: Event) -> None:
        """Write one event; what is only planned is not told."""
        if isinstance(event, Planned):
            return
        kind, content = _content(event)
        self.write(kind, content)

    def write(self, kind: str, content: Mapping[str, Any]) -> None:
        """Write one line."""
        with self._lock:
            line = {"sequence": self._sequence, "timestamp": int(self._clock()), kind: content}
            self._sequence += 1
            self._stream.write(f"{readable.as_json(line)}\n")
            self._stream.flush()


def _content(event: Event) -> tuple[str, Mapping[str, Any]]:
    if isinstance(event, Began):
        return "resourcePreEvent", {"metadata": _metadata(event.step)}
    if isinstance(event, Ended):
        return "resOutputsEvent", {
            "metadata": _metadata(event.step),
            "durationSeconds": round(event.seconds, 3),
        }
    if isinstance(event, Failed):
        return "resOpFailedEvent", {"metadata": _metadata(event.step), "message": event.said}
    if isinstance(event, Message):
        return "diagnosticEvent", _diagnostic(event)
    if isinstance(event, Summary):
        return "summaryEvent", summary(event)
    raise TypeError(f"no such event: {type(event).__name__}")


def summary(event: Summary) -> Mapping[str, Any]:
    """Return a summary as JSON."""
    return {
        "resourceChanges": {op.value: count for op, count in event.counts.items()},
        "errors": event.errors,
        "durationSeconds": round(event.seconds, 3),
        "result": "succeeded" if event.finished else "failed",
    }


def preview(
    steps: Sequence[Step], messages: Sequence[Message], ended: Summary, config: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return a preview as JSON."""
    return {
        "config": dict(config),
        "steps": [_planned(step) for step in steps],
        "diagnostics": [_diagnostic(message) for message in messages],
        "duration": int(ended.seconds * 1e9),
        "changeSummary": {op.value: count for op, count in ended.counts.items()},
        "result": "succeeded" if ended.finished else "failed",
    }


def _planned(step: Step) -> Mapping[str, Any]:
    detailed = {
        change.property: {
            "kind": _kind(step.op, change),
            "inputDiff": True,
            "old": change.old,
            "new": change.new,
        }
        for change in step.changes
    }
    return {
        **_metadata(step),
        "diffReasons": [change.property for change in step.changes]
        if step.op in (Op.UPDATE, Op.REPLACE)
        else [],
        "replaceReasons": [
            change.property for change in step.changes if change.replaces and step.op is Op.REPLACE
        ],
        "deleteBeforeReplace": step.delete_first,
        "detailedDiff": detailed,
    }


def _kind(op: Op, change: PropertyDiff) -> str:
    kind = "add" if change.old is None else "delete" if change.new is None else "update"
    return f"{kind}-replace" if change.replaces and op is Op.REPLACE else kind


def _metadata(step: Step) -> Mapping[str, Any]:
    return {"op": step.op.value, "urn": step.urn, "type": step.type, "id": step.id}


def _diagnostic(message: Message) -> Mapping[str, Any]:
    severity = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.ERROR: "error"}[
        message.severity
    ]
    return {"urn": message.urn, "message": message.text, "severity": severity}
