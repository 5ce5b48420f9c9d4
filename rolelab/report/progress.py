"""A run of the engine as people watch it.

The plan property by property, progress with counts and time, a summary.

In a terminal one changing line says how far it is; elsewhere every operation gets a line of its
own. Signs and words are those of Pulumi, so that who knows the one can read the other; nothing is
said by colour alone.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from rolelab import readable
from rolelab.iam.documents import in_order
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

if TYPE_CHECKING:
    from rich.console import Console

SIGNS = {
    Op.SAME: " ",
    Op.CREATE: "+",
    Op.UPDATE: "~",
    Op.REPLACE: "+-",
    Op.DELETE: "-",
    Op.DELETE_REPLACED: "--",
    Op.REFRESH: "~",
}
_STYLES = {
    Op.CREATE: "green",
    Op.UPDATE: "yellow",
    Op.REPLACE: "magenta",
    Op.DELETE: "red",
    Op.DELETE_REPLACED: "red",
    Op.REFRESH: "cyan",
}
_WILL = {
    Op.CREATE: "to create",
    Op.UPDATE: "to update",
    Op.REPLACE: "to replace",
    Op.DELETE: "to delete",
    Op.DELETE_REPLACED: "to delete (replaced)",
}
_DID = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.REPLACE: "replaced",
    Op.DELETE: "deleted",
}
_LONGEST = 400
"""Characters of a value that are shown."""
_READABLE = 60
"""Steps up to which a plan is shown one by one; a longer one is counted by type."""
_EVERY_S = 0.1


class ProgressScreen:
    """Shows the events of one run; `details`: what is planned or done, not only how much."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        details: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._details = details
        self._clock = clock
        self._began = clock()
        self._shown_at = 0.0
        self._line = ""
        self._lock = threading.Lock()
        self._console: Console | None = None
        self._total = 0
        self._done: Counter[Op] = Counter()
        self._flying: dict[str, Step] = {}

    def expect(self, operations: int) -> None:
        """Tell how many operations there will be, so that progress is a part of a whole."""
        self._total = operations

    def __call__(self, event: Event) -> None:
        """Show one event."""
        with self._lock:
            self._show(event)

    def print(self, text: str = "", style: str = "") -> None:
        """Print one line above the changing one."""
        text = readable.line(text)
        self._clear()
        if self._terminal and style:
            self._rich().print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            self._stream.write(f"{text}\n")
            # Not each line of thousands: the threads that do the work would wait for the reader.
            if (now := self._clock()) - self._shown_at >= _EVERY_S:
                self._shown_at = now
                self._stream.flush()

    def close(self) -> None:
        """Remove the changing line; write what is held back."""
        with self._lock:
            self._clear()
            self._stream.flush()

    def summary(self, summary: Summary) -> None:
        """Print the summary of a run."""
        for line in summary_lines(summary):
            self.print(line)

    def _show(self, event: Event) -> None:
        if isinstance(event, Planned):
            if self._details:
                self.plan(event.step)
        elif isinstance(event, Began):
            self._flying[event.step.urn] = event.step
            self._progress()
        elif isinstance(event, Ended):
            self._ended(event)
        elif isinstance(event, Failed):
            self._flying.pop(event.step.urn, None)
            self.print(f" {SIGNS[event.step.op]:<2} {_what(event.step)}: FAILED", "bold red")
            self.print(f"      {event.said}", "red")
        elif isinstance(event, Message):
            self._message(event)

    def plan(self, step: Step) -> None:
        """Print one step that would be carried out."""
        reasons = ", ".join(change.property for change in step.changes if change.replaces)
        verb = (
            step.op.value
            if step.op is not Op.REPLACE
            else f"replace (because of {reasons})"
            if reasons
            else "replace"
        )
        verb += ", the old one first" if step.delete_first else ""
        verb += ", left in AWS" if step.retain else ""
        self.print(f" {SIGNS[step.op]:<2} {_what(step)}: {verb}", _STYLES.get(step.op, ""))
        for change in step.changes:
            self.print(f"      {_change(step.op, change)}", _STYLES.get(step.op, ""))

    def _ended(self, event: Ended) -> None:
        step = event.step
        self._flying.pop(step.urn, None)
        if step.op is Op.REFRESH:
            gone = any(change.property == "id" for change in step.changes)
            differs = ", ".join(change.property for change in step.changes)
            self.print(
                f" ~  {_what(step)}: {'gone from AWS' if gone else f'changed in AWS: {differs}'}",
                "cyan",
            )
            return
        self._done[step.op] += 1
        if self._terminal:
            self._progress()
        elif self._details:
            seconds = f" ({event.seconds:.2f} s)" if step.custom else ""
            word = _DID.get(step.op, "deleted (replaced)")
            self.print(f" {SIGNS[step.op]:<2} {_what(step)}: {word}{seconds}")

    def _message(self, message: Message) -> None:
        style = {Severity.ERROR: "red", Severity.WARNING: "yellow"}.get(message.severity, "")
        head, *rest = message.text.split("\n")
        prefix = "" if message.severity is Severity.INFO else f"{message.severity.value}: "
        self.print(f"{prefix}{head}", style)
        for line in rest:
            self.print(f"  {line}" if prefix else line)

    def _progress(self) -> None:
        now = self._clock()
        if not self._terminal or now - self._shown_at < _EVERY_S:
            return
        self._shown_at = now
        done = sum(self._done.values())
        counts = f"{done}/{self._total}" if self._total else f"{done}"
        told = ", ".join(f"{count} {_DID.get(op, 'removed')}" for op, count in self._done.items())
        flying = next(iter(self._flying.values()), None)
        under_way = f"{len(self._flying)} under way, {now - self._began:.0f} s"
        text = f"{counts} done ({told or 'none yet'}), {under_way}"
        text += f": {flying.name}" if flying else ""
        width = self._rich().width - 1
        text = readable.line(text)[:width]
        self._stream.write(f"\r{text:<{len(self._line)}}")
        self._stream.flush()
        self._line = text

    def _clear(self) -> None:
        if self._line:
            self._stream.write(f"\r{' ' * len(self._line)}\r")
            self._line = ""

    def _rich(self) -> Console:
        if self._console is None:
            from rich.console import Console

            self._console = Console(file=self._stream)
        return self._console


def summary_lines(summary: Summary) -> list[str]:
    """Return the summary of a run, in Pulumi's words."""
    words = _WILL if summary.kind == "preview" else _DID
    counts = summary.counts
    lines = [f"    {SIGNS[op]:<2}{counts[op]} {words[op]}" for op in words if counts.get(op)]
    changes, same = sum(counts.get(op, 0) for op in words), counts.get(Op.SAME, 0)
    if summary.errors:
        lines.append(f"    {summary.errors} errored")
    if len([op for op in words if counts.get(op)]) > 1:
        lines.append(
            f"    {changes} changes. {same} unchanged" if same else f"    {changes} changes"
        )
    elif same:
        lines.append(f"    {same} unchanged")
    if not lines:
        lines.append("    nothing to do")
    tail = [] if summary.kind == "preview" else [f"Duration: {summary.seconds:.1f} s"]
    return ["Resources:", *lines, *tail]


def plan_counts(steps: Iterable[Step]) -> Mapping[str, Counter[Op]]:
    """Count planned steps by resource type: what stands for a plan too long to be read."""
    found: dict[str, Counter[Op]] = {}
    for step in steps:
        found.setdefault(short_type(step.type), Counter())[step.op] += 1
    return found


def short_type(token: str) -> str:
    """Return `aws:iam:User` for `aws:iam/user:User`, as Pulumi shows types."""
    package, module, name = (*token.split(":"), "", "")[:3]
    return f"{package}:{module.split('/')[0]}:{name}"


def _what(step: Step) -> str:
    return f"{short_type(step.type)} {step.name}" + (
        f" [id={step.id}]" if step.id and step.id != step.name else ""
    )


def _change(op: Op, change: PropertyDiff) -> str:
    if op is Op.CREATE or (change.old is None and op is not Op.DELETE):
        text = f"+ {change.property}: {_value(change.new)}"
    elif change.new is None:
        text = f"- {change.property}: {_value(change.old)}"
    else:
        text = f"~ {change.property}: {_value(change.old)} => {_value(change.new)}"
    return f"{text}  [replaces]" if change.replaces and op is Op.REPLACE else text


def _value(value: Any) -> str:
    if value in ("[secret]", "[unknown]"):
        return str(value)
    if isinstance(value, str) and value.startswith("{"):
        # A policy is easier to read as what it is than as a text with escaped quotes.
        with suppress(ValueError):
            value = json.loads(value)
    text = json.dumps(in_order(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def show_plan(screen: ProgressScreen, steps: Sequence[Step]) -> None:
    """Print a plan: each step while they can be read, otherwise how many of which type."""
    if len(steps) <= _READABLE:
        for step in steps:
            screen.plan(step)
        return
    for type_, counts in plan_counts(steps).items():
        told = ", ".join(f"{count} {_WILL[op]}" for op, count in counts.items())
        screen.print(f"    {type_}: {told}")
    screen.print("    (`rolelab preview` shows each of them)")
