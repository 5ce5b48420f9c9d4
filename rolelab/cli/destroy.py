"""`rolelab destroy`: remove everything that `up` made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolelab.cli import aws_at_hand, deploying
from rolelab.errors import LabError, UsageError
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.engine.deploy import RunOptions
    from rolelab.engine.recorded import Status
    from rolelab.engine.stack import Stack
    from rolelab.faults.leftovers import Leftover
    from rolelab.outputs import Lab


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
    from rolelab.engine import deploy

    deploying.require_yes(yes, what="destroy")
    place, started = aws_at_hand.find_stack(stack)
    options = deploy.RunOptions(parallel=parallel, continue_on_error=continue_on_error)
    if started and not as_json:
        say(started)
    lab = _lab(place)
    added = _added_by_break(place, lab)
    expected = None if yes else _agreed(place, options, added)
    buckets = [] if as_json else _buckets(place, lab)
    _remove(added)
    deploying.carried_out(
        lambda listener: deploy.destroy(place, listener, options),
        f"Destroying ({place.name}):",
        as_json=as_json,
        expected=expected,
    )
    if not as_json:
        _name_what_is_left(buckets, deploying.of_stack(place.name))
        for line in aws_at_hand.what_is_elsewhere(place.project, _status(place)):
            say(f"left: {line}")
        if lab is None and place.home.kind == "local":
            _name_what_was_made_by_hand(place)


def _name_what_was_made_by_hand(stack: Stack) -> None:
    from rolelab.cli import by_hand

    users, roles = by_hand.made(stack.endpoint)
    names = [arn.rpartition(":")[2] for arn in (*users, *roles)]
    if names:
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        say(f"made by hand, and left: {shown}; `rolelab local reset` empties the local AWS")


def _status(stack: Stack) -> Status:
    from rolelab.engine import recorded

    return recorded.status(stack.project, stack.name, stack.home)


def _lab(stack: Stack) -> Lab | None:
    """Return the lab that the stack's outputs tell of; None where it is another program's."""
    try:
        return deploying.made_lab(stack)
    except UsageError:
        return None


def _added_by_break(stack: Stack, lab: Lab | None) -> list[Leftover]:
    """Return what `break` added beside the lab."""
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.faults import leftovers

    try:
        return leftovers.find(Clients(stack.endpoint), lab) if lab else []
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


def _buckets(stack: Stack, lab: Lab | None) -> list[str]:
    """Return the names of the buckets that the lab's learners made, which `destroy` leaves alone.

    Only the project's own local AWS tells who made a bucket.
    """
    from rolelab.engine import recorded
    from rolelab.localaws.process import control, probe
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    local = probe.find(stack.project.local_home).instance
    if stack.home.kind != "local" or local is None:
        return []
    try:
        makers = control.bucket_makers(local, stack.home.account or DEFAULT_ACCOUNT)
        if not makers:
            return []
        ours = recorded.unique_ids(stack.project, stack.name, stack.home) | _recreated(stack, lab)
    except LabError as error:
        say(f"warning: whether buckets are left could not be found out: {error}", err=True)
        return []
    return sorted(name for name, maker in makers.items() if maker.partition(":")[0] in ours)


def _recreated(stack: Stack, lab: Lab | None) -> set[str]:
    """Return the unique id of the role that is there now: `mend` may have recreated it."""
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.aws.iam_entities import read_role

    try:
        role = read_role(Clients(stack.endpoint), lab.role.name) if lab else None
    except AwsFailure as failure:
        raise as_lab_error(failure) from None
    return (
        {role.unique_id} if role and lab and lab.role.tags.items() <= role.tags.items() else set()
    )


def _name_what_is_left(buckets: list[str], of_stack: str) -> None:
    """Name the buckets that are still there.

    Nobody's state knows them, and a forgotten one costs money in an account.
    """
    if buckets:
        shown = ", ".join(buckets[:5]) + (", …" if len(buckets) > 5 else "")
        count = f"{len(buckets)} bucket{'s are' if len(buckets) > 1 else ' is'}"
        say(f"{count} left, made by learners: {shown}")
        command = f"aws s3 rb --force s3://{buckets[0]}"
        say(f"  remove one: rolelab exec{of_stack} --admin -- {command}")
