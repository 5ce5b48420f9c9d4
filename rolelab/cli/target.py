"""Which lab a command is about, and where its AWS is: what verify, exec and their like share."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolelab.cli.aws_at_hand import find_stack, present_home
from rolelab.cli.deploying import DEFAULT_STACK, existing_stack, stack_option, told_up
from rolelab.errors import CannotTell, LabError, UsageError

if TYPE_CHECKING:
    from rolelab.advice import CommandPlace
    from rolelab.aws.endpoint import Endpoint
    from rolelab.engine.recorded import Status
    from rolelab.localaws.process.record import Instance
    from rolelab.outputs import Lab
    from rolelab.project import Project
    from rolelab.secret import Credentials

_pulumi_option = click.option(
    "--pulumi", is_flag=True, help="The Pulumi CLI's stack of that name instead of the local lab."
)
_outputs_option = click.option(
    "--outputs",
    "outputs_file",
    metavar="FILE",
    help="Outputs from a file (- for the standard input) instead; AWS as the environment says.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A lab and its AWS."""

    lab: Lab
    endpoint: Endpoint
    """Its credentials are the administrator's; None where the environment holds them."""
    project: Project
    stack: str
    where: str
    """The AWS in words, for people."""


@dataclass(frozen=True, slots=True)
class AdministratorTarget:
    """An AWS and its administrator."""

    endpoint: Endpoint
    credentials: Credentials
    project: Project
    where: str
    """The AWS in words, for people."""


@dataclass(frozen=True, slots=True)
class LabChoice:
    """Which lab the options name."""

    stack: str
    pulumi: bool
    outputs_file: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """The same options again, for a command that is told."""
        stack = () if self.stack == DEFAULT_STACK else ("--stack", self.stack)
        file = ("--outputs", self.outputs_file) if self.outputs_file else ()
        return (*stack, *(("--pulumi",) if self.pulumi else ()), *file)

    def find(self) -> Target:
        """Read the outputs and find the AWS that they belong to; a stopped local AWS is started.

        Raises:
            UsageError: there is no such lab, or the outputs are not whole.
            CannotTell: the state cannot be read; the local AWS, or the Pulumi CLI, cannot be had.
        """
        from rolelab import outputs, project

        if self.pulumi and self.outputs_file:
            raise UsageError("--pulumi and --outputs exclude each other", do="give one of them")
        stack = project.stack_name(self.stack)
        here = project.find_or_here() if self.outputs_file else project.find()
        if self.outputs_file:
            file = "/dev/stdin" if self.outputs_file == "-" else self.outputs_file
            return _elsewhere(here, stack, outputs.from_file(Path(file)))
        if self.pulumi:
            return _elsewhere(here, stack, outputs.from_pulumi(stack, here.root))
        try:
            return _local(here, existing_stack(here, stack))
        except LabError as error:
            if type(error) is not LabError:
                raise
            # Exit code 1 says that the lab is broken, and nothing of it has been looked at yet.
            raise CannotTell(error.what, where=error.where, do=error.do) from None

    def place(self, chosen: Target) -> CommandPlace:
        """Return what it takes that a command reaches the lab from any shell in this folder."""
        from rolelab.advice import CommandPlace

        stack = () if chosen.stack == DEFAULT_STACK else ("--stack", chosen.stack)
        # Whoever made the lab makes it anew; of outputs in a file nobody knows, but an account is
        # never of rolelab's making.
        is_ours = not self.pulumi and bool(chosen.endpoint.url)
        words = ["rolelab" if is_ours else "pulumi", "up", "--refresh", "--yes", *stack]
        # The environment named the AWS: in another shell it must be named again.
        url = "" if chosen.endpoint.credentials else chosen.endpoint.url
        before = f"AWS_ENDPOINT_URL={shlex.quote(url)}" if url else ""
        # Without a program here, neither of the two can make it.
        can_make = chosen.project.is_program
        refresh = f"{before} {shlex.join(words)}".lstrip() if can_make else ""
        if not chosen.endpoint.url or self.outputs_file == "-":
            return CommandPlace(as_admin=before, refresh=refresh)
        admin = shlex.join(["rolelab", "exec", "--admin", *self.words, "--"])
        return CommandPlace(as_admin=f"{before} {admin}".lstrip(), refresh=refresh)

    def administrator(self) -> AdministratorTarget:
        """Find the AWS and its administrator, also where there is no lab yet, or none any more.

        Raises:
            UsageError: the outputs are not whole, or the environment does not lead to the AWS.
            CannotTell: the state cannot be read; the AWS or its credentials cannot be had.
        """
        from rolelab import project

        stack = project.stack_name(self.stack)
        here = project.find_or_here() if self.outputs_file else project.find()
        is_named = self.pulumi or self.outputs_file
        if is_named or _has_lab(here, existing_stack(here, stack)):
            chosen = self.find()
            endpoint, where = chosen.endpoint, chosen.where
        else:
            endpoint = find_stack(stack)[0].endpoint
            where = f"the local AWS, {endpoint.url}"
        if endpoint.credentials:
            return AdministratorTarget(endpoint, endpoint.credentials, here, where)
        from rolelab.aws.callers import environment_credentials

        return AdministratorTarget(endpoint, environment_credentials(), here, where)


def options(command: Callable[..., object]) -> Callable[..., object]:
    """Add `--stack`, `--pulumi` and `--outputs` to a command, which gets them as its `choice`."""

    @functools.wraps(command)
    def with_choice(
        *args: object, stack: str, pulumi: bool, outputs_file: str | None, **others: object
    ) -> object:
        if outputs_file == "":
            do = "name a file of outputs"
            raise UsageError("'' is not the name of a file", where="--outputs", do=do)
        return command(*args, choice=LabChoice(stack, pulumi, outputs_file), **others)

    return stack_option(_pulumi_option(_outputs_option(with_choice)))


def learner_option(help_text: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Return the option `--as`, which a command gets as its `learner_name`."""
    return click.option("--as", "learner_name", metavar="LEARNER", help=help_text)


def _elsewhere(here: Project, stack: str, lab: Lab) -> Target:
    from rolelab.aws.endpoint import Endpoint, checked

    url = os.environ.get("AWS_ENDPOINT_URL") or None
    if url:
        url = checked(url)
    return Target(
        lab=lab,
        endpoint=Endpoint(url=url, region=lab.region, credentials=None),
        project=here,
        stack=stack,
        where=url or f"AWS, {lab.region}",
    )


def _has_lab(here: Project, stack: str) -> bool:
    from rolelab.engine import recorded

    return recorded.status(here, stack, present_home(here)).exists


def _local(here: Project, stack: str) -> Target:
    from rolelab import outputs
    from rolelab.engine import recorded

    at = present_home(here)
    status, where = recorded.status(here, stack, at), f"stack {stack}"
    raw = recorded.outputs(here, stack, at, show_secrets=True)
    make = told_up(here, stack)
    if not raw:
        _require_no_run(here, status, stack)
        _require_none_by_hand(here, where, make)
    lab, home = outputs.parse(raw, where=where, make=make), status.home
    if home and home.kind == "endpoint":
        # The environment named it when the lab was made, and must name it again.
        if not home.is_beside(at):
            do = f"set AWS_ENDPOINT_URL={home.id} and its AWS_* keys"
            raise UsageError(f"the lab was made on {home.id}", where=where, do=do)
        return _elsewhere(here, stack, lab)
    local_aws = running(here, make)
    if home is None or home.id != local_aws.instance_id:
        what = "the lab was made on a local AWS that is gone"
        raise UsageError(what, where=where, do=f"run {make} to make it")
    return Target(
        lab=lab,
        endpoint=replace(local_aws.endpoint(lab.account_id), region=lab.region),
        project=here,
        stack=stack,
        where=f"the local AWS, {local_aws.url}",
    )


def _require_no_run(here: Project, status: Status, stack: str) -> None:
    """Say why there are no outputs where a run is under way, or was cut short.

    Raises:
        CannotTell: somebody works on the stack.
        UsageError: a run was not finished.
    """
    where = f"stack {stack}"
    if status.holder:
        raise CannotTell(f"it is in use by {status.holder}", where=where, do="wait until it ended")
    if status.exists:
        up = told_up(here, stack)
        raise UsageError(f"{up} was not finished", where=where, do=f"run {up} again: it carries on")


def _require_none_by_hand(here: Project, where: str, make: str) -> None:
    """Tell of the commands for what somebody made by hand, where there is no lab.

    Raises:
        UsageError: there are such things.
    """
    from rolelab.cli import by_hand

    if others := by_hand.commands(here):
        do = f"run {make} first; what was made by hand: {others}"
        raise UsageError("there is no lab", where=where, do=do)


def running(here: Project, up: str = "`rolelab up`") -> Instance:
    """Return the local AWS; one that was stopped is started, and holds what it held.

    `up` is the command that makes the lab again where it is gone.

    Raises:
        CannotTell: it cannot be had.
    """
    from rolelab.localaws.process import lifecycle, probe

    local = probe.settled(here.local_home)
    if local.state is probe.State.STOPPED:
        return lifecycle.ensure(here.local_home).instance
    if local.instance is None:
        stop = "run `rolelab local stop`, then " if local.is_in_the_way else "run "
        where = "" if str(here.local_home) in local.line else str(here.local_home)
        raise CannotTell(local.line, where=where, do=f"{stop}{up} again")
    return local.instance
