"""`rolelab demo`: the whole lesson, in one process, on a local AWS of its own that is gone afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from rolelab.errors import Interrupted, LabError, UsageError
from rolelab.steps import Ended, Failed, Message, Op, Severity

if TYPE_CHECKING:
    from rolelab.aws.endpoint import Endpoint
    from rolelab.engine.deploy import Result
    from rolelab.project import Project
    from rolelab.steps import Event

STACK = "demo"
_DID = {Op.CREATE: "created", Op.UPDATE: "updated", Op.REPLACE: "replaced", Op.DELETE: "deleted"}

NEXT = [
    "Next:",
    "  . .venv/bin/activate             # puts rolelab on your PATH",
    "  rolelab up --yes                 # the same lab, to stay, with the grant: try the commands above on it",
    "  rolelab verify                   # proves it, before and after the switch",
    "  rolelab exec                     # a shell as the learner; with --role, as the role",
    "  rolelab destroy --yes            # removes it",
]


@click.command(short_help="Watch the whole lesson happen, offline.")
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
    from rolelab.demo import Lesson
    from rolelab.localaws.process import server
    from rolelab.report.lesson_screen import LessonScreen

    if pause and not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to press Enter", where="--pause", do="leave it out, or use a terminal"
        )
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ended from outside is ended as by Ctrl-C: the folder with the learner's key goes.
        signal.signal(number, signal.default_int_handler)
    begun = time.monotonic()
    here = project.find()
    config = here.config(STACK)
    with TemporaryDirectory(prefix="rolelab-demo-") as folder, server.in_process() as local:
        stack = EngineStack(
            replace(here, home=Path(folder)), config, local.endpoint(), local.instance_id
        )
        lesson = Lesson(local.endpoint(), stack, config)
        screen = LessonScreen(pause=pause)
        screen.opening(
            "A user with no permissions assumes a role, works, switches back, and has none again."
        )
        as_taught = lesson.tell(screen)
    if as_taught:
        screen.closing(time.monotonic() - begun, NEXT)
    ctx.exit(0 if as_taught else 1)


@dataclass
class EngineStack:
    """The lesson's stack, run by the embedded engine."""

    project: Project
    config: Mapping[str, str]
    endpoint: Endpoint
    instance: str
    _did: list[str] = field(default_factory=list[str])
    _failed: list[str] = field(default_factory=list[str])

    def up(self, *, grant: bool) -> Mapping[str, Any]:
        """Make the lab or update it; return the outputs with their secrets."""
        from rolelab.engine import deploy, values

        config = {**self.config, "assume-role-lab:grant": "true" if grant else "false"}
        self._begin()
        result = deploy.up(self.project, STACK, config, self.endpoint, self.instance, self._listen)
        self._require(result)
        return values.plain(result.outputs)

    def destroy(self) -> None:
        """Remove everything."""
        from rolelab.engine import deploy

        self._begin()
        self._require(
            deploy.destroy(self.project, STACK, self.endpoint, self.instance, self._listen)
        )

    def did(self) -> Sequence[str]:
        """Return what the last run did, a line a resource."""
        return self._did

    def _listen(self, event: Event) -> None:
        if isinstance(event, Ended) and event.step.custom and event.step.op in _DID:
            kind = event.step.type.rpartition(":")[2]
            self._did.append(f"{_DID[event.step.op]} {kind} {event.step.id or event.step.name}")
        elif isinstance(event, Failed):
            self._failed.append(f"{event.step.op.value} {event.step.urn}: {event.said}")
        elif isinstance(event, Message) and event.severity is Severity.ERROR:
            self._failed.append(event.text)

    def _begin(self) -> None:
        self._did.clear()
        self._failed.clear()

    def _require(self, result: Result) -> None:
        if isinstance(result.error, Interrupted):
            raise KeyboardInterrupt
        if result.error:
            raise LabError("; ".join([str(result.error), *self._failed]))
