"""The registrations of one run of a program: each is decided on, then handed to the executor."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Future

from rolelab.engine import decide, deletion
from rolelab.engine.decide import Operation, Rejected, RunSoFar
from rolelab.engine.executor import Executor
from rolelab.engine.resource import STACK_TYPE, Goal, Properties, Registered
from rolelab.engine.state import StackState
from rolelab.engine.tally import Tally
from rolelab.engine.types.table import TYPES
from rolelab.steps import Op


class DuplicateUrnError(Exception):
    """Two registrations with one URN."""


class Registrations:
    """Takes what the program declares, on the thread that runs it.

    The answer is there at once wherever AWS is not needed.
    """

    def __init__(
        self, state: StackState, executor: Executor, tally: Tally, so_far: RunSoFar
    ) -> None:
        self._state = state
        self._executor = executor
        self._tally = tally
        self._so_far = so_far
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._stack_outputs: Properties | None = None

    def register(self, goal: Goal) -> Registered | Future[Registered]:
        """Bring one resource to what the program wants; a Future where AWS must be asked.

        Raises:
            DuplicateUrnError: the URN was registered before.
        """
        so_far, world = self._so_far, self._state.world
        if goal.urn in so_far.registered:
            raise DuplicateUrnError(goal.urn)
        so_far.registered.add(goal.urn)
        needed = (*goal.dependencies, goal.parent, goal.deleted_with)
        if self._tally.stopped or not so_far.skipped.isdisjoint(needed):
            return self._skipped(goal)
        self._aliases[goal.urn] = goal.aliases
        if former := decide.former_urn(goal, world, so_far):
            self._state.rename(former, goal.urn)
        if not goal.custom:
            return self._component(goal)
        known = TYPES[goal.type]
        operation = decide.decide(goal, known, world, so_far, _random_digits)
        if isinstance(operation, Rejected):
            for urn, text in operation.faults:
                self._tally.error(text, urn)
            return self._skipped(goal)
        if operation.op is Op.SAME:
            self._same(operation)
            return Registered(goal.urn, operation.resource.id, operation.resource.outputs)
        for going in operation.deletions:
            if not going.pending and going.resource.urn != goal.urn:
                so_far.recreated[going.resource.urn] = going.resource
        return self._executor.carry_out(operation)

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Take the outputs of a component, or of the stack (recorded when the run ends)."""
        resource = self._state.world.live.get(urn)
        if resource is None or self._so_far.preview:
            return
        if not self._tally.stopped:
            self._tally.closed(urn)
        if resource.type == STACK_TYPE:
            self._stack_outputs = outputs
        elif not self._tally.stopped:
            self._state.put_outputs(resource, outputs)

    def is_unmade(self, urns: list[str]) -> bool:
        """Return whether one of these is still to be made: a function that needs it waits."""
        so_far = self._so_far
        return not (so_far.unmade.isdisjoint(urns) and so_far.skipped.isdisjoint(urns))

    def aliases_of(self, urn: str) -> tuple[str, ...]:
        """Return other URNs that a resource may have had: its children may have had them too."""
        return self._aliases.get(urn, ())

    def finish(self, before_deletions: Callable[[], object]) -> None:
        """End a program that ran to its end; `before_deletions` is called where there are some.

        What it did not register is no longer declared and is deleted; the stack's outputs are
        recorded. Nothing of this once the run is being stopped.
        """
        if not self._tally.stopped:
            self._tally.all_closed()
            self._delete_undeclared(before_deletions)
        stack = self._state.world.stack
        if stack and self._stack_outputs is not None and not self._tally.stopped:
            self._state.put_outputs(stack, self._stack_outputs)

    def _component(self, goal: Goal) -> Registered:
        operation = decide.decide_component(goal, self._state.world)
        if operation.op is Op.SAME:
            self._same(operation)
        else:
            self._executor.component(operation.step)
            self._state.put(operation.resource)
        return Registered(goal.urn, outputs=goal.inputs)

    def _same(self, operation: Operation) -> None:
        if operation.resource != self._state.world.live[operation.goal.urn]:
            self._state.put(operation.resource)
        self._tally.same()

    def _skipped(self, goal: Goal) -> Registered:
        self._so_far.skipped.add(goal.urn)
        return Registered(goal.urn, ok=False)

    def _delete_undeclared(self, before: Callable[[], object]) -> None:
        so_far, going = self._so_far, list[deletion.Deletion]()
        world = self._state.world
        if deletion.undeclared(world, so_far.registered, so_far.skipped):
            before()
        for victim in deletion.undeclared(world, so_far.registered, so_far.skipped):
            urn = victim.resource.urn
            if victim.resource.protect and not victim.pending:
                self._tally.error(decide.protected("deleted", urn), urn)
            else:
                going.append(victim)
        if self._so_far.preview or not self._tally.stopped:
            self._executor.delete(going)


def _random_digits(count: int) -> str:
    return secrets.token_hex((count + 1) // 2)[:count]
