"""`rolelab preview`: show what `up` would do."""

from __future__ import annotations

import json
import sys

import click

from rolelab.cli import deploying


@click.command(short_help="Show what `up` would do.")
@deploying.run_options
@click.option(
    "--refresh", is_flag=True, help="First look at what was changed in AWS behind the stack's back."
)
@click.option("--expect-no-changes", is_flag=True, help="Exit code 1 if there is anything to do.")
def command(
    stack: str,
    parallel: int,
    continue_on_error: bool,
    as_json: bool,
    refresh: bool,
    expect_no_changes: bool,
) -> None:
    """Show what `up` would do, property by property; touch nothing.

    The local AWS is started if it does not run.
    """
    from rolelab.engine import deploy
    from rolelab.report import events, progress
    from rolelab.steps import Event, Message

    config = deploying.checked_config(stack)
    place = deploying.place(stack, meanwhile=deploying.load_engine)
    messages: list[Message] = []
    screen = progress.ProgressScreen()

    def listen(event: Event) -> None:
        if isinstance(event, Message):
            messages.append(event)
        if not as_json:
            screen(event)

    if not as_json:
        if place.started:
            screen.print(place.started)
        screen.print(f"Previewing update ({place.stack}):", "bold")
    options = deploy.RunOptions(
        parallel=parallel, continue_on_error=continue_on_error, refresh=refresh
    )
    result = deploy.preview(
        place.project, place.stack, config, place.endpoint, place.instance, listen, options
    )
    screen.close()
    if as_json:
        json.dump(
            events.preview(result.steps, messages, result.summary, config),
            sys.stdout,
            indent=2,
            ensure_ascii=False,
        )
        sys.stdout.write("\n")
    else:
        for line in progress.summary_lines(result.summary):
            screen.print(line)
    if result.error:
        raise result.error
    if expect_no_changes:
        deploying.require_no_changes(result.summary.changes, kind="preview")
