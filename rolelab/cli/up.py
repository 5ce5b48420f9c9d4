"""`rolelab up`: make the lab, or bring it up to date."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from rolelab.cli import deploying

if TYPE_CHECKING:
    from rolelab.engine.deploy import RunOptions

_READABLE = 60
"""Steps up to which a plan is shown one by one before the question; a longer one is counted by type."""


@click.command(short_help="Make the lab, or bring it up to date.")
@deploying.run_options
@deploying.yes_option
@click.option(
    "--refresh", is_flag=True, help="First take in what was changed in AWS behind the stack's back."
)
@click.option("--expect-no-changes", is_flag=True, help="Exit code 1 if there was anything to do.")
def command(
    stack: str,
    parallel: int,
    continue_on_error: bool,
    as_json: bool,
    yes: bool,
    refresh: bool,
    expect_no_changes: bool,
) -> None:
    """Make the lab, or bring it up to date: what would be done is shown, then asked, then done.

    With --yes it is done at once. If it is cut short (a failure, Ctrl-C, a kill), what exists is recorded and the
    next `up` carries on. The local AWS is started if it does not run.
    """
    from rolelab.engine import deploy
    from rolelab.report import events, progress

    deploying.require_yes(yes, what="up")
    config = deploying.checked_config(stack)
    place = deploying.place(stack, meanwhile=deploying.load_engine)
    options = deploy.RunOptions(
        parallel=parallel, continue_on_error=continue_on_error, refresh=refresh
    )
    expected = None if yes else _agreed(place, config, options)
    if as_json:
        lines = events.Lines(sys.stdout)
        result = deploy.up(
            place.project, place.stack, config, place.endpoint, place.instance, lines, options
        )
        lines(result.summary)
    else:
        screen = progress.ProgressScreen()
        if place.started and yes:
            screen.print(place.started)
        screen.print(f"Updating ({place.stack}):", "bold")
        screen.expect(expected or 0)
        result = deploy.up(
            place.project, place.stack, config, place.endpoint, place.instance, screen, options
        )
        screen.close()
        for line in progress.summary_lines(result.summary):
            screen.print(line)
    if result.error:
        raise result.error
    if expect_no_changes:
        deploying.require_no_changes(result.summary.changes, kind="update")


def _agreed(place: deploying.Place, config: dict[str, str], options: RunOptions) -> int:
    """Show the plan and ask; return how many operations there will be.

    Raises:
        LabError: the plan failed.
        click.exceptions.Exit: the answer was no.
    """
    from rolelab.engine import deploy
    from rolelab.report import progress

    screen = progress.ProgressScreen(details=False)
    if place.started:
        screen.print(place.started)
    screen.print(f"Previewing update ({place.stack}):", "bold")
    result = deploy.preview(
        place.project, place.stack, config, place.endpoint, place.instance, screen, options
    )
    screen.close()
    if result.error:
        raise result.error
    progress.show_plan(screen, result.steps, readable=_READABLE)
    for line in progress.summary_lines(result.summary):
        screen.print(line)
    if result.summary.changes:
        deploying.agreed("Do this?")
    return result.summary.changes
