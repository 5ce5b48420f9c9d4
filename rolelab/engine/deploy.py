"""The engine's calls: preview, up, destroy. Each may be made again in the same process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rolelab.engine import recovery
from rolelab.engine import refresh as refreshing
from rolelab.engine.cloud import Cloud
from rolelab.engine.deployment import Deployment
from rolelab.engine.interruption import stopping_on_signals
from rolelab.engine.resource import Properties
from rolelab.engine.stack import Stack
from rolelab.engine.state import DraftState, StateStore, read
from rolelab.engine.types.table import TYPES
from rolelab.engine.world import World
from rolelab.errors import Interrupted, LabError, UsageError
from rolelab.steps import Event, Listener, Message, Planned, Severity, Step, Summary, ignore

PARALLEL = 16
"""Operations on AWS at once, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is carried out."""

    parallel: int = PARALLEL
    continue_on_error: bool = False
    """After a failure, leave out only what depends on it."""
    refresh: bool = False
    """First take into the state what was changed or deleted in AWS behind its back."""


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
    cloud = _cloud(stack, options)
    planned: list[Step] = []
    draft = _draft(stack, listener)
    with _deployment("preview", draft, cloud, _collecting(planned, listener), options) as run:
        recovery.foresee(draft, TYPES, cloud)
        summary = _update(run, draft, stack, cloud, options)
    return Result(summary=summary, steps=tuple(planned), error=_error(run, "preview"))


def up(stack: Stack, listener: Listener = ignore, options: RunOptions = RunOptions()) -> Result:
    """Bring AWS to what the program declares.

    Raises:
        LabError: as for `preview`, and where another process works on the stack; a failed operation
            is in the result.
    """
    cloud = _cloud(stack, options)
    with _state(stack, "up", listener) as store:
        with _deployment("update", store, cloud, listener, options) as run:
            _recover(store, cloud, listener)
            summary = _update(run, store, stack, cloud, options)
        resource = store.world.stack
        outputs = dict(resource.outputs) if resource else {}
    return Result(summary=summary, outputs=outputs, error=_error(run, "update"))


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
    cloud = Cloud(stack.endpoint, connections=options.parallel)
    if only_preview:
        planned: list[Step] = []
        draft = _draft(stack, listener)
        with _deployment("destroy", draft, cloud, _collecting(planned, listener), options) as run:
            recovery.foresee(draft, TYPES, cloud)
            run.destroy()
            summary = run.summary()
        return Result(summary=summary, steps=tuple(planned), error=_error(run, "destroy"))
    with (
        _state(stack, "destroy", listener) as store,
        _deployment("destroy", store, cloud, listener, options) as run,
    ):
        _recover(store, cloud, listener)
        run.destroy()
        summary = run.summary()
    return Result(summary=summary, error=_error(run, "destroy"))


def _cloud(stack: Stack, options: RunOptions) -> Cloud:
    """Return the AWS of a run, with the region that the configuration names.

    Raises:
        UsageError: configuration of the AWS provider that the embedded engine does not honour.
    """
    config = stack.configuration
    if strange := sorted(key for key in config if key.startswith("aws:") and key != "aws:region"):
        raise UsageError(
            f"rolelab does not honour {', '.join(strange)}",
            where="the stack's configuration",
            do="remove it, or use `pulumi up`",
        )
    region = config.get("aws:region") or stack.endpoint.region
    return Cloud(replace(stack.endpoint, region=region), connections=options.parallel)


def _collecting(planned: list[Step], listener: Listener) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, Planned):
            planned.append(event.step)
        listener(event)

    return listen


def _draft(stack: Stack, listener: Listener) -> DraftState:
    world = read(stack.folder)
    if world.home != stack.home:
        _tell_if_lost(world, listener)
        world = World(home=stack.home)
    return DraftState(world)


@contextmanager
def _state(stack: Stack, command: str, listener: Listener) -> Generator[StateStore]:
    """Hold the stack's state; one that belongs to another AWS is put aside for an empty one."""
    store = StateStore(stack.folder, command=command)
    try:
        if store.world.home != stack.home:
            _tell_if_lost(store.world, listener)
            store.start_anew(stack.home)
        yield store
    finally:
        store.close()


def _tell_if_lost(world: World, listener: Listener) -> None:
    if world.home and world.everything:
        text = f"the state is of another local AWS ({world.home}): in this one nothing of it exists"
        listener(Message(Severity.WARNING, text))


@contextmanager
def _deployment(
    kind: str,
    state: StateStore | DraftState,
    cloud: Cloud,
    listener: Listener,
    options: RunOptions,
) -> Generator[Deployment]:
    deployment = Deployment(
        kind=kind, state=state, types=TYPES, cloud=cloud, listener=listener,
        parallel=options.parallel, continue_on_error=options.continue_on_error,
    )  # fmt: skip

    def stop(signal_name: str) -> bool:
        if deployment.cancelled:
            return False
        deployment.stop()
        text = f"{signal_name} received; finishing what is in flight. Again to end at once."
        deployment.tell_soon(Message(Severity.WARNING, text))
        return True

    with stopping_on_signals(stop):
        try:
            yield deployment
        finally:
            deployment.close()


def _recover(store: StateStore, cloud: Cloud, listener: Listener) -> None:
    if count := recovery.recover(store, TYPES, cloud):
        what = "1 operation" if count == 1 else f"{count} operations"
        text = f"an earlier run was cut short: what became of {what} is found out and recorded"
        listener(Message(Severity.INFO, text))


def _update(
    deployment: Deployment,
    state: StateStore | DraftState,
    stack: Stack,
    cloud: Cloud,
    options: RunOptions,
) -> Summary:
    if options.refresh:
        refreshing.refresh(deployment, state, TYPES, cloud)
    complete = _run_program(deployment, stack, options)
    return deployment.finish(complete=complete)


def _run_program(deployment: Deployment, stack: Stack, options: RunOptions) -> bool:
    """Run the program; return whether it ran to its end."""
    # Loaded here: `destroy` needs no Pulumi, which takes a third of a second to load.
    from rolelab.engine import program
    from rolelab.engine.monitor import Engine, Monitor

    project = stack.project
    try:
        program.run(
            project.root,
            project=project.name,
            stack=stack.name,
            config=stack.configuration,
            monitor=Monitor(deployment, project=project.name, stack=stack.name),
            engine=Engine(deployment),
            preview=deployment.previewing,
            parallel=options.parallel,
            say=lambda line: deployment.tell(Message(Severity.INFO, line)),
        )
    except program.ProgramError as error:
        # After a failure or a stop the program sees unknown values where it would not otherwise:
        # noise, not the cause.
        if not deployment.failed and not deployment.cancelled:
            deployment.error(str(error))
        return False
    return True


def _error(deployment: Deployment, kind: str) -> LabError | None:
    if deployment.cause:
        return deployment.cause
    if deployment.failed:
        return LabError(f"{kind} failed")
    if deployment.cancelled:
        what = f"{kind} canceled: not everything was done"
        return Interrupted(what, do="the next run carries on")
    return None
