"""The lesson in a terminal: one step after the other, beautiful in colour, plain in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from rolelab import readable

_INDENT = (0, 0, 0, 4)


@dataclass(frozen=True, slots=True)
class LessonAnswer:
    """What really happened, and whether it is what the lesson says."""

    as_taught: bool
    outcome: str
    """`allowed`, `refused`, `made`, … or how it went wrong."""
    said: tuple[str, ...]
    """AWS's own words, or what its answer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonStep:
    """One step of the lesson."""

    title: str
    who: str
    why: str
    """One sentence: why this happens."""
    command: str
    """The same with the tools of work; it works when typed after `rolelab up`."""
    clicks: str
    """The same in the console of `rolelab console`, as one clicks."""


class LessonScreen:
    """Shows each step before it acts, then what AWS answered; `pause` is called in between."""

    def __init__(
        self, *, pause: Callable[[], None] = lambda: None, console: Console | None = None
    ) -> None:
        self._console = console or Console(highlight=False, width=None)
        self._pause = pause
        self._shown = 0

    def opening(self, text: str) -> None:
        """Say what is about to be seen."""
        self._console.print(Text(text, style="bold"), soft_wrap=True)
        self._console.print()

    def step(self, step: LessonStep) -> None:
        """Show a step: who acts, why, and the command that does the same."""
        self._shown += 1
        heading = Text.assemble(
            (f"{self._shown:>2}  ", "dim"), (step.title, "bold"), (f"   as {step.who}", "cyan")
        )
        self._console.print(heading)
        self._prose(step.why, "")
        # A command is to be copied: it is never broken into lines.
        self._console.print(
            Text.assemble("    ", ("$ ", "dim"), (step.command, "blue")), soft_wrap=True
        )
        self._prose(f"in the console: {step.clicks}", "dim")
        self._pause()

    def answer(self, step: LessonStep, answer: LessonAnswer, seconds: float) -> None:
        """Show what really happened, and say so where it is not what the lesson says."""
        mark, colour = ("✓", "green") if answer.as_taught else ("✗", "red")
        if answer.as_taught and answer.outcome == "refused":
            colour = "yellow"
        line = Text.assemble(
            "    ", (f"{mark} {answer.outcome}", f"bold {colour}"), (f"  {seconds:.2f} s", "dim")
        )
        self._console.print(line)
        for said in answer.said:
            self._prose(said, colour if answer.outcome == "refused" else "")
        self._console.print()
        if not answer.as_taught:
            wrong = f"This is not what the lesson says: {step.title!r} was {answer.outcome}."
            self._console.print(Text(wrong, style="red"))

    def closing(self, seconds: float, next_lines: Sequence[str]) -> None:
        """End with how long it took and what to try next."""
        self._console.print(
            Text(f"That was the whole lesson, for real, in {seconds:.1f} s.", style="bold")
        )
        self._console.print()
        for line in next_lines:
            self._console.print(Text(line), soft_wrap=True)

    def _prose(self, text: str, style: str) -> None:
        text = readable.line(text)
        # In a pipe a line stays whole: whoever reads it wraps it, or greps it.
        if not self._console.is_terminal:
            self._console.print(Text(f"    {text}"), soft_wrap=True)
            return
        self._console.print(Padding(Text(text, style=style), _INDENT, expand=False))
