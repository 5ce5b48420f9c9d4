"""`rolelab mend`: put a broken lab back to what was declared."""

from __future__ import annotations

import click

from rolelab.cli import deploying, target
from rolelab.report.say import say


@click.command()
@target.options
@deploying.yes_option
@click.pass_context
def command(ctx: click.Context, choice: target.LabChoice, yes: bool) -> None:
    """Compare users, grants and role with what was declared, and undo every difference.

    What is to be done is shown as AWS CLI commands, then asked, then done. What `rolelab break`
    added goes as well.
    """
    from rolelab.aws.callers import administrator
    from rolelab.faults import leftovers
    from rolelab.mend import restoring
    from rolelab.report import text

    deploying.require_yes(yes, what="mend")
    chosen = choice.find()
    with administrator(chosen.endpoint) as clients:
        plan = restoring.plan(chosen.lab, clients)
        added = leftovers.find(clients, chosen.lab)
        if not (plan.calls or plan.by_hand or added):
            say("Nothing to mend: the lab is as declared.")
            return
        for call in plan.calls:
            say(call.command)
        for what in added:
            say(f"remove {what}")
        if (plan.calls or added) and not yes:
            deploying.agreed("Do this?")
        restoring.carry_out(plan, clients)
        for what in added:
            what.remove()
    done = len(plan.calls) + len(added)
    say(f"{done} change{'' if done == 1 else 's'} made.")
    for line in text.reason((), plan.by_hand):
        say(line)
    if plan.by_hand:
        ctx.exit(1)
