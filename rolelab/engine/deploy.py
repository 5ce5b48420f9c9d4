"""The engine's calls: preview, up, destroy. Each may be made again in the same process."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from rolelab import interrupts
from rolelab.engine import at_hand, deletion, recovery, remake, taken_names, whereabouts
from rolelab.engine import refresh as refreshing
from rolelab.engine.cloud import Cloud, cloud_of
from rolelab.engine.decide import RunSoFar, protected
from rolelab.engine.executor import Apply, Executor, Preview
from rolelab.engine.journaled import Journaled
from rolelab.engine.registration import Registrations
from rolelab.engine.resource import Properties, Resource
from rolelab.engine.stack import Stack
from rolelab.engine.state import DraftState, StateStore
from rolelab.engine.taken_names import TakenNames
from rolelab.engine.tally import Tally
from rolelab.engine.types.table import TYPES
from rolelab.engine.whereabouts import AccountHeld
from rolelab.engine.world import World
from rolelab.errors import LabError
from rolelab.steps import Event, Listener, Message, Planned, Severity, Step, Summary, ignore

PARALLEL = 16
"""Operations on AWS at once, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is carried out."""

    parallel: int = PARALLEL
    continue_on_error: bool = False
    """After a failure, skip only what depends on it."""
    refresh: bool = False
    """First take into the state what was changed or deleted in AWS behind its back."""
    look_first: bool = False
    """Before anything is made, look whether others have a name that the program wants; it costs a
    preview where there are others in the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended."""

    summary: Summary
    steps: tuple[Step, ...] = ()
    """What a preview would do, in order; empty after a real run."""
    outputs: Properties = field(default_factory=dict[str, object])
    """The stack's outputs, secrets marked as in `values`."""
    error: LabError | None = None
    """Why it was not finished; what exists is recorded, and the next run carries on."""

    @property
    def ok(self) -> bool:
        """True if everything was done."""
        return self.error is None


def preview(
    stack: Stack, listener: Listener = ignore, options: RunOptions = RunOptions()
) -> Result:
    """Find out what `up` would do; nothing is touched, in AWS or in the state.

    Raises:
        LabError: of the kinds that decide the exit code: wrong configuration, AWS out of reach, an
            endpoint that is not on this machine; what the program itself raised.
    """
    return _run("preview", stack, listener, options, _update, only_preview=True)


def up(stack: Stack, listener: Listener = ignore, options: RunOptions = RunOptions()) -> Result:
    """Bring AWS to what the program declares.

    Raises:
        LabError: as for `preview`, and where another process works on the stack; a failed operation
            is in the result.
    """
    return _run("update", stack, listener, options, _update)


def destroy(
    stack: Stack,
    listener: Listener = ignore,
    options: RunOptions = RunOptions(),
    *,
    only_preview: bool = False,
) -> Result:
    """Remove everything that the stack holds, dependants first; the program is not run.

    Raises:
        LabError: another process works on the stack, or AWS is out of reach; a failed operation is
            in the result.
    """
    return _run("destroy", stack, listener, options, _remove_all, only_preview=only_preview)


def reset(
    stack: Stack, user: str, listener: Listener = ignore, options: RunOptions = RunOptions()
) -> Result:
    """Delete one user with all that hangs on it, and make it anew; the program is not run.

    Raises:
        LabError: as for `destroy`; the stack has no such user.
    """

    def remade(run: _Run, executor: Executor) -> None:
        of = remake.user_of(run.state.world, user)
        _catch_up(run, untagged_are_strangers=True, of=[of])
        remake.remake_user(run.state, executor, run.tally, user)

    return _run("reset", stack, listener, options, remade)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one run works with."""

    stack: Stack
    options: RunOptions
    cloud: Cloud
    state: StateStore | DraftState
    tally: Tally
    threads: ThreadPoolExecutor
    so_far: RunSoFar
    taken: TakenNames = field(default_factory=lambda: TakenNames({}))


def _run(
    kind: str,
    stack: Stack,
    listener: Listener,
    options: RunOptions,
    work: Callable[[_Run, Executor], None],
    *,
    only_preview: bool = False,
) -> Result:
    planned: list[Step] = []

    def listen(event: Event) -> None:
        if isinstance(event, Planned):
            planned.append(event.step)
        listener(event)

    cloud = cloud_of(stack, connections=options.parallel)
    tally = Tally(kind, listen, continue_on_error=options.continue_on_error)
    hold = at_hand.draft if only_preview else at_hand.store

    def carry_out() -> Result:
        threads = ThreadPoolExecutor(options.parallel, thread_name_prefix="aws")
        with hold(stack, kind, cloud, listen) as state:
            try:
                run = _Run(stack=stack, options=options, cloud=cloud, state=state, tally=tally,
                           threads=threads, so_far=RunSoFar(preview=only_preview))  # fmt: skip
                work(run, _after_recovery(run))
                tally.tell_missing()
                return Result(
                    summary=tally.summary(),
                    steps=tuple(planned),
                    outputs={} if only_preview else state.outputs,
                    error=tally.outcome(),
                )
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    # Left behind after a second signal, nothing is lost: the journal has what is in flight.
    return interrupts.run(carry_out, tally.interrupted)


def _after_recovery(run: _Run) -> Executor:
    """Find out what an earlier run left open; return what carries this one out, or tells it."""
    if not isinstance(run.state, StateStore):
        recovery.foresee(run.state, run.cloud)
        return Preview(run.tally, run.so_far, run.taken)
    if count := recovery.recover(run.state, run.cloud):
        what = "1 operation" if count == 1 else f"{count} operations"
        text = f"an earlier run was cut short: what became of {what} is found out and recorded"
        run.tally.say(text)
    journaled = Journaled(run.state, run.cloud, run.tally)
    return Apply(run.state, journaled, run.tally, run.so_far, run.threads)


def _update(run: _Run, executor: Executor) -> None:
    if run.options.refresh:
        _catch_up(run, untagged_are_strangers=False)
        refreshing.refresh(run.state, run.cloud, run.tally, run.threads)
    replaced = run.state.world.pending_deletions
    run.so_far.left_behind = frozenset((old.urn, old.id) for old in replaced)
    if run.options.look_first:
        _foresee(run)
    if not (run.taken.wanted or run.tally.cancelled):
        _declare(run, executor, run.tally.say, run.tally)
    _tell_taken(run)


def _foresee(run: _Run) -> None:
    """Find out, before anything is made, whether the program wants a name that others have."""
    account, world = AccountHeld(run.cloud), run.state.world
    run.taken.others = refreshing.answered(
        "what the account holds", lambda: taken_names.of_others(account, world)
    )
    if not run.taken.others or run.so_far.preview:
        return  # a preview notes what it meets
    draft = DraftState(World.from_json(run.state.world.to_json()))
    so_far = RunSoFar(preview=True, left_behind=run.so_far.left_behind)
    trial = replace(run, state=draft, tally=Tally("preview", ignore), so_far=so_far)
    _declare(trial, Preview(trial.tally, so_far, run.taken), lambda _: None, run.tally)


def _tell_taken(run: _Run) -> None:
    stack = run.stack
    lines = refreshing.answered(
        "who has a name that is taken",
        lambda: list(run.taken.lines(run.cloud, stack.project.name, stack.name)),
    )
    for urn, text in lines:
        run.tally.error(text, urn)


def _declare(run: _Run, executor: Executor, say: Callable[[str], None], stops: Tally) -> None:
    """Run the program, and carry out what it declares; it is left once `stops` is cancelled."""
    registrations = Registrations(run.state, executor, run.tally, run.so_far)
    # Loaded here: `destroy` needs no Pulumi, which takes a third of a second to load.
    from rolelab.engine import sdk

    sdk.leave_out_what_is_seldom_used()
    from rolelab.engine import program
    from rolelab.engine.monitor import Engine, Monitor

    stack, tally = run.stack, run.tally

    def is_stopped() -> bool:
        if not stops.cancelled:
            return False
        # What was begun ends, and is recorded; what waits for a thread does not begin.
        run.threads.shutdown(cancel_futures=True)
        return True

    try:
        program.run(
            stack,
            monitor=Monitor(registrations, tally, run.cloud, stack),
            engine=Engine(tally),
            preview=run.so_far.preview,
            parallel=run.options.parallel,
            say=say,
            is_stopped=is_stopped,
        )
    except program.ProgramError as error:
        # After a failure or a stop the program sees unknown values where it would not otherwise:
        # noise, not the cause.
        if not tally.failed and not tally.cancelled:
            tally.error(str(error))
        return
    registrations.finish(lambda: _catch_up(run, untagged_are_strangers=True))


def _remove_all(run: _Run, executor: Executor) -> None:
    _catch_up(run, untagged_are_strangers=True)
    victims = deletion.everything(run.state.world)
    if kept := [victim.resource.urn for victim in victims if victim.resource.protect]:
        for urn in kept:
            run.tally.error(protected("deleted", urn), urn)
        return
    executor.delete(victims)


def _catch_up(
    run: _Run, *, untagged_are_strangers: bool, of: Collection[Resource] | None = None
) -> None:
    """Find again what was renamed; forget what is somebody else's under the same name, and say so.

    Raises:
        CannotTell: AWS could not be asked.
    """

    def on_stranger(entry: deletion.Deletion) -> None:
        resource = entry.resource
        label = TYPES[resource.type].label
        text = (
            f"{label} ({resource.id}) is not the one that this stack made: that one is gone, and"
            " this one is left as it is"
        )
        run.tally.tell(Message(Severity.WARNING, text, resource.urn))

    refreshing.answered(
        "what the account holds",
        lambda: whereabouts.catch_up(
            run.state,
            AccountHeld(run.cloud),
            on_stranger=on_stranger,
            untagged_are_strangers=untagged_are_strangers,
            of=of,
        ),
    )
