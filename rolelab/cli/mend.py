"""`rolelab mend`: put a broken lab back to what was declared."""

from __future__ import annotations

import click

from rolelab.cli import deploying, target
from rolelab.report.say import say


@click.command()
@target.options
@target.learner_option("Whose user and grant; the whole lab, role and all, if left out.")
@deploying.yes_option
@click.pass_context
def command(
    ctx: click.Context, choice: target.LabChoice, learner_name: str | None, yes: bool
) -> None:
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
    learner = chosen.lab.learner(learner_name) if learner_name else None
    place = choice.place(chosen)
    with administrator(chosen.endpoint) as clients:
        plan = restoring.plan(chosen.lab, clients, learner)
        added = leftovers.find(clients, chosen.lab, learner)
        if not (plan.calls or plan.by_hand or added):
            what = f"user and grant of {learner.name} are" if learner else "the lab is"
            say(f"Nothing to mend: {what} as declared.")
            return
        for call in plan.calls:
            for line in place.complete(call.as_command).lines:
                say(line)
        for what in added:
            say(f"remove {what}")
        if (plan.calls or added) and not yes:
            deploying.agreed("Do this?")
        restoring.carry_out(plan, clients)
        for what in added:
            what.remove()
    done = len(plan.calls) + len(added)
    say(f"{done} change{'' if done == 1 else 's'} made.")
    for line in text.reason((), place.advise(plan.by_hand)):
        say(line)
    if plan.by_hand:
        ctx.exit(1)
