"""One run: registrations -> steps -> AWS -> state.

`register` is called on the thread that runs the program and answers at once wherever AWS is not needed; what needs
AWS runs on the pool's threads, at most `parallel` at a time, each operation as intent, call, outcome. The first
failure stops everything that has not begun (or, with `continue_on_error`, only what depends on it); so does `stop`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

from rolelab.aws.failures import AwsFailure
from rolelab.engine import plan, recovery, values
from rolelab.engine.cloud import Cloud, patiently
from rolelab.engine.resource import STACK_TYPE, Goal, PendingOperation, Properties, Resource
from rolelab.engine.state import DraftState, StateStore
from rolelab.engine.types.base import HalfMadeError, Made, ResourceType
from rolelab.engine.world import World
from rolelab.errors import LabError
from rolelab.steps import (
    Began,
    Ended,
    Event,
    Failed,
    Listener,
    Message,
    Op,
    Planned,
    PropertyDiff,
    Severity,
    Step,
    Summary,
)


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program learns of a registration."""

    urn: str
    id: str = ""
    """Empty while it is not known."""
    outputs: Properties = field(default_factory=dict[str, Any])
    ok: bool = True
    """False: it failed or was left out; its outputs are unknown then."""


class DuplicateUrnError(Exception):
    """Two registrations with one URN."""


class _StoppedError(Exception):
    """An operation was not begun, because the run is being stopped."""


class _OperationError(Exception):
    """An operation failed and was reported; the words are for people."""


class Deployment:
    """A preview, an update or a destruction of one stack."""

    def __init__(
        self,
        *,
        kind: str,
        state: StateStore | DraftState,
        types: Mapping[str, ResourceType],
        cloud: Cloud,
        listener: Listener,
        parallel: int = 16,
        continue_on_error: bool = False,
    ) -> None:
        self.kind = kind
        self.cloud = cloud
        self._state = state
        self._store = state if isinstance(state, StateStore) else None
        self._types = types
        self._listener = listener
        self._soon: SimpleQueue[Event] = SimpleQueue()
        self._telling = threading.Lock()
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="aws")
        self._continue = continue_on_error
        self._cancelled = False
        self._errors = 0
        self._counts: Counter[Op] = Counter()
        self._began = time.monotonic()
        self._seen: set[str] = set()
        self._left_out: set[str] = set()
        """URNs of what failed or was skipped in this run."""
        self._unmade: set[str] = set()
        """URNs of what a preview would create or replace."""
        self._early: dict[str, Future[None]] = {}
        """URNs of what is deleted before the replacement of something it depends on."""
        self._early_olds: dict[str, Resource] = {}
        self._owed: frozenset[int] | None = None
        """Replaced resources that an earlier run left behind; known once that run's open operations are."""
        self._alike: dict[tuple[str, str], threading.Lock] = {}
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._stack_outputs: Properties | None = None
        self.cause: LabError | None = None
        """Why the run was given up, where that is not a failed operation."""
        self._open: dict[str, Step] = {}
        """Components that are made and have not told their outputs: they count as created when they do."""

    # -- the run as a whole ---------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """What is known to exist."""
        return self._state.world

    @property
    def previewing(self) -> bool:
        """True if nothing is carried out."""
        return self._store is None

    @property
    def failed(self) -> bool:
        """True if an operation or the program failed."""
        return self._errors > 0

    @property
    def cancelled(self) -> bool:
        """True once `stop` was called."""
        return self._cancelled

    @property
    def stopped(self) -> bool:
        """True once nothing new is begun."""
        return self._cancelled or (self.failed and not self._continue)

    def stop(self) -> None:
        """Begin nothing new; what is in flight finishes and is recorded. Safe in a signal handler."""
        self._cancelled = True

    def tell(self, event: Event) -> None:
        """Hand an event to the listener; one at a time."""
        with self._telling:
            self._tell(event)

    def tell_soon(self, event: Event) -> None:
        """Hand an event to the listener from a signal handler, with the next one of the run.

        The handler interrupts the very thread that may hold a lock, the pool's own among them: a put into this queue is
        the one thing that is safe there.
        """
        self._soon.put(event)

    def _tell(self, event: Event) -> None:
        while not self._soon.empty():
            self._listener(self._soon.get())
        self._listener(event)

    def error(self, text: str, urn: str = "") -> None:
        """Report an error of the program, which stops the run like a failed operation."""
        with self._telling:
            self._errors += 1
            self._tell(Message(Severity.ERROR, text, urn))

    def give_up(self, cause: LabError) -> None:
        """Stop the run for a reason that decides its exit code, such as AWS out of reach."""
        with self._telling:
            self._errors += 1
            self.cause = self.cause or cause

    def close(self) -> None:
        """Give the threads back, without waiting for what they do."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def in_parallel(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run jobs on the pool's threads and wait for all of them; then raise the first error, if any."""
        running = [self._pool.submit(job) for job in jobs]
        errors = [one.exception() for one in running]
        for error in errors:
            if error:
                raise error

    def finish(self, *, complete: bool) -> Summary:
        """End the run: delete what is no longer declared, record the stack's outputs, and sum up.

        `complete`: the program ran to its end, so what it did not register is no longer declared.
        """
        if complete and not self.stopped:
            for urn in list(self._open):
                self._close(urn)
            self._delete_undeclared()
        if complete and self._stack_outputs is not None and not self.stopped:
            self._record_outputs(self._stack_outputs)
        return self.summary()

    def summary(self) -> Summary:
        """Sum up what was done, or would be."""
        return Summary(
            kind=self.kind,
            counts=dict(self._counts),
            errors=self._errors,
            seconds=time.monotonic() - self._began,
            finished=not self.failed and not self._cancelled,
        )

    def destroy(self) -> None:
        """Delete everything, or plan to.

        Raises:
            LabError: something is protected; then nothing is deleted.
        """
        victims = self.world.everything
        if protected := [victim for victim in victims if victim.protect]:
            for victim in protected:
                self.error(_protected("deleted", victim.urn), victim.urn)
            return
        if self.previewing:
            self._plan_deletions(victims)
            return
        self._delete(victims)

    # -- registrations --------------------------------------------------------------------------------------------

    def register(self, goal: Goal) -> Registered | Future[Registered]:
        """Bring one resource to what the program wants; a Future where AWS must be asked.

        Raises:
            DuplicateUrnError: the URN was registered before.
        """
        if self._owed is None:
            self._owed = frozenset(id(old) for old in self.world.pending_deletions)
        if goal.urn in self._seen:
            raise DuplicateUrnError(goal.urn)
        self._seen.add(goal.urn)
        if self.stopped or not self._left_out.isdisjoint(
            (*goal.dependencies, goal.parent, goal.deleted_with)
        ):
            return self._leave_out(goal)
        old = self._known(goal)
        return self._custom(goal, old) if goal.custom else self._component(goal, old)

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Take the outputs of a component, or of the stack (recorded when the run ends)."""
        resource = self.world.live.get(urn)
        if resource is None or self.previewing:
            return
        if not self.stopped:
            self._close(urn)
        if resource.type == STACK_TYPE:
            self._stack_outputs = outputs
        elif outputs != resource.outputs and not self.stopped:
            self._state.put(replace(resource, outputs=outputs))

    def unmade(self, urns: Sequence[str]) -> bool:
        """Tell whether one of these is still to be made, so that a function depending on it cannot be called."""
        return not (self._unmade | self._left_out).isdisjoint(urns)

    def _close(self, urn: str) -> None:
        step = self._open.pop(urn, None)
        if step is not None:
            self._done(step)

    def _record_outputs(self, outputs: Properties) -> None:
        stack = self.world.stack
        if stack is not None and outputs != stack.outputs:
            self._state.put(replace(stack, outputs=outputs))

    def _leave_out(self, goal: Goal) -> Registered:
        self._left_out.add(goal.urn)
        return Registered(goal.urn, ok=False)

    def _known(self, goal: Goal) -> Resource | None:
        """Return the resource that the goal is about, under its URN or one that it had before."""
        self._aliases[goal.urn] = goal.aliases
        if goal.urn in self._early:
            return None
        if goal.urn in self.world.live:
            return self.world.live[goal.urn]
        for alias in goal.aliases:
            if alias in self.world.live and alias not in self._seen:
                self._state.rename(alias, goal.urn)
                return self.world.live[goal.urn]
        return None

    def aliases_of(self, urn: str) -> tuple[str, ...]:
        """Return the other URNs that a registered resource may have had: its children may have had them too."""
        return self._aliases.get(urn, ())

    def _component(self, goal: Goal, old: Resource | None) -> Registered:
        now = _resource(goal, goal.inputs, outputs=old.outputs if old else {})
        step = Step(op=Op.CREATE, urn=goal.urn, type=goal.type, name=goal.name, custom=False)
        if old is not None:
            self._count_same()
        elif self.previewing:
            self._plan(step)
        else:
            self._open[goal.urn] = step
        if now != old:
            self._state.put(now)
        return Registered(goal.urn, outputs=goal.inputs)

    def _custom(self, goal: Goal, old: Resource | None) -> Registered | Future[Registered]:
        known = self._types[goal.type]
        given = (
            plan.ignoring(goal.inputs, old.inputs, goal.ignore_changes)
            if old and goal.ignore_changes
            else goal.inputs
        )
        checked = plan.check(known, goal.name, given, old, _chance)
        step = Step(
            op=Op.UPDATE if old else Op.CREATE,
            urn=goal.urn,
            type=goal.type,
            name=goal.name,
            id=old.id if old else "",
        )
        if checked.faults:
            for fault in checked.faults:
                shown = values.shown(given.get(fault.property))
                value = f" value {{{shown}}}" if fault.value is not None else ""
                where = f"{goal.type} resource '{goal.name}': property {fault.property}"
                said = f"{where}{value} has a problem: {fault.reason}"
                self.error(said, goal.urn)
            return self._leave_out(goal)
        if not self.previewing and values.is_unknown(checked.inputs):
            # The value comes from something that was left out, though Pulumi knows of no dependency on it.
            return self._leave_out(goal)
        wanted = _resource(goal, checked.inputs, automatic=checked.automatic, known=known)
        if old is None:
            return self._creation(goal, known, step, wanted)
        changes = plan.differences(
            known, old.inputs, checked.inputs, replace_on_changes=goal.replace_on_changes
        )
        if any(change.replaces for change in changes):
            return self._replacement(goal, known, old, replace(step, op=Op.REPLACE), given, changes)
        wanted = replace(wanted, id=old.id, formerly=old.formerly)
        if changes or old.stale:
            step = replace(step, changes=changes)
            update = step
            return self._carry_out(
                goal,
                known,
                step,
                wanted,
                lambda: self._update(known, update, old, wanted, goal),
                old=old,
            )
        return self._same(goal, known, old, wanted)

    def _creation(
        self, goal: Goal, known: ResourceType, step: Step, wanted: Resource
    ) -> Registered | Future[Registered]:
        before = self._early_olds.get(goal.urn)
        step = replace(
            step,
            op=Op.REPLACE if before else Op.CREATE,
            # Told in previews only: a class of 1,000 has 10,000 properties.
            changes=plan.differences(known, before.inputs if before else {}, wanted.inputs)
            if self.previewing
            else (),
            delete_first=before is not None,
        )
        return self._made_first(goal, known, step, wanted, replaces=False)

    def _made_first(
        self, goal: Goal, known: ResourceType, step: Step, wanted: Resource, *, replaces: bool
    ) -> Registered | Future[Registered]:
        """Create a resource, after what an earlier run left in its way."""
        owed = [one for one in self.world.pending_deletions if self._owed and id(one) in self._owed]
        rivals = plan.in_the_way(known, wanted, owed, self.world.live) if owed else []
        going = plan.gone_with(rivals, dict(self.world.live), self._seen) if rivals else []
        gone = self._going_early(going)

        def job() -> Resource:
            with self._told(gone):
                for victim in going:
                    self._delete_one(victim, pending_deletion=False, op=Op.DELETE_REPLACED)
            for rival in rivals:
                self._delete_one(rival, pending_deletion=True, op=Op.DELETE_REPLACED)
            return self._create(known, step, wanted, goal, replaces=replaces)

        return self._carry_out(goal, known, step, wanted, job)

    def _going_early(self, victims: Sequence[Resource]) -> Future[None]:
        """Note what is deleted before its own turn: where it is declared, it is made anew, after this future."""
        gone: Future[None] = Future()
        for victim in victims:
            self._early[victim.urn] = gone
            self._early_olds[victim.urn] = victim
        return gone

    @contextmanager
    def _told(self, gone: Future[None]) -> Generator[None]:
        """Tell those who wait that the early deletions are done, or failed."""
        try:
            yield
        except BaseException as error:
            gone.set_exception(error)
            raise
        gone.set_result(None)

    def _same(self, goal: Goal, known: ResourceType, old: Resource, wanted: Resource) -> Registered:
        # Equal inputs are not all: dependencies, parent, protection … must still reach the state.
        outputs = plan.secrets_marked(known, old.outputs, wanted.inputs, goal.secret_outputs)
        now = replace(wanted, outputs=outputs)
        if now != old:
            self._state.put(now)
        self._count_same()
        return Registered(goal.urn, old.id, outputs)

    def _replacement(
        self,
        goal: Goal,
        known: ResourceType,
        old: Resource,
        step: Step,
        given: Properties,
        changes: tuple[PropertyDiff, ...],
    ) -> Registered | Future[Registered]:
        if old.protect:
            self.error(_protected("replaced", goal.urn), goal.urn)
            return self._leave_out(goal)
        checked = plan.check(known, goal.name, given, None, _chance)
        wanted = _resource(goal, checked.inputs, automatic=checked.automatic, known=known)
        first = goal.delete_before_replace
        if first is None:
            # Only the provider knows that two cannot be there together; `replaceOnChanges` is none of its business.
            provider_asks = any(known.properties[change.property].replaces for change in changes)
            first = provider_asks and (
                known.delete_before_replace or _keeps_name(known, old, checked)
            )
        step = replace(step, changes=changes, delete_first=first)
        if not first:
            return self._made_first(goal, known, step, wanted, replaces=True)
        victims = plan.to_be_replaced_with(goal.urn, dict(self.world.live), self._types, self._seen)
        if protected := [victim for victim in victims if victim.protect]:
            for victim in protected:
                self.error(_protected("replaced", victim.urn), victim.urn)
            return self._leave_out(goal)
        gone = self._going_early(victims)

        def job() -> Resource:
            with self._told(gone):
                for victim in (*victims, old):
                    self._delete_one(victim, pending_deletion=False, op=Op.DELETE_REPLACED)
            return self._create(known, step, wanted, goal)

        return self._carry_out(goal, known, step, wanted, job)

    def _carry_out(
        self,
        goal: Goal,
        known: ResourceType,
        step: Step,
        wanted: Resource,
        job: Callable[[], Resource],
        *,
        old: Resource | None = None,
    ) -> Registered | Future[Registered]:
        """Do a job on the pool's threads; in a preview, answer what is known without it.

        `old` is given where it stays the same resource.
        """
        if self.previewing:
            return self._previewed(goal, known, step, wanted.inputs, old)

        def guarded() -> Registered:
            try:
                if goal.urn in self._early:
                    self._early[goal.urn].result()
                made = job()
            except (_StoppedError, _OperationError):
                return self._leave_out(goal)
            except LabError as error:
                # The state could not be written: nothing more may begin.
                self._cancelled = True
                self.error(str(error), goal.urn)
                return self._leave_out(goal)
            return Registered(goal.urn, made.id, made.outputs)

        return self._pool.submit(guarded)

    def _previewed(
        self, goal: Goal, known: ResourceType, step: Step, inputs: Properties, old: Resource | None
    ) -> Registered:
        self._plan(step)
        if old is None:
            self._unmade.add(goal.urn)
            outputs = plan.preview_outputs(known, inputs)
        else:
            outputs = {**known.computed_now(old.outputs), **inputs}
            if "tagsAll" in known.computed:
                outputs["tagsAll"] = inputs.get("tags", {})
        marked = plan.secrets_marked(known, outputs, inputs, goal.secret_outputs)
        return Registered(goal.urn, old.id if old else "", marked)

    def _plan(self, step: Step) -> None:
        with self._telling:
            self._counts[step.op] += 1
            self._tell(Planned(step))

    def _done(self, step: Step, seconds: float = 0.0) -> None:
        with self._telling:
            self._counts[step.op] += 1
            self._tell(Ended(step, seconds))

    def _count_same(self) -> None:
        with self._telling:
            self._counts[Op.SAME] += 1

    # -- operations, on the pool's threads ------------------------------------------------------------------------

    def _create(
        self,
        known: ResourceType,
        step: Step,
        wanted: Resource,
        goal: Goal,
        *,
        replaces: bool = False,
    ) -> Resource:
        with self._alone(known.token, known.identity(values.plain(wanted.inputs))):
            return self._make(known, step, wanted, goal, replaces=replaces)

    def _make(
        self,
        known: ResourceType,
        step: Step,
        wanted: Resource,
        goal: Goal,
        *,
        replaces: bool = False,
    ) -> Resource:
        began = self._begin(step)
        inputs = values.plain(wanted.inputs)
        who = next((str(inputs[name]) for name in ("name", "user", "role") if name in inputs), "")
        for last in (False, True):
            intent = PendingOperation(
                op="create", at=time.time(), resource=wanted, replaces=replaces
            )
            number = self._writer.begin(intent)
            try:
                made = patiently(lambda: known.create(self.cloud, inputs))
            except HalfMadeError as half:
                self._writer.done(
                    number, replace(_with(known, wanted, half.made, goal), stale=True)
                )
                raise self._failure(step, "creating", known, half.failure, who) from None
            except AwsFailure as failure:
                if failure.answered:
                    self._writer.refused(number)
                    raise self._failure(step, "creating", known, failure, who) from None
                found = self._look(number, intent, known)
                if found is None and (last or number in self.world.pending_operations):
                    raise self._failure(step, "creating", known, failure, who) from None
                if found is None:
                    continue
                made = found
            resource = _with(known, wanted, made, goal)
            self._writer.done(number, resource)
            self._done(step, time.monotonic() - began)
            return resource
        raise AssertionError("unreachable")

    def _look(self, number: int, intent: PendingOperation, known: ResourceType) -> Made | None:
        """Find out what became of a create without an answer; an intent that stays open is found out about later."""
        try:
            made = recovery.look(known, self.cloud, intent, self.world)
        except AwsFailure:
            return None
        if made is None:
            self._writer.refused(number)
        return made

    def _update(
        self, known: ResourceType, step: Step, old: Resource, wanted: Resource, goal: Goal
    ) -> Resource:
        with self._alone("", goal.urn):
            return self._change(known, step, old, wanted, goal)

    def _change(
        self, known: ResourceType, step: Step, old: Resource, wanted: Resource, goal: Goal
    ) -> Resource:
        began = self._begin(step)
        opened = plan.located(old, self.world.live)
        inputs = values.plain(wanted.inputs)
        number = self._writer.begin(PendingOperation(op="update", at=time.time(), resource=wanted))
        try:
            made = patiently(lambda: known.update(self.cloud, opened, inputs))
        except AwsFailure as failure:
            # Refused: some of its calls may have gone through, so all are said again by the next run.
            if failure.answered:
                self._writer.done(number, replace(old, stale=True))
            raise self._failure(step, "updating", known, failure) from None
        resource = _with(known, wanted, made, goal)
        if made.id != old.id:
            resource = replace(resource, formerly=[*old.formerly, old.id])
        self._writer.done(number, resource)
        self._done(step, time.monotonic() - began)
        return resource

    def _delete_one(
        self, victim: Resource, *, pending_deletion: bool, op: Op, spared: bool = False
    ) -> None:
        """Delete one resource; a `spared` one only in the state."""
        if not victim.custom or op is Op.DELETE:
            self._carry_out_deletion(
                victim, pending_deletion=pending_deletion, op=op, spared=spared
            )
            return
        with ExitStack() as locks:
            # Its owner may be renamed at this moment: it is found under the old name before, under the new one after.
            for urn in sorted({urn for urns in victim.replacing.values() for urn in urns}):
                locks.enter_context(self._alone("", urn))
            identity = self._identity(victim)
            locks.enter_context(self._alone(victim.type, identity))
            spared = spared or bool(identity and self._is_anothers(victim, identity))
            self._carry_out_deletion(
                victim, pending_deletion=pending_deletion, op=op, spared=spared
            )

    def _identity(self, victim: Resource) -> str:
        known = self._types[victim.type]
        return known.identity(plan.located(victim, self.world.live).inputs)

    def _alone(self, type_: str, identity: str) -> AbstractContextManager[object]:
        """Do what concerns one thing one after the other: an owner's change, or what is made and removed in one place.

        A grant that goes from one learner to another may be put where another one is about to be removed: whichever
        comes first, what is declared is there at the end.
        """
        return (
            self._alike.setdefault((type_, identity), threading.Lock())
            if identity
            else nullcontext()
        )

    def _is_anothers(self, victim: Resource, identity: str) -> bool:
        """Tell whether another resource of the stack is this very thing in AWS by now."""
        return any(
            one.type == victim.type and one.id == identity and one.urn != victim.urn
            for one in list(self.world.live.values())
        )

    def _carry_out_deletion(
        self, victim: Resource, *, pending_deletion: bool, op: Op, spared: bool
    ) -> None:
        step = self._deletion_step(victim, op)
        if not victim.custom or victim.retain or spared:
            if self.stopped:
                raise _StoppedError
            self._state.drop(victim, pending_deletion=pending_deletion)
            self._done(step)
            return
        began = self._begin(step)
        known = self._types[victim.type]
        number = self._writer.begin(
            PendingOperation(
                op="delete", at=time.time(), resource=victim, pending_deletion=pending_deletion
            )
        )
        try:
            patiently(lambda: known.delete(self.cloud, plan.located(victim, self.world.live)))
        except AwsFailure as failure:
            if failure.answered:
                self._writer.refused(number)
            raise self._failure(step, "deleting", known, failure) from None
        self._writer.done(number)
        self._done(step, time.monotonic() - began)

    @property
    def _writer(self) -> StateStore:
        if self._store is None:
            raise AssertionError("a preview carries nothing out")
        return self._store

    def _begin(self, step: Step) -> float:
        if self.stopped:
            raise _StoppedError
        self.tell(Began(step))
        return time.monotonic()

    def _failure(
        self, step: Step, doing: str, known: ResourceType, failure: AwsFailure, wanted: str = ""
    ) -> _OperationError:
        who = step.id or wanted or step.name
        said = f"{doing} {known.label} ({who}): {failure}"
        if not failure.answered:
            said += " (no answer: whether it happened is found out by the next run)"
        elif failure.code == "EntityAlreadyExists":
            said += " (by another stack or by hand: give it another name in the configuration, or remove that one)"
        with self._telling:
            self._errors += 1
            self._tell(Failed(step, said))
        return _OperationError(said)

    # -- deletions ------------------------------------------------------------------------------------------------

    def _delete_undeclared(self) -> None:
        staying = self._needed_by_what_was_left_out()
        victims = [old for old in self.world.pending_deletions if old.urn not in staying]
        for urn, resource in list(self.world.live.items()):
            if urn in self._seen or urn in staying:
                continue
            if resource.protect:
                self.error(_protected("deleted", urn), urn)
                continue
            victims.append(resource)
        if self.previewing:
            self._plan_deletions(victims)
        elif not self.stopped:
            self._delete(victims)

    def _plan_deletions(self, victims: Sequence[Resource]) -> None:
        pending_deletion = {id(old) for old in self.world.pending_deletions}
        for wave in plan.deletion_waves(victims):
            for victim in wave:
                op = Op.DELETE_REPLACED if id(victim) in pending_deletion else Op.DELETE
                self._plan(self._deletion_step(victim, op))

    def _needed_by_what_was_left_out(self) -> set[str]:
        """Return the URNs that resources which failed or were skipped in this run still refer to."""
        needed: set[str] = set()
        waiting = [urn for urn in self._left_out if urn in self.world.live]
        while waiting:
            resource = self.world.live.get(waiting.pop())
            if resource is not None:
                fresh = plan.refers_to(resource) - needed
                needed |= fresh
                waiting += fresh
        return needed

    def _delete(self, victims: Sequence[Resource]) -> None:
        """Delete resources, each when nothing that needs it is left; wait until all that can be done is done."""
        pending_deletion = {id(old) for old in self.world.pending_deletions}
        going = {victim.urn for victim in victims}
        gone = {id(victim) for victim in victims}
        staying = {(one.type, one.id) for one in self.world.live.values() if id(one) not in gone}
        waits, frees = plan.blocked_by(victims)
        lock, finished = threading.Lock(), threading.Condition()
        open_jobs = 0
        unexpected: list[BaseException] = []

        def submit(index: int) -> None:
            nonlocal open_jobs
            with lock:
                open_jobs += 1
            self._pool.submit(job, index)

        def job(index: int) -> None:
            nonlocal open_jobs
            victim = victims[index]
            is_doomed = id(victim) in pending_deletion
            # Either what it was to be deleted with goes too and takes it along, or a resource that stays is this very
            # thing in AWS: an inline policy or an attachment that the program now declares under another name.
            spared = victim.deleted_with in going
            if victim.custom and not spared:
                spared = (victim.type, self._identity(victim) or victim.id) in staying
            op = Op.DELETE_REPLACED if is_doomed else Op.DELETE
            try:
                self._delete_one(victim, pending_deletion=is_doomed, op=op, spared=spared)
            except (_StoppedError, _OperationError):
                pass
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                self._cancelled = True
                unexpected.append(error)
            else:
                ready: list[int] = []
                with lock:
                    for other in frees[index]:
                        waits[other] -= 1
                        if waits[other] == 0:
                            ready.append(other)
                for other in ready:
                    submit(other)
            with finished:
                with lock:
                    open_jobs -= 1
                if open_jobs == 0:
                    finished.notify_all()

        first = [index for index, count in enumerate(waits) if count == 0]
        with finished:
            for index in first:
                submit(index)
            while open_jobs:
                finished.wait()
        if unexpected:
            raise unexpected[0]

    def _deletion_step(self, victim: Resource, op: Op = Op.DELETE) -> Step:
        return Step(
            op=op,
            urn=victim.urn,
            type=victim.type,
            name=victim.name,
            id=victim.id,
            retain=victim.retain,
            custom=victim.custom,
        )


def _chance(digits: int) -> str:
    return secrets.token_hex((digits + 1) // 2)[:digits]


def _keeps_name(known: ResourceType, old: Resource, checked: plan.Checked) -> bool:
    """Tell whether old and new one have the same physical name, so that they cannot be there together."""
    auto = known.auto_name
    if auto is None or auto.property in checked.automatic:
        return False
    return values.plain(checked.inputs.get(auto.property)) == values.plain(
        old.inputs.get(auto.property)
    )


def _resource(
    goal: Goal,
    inputs: Properties,
    *,
    outputs: Properties | None = None,
    automatic: list[str] | None = None,
    known: ResourceType | None = None,
) -> Resource:
    replacing = {
        name: list(urns)
        for name, urns in goal.property_dependencies.items()
        if known and urns and name in known.properties and known.properties[name].replaces
    }
    return Resource(
        urn=goal.urn,
        type=goal.type,
        custom=goal.custom,
        inputs=inputs,
        outputs=outputs or {},
        parent=goal.parent,
        dependencies=list(goal.dependencies),
        provider=goal.provider,
        protect=goal.protect,
        retain=goal.retain,
        deleted_with=goal.deleted_with,
        automatic=automatic or [],
        replacing=replacing,
    )


def _with(known: ResourceType, wanted: Resource, made: Made, goal: Goal) -> Resource:
    """Return the resource as it is now that it was made."""
    return replace(
        wanted,
        id=made.id,
        outputs=plan.secrets_marked(known, made.outputs, wanted.inputs, goal.secret_outputs),
    )


def _protected(what: str, urn: str) -> str:
    return (
        f'resource "{urn}" cannot be {what} because it is protected. To unprotect it, remove the `protect` flag from '
        f"the resource in the program and run `rolelab up`"
    )
