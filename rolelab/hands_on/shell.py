"""Becoming a command or a shell.

This process is replaced, so that signals, terminal and exit code are the command's own.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from rolelab.errors import LabError

WHO = "ROLELAB_WHO"
"""Environment variable that says who one is, for prompts and scripts."""

_BASH = """\
[ -r ~/.bashrc ] && . ~/.bashrc
PS1="($ROLELAB_WHO) ${PS1:-\\\\$ }"
"""
_ZSH = """\
ZDOTDIR=${ROLELAB_ZDOTDIR:-$HOME}
[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
PROMPT="(${ROLELAB_WHO//\\%/%%}) ${PROMPT:-%# }"
"""
_FISH = (
    "functions -c fish_prompt _rolelab_prompt;"
    " function fish_prompt; printf '(%s) ' $ROLELAB_WHO; _rolelab_prompt; end"
)


class CommandNotRun(LabError):
    """The command could not be started; exit codes as of shells: 127 not found, 126 not allowed."""

    def __init__(self, command: str, error: OSError) -> None:
        what = f"cannot run {command}: {error.strerror}"
        super().__init__(what, do="give a command that is on PATH")
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by the command.

    Raises:
        CommandNotRun: there is no such command, or running it is not allowed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    # Python ignores these; what we become must not inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - the user's own command
    except OSError as error:
        raise CommandNotRun(shlex.quote(command[0]), error) from None


def interactive(
    environment: Mapping[str, str], who: str, folder: Path
) -> tuple[list[str], dict[str, str]]:
    """Return the user's shell and its environment, with a prompt that says who one is.

    `folder` takes the small start files that bash and zsh want; they hold no secret.
    """
    shell = environment.get("SHELL") or "/bin/sh"
    kind = Path(shell).name
    changed = {**environment, WHO: who}
    if kind == "bash":
        return [shell, "--rcfile", str(_start_file(folder / "bashrc", _BASH)), "-i"], changed
    if kind == "zsh":
        _start_file(folder / "zsh" / ".zshrc", _ZSH)
        changed["ROLELAB_ZDOTDIR"] = environment.get("ZDOTDIR") or str(Path.home())
        return [shell, "-i"], {**changed, "ZDOTDIR": str(folder / "zsh")}
    if kind == "fish":
        return [shell, "-i", "-C", _FISH], changed
    return [shell, "-i"], {**changed, "PS1": f"({who}) $ "}


def _start_file(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return path
