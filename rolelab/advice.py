"""What to do about something, as data: a sentence, a difference of documents, a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

Who = Literal["own key", "role session", "administrator"]
"""Whose credentials ask, or run a command."""
OWN: Final = "own key"
SESSION: Final = "role session"
ADMIN: Final = "administrator"
_LINE = 70
"""Columns up to which a command stays on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command for a shell."""

    text: str
    """The command alone, in several lines where it takes them."""
    by: Who
    """Whose credentials it needs."""
    typed: str = ""
    """The same complete for a shell of the reader's, whatever that holds; empty until placed."""

    @property
    def lines(self) -> list[str]:
        """The lines to be copied."""
        return (self.typed or self.text).split("\n")


REFRESH: Final = Command(text="pulumi up --refresh --yes", by=ADMIN)
"""What makes anew what no change of IAM brings back; the engine that made the lab does it."""

MAKER_MAKES: Final = "Make it anew with the tool that made the lab, then write its outputs again."
"""What is said in the place of REFRESH where only an outputs file is at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPlace:
    """Where a lab is, for commands: what it takes that they reach this lab and no other AWS."""

    as_admin: str = ""
    """What comes before an administrator's `aws …`; empty where the shell is the administrator's
    own, as for an account."""
    refresh: str = REFRESH.text
    """What REFRESH is here; empty where no command in this folder makes the lab anew."""

    def complete(self, command: Command) -> Command:
        """Return a command as it is typed here."""
        if command == REFRESH:
            return replace(command, text=self.refresh, typed=self.refresh)
        if command.by != ADMIN or not self.as_admin:
            return replace(command, typed=command.text)
        first = f"{self.as_admin} {command.text}".split("\n", 1)[0]
        joint = " " if len(first) <= _LINE else " \\\n  "
        return replace(command, typed=f"{self.as_admin}{joint}{command.text}")

    def advise(self, steps: Iterable[Advice]) -> tuple[Advice, ...]:
        """Return steps with their commands complete."""
        return tuple(self._advised(step) for step in steps)

    def _advised(self, step: Advice) -> Advice:
        if step.command == REFRESH and not self.refresh:
            sentence = " ".join(filter(None, (step.sentence, MAKER_MAKES)))
            return replace(step, sentence=sentence, command=None)
        return replace(step, command=step.command and self.complete(step.command))


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One step; each part is empty where there is nothing of its kind."""

    sentence: str = ""
    diff: str = ""
    """A unified diff of policy documents: what the step changes."""
    command: Command | None = None
    document: str = ""
    """JSON: the policy whole, as the step makes it, for an editor; no report prints it."""

    @property
    def verbatim(self) -> Iterator[str]:
        """The lines that stay as they are, to be copied: the difference, then the command."""
        yield from filter(None, self.diff.split("\n"))
        if self.command is not None:
            yield from self.command.lines


def as_text(steps: Iterable[Advice]) -> str:
    """Return the steps as text: sentences a line each, all that is verbatim indented by two."""
    lines: list[str] = []
    for step in steps:
        lines += [step.sentence] if step.sentence else []
        lines += [f"  {line}" for line in step.verbatim]
    return "\n".join(lines)
