"""The engine's calls: preview, up, destroy. Each may be made again in the same process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rolelab.aws.endpoint import Endpoint
from rolelab.engine import recovery
from rolelab.engine import refresh as refreshing
from rolelab.engine.cloud import Cloud
from rolelab.engine.deployment import Deployment
from rolelab.engine.resource import Properties
from rolelab.engine.state import DraftState, StateStore, read
from rolelab.engine.types.table import TYPES
from rolelab.engine.world import World
from rolelab.errors import Interrupted, LabError, UsageError
from rolelab.project import Project
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
    project: Project,
    stack: str,
    config: Mapping[str, str],
    endpoint: Endpoint,
    instance: str,
    on_event: Listener = ignore,
    options: RunOptions = RunOptions(),
) -> Result:
    """Find out what `up` would do; nothing is touched, in AWS or in the state.

    `instance` is the id of the local AWS that the endpoint leads to: the state belongs to it.

    Raises:
        LabError: of the kinds that decide the exit code: wrong configuration, AWS out of reach, an endpoint that is
            not on this machine; what the program itself raised.
    """
    planned: list[Step] = []

    def listen(event: Event) -> None:
        if isinstance(event, Planned):
            planned.append(event.step)
        on_event(event)

    cloud = _cloud(endpoint, config, options)
    draft = _draft(project, stack, instance, on_event)
    deployment = Deployment(
        kind="preview", state=draft, types=TYPES, cloud=cloud, listener=listen, parallel=options.parallel,
        continue_on_error=options.continue_on_error,
    )  # fmt: skip
    with _ending(deployment):
        recovery.foresee(draft, TYPES, cloud)
        if options.refresh:
            refreshing.refresh(deployment, draft, TYPES, cloud)
        complete = _run_program(deployment, project, stack, config, options)
        summary = deployment.finish(complete=complete)
    return Result(summary=summary, steps=tuple(planned), error=_error(deployment, "preview"))


def up(
    project: Project,
    stack: str,
    config: Mapping[str, str],
    endpoint: Endpoint,
    instance: str,
    on_event: Listener = ignore,
    options: RunOptions = RunOptions(),
) -> Result:
    """Bring AWS to what the program declares.

    Raises:
        LabError: as for `preview`, and where another process works on the stack; a failed operation is in the result.
    """
    cloud = _cloud(endpoint, config, options)
    with _state(project, stack, "up", instance, on_event) as store:
        deployment = Deployment(
            kind="update", state=store, types=TYPES, cloud=cloud, listener=on_event, parallel=options.parallel,
            continue_on_error=options.continue_on_error,
        )  # fmt: skip
        with _ending(deployment):
            _recover(store, cloud, on_event)
            if options.refresh:
                refreshing.refresh(deployment, store, TYPES, cloud)
            complete = _run_program(deployment, project, stack, config, options)
            summary = deployment.finish(complete=complete)
        stack_resource = store.world.stack
        outputs = dict(stack_resource.outputs) if stack_resource else {}
    return Result(summary=summary, outputs=outputs, error=_error(deployment, "update"))


def destroy(
    project: Project,
    stack: str,
    endpoint: Endpoint,
    instance: str,
    on_event: Listener = ignore,
    options: RunOptions = RunOptions(),
    *,
    only_preview: bool = False,
) -> Result:
    """Remove everything that the stack holds, dependants first; the program is not run.

    Raises:
        LabError: another process works on the stack, or AWS is out of reach; a failed operation is in the result.
    """
    cloud = Cloud(endpoint, connections=options.parallel)
    planned: list[Step] = []

    def listen(event: Event) -> None:
        if isinstance(event, Planned):
            planned.append(event.step)
        on_event(event)

    def carry_out(state: StateStore | DraftState) -> Result:
        deployment = Deployment(
            kind="destroy", state=state, types=TYPES, cloud=cloud, listener=listen, parallel=options.parallel,
            continue_on_error=options.continue_on_error,
        )  # fmt: skip
        with _ending(deployment):
            if isinstance(state, StateStore):
                _recover(state, cloud, on_event)
            else:
                recovery.foresee(state, TYPES, cloud)
            deployment.destroy()
            return Result(
                summary=deployment.summary(),
                steps=tuple(planned),
                error=_error(deployment, "destroy"),
            )

    if only_preview:
        return carry_out(_draft(project, stack, instance, on_event))
    with _state(project, stack, "destroy", instance, on_event) as store:
        return carry_out(store)


def _cloud(endpoint: Endpoint, config: Mapping[str, str], options: RunOptions) -> Cloud:
    """Return the AWS of a run, with the region that the configuration names.

    Raises:
        UsageError: configuration of the AWS provider that the embedded engine does not honour.
    """
    strange = sorted(key for key in config if key.startswith("aws:") and key != "aws:region")
    if strange:
        raise UsageError(
            f"rolelab does not honour {', '.join(strange)}",
            where="the stack's configuration",
            do="remove it, or use `pulumi up`",
        )
    region = config.get("aws:region") or endpoint.region
    return Cloud(
        Endpoint(url=endpoint.url, region=region, credentials=endpoint.credentials),
        connections=options.parallel,
    )


def _draft(project: Project, stack: str, instance: str, on_event: Listener) -> DraftState:
    world = read(project.stack_home(stack))
    if world.instance != instance:
        _say_if_lost(world, on_event)
        world = World(instance=instance)
    return DraftState(world)


@contextmanager
def _state(
    project: Project, stack: str, command: str, instance: str, on_event: Listener
) -> Generator[StateStore]:
    """Hold the state of the stack; one that belongs to another local AWS is put aside for an empty one."""
    store = StateStore(project.stack_home(stack), command=command)
    try:
        if store.world.instance != instance:
            _say_if_lost(store.world, on_event)
            store.start_anew(instance)
        yield store
    finally:
        store.close()


def _say_if_lost(world: World, on_event: Listener) -> None:
    if world.instance and world.everything:
        text = f"the state is of another local AWS ({world.instance}): in this one nothing of it exists"
        on_event(Message(Severity.WARNING, text))


def _recover(store: StateStore, cloud: Cloud, on_event: Listener) -> None:
    if count := recovery.recover(store, TYPES, cloud):
        what = "1 operation" if count == 1 else f"{count} operations"
        on_event(
            Message(
                Severity.INFO,
                f"an earlier run was cut short: what became of {what} is found out and recorded",
            )
        )


def _run_program(
    deployment: Deployment,
    project: Project,
    stack: str,
    config: Mapping[str, str],
    options: RunOptions,
) -> bool:
    """Run the program; return whether it ran to its end."""
    # Loaded here: `destroy` needs no Pulumi, which takes a third of a second to load.
    from rolelab.engine import program
    from rolelab.engine.monitor import Engine, Monitor

    def say(line: str) -> None:
        deployment.tell(Message(Severity.INFO, line))

    try:
        program.run(
            project.root,
            project=project.name,
            stack=stack,
            config=config,
            monitor=Monitor(deployment, project=project.name, stack=stack),
            engine=Engine(deployment),
            preview=deployment.previewing,
            parallel=options.parallel,
            say=say,
        )
    except program.ProgramError as error:
        # After a failure or a stop the program sees unknown values where it would not otherwise: noise, not the cause.
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
        return Interrupted(
            f"{kind} canceled: not everything was done", do="the next run carries on"
        )
    return None


@contextmanager
def _ending(deployment: Deployment) -> Generator[None]:
    """Stop the run on Ctrl-C or SIGTERM: once, what is in flight finishes; twice, at once."""
    with _signals(deployment):
        try:
            yield
        finally:
            deployment.close()


@contextmanager
def _signals(deployment: Deployment) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier: dict[int, object] = {}

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if deployment.cancelled:
            # Nothing is lost: what is in flight has its intent in the journal.
            raise KeyboardInterrupt
        deployment.stop()
        name = "^C" if number == signal.SIGINT else signal.Signals(number).name
        deployment.tell_soon(
            Message(
                Severity.WARNING,
                f"{name} received; finishing what is in flight. Again to end at once.",
            )
        )

    for number in (signal.SIGINT, signal.SIGTERM):
        earlier[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
