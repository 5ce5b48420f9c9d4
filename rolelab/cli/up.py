"""`rolelab up`: make the lab, or bring it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import click

from rolelab.cli import aws_at_hand, deploying, profiles
from rolelab.nearest import natural
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.engine.deploy import RunOptions
    from rolelab.engine.resource import Properties
    from rolelab.engine.stack import Stack


@click.command()
@deploying.run_options
@deploying.yes_option
@click.option(
    "--refresh", is_flag=True, help="First take in what was changed in AWS behind the stack's back."
)
@click.option(
    "--create", is_flag=True, help="Write Pulumi.NAME.yaml, with every key's default, if need be."
)
@click.option("--expect-no-changes", is_flag=True, help="Exit code 1 if there was anything to do.")
def command(
    stack: str,
    parallel: int,
    continue_on_error: bool,
    as_json: bool,
    yes: bool,
    refresh: bool,
    create: bool,
    expect_no_changes: bool,
) -> None:
    """Make the lab, or bring it up to date: what would be done is shown, then asked, then done.

    With --yes it is done at once. If it is cut short (a failure, Ctrl-C, a kill), what exists is
    recorded and the next `up` carries on. The local AWS is started if it does not run.
    """
    from rolelab.engine import deploy

    deploying.require_yes(yes, what="up")
    config = deploying.checked_config(stack, create=create)
    place, started = aws_at_hand.find_stack(stack, config, meanwhile=deploying.load_engine)
    deploying.require_policies(place)
    options = deploy.RunOptions(
        parallel=parallel,
        continue_on_error=continue_on_error,
        refresh=refresh,
        look_first=not continue_on_error,
    )
    if started and not (yes and as_json):
        say(started)
    expected = None if yes else _agreed(place, options)
    result = deploying.carried_out(
        lambda listener: deploy.up(place, listener, options),
        f"Updating ({place.name}):",
        as_json=as_json,
        expected=expected,
    )
    if result.summary.changes:
        profiles.renew(place.name)
        if not as_json:
            for line in _next(place.name, result.outputs):
                say(line)
    if expect_no_changes:
        deploying.require_no_changes(result.summary.changes, kind="update")


def _next(stack: str, outputs: Properties) -> Iterator[str]:
    """Yield what can be done with what was made."""
    of_stack = "" if stack == deploying.DEFAULT_STACK else f" -s {stack}"
    remove = f"`rolelab destroy{of_stack}` removes it"
    learners = outputs.get("learners")
    if not isinstance(learners, dict) or "role" not in outputs:
        yield f"Next: `rolelab outputs{of_stack}` shows what it exports, {remove}."
        return
    named = cast("dict[str, dict[str, object]]", learners)
    first = min(named, key=natural, default="")
    who = f" --as {first}" if len(named) > 1 else ""
    shell = f"`rolelab exec{of_stack}{who}` is a shell as {first}"
    yield f"Next: `rolelab verify{of_stack}` proves it, {shell}, {remove}."
    if any(learner.get("consolePassword") for learner in named.values()):
        passwords = f"`rolelab outputs{of_stack} learners --show-secrets`"
        yield f"In a browser: `rolelab console`; the passwords: {passwords}."


def _agreed(stack: Stack, options: RunOptions) -> int:
    """Show the plan and ask; return how many operations there will be.

    Raises:
        LabError: the plan failed.
        click.exceptions.Exit: the answer was no.
    """
    from rolelab.engine import deploy
    from rolelab.report import progress

    screen = progress.ProgressScreen(details=False)
    screen.print(f"Previewing update ({stack.name}):", "bold")
    result = deploy.preview(stack, screen, options)
    screen.close()
    if result.error:
        raise result.error
    progress.show_plan(screen, result.steps)
    screen.summary(result.summary)
    if result.summary.changes:
        deploying.agreed("Do this?")
    return result.summary.changes
