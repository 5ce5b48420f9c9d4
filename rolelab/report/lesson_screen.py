"""The lesson in a terminal: one step after the other, beautiful in colour, plain in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from rolelab.lesson import LessonAnswer, LessonStep

_INDENT = (0, 0, 0, 4)


class LessonScreen:
    """Shows each step before it acts, then what AWS answered."""

    def __init__(self, *, pause: bool = False, console: Console | None = None) -> None:
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
        if self._pause:
            click.pause(info="    [Enter] ")

    def answer(self, answer: LessonAnswer, seconds: float) -> None:
        """Show what really happened."""
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

    def closing(self, seconds: float, next_lines: Sequence[str]) -> None:
        """End with how long it took and what to try next."""
        self._console.print(
            Text(f"That was the whole lesson, for real, in {seconds:.1f} s.", style="bold")
        )
        self._console.print()
        for line in next_lines:
            self._console.print(Text(line), soft_wrap=True)

    def stopped(self, step: LessonStep, answer: LessonAnswer) -> None:
        """Say that the lesson is not true here, and where."""
        self._console.print(
            Text(
                f"This is not what the lesson says: {step.title!r} was {answer.outcome}.",
                style="red",
            )
        )

    def _prose(self, text: str, style: str) -> None:
        # In a pipe a line stays whole: whoever reads it wraps it, or greps it.
        if not self._console.is_terminal:
            self._console.print(Text(f"    {text}"), soft_wrap=True)
            return
        self._console.print(Padding(Text(text, style=style), _INDENT, expand=False))
