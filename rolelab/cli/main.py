"""The entry point: a table of commands, each loaded when it is called; all errors end here."""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from rolelab import readable
from rolelab.errors import LabError
from rolelab.nearest import did_you_mean

COMMANDS = {
    "demo": "Watch the whole lesson happen, offline.",
    "preview": "Show what `up` would do.",
    "up": "Make the lab, or bring it up to date.",
    "destroy": "Remove everything that `up` made.",
    "outputs": "Print what the stack tells about the lab.",
    "status": "Say what there is, and whether a run was cut short.",
    "verify": "Prove that the lab does what it says.",
    "explain": "Say why something is refused, and what to change.",
    "exec": "Run a command as a learner, or with the role.",
    "profiles": "Write AWS CLI profiles for a learner and the role.",
    "break": "Break the lab on purpose, for somebody to find out why.",
    "mend": "Put a broken lab back to what was declared.",
    "console": "Serve the lesson in a browser, on the local AWS.",
    "reset": "Give one learner a lab as new.",
    "local": "Start, stop and look at the local AWS.",
}
"""Name -> short help; rolelab/cli/<name>.py holds the command as `command`."""


class Suggesting(click.Group):
    """Says which of its commands somebody may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called, and its arguments."""
        there = self.list_commands(ctx)
        if args[0] not in there and not args[0].startswith("-"):
            do = did_you_mean(args[0], there, otherwise=f"they are {', '.join(there)}")
            raise click.UsageError(f"there is no command {args[0]!r}: {do}", ctx)
        return super().resolve_command(ctx, args)


class _Lazy(Suggesting):
    """Knows its commands by the table; imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"rolelab.cli.{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assume-role-lab", prog_name="rolelab")
def cli() -> None:
    """Make, prove and remove a lab that teaches AWS role assumption, offline on a local AWS.

    Exit codes: 0 as it should be; 1 a check or an operation failed; 2 wrong usage or configuration;
    3 it could not be found out.
    """


def main(*first: str) -> NoReturn:
    """Run the command line, with `first` before its arguments.

    Every error ends here as one line and an exit code.
    """
    # What a start makes lives to its end: looking for garbage in it takes a tenth of a command.
    gc.set_threshold(200_000, 20, 100)
    _repair_streams()
    _end(exit_code([*first, *sys.argv[1:]]))


def exit_code(words: list[str]) -> int:
    """Run one command; say what went wrong in a line each, and return the exit code."""
    try:
        code = cli(args=words, prog_name="rolelab", standalone_mode=False) or 0
    except click.exceptions.Abort:
        code = _say("interrupted", 130)
    except click.ClickException as error:
        code = _say_usage(error)
    except LabError as error:
        code = error.exit_code
        for each in error.each:
            _say(str(each), code)
    except KeyboardInterrupt:
        code = _say("interrupted", 130)
    except OSError as error:
        # A full disk, a folder of somebody else: it could not be found out or finished.
        place = f" ({error.filename})" if error.filename else ""
        code = _say(f"{error.strerror or error}{place}: make it possible, then try again", 3)
    except Exception as error:  # noqa: BLE001 - the last place
        # Not 1: that would say that the lab is broken, and nobody has seen that.
        code = _say(_defect(error), 3)
    except SystemExit:
        # Click's answer to a reader that closed the pipe (`rolelab ... | head`): end quietly, as
        # others do. The signal stays ignored: it would end us when AWS closes a connection, too.
        code = 128 + signal.SIGPIPE
    return code if isinstance(code, int) else 0


def _repair_streams() -> None:
    """Let no closed stream, and no letter that a terminal does not know, end a command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            devnull = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, devnull)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _defect(error: Exception) -> str:
    """Name an error that rolelab should have foreseen, and show where it is if asked to."""
    if os.environ.get("ROLELAB_TRACEBACK"):
        traceback.print_exception(error)
    return (
        f"rolelab did not expect this: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        ": please report it; ROLELAB_TRACEBACK=1 shows where it happened"
    )


def _say_usage(error: click.ClickException) -> int:
    """Say what is wrong with the arguments, after the line on usage."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context:
        click.echo(context.get_usage(), err=True)
    return _say(error.format_message(), error.exit_code)


def _say(text: str, code: int) -> int:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {readable.line(text)}", err=True)
    return code


def _end(code: int) -> NoReturn:
    """End with everything flushed, and no tear-down: with pulumi loaded it takes half a second."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            # What was asked for did not arrive (a full disk under a redirection): not a success.
            code = code or 3
            if stream is sys.stdout and error.errno != errno.EPIPE:
                _say(f"the output could not be written: {error.strerror}", code)
    os._exit(code)
