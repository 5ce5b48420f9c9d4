"""`rolelab demo`: the whole lesson in one process, on a local AWS that is gone afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rolelab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from rolelab.demo.lesson_stack import LessonStack
    from rolelab.localaws.process.record import Instance
    from rolelab.project import Project
    from rolelab.report.lesson_screen import LessonScreen, LessonStep

NEXT = [
    "Next:",
    "  . .venv/bin/activate             # puts rolelab on your PATH",
    "  rolelab up --yes                 # the same lab, to stay, with the grant: try the commands"
    " above on it",
    "  rolelab verify                   # proves it, before and after the switch",
    "  rolelab exec                     # a shell as the learner; with --role, as the role",
    "  rolelab console                  # the same in a browser, by hand",
    "  rolelab destroy --yes            # removes it",
]


@click.command()
@click.option("--pause", is_flag=True, help="Wait for Enter before each step, for a room.")
@click.pass_context
def command(ctx: click.Context, pause: bool) -> None:
    """Tell the lesson of role assumption, each step for real, and leave nothing behind.

    Exit code 1 if any answer is not what the lesson says.
    """
    import sys
    import time
    from threading import Event

    from rolelab import interrupts, project
    from rolelab.demo.lesson_stack import STACK
    from rolelab.report.lesson_screen import LessonScreen

    if pause and not sys.stdin.isatty():
        do = "leave it out, or use a terminal"
        raise UsageError("nobody is there to press Enter", where="--pause", do=do)
    begun, stopping = time.monotonic(), Event()
    here = project.find()
    configuration = here.config(STACK)
    screen = LessonScreen(pause=lambda: _wait_for_enter(stopping) if pause else None)
    # Ended from outside or by Ctrl-C: the folder with the learner's key goes all the same.
    as_taught = interrupts.run(
        lambda: _tell(here, configuration, screen, stopping),
        lambda _signal_name: stopping.set(),
        waits_for=3,
    )
    if as_taught:
        screen.closing(time.monotonic() - begun, NEXT)
    ctx.exit(0 if as_taught else 1)


def _tell(
    here: Project, configuration: Mapping[str, str], screen: LessonScreen, stopping: Event
) -> bool:
    """Tell the lesson on an AWS and in a folder that are gone afterwards; return whether it holds.

    Raises:
        KeyboardInterrupt: it is being stopped.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from rolelab.demo import lesson
    from rolelab.demo.acts import Acts
    from rolelab.localaws.process import server

    def show(step: LessonStep) -> None:
        screen.step(step)
        if stopping.is_set():
            raise KeyboardInterrupt

    with TemporaryDirectory(prefix="rolelab-demo-") as folder, server.in_process() as local:
        stack = _stack(replace(here, home=Path(folder)), configuration, local)
        screen.opening(
            "A user with no permissions assumes a role, works, switches back, and has none again."
        )
        return lesson.tell(Acts(local.endpoint(), stack), show, screen.answer)


def _wait_for_enter(stopping: Event) -> None:
    """Wait for Enter, or for the end of the lesson."""
    import select
    import sys

    click.echo("    [Enter] ", nl=False)
    while not stopping.is_set():
        if select.select([sys.stdin], [], [], 0.1)[0]:
            sys.stdin.readline()
            return


def _stack(here: Project, configuration: Mapping[str, str], local: Instance) -> LessonStack:
    from rolelab.demo.lesson_stack import STACK, LessonStack
    from rolelab.engine.stack import Home, Stack

    return LessonStack(
        Stack(
            project=here,
            name=STACK,
            configuration=configuration,
            endpoint=local.endpoint(),
            home=Home("local", local.instance_id),
        )
    )
