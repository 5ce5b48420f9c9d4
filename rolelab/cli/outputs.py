"""`rolelab outputs`: print what the stack tells about the lab."""

from __future__ import annotations

import click

from rolelab import readable
from rolelab.cli import aws_at_hand, deploying
from rolelab.errors import UsageError
from rolelab.report.say import say


@click.command()
@click.argument("name", required=False)
@deploying.stack_option
@deploying.json_option
@click.option("--show-secrets", is_flag=True, help="Print secrets instead of [secret].")
def command(name: str | None, stack: str, as_json: bool, show_secrets: bool) -> None:
    """Print what the stack tells about the lab: all of it, or the output called NAME.

    A text is printed bare, everything else as JSON; --json quotes a text, too, as
    `pulumi stack output --json` does.
    """
    from rolelab import project
    from rolelab.engine import recorded

    here = project.find()
    stack = deploying.existing_stack(here, stack)
    at = aws_at_hand.present_home(here)
    values = recorded.outputs(here, stack, at, show_secrets=show_secrets)
    home = recorded.status(here, stack, at).home
    if values and (place := aws_at_hand.where_it_is(here, home)):
        say(f"note: the lab: {place}", err=True)
    if name is None:
        click.echo(readable.as_json(values, indent=2))
        return
    if name not in values:
        names = ", ".join(values) or f"none: run {deploying.told_up(here, stack)} first"
        raise UsageError(f"stack {stack} does not have an output {name!r}", do=f"it has {names}")
    value = values[name]
    bare = isinstance(value, str) and not as_json
    click.echo(value if bare else readable.as_json(value, indent=2))
