"""What to do about something, as data: a sentence, a difference of documents, a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

Who = Literal["own key", "role session", "administrator"]
"""Whose credentials ask, or run a command."""
OWN: Final = "own key"
SESSION: Final = "role session"
ADMIN: Final = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command for a shell."""

    text: str
    """As it is typed, in several lines where it takes them."""
    by: Who
    """Whose credentials the shell has to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One step; each part is empty where there is nothing of its kind."""

    sentence: str = ""
    diff: str = ""
    """A unified diff of policy documents: what the step changes."""
    command: Command | None = None

    @property
    def verbatim(self) -> Iterator[str]:
        """The lines that stay as they are, to be copied: the difference, then the command."""
        yield from filter(None, self.diff.split("\n"))
        if self.command is not None:
            yield from self.command.text.split("\n")


def as_text(steps: Iterable[Advice]) -> str:
    """Return the steps as text: sentences a line each, all that is verbatim indented by two."""
    lines: list[str] = []
    for step in steps:
        lines += [step.sentence] if step.sentence else []
        lines += [f"  {line}" for line in step.verbatim]
    return "\n".join(lines)
