"""`rolelab status`: say what there is, and whether a run was cut short."""

from __future__ import annotations

import click

from rolelab import readable
from rolelab.cli import aws_at_hand, deploying
from rolelab.report.say import say


@click.command()
@deploying.stack_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def command(stack: str, as_json: bool) -> None:
    """Say what the stack holds, who works on it, and whether a run was cut short; ask nobody."""
    from dataclasses import asdict

    from rolelab import project
    from rolelab.console import address
    from rolelab.engine import recorded
    from rolelab.report import progress

    here = project.find()
    stack = deploying.existing_stack(here, stack)
    status = recorded.status(here, stack, aws_at_hand.present_home(here))
    if as_json:
        click.echo(readable.as_json({"stack": stack, **asdict(status)}, indent=2))
        return
    console = address.running(here.local_home)
    if not status.exists:
        say(f"stack {stack}: nothing; {deploying.told_up(here, stack)} makes the lab")
    else:
        total = sum(status.counts.values())
        say(
            f"stack {stack}: {total} resources in AWS (components and the stack itself not counted)"
        )
        for token, count in status.counts.items():
            say(f"  {count:>6} {progress.short_type(token)}")
        if place := aws_at_hand.where_it_is(here, status.home):
            say(place)
    if console:
        lab = list(address.of_lab(console, recorded.outputs(here, stack)))
        for line in lab or [address.sign_in(console)]:
            say(line)
    elif status.exists:
        say("in a browser: rolelab console")
    for line in aws_at_hand.what_is_elsewhere(here, status):
        say(line)
    if status.doomed:
        up = deploying.told_up(here, stack)
        say(f"{status.doomed} replaced ones are still to be deleted: run {up}")
    if status.holder:
        say(f"in use by {status.holder}")
    elif status.pending:
        count = len(status.pending)
        say(f"{count} operations were cut short; the next `up` or `destroy` looks them up:")
        for op, urn in status.pending:
            say(f"  {op} {urn}")
