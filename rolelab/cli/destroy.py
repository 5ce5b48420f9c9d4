"""`rolelab destroy`: remove everything that `up` made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from rolelab.cli import deploying

if TYPE_CHECKING:
    from rolelab.engine.deploy import Result
    from rolelab.steps import Listener

_READABLE = 60


@click.command(short_help="Remove everything that `up` made.")
@deploying.run_options
@deploying.yes_option
def command(stack: str, parallel: int, continue_on_error: bool, as_json: bool, yes: bool) -> None:
    """Remove everything that `up` made, with what learners attached to their users; it is shown, then asked, then done.

    Buckets that learners made with the role are theirs: those that are left are named. If it is cut short, the exit
    code says so and the next `destroy` carries on.
    """
    from rolelab.engine import deploy
    from rolelab.report import events, progress

    deploying.require_yes(yes, what="destroy")
    place = deploying.place(stack)
    options = deploy.RunOptions(parallel=parallel, continue_on_error=continue_on_error)

    def destroy(listener: Listener, *, only_preview: bool = False) -> Result:
        return deploy.destroy(
            place.project,
            place.stack,
            place.endpoint,
            place.instance,
            listener,
            options,
            only_preview=only_preview,
        )

    screen = progress.ProgressScreen()
    if place.started and not as_json:
        screen.print(place.started)
    if not yes:
        quiet = progress.ProgressScreen(details=False)
        planned = destroy(quiet, only_preview=True)
        if planned.error:
            raise planned.error
        progress.show_plan(screen, planned.steps, readable=_READABLE)
        if planned.steps:
            deploying.agreed("Remove all this?")
        screen.expect(len(planned.steps))
    if as_json:
        lines = events.Lines(sys.stdout)
        result = destroy(lines)
        lines(result.summary)
    else:
        screen.print(f"Destroying ({place.stack}):", "bold")
        result = destroy(screen)
        screen.close()
        for line in progress.summary_lines(result.summary):
            screen.print(line)
    if result.error:
        raise result.error
    if not as_json:
        _name_what_is_left(place)


def _name_what_is_left(place: deploying.Place) -> None:
    """Say which buckets are still there: nobody's state knows them, and a forgotten one costs money in an account."""
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, translated

    try:
        with translated("ListBuckets"):
            buckets = [
                bucket.get("Name", "")
                for bucket in Clients(place.endpoint).s3.list_buckets()["Buckets"]
            ]
    except AwsFailure as failure:
        click.echo(f"warning: whether buckets are left could not be found out: {failure}", err=True)
        return
    if buckets:
        shown = ", ".join(buckets[:5]) + (", …" if len(buckets) > 5 else "")
        click.echo(
            f"{len(buckets)} bucket{'s are' if len(buckets) > 1 else ' is'} left, made by learners: {shown}"
        )
        click.echo(
            f'  remove one: (eval "$(rolelab local env)"; aws s3 rb --force s3://{buckets[0]})'
        )
