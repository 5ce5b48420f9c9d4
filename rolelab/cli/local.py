"""`rolelab local`: start, stop and look at the local AWS of this project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolelab import readable
from rolelab.cli import deploying, target
from rolelab.cli.main import Suggesting
from rolelab.errors import CannotTell, UsageError
from rolelab.localaws.accounts.clock import FURTHEST_S
from rolelab.localaws.process import lifecycle, probe
from rolelab.localaws.process.probe import State
from rolelab.localaws.process.record import (
    DEFAULT_ACCOUNT,
    Instance,
    local_home_in,
    read_record,
    told_command,
)
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.localaws.http.events import ApiEvent


def _home_of(_ctx: click.Context, _parameter: click.Parameter, folder: str | None) -> Path:
    """Return the folder of the local AWS: the project's own, or below one that needs no project."""
    if folder is None:
        from rolelab import project

        try:
            return project.find().local_home
        except UsageError as error:
            do = f"{error.do}, or name a folder with --dir"
            raise UsageError(error.what, where=error.where, do=do) from None
    if not folder or "\0" in folder or Path(folder).is_file():
        raise UsageError(f"{folder!r} is not a folder", where="--dir", do="name a folder")
    return local_home_in(Path(folder))


_home_option = click.option(
    "--dir",
    "home",
    metavar="DIR",
    callback=_home_of,
    help="Of this folder, which needs no Pulumi.yaml  [default: the project's].",
)


@click.group("local", cls=Suggesting)
def command() -> None:
    """Start, stop and look at the local AWS of this project, or of any folder (--dir).

    It runs in the background on 127.0.0.1 and keeps what it holds between two starts. After two
    hours without a request it ends by itself (ROLELAB_LOCAL_IDLE_S gives another number of
    seconds, 0 for never).
    """


@command.command(short_help="Start it, if it does not run.")
@_home_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="On this port  [default: the one it had, or any that is free].",
)
def start(home: Path, port: int | None) -> None:
    """Start the local AWS, if it does not run."""
    say(lifecycle.ensure(home, port=port or 0).line)


@command.command(short_help="Stop it; what it holds is kept.")
@click.option(
    "--force", is_flag=True, help="Even if what it holds cannot be saved: that is lost then."
)
@_home_option
@click.pass_context
def stop(ctx: click.Context, home: Path, force: bool) -> None:
    """Stop the local AWS; what it holds is kept for the next start.

    Where that cannot be saved, as on a full disk, it runs on: exit code 1, with the reason. So is
    one that was killed, or had to be.
    """
    found = lifecycle.stop(home, force=force)
    say(found.line)
    ctx.exit(1 if found.state is State.DEAD else 0)


@command.command(short_help="Empty it; all that it holds is gone.")
@_home_option
@deploying.yes_option
def reset(home: Path, yes: bool) -> None:
    """Empty the local AWS: users, roles, buckets and events of all accounts are gone.

    Its port and its secret stay. If it ran, it runs again. A lab that was in it is gone, too;
    `rolelab up` makes it anew.
    """
    from rolelab.engine import gone

    deploying.require_yes(yes, what="local reset")
    record = read_record(home)
    instance_id = record.instance_id if record else ""
    stacks = list(gone.stacks_in(home.parent / "stacks", instance_id))
    labs = "".join(f", the lab of stack {folder.name} among it" for folder in stacks)
    if not yes:
        deploying.agreed(f"All that the local AWS in {home} holds will be gone{labs}. Do this?")
    ran = lifecycle.reset(home)
    for folder in stacks:
        gone.forget(folder, instance_id)
        up = deploying.told("up", folder.name)
        say(f"stack {folder.name}: its lab is gone; {up} makes it anew")
    if ran:
        say(f"the local AWS is empty; {lifecycle.ensure(home).line}")
    else:
        say("the local AWS is empty, and not running")


@command.command(short_help="Show whether it runs.")
@_home_option
@click.pass_context
def status(ctx: click.Context, home: Path) -> None:
    """Show whether the local AWS runs: exit code 0 if it does, 1 if not, 3 if unknown."""
    found = probe.find(home)
    say(found.line)
    ctx.exit({State.RUNNING: 0, State.HUNG: 3, State.ASTRAY: 3}.get(found.state, 1))


@command.command(short_help='Print it for a shell: eval "$(rolelab local env)".')
@click.option(
    "--account",
    metavar="ID",
    default=DEFAULT_ACCOUNT,
    show_default=True,
    help="Root of which account.",
)
@_home_option
def env(home: Path, account: str) -> None:
    """Print the endpoint and the administrator's key as `export NAME='value'` lines for a shell.

    With them the AWS CLI, boto3, Terraform and the Pulumi CLI work on the local AWS. The key is
    an account id of 12 digits; with the same secret any other one is root of that account. What
    is set here and would win over them is unset: a session token, a profile, another endpoint.
    Where a proxy is set, NO_PROXY and no_proxy keep it out of the way.
    """
    if not (len(account) == 12 and account.isascii() and account.isdigit()):
        raise UsageError(
            f"{account!r} is not an account id",
            where="--account",
            do="give 12 digits, such as 000000000000",
        )
    # Started if need be: with nothing to export, the next `aws` would go to a real account.
    from rolelab.hands_on import environment, shell

    running = lifecycle.ensure(home).instance
    values = {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": running.secret.reveal(),
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
    }
    if environment.names_a_proxy(os.environ):
        values |= environment.past_proxies(os.environ, running.url)
    if before := os.environ.get(shell.WHO):
        values[shell.WHO] = f"administrator of {account}"
        say(f"With these lines this shell is no longer {before}'s.", err=True)
    for name, value in values.items():
        click.echo(f"export {name}={_quoted(value)}")
    files = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    if unset := environment.in_the_way(os.environ, (*values, *files)):
        click.echo(environment.unset_line(unset))


@command.command(short_help="Show who asked what, with what answer.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, with CloudTrail's fields."
)
@click.option("--account", metavar="ID", help="Of this account only.")
@target.learner_option("What this learner did: the user, and the sessions that it began.")
@deploying.stack_option
@_home_option
def events(
    home: Path,
    follow: bool,
    as_json: bool,
    account: str | None,
    learner_name: str | None,
    stack: str,
) -> None:
    """Show who asked what of the local AWS, when, and with what answer, as CloudTrail would.

    The last ten thousand calls are kept, as long as it runs. Secrets are not among the parameters.
    With --as, the calls that `verify` and `explain` make with the learner's key are left out: they
    are known by their user agent.
    """
    from rolelab.aws import own_calls
    from rolelab.localaws.process import control

    running = _running(home)
    behind = _arn_of(learner_name, stack, home, running) if learner_name else None
    read = control.follow if follow else control.events
    is_any = False
    for event in read(running, account=account, behind=behind):
        if behind and own_calls.is_own(event["userAgent"]):
            continue
        is_any = True
        if as_json:
            click.echo(readable.as_json(event))
        else:
            say(_line(event))
    if not (is_any or as_json):
        whose = f" of {learner_name}" * bool(learner_name) + f" in account {account}" * bool(
            account
        )
        say(f"no calls{whose} are recorded", err=True)


@command.command(short_help="Show its time, or move it.")
@click.option("--forward", metavar="TIME", help="So much later: 90s, 30m, 2h or 1d.")
@click.option("--reset", is_flag=True, help="The real time again.")
@_home_option
def clock(home: Path, forward: str | None, reset: bool) -> None:
    """Show how far the local AWS is ahead of the real time, or move it, to see a session end.

    Tools go by this machine's clock: the AWS CLI keeps a session of a profile that has ended here.
    `rolelab profiles` makes it assume the role anew.
    """
    from datetime import timedelta

    from rolelab.localaws.process import control

    if reset and forward:
        raise UsageError("--reset and --forward exclude each other", do="give one of them")
    running = _running(home)
    if reset:
        ahead = control.reset_clock(running)
    elif forward:
        ahead = control.move_clock(running, _seconds(forward))
    else:
        ahead = control.ahead_s(running)
    say(
        f"the local AWS is {timedelta(seconds=round(ahead))} ahead"
        if round(ahead)
        else "the local AWS has the real time"
    )


def _arn_of(learner_name: str, stack: str, home: Path, running: Instance) -> str:
    """Return the ARN of a learner's user, by the outputs of the stack in this local AWS."""
    from rolelab import outputs, project
    from rolelab.engine import recorded
    from rolelab.engine.stack import Home

    here, stack = project.find(home.parents[1]), project.stack_name(stack)
    at = Home("local", running.instance_id)
    lab = outputs.parse(
        recorded.outputs(here, stack, at, show_secrets=True), where=f"stack {stack}"
    )
    return lab.learner(learner_name).user_arn


def _running(home: Path) -> Instance:
    found = probe.settled(home)
    if found.instance is None:
        stop = f"end it with {told_command('stop', home)}, then " if found.is_in_the_way else ""
        raise CannotTell(found.line, do=f"{stop}start it with {told_command('start', home)}")
    return found.instance


def _seconds(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number = text[:-1] if text[-1:] in units else text
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise UsageError(
            f"{text!r} is not a length of time",
            where="--forward",
            do="give one such as 90s, 30m, 2h or 1d",
        )
    seconds = int(number) * units.get(text[-1:], 1)
    if seconds > FURTHEST_S:
        do = f"give {FURTHEST_S // 86400}d at most"
        raise UsageError(f"{text} is too far", where="--forward", do=do)
    return seconds


def _line(event: ApiEvent) -> str:
    arn = str(event["userIdentity"].get("arn", ""))
    name = arn.rpartition(":")[2] or "somebody unknown"
    what = f"{event['eventSource'].partition('.')[0]}:{event['eventName']}"
    on = " ".join(
        str(value)
        for parameter, value in (event["requestParameters"] or {}).items()
        if parameter.endswith(("Name", "Arn", "key")) and isinstance(value, str)
    )
    answer = f"{event['errorCode']}: {event.get('errorMessage')}" if "errorCode" in event else "ok"
    return "  ".join(
        part for part in (event["eventTime"], f"{name:24}", f"{what:28}", on, answer) if part
    )


def _quoted(value: str) -> str:
    """Quote for a POSIX shell, always: every line has the same form."""
    return "'" + value.replace("'", "'\\''") + "'"
