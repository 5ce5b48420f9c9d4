"""`rolelab local`: start, stop and look at the local AWS of this project."""

from __future__ import annotations

import click

from rolelab.errors import CannotTell
from rolelab.localaws import instance
from rolelab.localaws.instance import State


@click.group("local", short_help="Start, stop and look at the local AWS.")
def command() -> None:
    """Start, stop and look at the local AWS of this project.

    It runs in the background on 127.0.0.1 and keeps what it holds between two starts. After two hours without a
    request it ends by itself (ROLELAB_LOCAL_IDLE_S gives another number of seconds, 0 for never).
    """


@command.command(short_help="Start it, if it does not run.")
def start() -> None:
    """Start the local AWS, if it does not run."""
    from rolelab import project

    click.echo(instance.ensure(project.find().local_home).line)


@command.command(short_help="Stop it; what it holds is kept.")
def stop() -> None:
    """Stop the local AWS; what it holds is kept for the next start."""
    from rolelab import project

    click.echo(instance.stop(project.find().local_home).line)


@command.command(short_help="Say whether it runs.")
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say whether the local AWS runs: exit code 0 if it does, 1 if not, 3 if it does not answer."""
    from rolelab import project

    found = instance.find(project.find().local_home)
    click.echo(found.line)
    ctx.exit({State.RUNNING: 0, State.HUNG: 3}.get(found.state, 1))


@command.command(short_help='Print it for a shell: eval "$(rolelab local env)".')
@click.option(
    "--account", metavar="ID", default=instance.DEFAULT_ACCOUNT, show_default=True, help="Root of which account."
)
def env(account: str) -> None:
    """Print the endpoint and the administrator's key as `export NAME='value'` lines for a shell.

    With them the AWS CLI, boto3, Terraform and the Pulumi CLI work on the local AWS. The key is an account id of
    12 digits; with the same secret any other one is root of that account.
    """
    from rolelab import project
    from rolelab.errors import UsageError

    if not (len(account) == 12 and account.isascii() and account.isdigit()):
        raise UsageError(f"{account!r} is no account id", where="--account", do="give 12 digits, such as 000000000000")
    found = instance.find(project.find().local_home)
    if found.instance is None:
        raise CannotTell(found.line, do="start it with `rolelab local start`")
    values = {
        "AWS_ENDPOINT_URL": found.instance.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": found.instance.secret.reveal(),
        "AWS_REGION": found.instance.region,
        "AWS_DEFAULT_REGION": found.instance.region,
    }
    for name, value in values.items():
        click.echo(f"export {name}={_quoted(value)}")


def _quoted(value: str) -> str:
    """Quote for a POSIX shell, always: every line has the same form."""
    return "'" + value.replace("'", "'\\''") + "'"
