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

from rolelab import whole_file
from rolelab.errors import LabError, UsageError

WHO = "ROLELAB_WHO"
"""Environment variable that says who one is, for prompts and scripts."""

# Each prompt reads the variable anew: `eval "$(rolelab local env)"` makes one somebody else.
_BASH = """\
[ -r ~/.bashrc ] && . ~/.bashrc
PS1="(\\$ROLELAB_WHO) ${PS1:-\\\\$ }"
"""
_ZSH = """\
ZDOTDIR=${ROLELAB_ZDOTDIR:-$HOME}
[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
_rolelab_who() { psvar[9]=$ROLELAB_WHO }
precmd_functions+=(_rolelab_who)
PROMPT="(%9v) ${PROMPT:-%# }"
"""
_FISH = (
    "functions -c fish_prompt _rolelab_prompt;"
    " function fish_prompt; printf '(%s) ' $ROLELAB_WHO; _rolelab_prompt; end"
)


GET_AWS_CLI = "install it: `pipx install awscli`, or https://aws.amazon.com/cli/ for version 2"


class CommandNotRun(LabError):
    """The command could not be started; exit codes as of shells: 127 not found, 126 not allowed."""

    def __init__(self, command: str, error: OSError) -> None:
        what = f"cannot run {command}: {error.strerror}"
        do = "give a command that is on PATH"
        if command == "aws" and isinstance(error, FileNotFoundError):
            what, do = "the AWS CLI is not on PATH", GET_AWS_CLI
        super().__init__(what, do=do)
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126


def require_command(command: Sequence[str]) -> None:
    """Refuse an empty word as the command; no words at all stand for a shell.

    Raises:
        UsageError: the command's name is empty, or holds what no name can.
    """
    if command and (not command[0].strip() or "\0" in "".join(command)):
        what = f"{command[0]!r} is not a command"
        raise UsageError(what, where="COMMAND", do="give one that is on PATH, such as aws")


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


def interactive(environment: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the user's shell and its environment, with a prompt that says who one is (`WHO`).

    `folder` takes the small start files that bash and zsh want; they hold no secret.
    """
    shell = environment.get("SHELL") or "/bin/sh"
    kind = Path(shell).name
    changed = dict(environment)
    if kind == "bash":
        return [shell, "--rcfile", str(_start_file(folder / "bashrc", _BASH)), "-i"], changed
    if kind == "zsh":
        _start_file(folder / "zsh" / ".zshrc", _ZSH)
        changed["ROLELAB_ZDOTDIR"] = environment.get("ZDOTDIR") or str(Path.home())
        return [shell, "-i"], {**changed, "ZDOTDIR": str(folder / "zsh")}
    if kind == "fish":
        return [shell, "-i", "-C", _FISH], changed
    return [shell, "-i"], {**changed, "PS1": f"(${WHO}) $ "}


def _start_file(path: Path, text: str) -> Path:
    try:
        whole_file.make_private(path.parent)
        whole_file.replace(path, text, mode=0o600)
    except OSError as error:
        raise LabError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return path
