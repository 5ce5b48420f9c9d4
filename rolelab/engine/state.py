"""The state on disk: snapshot and journal.

One folder a stack (mode 0700): `state.json`, the journal beside it, and `lock`. A line goes into
the journal by one `write`, so a process killed at any moment loses nothing that it was told (the
system's page cache outlives it; no fsync is needed for that). Lines of several threads may come in
any order, but each thread's in its own: they are not written under a lock, which sixteen threads
would queue for. What the stack holds in other AWSs is set aside in files of its own.

The journal's name has the snapshot's generation in it: when a run ends, the lines are folded into a
new snapshot of the next generation, and a death between its rename and the removal of the old
journal does no harm. A line that was not written to its end never happened.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from rolelab import whole_file
from rolelab.engine import set_aside, snapshot, stack_lock
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.stack import Home
from rolelab.engine.world import Line, World
from rolelab.errors import LabError


class StackState(ABC):
    """What is known of one stack, changed a line at a time."""

    world: World

    @property
    def outputs(self) -> Properties:
        """The stack's outputs; none where there is no stack."""
        return dict(self.world.stack.outputs) if self.world.stack else {}

    @abstractmethod
    def _write(self, line: Line) -> None:
        """Take one line, and apply it to the world."""

    def put(self, resource: Resource) -> None:
        """Take a resource as it is now."""
        self._write({"put": resource.to_json()})

    def put_outputs(self, resource: Resource, outputs: Properties) -> None:
        """Take a resource's outputs, where they are other ones."""
        if outputs != resource.outputs:
            self.put(replace(resource, outputs=outputs))

    def drop(self, resource: Resource, *, pending_deletion: bool) -> None:
        """Forget a resource: it is no longer the stack's."""
        self._write({"drop": resource.urn, "id": resource.id, "doomed": pending_deletion})

    def rename(self, old: str, new: str) -> None:
        """Give a resource another URN."""
        self._write({"rename": [old, new]})


class StateStore(StackState):
    """The state of one stack, held by this process until it is closed."""

    def __init__(self, folder: Path, *, command: str) -> None:
        """Take the lock and read the state; a journal that a dead process left is folded first.

        Raises:
            LabError: another process works on this stack, or the state cannot be read.
        """
        self.folder = folder
        whole_file.make_private(folder)
        self._lock_file = stack_lock.take(folder, command)
        self._applying = threading.Lock()
        self._journal = -1
        self._unfolded = False
        self._broken = False
        try:
            self.world, self._generation, self._unfolded = _read(folder)
            self._numbers = itertools.count(max(self.world.pending_operations, default=0) + 1)
            if self._unfolded:
                self.fold()
            self._open_journal()
        except BaseException:
            self.close()
            raise

    # -- what happened -----------------------------------------------------------------------------

    def begin(self, pending: PendingOperation) -> int:
        """Record that an operation is about to begin; return its number.

        Raises:
            LabError: it cannot be recorded, so it must not begin.
        """
        if self._broken:
            raise self._unwritten()
        number = next(self._numbers)
        self._write({"n": number, "begin": pending.to_json()})
        return number

    def done(self, number: int, resource: Resource | None = None) -> None:
        """Record that an operation happened.

        `resource` is what there is now (none after a delete).
        """
        line: Line = {"n": number, "ok": True}
        if resource is not None:
            line["resource"] = resource.to_json()
        self._write(line)

    def refused(self, number: int) -> None:
        """Record that an operation did not happen: AWS said no."""
        self._write({"n": number, "ok": False})

    @override
    def _write(self, line: Line) -> None:
        # The newline before it keeps it apart from a line that a full disk cut off.
        text = f"\n{snapshot.encode(line)}\n".encode()
        try:
            whole = os.write(self._journal, text) == len(text)
        except OSError:
            whole = False
        if not whole:
            self._broken = True
            raise self._unwritten()
        with self._applying:
            self._unfolded = True
            self.world.apply(line)

    def _unwritten(self, error: OSError | None = None) -> LabError:
        why = f": {error.strerror}" if error and error.errno != errno.ENOSPC else ""
        do = "make it writable for you" if why else "make room on the disk"
        return LabError(f"the state cannot be written{why}", where=str(self.folder), do=do)

    # -- the life of the files ---------------------------------------------------------------------

    def fold(self) -> None:
        """Write the whole state as a new snapshot.

        Raises:
            LabError: it cannot be written; journal and snapshot are as they were.
        """
        with self._applying:
            try:
                snapshot.write(self.folder / _SNAPSHOT, self.world, generation=self._generation + 1)
            except OSError as error:
                raise self._unwritten(error) from None
            self._generation += 1
            self._unfolded = False
            if self._journal >= 0:
                self._open_journal()

    def work_in(self, homes: Sequence[Home]) -> World | None:
        """Work in the AWS that is called so; return the state of another one that is set aside.

        The first name is the one that is kept.

        Raises:
            LabError: a state cannot be read or written; nothing is changed then.
        """
        before = self.world
        self.world = world_in(self.folder, before, homes)
        if self.world is before:
            return None
        try:
            set_aside.keep(self.folder, before)
        except OSError as error:
            self.world = before
            raise self._unwritten(error) from None
        self.fold()
        for home in homes:
            set_aside.forget(self.folder, home)
        return before if before.holds_anything else None

    def _open_journal(self) -> None:
        """Begin the journal of this generation; those of earlier ones are in the snapshot."""
        if self._journal >= 0:
            os.close(self._journal)
        for old in self.folder.glob("journal.*"):
            if old.name != _journal_name(self._generation):
                old.unlink(missing_ok=True)
        whole_file.remove_unfinished(self.folder / _SNAPSHOT)
        path = self.folder / _journal_name(self._generation)
        self._journal = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | whole_file.AS_A_FILE, 0o600
        )

    def close(self) -> None:
        """Fold what was journaled and give the lock back."""
        try:
            if self._unfolded and self._journal >= 0:
                self.fold()
        finally:
            if self._journal >= 0:
                os.close(self._journal)
                self._journal = -1
                if not self._unfolded:
                    (self.folder / _journal_name(self._generation)).unlink(missing_ok=True)
            os.close(self._lock_file)


class DraftState(StackState):
    """A state that a preview may change: in memory only."""

    def __init__(self, world: World) -> None:
        self.world = world

    @override
    def _write(self, line: Line) -> None:
        self.world.apply(line)


def read(folder: Path) -> World:
    """Read the state without the lock, also while a run is under way.

    Raises:
        LabError: it cannot be read.
    """
    return _read(folder)[0]


def world_in(folder: Path, present: World, homes: Sequence[Home]) -> World:
    """Return the state in the AWS that is called so: the present one, one set aside, or an empty.

    Raises:
        LabError: it cannot be read.
    """
    if present.home in homes:
        present.home = homes[0]
        return present
    others = set_aside.worlds(folder, present)
    world = next((other for other in others if other.home in homes), World())
    world.home = homes[0]
    return world


_SNAPSHOT = "state.json"


def _journal_name(generation: int) -> str:
    return f"journal.{generation}"


def _read(folder: Path) -> tuple[World, int, bool]:
    """Return the world, the snapshot's generation, and whether there is more in the journal."""
    for _ in range(5):
        before = snapshot.read(folder / _SNAPSHOT)
        journal = folder / _journal_name(before.get("generation", 0))
        try:
            text = whole_file.read(journal)
        except FileNotFoundError:
            text = b""
        except OSError as error:
            raise snapshot.unreadable(journal, error) from None
        # A run that ended in between has folded the journal away: then both are read again.
        after = snapshot.read(folder / _SNAPSHOT)
        if after.get("generation", 0) == before.get("generation", 0):
            break
    else:
        raise LabError("the state changes all the time", where=str(folder), do="try again")
    try:
        world = World.from_json(before) if before else World()
        for line in text.split(b"\n")[:-1]:
            # Half a line has no end: it is the last one of a process that was killed, or a full
            # disk cut it off.
            if line.endswith(b"}"):
                world.apply(json.loads(line))
    except snapshot.NOT_A_STATE as error:
        raise snapshot.unreadable(folder, error) from None
    return world, before.get("generation", 0), bool(text)
