"""Runs a Pulumi Python program in process, by Pulumi's public API only."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import importlib.util
import io
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from types import TracebackType

import pulumi
import pulumi.runtime
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from rolelab.engine import program_modules
from rolelab.engine.program_loop import ProgramLoop
from rolelab.engine.stack import Stack
from rolelab.errors import LabError
from rolelab.project import Project

_NEEDED = ("Settings", "configure", "reset_options", "run_in_stack", "set_all_config")
_ORGANIZATION = "organization"
"""What `pulumi.get_organization()` says without Pulumi's own service, as the real CLI's file
backend does."""


class ProgramError(Exception):
    """The program failed; the text is what people are shown."""


def run(
    stack: Stack,
    *,
    monitor: resource_pb2_grpc.ResourceMonitorServicer,
    engine: engine_pb2_grpc.EngineServicer,
    preview: bool,
    parallel: int,
    say: Callable[[str], None],
    is_stopped: Callable[[], bool],
) -> None:
    """Run the stack's program to its end; what it prints goes to `say`, a line at a time.

    Once `is_stopped`, it is left at its next registration: to go through the rest of a class takes
    the SDK seconds, and nothing of it would be carried out.

    Raises:
        LabError: the program raised it (or `pulumi.RunError` from it): its kind decides the exit
            code.
        ProgramError: the program failed otherwise.
    """
    root = stack.project.root
    _require_runnable(stack.project)

    def inside() -> None:
        pulumi.runtime.reset_options()
        pulumi.runtime.set_all_config(dict(stack.configuration), [])
        settings = pulumi.runtime.Settings(
            project=stack.project.name,
            stack=stack.name,
            monitor=monitor,
            engine=engine,
            parallel=parallel,
            dry_run=preview,
            organization=_ORGANIZATION,
            root_directory=str(root),
        )
        pulumi.runtime.configure(settings)
        _until_complete(root, is_stopped)

    with (
        _surroundings(root, say),
        program_modules.apart(root),
        _fewer_collections(),
        _shallow_stacks(),
    ):
        # A context of its own: the SDK keeps its settings, configuration and root resource in
        # context variables.
        contextvars.copy_context().run(inside)


def _require_runnable(project: Project) -> None:
    project.require_program()
    if lacking := [name for name in _NEEDED if not hasattr(pulumi.runtime, name)]:
        raise LabError(
            f"the Pulumi SDK lacks {', '.join(lacking)}",
            where="pulumi.runtime",
            do="install the pinned version of pulumi",
        )


def _until_complete(root: Path, is_stopped: Callable[[], bool]) -> None:
    loop = ProgramLoop(is_stopped)
    asyncio.set_event_loop(loop)

    def program() -> None:
        # Python tells bytecode that is out of date by size and second: a quick edit would run as it
        # was before.
        bytecode = Path(importlib.util.cache_from_source(str(root / "__main__.py")))
        with contextlib.suppress(OSError):  # a folder that is only to be read has no edits
            bytecode.unlink(missing_ok=True)
        runpy.run_path(str(root), run_name="__main__")

    async def whole() -> None:
        # One turn of the loop before the first registration: without it the SDK's last wait is
        # quadratic.
        await asyncio.sleep(0)
        await pulumi.runtime.run_in_stack(program)

    try:
        loop.run_until_complete(whole())
    except LabError:
        raise
    except pulumi.RunError as error:
        if isinstance(error.__cause__, LabError):
            raise error.__cause__ from None
        raise ProgramError(str(error)) from None
    except SystemExit as error:
        if error.code not in (None, 0):
            raise ProgramError(f"the program left with exit code {error.code}") from None
    except Exception as error:  # noqa: BLE001 - whatever a program raises
        raise ProgramError(
            f"Program failed with an unhandled exception:\n{_of_the_user(error, root)}"
        ) from None
    finally:
        _drop_the_rest(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _drop_the_rest(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what the program left running, so that a second run in this process starts clean."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))


def _of_the_user(error: BaseException, root: Path) -> str:
    """Return the traceback with the frames in the project's own files alone."""
    # With a limit given, `sys.tracebacklimit` does not count.
    told = traceback.TracebackException.from_exception(error, limit=-_DEEPEST)
    links, seen = [told], list[traceback.TracebackException]()
    while links:
        link = links.pop()
        seen.append(link)
        links += [other for other in (link.__cause__, link.__context__) if other]
    for link in seen:
        own = [frame for frame in link.stack if _is_ours(Path(frame.filename), root)]
        link.stack = traceback.StackSummary.from_list(own)
    without = "Traceback (most recent call last):\n"
    lines = [line for line in told.format() if told.stack or line != without]
    return "".join(lines).rstrip("\n")


_DEEPEST = 1000
"""Frames of a traceback that are looked at, the innermost ones."""


def _is_ours(path: Path, root: Path) -> bool:
    """Return whether a file is the project's, and not the engine's, which the lab's own has."""
    engine = Path(__file__).resolve().parent
    return program_modules.is_of_program(path, root) and not path.is_relative_to(engine)


@contextlib.contextmanager
def _surroundings(root: Path, say: Callable[[str], None]) -> Generator[None]:
    """Make the project's folder the current one, its name argv, and its prints lines.

    Asyncio complains of each future that was never awaited when a program fails: thousands of
    lines, of no use.
    """
    logger = logging.getLogger("asyncio")
    level, here, argv = logger.level, Path.cwd(), sys.argv
    logger.setLevel(logging.CRITICAL + 1)
    os.chdir(root)
    sys.argv = [str(root)]
    lines = _Lines(say)
    try:
        with contextlib.redirect_stdout(lines):
            yield
    finally:
        lines.close()
        sys.argv = argv
        os.chdir(here)
        logger.setLevel(level)


class _Lines(io.TextIOBase):
    """A text file that hands on each line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._say(line)
        return len(text)

    def close(self) -> None:
        if self._rest and not self.closed:
            self._say(self._rest)
        super().close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextlib.contextmanager
def _fewer_collections() -> Generator[None]:
    """Collect garbage rarely during the run, and never what was there before.

    Saves a fifth to a third of the time.

    What the run leaves behind is set aside as well: to look through it at the end takes longer than
    a small run.
    """
    thresholds = gc.get_threshold()
    if gc.get_freeze_count():
        # What an earlier run in this process set aside.
        gc.unfreeze()
        gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*thresholds)


_FRAMES = 8
"""Frames that the SDK looks at: those of its own constructors, and the first of the program's."""


@contextlib.contextmanager
def _shallow_stacks() -> Generator[None]:
    """Keep the SDK from walking the whole stack at each registration, to say where it is.

    Nobody asks that here, and it is a quarter of its time (a `stat` for each frame's file).
    Python's own limit of tracebacks is what keeps it short; ours are made without it.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = _FRAMES
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
