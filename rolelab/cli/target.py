"""Which lab a command is about, and where its AWS is: the options that verify, exec and their like share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolelab.errors import CannotTell, LabError, UsageError

if TYPE_CHECKING:
    from rolelab.aws.endpoint import Endpoint
    from rolelab.localaws.process.record import Instance
    from rolelab.outputs import Lab
    from rolelab.project import Project

_Command = TypeVar("_Command", bound=Callable[..., Any])


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


def options(command: _Command) -> _Command:
    """Add `--stack`, `--pulumi` and `--outputs` to a command."""
    for add in (
        click.option(
            "--outputs",
            "outputs_file",
            metavar="FILE",
            help="Outputs from a file (- for the standard input) instead; AWS as the environment says.",
        ),
        click.option(
            "--pulumi",
            is_flag=True,
            help="The Pulumi CLI's stack of that name instead of the local lab.",
        ),
        click.option(
            "-s", "--stack", metavar="NAME", default="dev", show_default=True, help="The stack."
        ),
    ):
        command = add(command)
    return command


def find(stack: str, *, pulumi: bool, outputs_file: str | None) -> Target:
    """Read the outputs and find the AWS that they belong to; a stopped local AWS is started again.

    Raises:
        UsageError: there is no such lab, or the outputs are not whole.
        CannotTell: the state cannot be read; the local AWS, or the Pulumi CLI, cannot be had.
    """
    from rolelab import outputs, project

    if pulumi and outputs_file:
        raise UsageError("--pulumi and --outputs exclude each other", do="give one of them")
    stack = project.stack_name(stack)
    here = project.find()
    if outputs_file:
        lab = outputs.from_file(Path("/dev/stdin" if outputs_file == "-" else outputs_file))
    elif pulumi:
        lab = outputs.from_pulumi(stack, here.root)
    else:
        try:
            return _local(here, stack)
        except LabError as error:
            if type(error) is not LabError:
                raise
            # Exit code 1 says that the lab is broken, and nothing of it has been looked at yet.
            raise CannotTell(error.what, where=error.where, do=error.do) from None
    return _elsewhere(here, stack, lab)


def _elsewhere(here: Project, stack: str, lab: Lab) -> Target:
    from rolelab.aws.endpoint import Endpoint

    url = os.environ.get("AWS_ENDPOINT_URL") or None
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(
            f"{url} is no URL of an endpoint",
            where="AWS_ENDPOINT_URL",
            do="begin it with http:// or https://",
        )
    endpoint = Endpoint(url=url, region=lab.region, credentials=None)
    return Target(
        lab=lab, endpoint=endpoint, project=here, stack=stack, where=url or f"AWS, {lab.region}"
    )


def _local(here: Project, stack: str) -> Target:
    from rolelab import outputs
    from rolelab.engine import recorded

    home = recorded.status(here, stack).home
    raw = recorded.outputs(here, stack, show_secrets=True)
    lab = outputs.parse(raw, where=f"stack {stack}")
    if home and home.kind == "endpoint":
        # The environment named it when the lab was made, and must name it again.
        url = home.id
        if os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/") != url:
            raise UsageError(
                f"the lab was made on {url}",
                where=f"stack {stack}",
                do=f"set AWS_ENDPOINT_URL={url} and its AWS_* keys",
            )
        return _elsewhere(here, stack, lab)
    running = _running(here)
    if home is None or home.id != running.instance_id:
        raise UsageError(
            "the lab was made on a local AWS that is gone",
            where=f"stack {stack}",
            do="run `rolelab up` to make it",
        )
    endpoint = replace(running.endpoint(lab.account_id), region=lab.region)
    return Target(
        lab=lab, endpoint=endpoint, project=here, stack=stack, where=f"the local AWS, {running.url}"
    )


def _running(here: Project) -> Instance:
    """Return the local AWS, started again where it had ended in order: then it holds what it held."""
    from rolelab.localaws.process import lifecycle, probe

    found = probe.find(here.local_home)
    if found.state is probe.State.STOPPED:
        return lifecycle.ensure(here.local_home).instance
    if found.instance is None:
        stop = "run `rolelab local stop`, then " if found.state is probe.State.HUNG else "run "
        raise CannotTell(found.line, where=str(here.local_home), do=f"{stop}`rolelab up` again")
    return found.instance
