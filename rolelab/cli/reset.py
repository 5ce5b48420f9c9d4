"""`rolelab reset`: give one learner a lab as new, and touch nobody else's."""

from __future__ import annotations

import click

from rolelab.cli import aws_at_hand, deploying, profiles
from rolelab.report.say import say


@click.command()
@deploying.stack_option
@deploying.json_option
@deploying.yes_option
@click.argument("learner_name", metavar="LEARNER")
def command(stack: str, as_json: bool, yes: bool, learner_name: str) -> None:
    """Make LEARNER's user, key and grant anew; nobody else's lab is touched.

    Whatever was attached to the user goes, and the old key works no more. The role, which all
    share, stays as it is: see `rolelab mend`. If it is cut short, `rolelab up` completes it.
    """
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.engine import deploy
    from rolelab.faults import leftovers

    deploying.require_yes(yes, what="reset")
    place, started = aws_at_hand.find_stack(stack)
    lab = deploying.made_lab(place)
    learner = lab.learner(learner_name, where="LEARNER")
    if started and not as_json:
        say(started)
    if not yes:
        say(f"User {learner.user_name}, its key and all that is attached to it are made anew.")
        deploying.agreed("Do this?")
    try:
        for added in leftovers.find(Clients(place.endpoint), lab, learner):
            added.remove()
    except AwsFailure as failure:
        raise as_lab_error(failure) from None
    deploying.carried_out(
        lambda listener: deploy.reset(place, learner.user_name, listener),
        f"Resetting {learner.name} ({place.name}):",
        as_json=as_json,
    )
    profiles.renew(place.name)
    if not as_json:
        new = "a new key, and a new password" if learner.console_password else "a new key"
        say(f"{learner.name} has {new}: hand it out again.")
