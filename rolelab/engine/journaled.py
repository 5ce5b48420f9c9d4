"""One operation on AWS.

The journal has it as pending, the call is made, its outcome is recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from rolelab.aws.failures import WHERE_IT_HANGS, AwsFailure
from rolelab.engine import properties, recovery, values
from rolelab.engine.cloud import Cloud, patiently
from rolelab.engine.decide import Operation
from rolelab.engine.deletion import Deletion
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.state import StateStore
from rolelab.engine.tally import OperationError, StoppedError, Tally
from rolelab.engine.types.base import HalfMadeError, Made, ResourceType
from rolelab.engine.types.table import TYPES
from rolelab.steps import Op, Step

Key = tuple[str, str]
"""What is done one after the other: a type and a thing's identity, or "" and an owner's URN."""


class Journaled:
    """Creates, updates and deletes; called from several threads."""

    def __init__(self, state: StateStore, cloud: Cloud, tally: Tally) -> None:
        self._state = state
        self._cloud = cloud
        self._tally = tally
        self._locks: dict[Key, threading.Lock] = {}

    def create(self, operation: Operation) -> Resource:
        """Create a resource.

        Raises:
            StoppedError: the run is being stopped.
            OperationError: it was not created, or nobody knows; that is told and recorded.
        """
        known = TYPES[operation.resource.type]
        inputs = values.plain(operation.resource.inputs)
        with self._alone((known.token, known.identity(inputs))):
            began = self._tally.begin(operation.step)
            number, made = self._created(operation, known, inputs)
            resource = _made(operation, known, made)
            self._state.done(number, resource)
            self._tally.done(operation.step, began)
            return resource

    def _created(
        self, operation: Operation, known: ResourceType, inputs: Properties
    ) -> tuple[int, Made]:
        """Return the pending operation's number and what was made, by a second call if need be."""
        name = next((str(inputs[key]) for key in ("name", "user", "role") if key in inputs), "")
        replaces = operation.op is Op.REPLACE and not operation.delete_before_replace
        for last in (False, True):
            pending = PendingOperation(
                op="create", at=self._cloud.now(), resource=operation.resource, replaces=replaces
            )
            number = self._state.begin(pending)
            try:
                return number, patiently(lambda: known.create(self._cloud, inputs))
            except HalfMadeError as half:
                self._state.done(number, replace(_made(operation, known, half.made), stale=True))
                raise self._failure(operation.step, "creating", known, half.failure, name) from None
            except AwsFailure as failure:
                made = self._look(number, pending, operation.step, failure)
                if made is not None:
                    return number, made
                is_open = number in self._state.world.pending_operations
                if last or is_open or failure.answered:
                    raise self._failure(operation.step, "creating", known, failure, name) from None
        raise AssertionError("unreachable")

    def _look(
        self, number: int, pending: PendingOperation, step: Step, failure: AwsFailure
    ) -> Made | None:
        """Find out what a create without an answer made; what stays open is found out later."""
        known = TYPES[step.type]
        try:
            made = (
                None
                if failure.answered
                else recovery.look(known, self._cloud, pending, self._state.world)
            )
        except AwsFailure as unseen:
            if unseen.nobody_answers:
                raise self._failure(step, "creating", known, unseen) from None
            return None
        if made is None:
            self._state.refused(number)
        return made

    def update(self, operation: Operation, old: Resource) -> Resource:
        """Change a resource in place.

        Raises:
            StoppedError: the run is being stopped.
            OperationError: it was not changed, or only in part; that is told and recorded.
        """
        known = TYPES[old.type]
        with self._alone(("", old.urn)):
            began = self._tally.begin(operation.step)
            opened = self._state.world.located(old)
            inputs = values.plain(operation.resource.inputs)
            pending = PendingOperation(op="update", at=time.time(), resource=operation.resource)
            number = self._state.begin(pending)
            try:
                made = patiently(lambda: known.update(self._cloud, opened, inputs))
            except AwsFailure as failure:
                # Refused: some of its calls may have gone through, so the next run makes all again.
                if failure.answered:
                    self._state.done(number, replace(old, stale=True))
                raise self._failure(operation.step, "updating", known, failure) from None
            resource = _made(operation, known, made)
            if made.id != old.id:
                resource = replace(resource, formerly=[*old.formerly, old.id])
            self._state.done(number, resource)
            self._tally.done(operation.step, began)
            return resource

    def delete_replaced(self, deletion: Deletion) -> None:
        """Delete what a replacement needs gone, unless another resource is that very thing by now.

        Raises:
            StoppedError, OperationError: as for `delete`.
        """
        victim = deletion.resource
        if not victim.custom:
            self.delete(deletion, Op.DELETE_REPLACED)
            return
        owners = {urn for urns in victim.replacing.values() for urn in urns}
        # Its owner may be renamed at this moment: it is under the old name before, the new one
        # after.
        with self._alone(*(("", urn) for urn in owners)):
            identity = self.identity(victim)
            with self._alone((victim.type, identity)):
                spared = bool(identity) and any(
                    other.type == victim.type and other.id == identity and other.urn != victim.urn
                    for other in list(self._state.world.live.values())
                )
                self.delete(deletion, Op.DELETE_REPLACED, spared=spared)

    def delete(self, deletion: Deletion, op: Op, *, spared: bool = False) -> None:
        """Delete a resource; a `spared` one only in the state.

        Raises:
            StoppedError: the run is being stopped.
            OperationError: it was not deleted, or nobody knows; that is told and recorded.
        """
        victim, step = deletion.resource, deletion.step(op)
        if not victim.custom or victim.retain or spared:
            if self._tally.stopped:
                raise StoppedError
            self._state.drop(victim, pending_deletion=deletion.pending)
            self._tally.done(step)
            return
        began = self._tally.begin(step)
        known = TYPES[victim.type]
        pending = PendingOperation(
            op="delete", at=time.time(), resource=victim, pending_deletion=deletion.pending
        )
        number = self._state.begin(pending)
        try:
            located = self._state.world.located(victim)
            was_there = patiently(lambda: known.delete(self._cloud, located))
        except AwsFailure as failure:
            if failure.answered:
                self._state.refused(number)
            raise self._failure(step, "deleting", known, failure) from None
        self._state.done(number)
        if not was_there:
            self._tally.missing(f"{known.label} ({victim.id})")
        self._tally.done(step, began)

    def identity(self, resource: Resource) -> str:
        """Return the id that a resource's inputs lead to; empty where AWS gives ids of its own."""
        return TYPES[resource.type].identity(self._state.world.located(resource).inputs)

    @contextmanager
    def _alone(self, *keys: Key) -> Generator[None]:
        """Do what concerns one thing one after the other.

        A grant that goes from one learner to another may be put where another one is about to be
        removed: whichever comes first, what is declared is there at the end.
        """
        with ExitStack() as held:
            for key in sorted(keys):
                if key[1]:
                    held.enter_context(self._locks.setdefault(key, threading.Lock()))
            yield

    def _failure(
        self, step: Step, doing: str, known: ResourceType, failure: AwsFailure, name: str = ""
    ) -> OperationError:
        said = f"{doing} {known.label} ({step.id or name or step.name}): {failure}"
        if failure.nobody_answers:
            do = WHERE_IT_HANGS if failure.hangs else "see `rolelab local status`"
            self._tally.lost(said, do)
            return OperationError(said)
        if not failure.answered:
            said += " (no answer: whether it happened is found out by the next run)"
        elif failure.code == "EntityAlreadyExists":
            said += (
                " (by another stack or by hand: give it another name in the configuration,"
                " or remove that one)"
            )
        return self._tally.failure(step, said)


def _made(operation: Operation, known: ResourceType, made: Made) -> Resource:
    """Return the resource as it is now that it was made."""
    wanted, also = operation.resource, operation.goal.secret_outputs
    outputs = properties.secrets_marked(known, made.outputs, wanted.inputs, also)
    return replace(wanted, id=made.id, outputs=outputs)
