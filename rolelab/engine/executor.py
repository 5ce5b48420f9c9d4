"""What becomes of an operation that was decided on: a preview tells it, `Apply` carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from rolelab.engine import deletion as deleting
from rolelab.engine import properties
from rolelab.engine.decide import Operation, RunSoFar
from rolelab.engine.deletion import Deletion
from rolelab.engine.journaled import Journaled
from rolelab.engine.resource import Registered, Resource
from rolelab.engine.state import StateStore
from rolelab.engine.taken_names import TakenNames
from rolelab.engine.tally import OperationError, StoppedError, Tally
from rolelab.engine.types.table import TYPES
from rolelab.errors import CannotTell, LabError
from rolelab.steps import Op, Step


class Executor(Protocol):
    """Takes what was decided."""

    def component(self, step: Step) -> None:
        """Take a component that is new."""
        ...

    def carry_out(self, operation: Operation) -> Registered | Future[Registered]:
        """Create, update or replace a resource; a Future where AWS must be asked."""
        ...

    def delete(self, deletions: Sequence[Deletion]) -> None:
        """Delete resources, dependants first, and wait for it."""
        ...


class Preview:
    """Tells what would be done, and answers what is known without doing it."""

    def __init__(self, tally: Tally, so_far: RunSoFar, taken: TakenNames) -> None:
        """Take what others have: what would be made under such a name is noted there."""
        self._tally = tally
        self._so_far = so_far
        self._taken = taken

    def component(self, step: Step) -> None:
        """Tell that a component would be made."""
        self._tally.planned(step)

    def carry_out(self, operation: Operation) -> Registered:
        """Tell an operation; what only AWS knows of a new resource is unknown."""
        known, inputs = TYPES[operation.resource.type], operation.resource.inputs
        urn, step, id_ = operation.resource.urn, operation.step, ""
        if operation.op is Op.UPDATE and operation.old is not None:
            id_ = operation.old.id
            outputs = known.outputs_after(operation.old.outputs, inputs)
        else:
            self._so_far.unmade.add(urn)
            self._taken.look_at(operation)
            outputs = properties.outputs_before(known, inputs)
        if not step.changes:
            # Only here: a class of 1,000 has 10,000 properties.
            before = self._so_far.recreated.get(urn)
            told = properties.differences(known, before.inputs if before else {}, inputs)
            step = replace(step, changes=told)
        self._tally.planned(step)
        also = operation.goal.secret_outputs
        return Registered(urn, id_, properties.secrets_marked(known, outputs, inputs, also))

    def delete(self, deletions: Sequence[Deletion]) -> None:
        """Tell what would be deleted, in an order in which it could be."""
        for deletion in deleting.planned(deletions):
            self._tally.planned(deletion.step(deletion.op))


class Apply:
    """Carries operations out, on threads, so many at a time as there are threads."""

    def __init__(
        self,
        state: StateStore,
        journaled: Journaled,
        tally: Tally,
        so_far: RunSoFar,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._state = state
        self._journaled = journaled
        self._tally = tally
        self._so_far = so_far
        self._threads = threads
        self._gone: dict[str, Future[None]] = {}
        """URN -> done when what is deleted before its own turn is gone."""

    def component(self, step: Step) -> None:
        """Take a component: it counts when it has told its outputs."""
        self._tally.opened(step)

    def carry_out(self, operation: Operation) -> Future[Registered]:
        """Carry an operation out on a thread."""
        gone: Future[None] | None = Future() if operation.deletions else None
        if gone:
            recreated = (one.resource.urn for one in operation.deletions if not one.pending)
            self._gone |= dict.fromkeys(
                (urn for urn in recreated if urn != operation.resource.urn), gone
            )
        return self._threads.submit(self._carried_out, operation, gone)

    def _carried_out(self, operation: Operation, gone: Future[None] | None) -> Registered:
        urn = operation.resource.urn
        try:
            if urn in self._gone:
                self._gone[urn].result()
            if gone:
                self._clear_the_way(operation, gone)
            if operation.op is Op.UPDATE and operation.old is not None:
                resource = self._journaled.update(operation, operation.old)
            else:
                resource = self._journaled.create(operation)
        except (StoppedError, OperationError):
            return self._skipped(urn)
        except CannotTell as unknown:
            self._tally.give_up(unknown)
            self._tally.stop()
            return self._skipped(urn)
        except LabError as error:
            # The state could not be written: nothing more may begin.
            self._tally.stop()
            self._tally.error(str(error), urn)
            return self._skipped(urn)
        return Registered(urn, resource.id, resource.outputs)

    def _clear_the_way(self, operation: Operation, gone: Future[None]) -> None:
        """Delete what must go first, and tell those who wait that it is gone, or stays."""
        try:
            for deletion in operation.deletions:
                self._journaled.delete_replaced(deletion)
        except BaseException as error:
            gone.set_exception(error)
            raise
        gone.set_result(None)

    def _skipped(self, urn: str) -> Registered:
        self._so_far.skipped.add(urn)
        return Registered(urn, ok=False)

    def delete(self, deletions: Sequence[Deletion]) -> None:
        """Delete resources, each when nothing that needs it is left."""
        going = {deletion.resource.urn for deletion in deletions}
        leaving = {deletion.resource.urn for deletion in deletions if not deletion.pending}
        staying = {
            (resource.type, resource.id)
            for resource in self._state.world.live.values()
            if resource.urn not in leaving
        }

        def delete(deletion: Deletion) -> bool:
            try:
                spared = self._is_spared(deletion.resource, going, staying)
                self._journaled.delete(deletion, deletion.op, spared=spared)
            except (StoppedError, OperationError):
                return False
            except BaseException:
                self._tally.stop()
                raise
            return True

        deleting.carry_out(deletions, delete, self._threads)

    def _is_spared(self, victim: Resource, going: set[str], staying: set[tuple[str, str]]) -> bool:
        """Return whether a resource goes without a call of its own.

        What it was to be deleted with goes too and takes it along; or a resource that stays is this
        very thing in AWS: an inline policy or an attachment that the program declares under another
        name now.
        """
        if victim.deleted_with in going:
            return True
        if not victim.custom:
            return False
        return (victim.type, self._journaled.identity(victim) or victim.id) in staying
