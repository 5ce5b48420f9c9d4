"""`rolelab destroy`: remove everything that `up` made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolelab.cli import aws_at_hand, deploying
from rolelab.errors import UsageError
from rolelab.report.say import say

if TYPE_CHECKING:
    from concurrent.futures import Future

    from rolelab.aws.endpoint import Endpoint
    from rolelab.engine.deploy import RunOptions
    from rolelab.engine.recorded import Status
    from rolelab.engine.stack import Stack
    from rolelab.faults.leftovers import Leftover


@click.command()
@deploying.run_options
@deploying.yes_option
def command(stack: str, parallel: int, continue_on_error: bool, as_json: bool, yes: bool) -> None:
    """Remove everything that `up` made, with what learners attached to their users.

    What `rolelab break` added goes as well.

    It is shown, then asked, then done. Buckets that learners made with the role are theirs: those
    that are left are named. If it is cut short, the exit code says so and the next `destroy`
    carries on.
    """
    from concurrent.futures import ThreadPoolExecutor

    from rolelab.engine import deploy

    deploying.require_yes(yes, what="destroy")
    place, started = aws_at_hand.find_stack(stack)
    options = deploy.RunOptions(parallel=parallel, continue_on_error=continue_on_error)
    if started and not as_json:
        say(started)
    added = _added_by_break(place)
    expected = None if yes else _agreed(place, options, added)
    with ThreadPoolExecutor(max_workers=1) as pool:
        # Beside the rest: to load what S3's client is made of takes as long as to remove a learner.
        buckets = None if as_json else pool.submit(_buckets, place.endpoint)
        _remove(added)
        deploying.carried_out(
            lambda listener: deploy.destroy(place, listener, options),
            f"Destroying ({place.name}):",
            as_json=as_json,
            expected=expected,
        )
    if buckets:
        _name_what_is_left(buckets)
        for line in aws_at_hand.what_is_elsewhere(place.project, _status(place)):
            say(f"left: {line}")


def _status(stack: Stack) -> Status:
    from rolelab.engine import recorded

    return recorded.status(stack.project, stack.name, stack.home)


def _added_by_break(stack: Stack) -> list[Leftover]:
    """Return what `break` added beside the lab; nothing where the stack is another program's."""
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.faults import leftovers

    try:
        lab = deploying.made_lab(stack)
    except UsageError:
        return []
    try:
        return leftovers.find(Clients(stack.endpoint), lab)
    except AwsFailure as failure:
        raise as_lab_error(failure) from None


def _remove(added: list[Leftover]) -> None:
    from rolelab.aws.failures import AwsFailure, as_lab_error

    try:
        for what in added:
            what.remove()
    except AwsFailure as failure:
        raise as_lab_error(failure) from None


def _agreed(stack: Stack, options: RunOptions, added: list[Leftover]) -> int:
    """Show what would be removed and ask; return how many operations there will be."""
    from rolelab.engine import deploy
    from rolelab.report import progress

    screen = progress.ProgressScreen(details=False)
    planned = deploy.destroy(stack, screen, options, only_preview=True)
    screen.close()
    if planned.error:
        raise planned.error
    progress.show_plan(screen, planned.steps)
    for what in added:
        say(f"  and {what}, which `rolelab break` added")
    if planned.steps:
        deploying.agreed("Remove all this?")
    return len(planned.steps)


def _buckets(endpoint: Endpoint) -> list[str]:
    """Return the names of all buckets, which `destroy` leaves alone."""
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import translated

    with translated("ListBuckets"):
        listed = Clients(endpoint).s3.list_buckets()["Buckets"]
        return [bucket.get("Name", "") for bucket in listed]


def _name_what_is_left(listed: Future[list[str]]) -> None:
    """Name the buckets that are still there.

    Nobody's state knows them, and a forgotten one costs money in an account.
    """
    from rolelab.aws.failures import AwsFailure

    try:
        buckets = listed.result()
    except AwsFailure as failure:
        say(f"warning: whether buckets are left could not be found out: {failure}", err=True)
        return
    if buckets:
        shown = ", ".join(buckets[:5]) + (", …" if len(buckets) > 5 else "")
        count = f"{len(buckets)} bucket{'s are' if len(buckets) > 1 else ' is'}"
        say(f"{count} left, made by learners: {shown}")
        command = f"aws s3 rb --force s3://{buckets[0]}"
        say(f"  remove one: rolelab exec --admin -- {command}")
