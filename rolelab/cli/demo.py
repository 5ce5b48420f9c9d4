"""`rolelab demo`: the whole lesson in one process, on a local AWS that is gone afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rolelab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolelab.demo.lesson_stack import LessonStack
    from rolelab.localaws.process.record import Instance
    from rolelab.project import Project

NEXT = [
    "Next:",
    "  . .venv/bin/activate             # puts rolelab on your PATH",
    "  rolelab up --yes                 # the same lab, to stay, with the grant: try the commands"
    " above on it",
    "  rolelab verify                   # proves it, before and after the switch",
    "  rolelab exec                     # a shell as the learner; with --role, as the role",
    "  rolelab destroy --yes            # removes it",
]


@click.command()
@click.option("--pause", is_flag=True, help="Wait for Enter before each step, for a room.")
@click.pass_context
def command(ctx: click.Context, pause: bool) -> None:
    """Tell the lesson of role assumption, each step for real, and leave nothing behind.

    Exit code 1 if any answer is not what the lesson says.
    """
    import signal
    import sys
    import time
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from rolelab import project
    from rolelab.demo import lesson
    from rolelab.demo.acts import Acts
    from rolelab.demo.lesson_stack import STACK
    from rolelab.localaws.process import server
    from rolelab.report.lesson_screen import LessonScreen

    if pause and not sys.stdin.isatty():
        do = "leave it out, or use a terminal"
        raise UsageError("nobody is there to press Enter", where="--pause", do=do)
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ended from outside is ended as by Ctrl-C: the folder with the learner's key goes.
        signal.signal(number, signal.default_int_handler)
    begun = time.monotonic()
    here = project.find()
    configuration = here.config(STACK)
    with TemporaryDirectory(prefix="rolelab-demo-") as folder, server.in_process() as local:
        stack = _stack(replace(here, home=Path(folder)), configuration, local)
        screen = LessonScreen(pause=pause)
        screen.opening(
            "A user with no permissions assumes a role, works, switches back, and has none again."
        )
        as_taught = lesson.tell(Acts(local.endpoint(), stack), screen.step, screen.answer)
    if as_taught:
        screen.closing(time.monotonic() - begun, NEXT)
    ctx.exit(0 if as_taught else 1)


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
