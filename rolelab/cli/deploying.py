"""What preview, up and destroy share: the stack, the local AWS that it lives on, and the options of a run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolelab.errors import Faults, LabError, UsageError

if TYPE_CHECKING:
    from rolelab.aws.endpoint import Endpoint
    from rolelab.project import Project

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_Command = TypeVar("_Command", bound=Callable[..., Any])

stack_option = click.option(
    "-s", "--stack", metavar="NAME", default="dev", show_default=True, help="The stack."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON, as the Pulumi CLI does."
)
yes_option = click.option(
    "-y", "--yes", is_flag=True, help="Do not ask (needed where there is no terminal)."
)


def run_options(command: _Command) -> _Command:
    """Add the options of every run of the engine."""
    for add in (
        json_option,
        click.option(
            "--continue-on-error",
            is_flag=True,
            help="After a failure, leave out only what depends on it.",
        ),
        click.option(
            "--parallel",
            type=click.IntRange(1, 256),
            default=16,
            show_default=True,
            metavar="N",
            help="Operations on AWS at once.",
        ),
        stack_option,
    ):
        command = add(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack lives."""

    project: Project
    stack: str
    endpoint: Endpoint
    instance: str
    """Id of the AWS that the stack's state belongs to."""
    started: str
    """A line for people if the local AWS was started for this; else empty."""


def place(stack: str, *, meanwhile: Callable[[], None] = lambda: None) -> Place:
    """Find the project and the AWS of a stack; the local AWS is started if need be, and `meanwhile` is called.

    The local AWS is the project's own, unless AWS_ENDPOINT_URL names another one on this machine: then AWS_* of the
    environment has the key, and the state belongs to that URL and key.

    Raises:
        UsageError: no project here, no such name for a stack, an endpoint that is not on this machine.
        LabError: the local AWS cannot be started.
    """
    from concurrent.futures import ThreadPoolExecutor

    from rolelab import project
    from rolelab.localaws.process import lifecycle as instance

    stack = project.stack_name(stack)
    here = project.find()
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    record = instance.read_record(here.local_home)
    if url and not (record and url.rstrip("/") == f"http://127.0.0.1:{record.port}"):
        return _named(here, stack, url)
    with ThreadPoolExecutor(max_workers=1) as pool:
        starting = pool.submit(instance.ensure, here.local_home)
        meanwhile()
        started = starting.result()
    running = started.instance
    account = (
        os.environ.get("AWS_ACCESS_KEY_ID", instance.DEFAULT_ACCOUNT)
        if url
        else instance.DEFAULT_ACCOUNT
    )
    if not (len(account) == 12 and account.isdigit()):
        raise UsageError(
            f"{account} is no administrator's key of the local AWS",
            where="AWS_ACCESS_KEY_ID",
            do='unset AWS_*, or say eval "$(rolelab local env)"',
        )
    return Place(
        project=here,
        stack=stack,
        endpoint=running.endpoint(account),
        instance=running.instance_id
        + ("" if account == instance.DEFAULT_ACCOUNT else f"/{account}"),
        started=started.line if started.started else "",
    )


def _named(here: Project, stack: str, url: str) -> Place:
    from rolelab.aws.endpoint import Credentials, Endpoint, require_loopback
    from rolelab.localaws.process.lifecycle import DEFAULT_REGION
    from rolelab.secret import Secret

    require_loopback(url)
    key, secret = (
        os.environ.get("AWS_ACCESS_KEY_ID", ""),
        os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
    )
    if not key or not secret:
        raise UsageError(
            f"{url} is not the local AWS of this project, and there is no key for it",
            where="AWS_ENDPOINT_URL",
            do="unset it, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as well",
        )
    token = os.environ.get("AWS_SESSION_TOKEN")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    credentials = Credentials(
        access_key_id=key,
        secret_access_key=Secret(secret),
        session_token=Secret(token) if token else None,
    )
    endpoint = Endpoint(url=url, region=region, credentials=credentials)
    return Place(
        project=here,
        stack=stack,
        endpoint=endpoint,
        instance=f"{url.rstrip('/')}/{key}",
        started="",
    )


def checked_config(stack: str) -> dict[str, str]:
    """Return the stack's configuration, checked whole before anything is started.

    The lab's own keys are checked here by the same rules as in the program; another project's program checks its own.

    Raises:
        Faults: everything that is wrong with it.
    """
    from rolelab import project, settings

    here = project.find()
    stack = project.stack_name(stack)
    config, faults = here.read(stack)
    if not here.stack_file(stack).exists():
        click.echo(
            f"{here.stack_file(stack).name} is not there: every key has its default", err=True
        )
    if here.name == settings.NAMESPACE:
        try:
            settings.parse(config, where=here.stack_file(stack).name)
        except Faults as more:
            faults += more.faults
    region = config.get("aws:region", "us-east-1")
    if not _REGION.fullmatch(region):
        where = f"{here.stack_file(stack).name}, aws:region"
        faults.append(
            UsageError(f"{region!r} is no region", where=where, do="give one such as us-east-1")
        )
    if faults:
        raise Faults(faults)
    return config


def load_engine() -> None:
    """Load what a run of the program needs: half a second, well spent while the local AWS starts."""
    from importlib import import_module

    from rolelab.aws.clients import load_models

    for module in ("pulumi_aws.iam", "rolelab.engine.program", "rolelab.engine.monitor"):
        import_module(module)
    load_models()


def require_yes(yes: bool, *, what: str) -> None:
    """Refuse to go on unasked where nobody can be asked.

    Raises:
        UsageError: there is no terminal and no `--yes`.
    """
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"{what} asks before it does anything, and there is no terminal", do="give --yes"
        )


def agreed(question: str) -> None:
    """Ask, and leave with exit code 1 if the answer is no: what was wanted was not done."""
    if not click.confirm(question, default=False):
        click.echo("Nothing was changed.")
        raise click.exceptions.Exit(1)


def require_no_changes(changes: int, *, kind: str) -> None:
    """Hold a run to `--expect-no-changes`.

    Raises:
        LabError: there were changes.
    """
    if changes:
        what = "1 change was" if changes == 1 else f"{changes} changes were"
        raise LabError(
            f"no changes were expected for {kind}, but {what} proposed", where="--expect-no-changes"
        )
