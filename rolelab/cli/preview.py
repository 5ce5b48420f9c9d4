"""`rolelab preview`: show what `up` would do."""

from __future__ import annotations

import click

from rolelab import readable
from rolelab.cli import aws_at_hand, deploying


@click.command()
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
    from rolelab.report import progress, run_as_json
    from rolelab.steps import Event, Message

    config = deploying.checked_config(stack)
    place, started = aws_at_hand.find_stack(stack, config, meanwhile=deploying.load_engine)
    deploying.require_policies(place)
    options = deploy.RunOptions(
        parallel=parallel,
        continue_on_error=continue_on_error,
        refresh=refresh,
        look_first=not continue_on_error,
    )
    messages: list[Message] = []
    screen = progress.ProgressScreen()

    def listen(event: Event) -> None:
        if isinstance(event, Message):
            messages.append(event)
        if not as_json:
            screen(event)

    if not as_json:
        if started:
            screen.print(started)
        screen.print(f"Previewing update ({place.name}):", "bold")
    result = deploy.preview(place, listen, options)
    screen.close()
    if as_json:
        told = run_as_json.preview(result.steps, messages, result.summary, config)
        click.echo(readable.as_json(told, indent=2))
    else:
        screen.summary(result.summary)
    if result.error:
        raise result.error
    if expect_no_changes:
        deploying.require_no_changes(result.summary.changes, kind="preview")
