"""`rolelab explain`: why a learner is allowed something or refused it, and what would change it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rolelab.cli import target
from rolelab.errors import CannotTell
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.diagnosis.reasons import Reason
    from rolelab.explain.question import Question


@click.command()
@target.options
@target.learner_option("Which learner; may be left out where there is one.")
@click.option(
    "--role", is_flag=True, help="Ask for the role's session instead of the learner's own key."
)
@click.option(
    "--who", metavar="ARN", help="Anybody on the local AWS instead: a user, a role, a session."
)
@click.option(
    "--context",
    "context",
    metavar="KEY=VALUE",
    multiple=True,
    help="A condition key that the request is to have, such as aws:SourceIp=203.0.113.7; may be "
    "repeated, also for several values of one key.",
)
@click.argument("action", default="sts:AssumeRole")
@click.argument("resource", default="")
@click.pass_context
def command(
    ctx: click.Context,
    choice: target.LabChoice,
    learner_name: str | None,
    role: bool,
    who: str | None,
    context: tuple[str, ...],
    action: str,
    resource: str,
) -> None:
    """Say whether the learner is allowed ACTION on RESOURCE (an ARN), why, and what to change.

    Without an ACTION: whether they are allowed to assume the role. The policies are read with the
    administrator's credentials; nothing is changed. Exit code 3 where it cannot be found out.

    With a --context they decide alone: what is supposed of a request is not tried.
    """
    from rolelab.explain import question as asking
    from rolelab.explain import request_context
    from rolelab.report import text

    supposed = request_context.read(context)
    if who:
        question = asking.Question(action=action, resource=resource, context=supposed)
        reason = _of_anybody(who, question)
    else:
        question = asking.Question(
            action=action, resource=resource, of_session=role, context=supposed
        )
        reason = _of_learner(choice, learner_name, question)
    for line in text.reason(reason.why, reason.advice):
        say(line)
    if not reason.is_known:
        ctx.exit(CannotTell.exit_code)


def _of_learner(choice: target.LabChoice, name: str | None, question: Question) -> Reason:
    """Return the answer for a learner of a lab, with commands that reach it."""
    from rolelab.explain import question as asking

    chosen = choice.find()
    learner = chosen.lab.learner(name)
    words = (*choice.words, *(("--as", name) if name else ()))
    options = "".join(f" {shlex.quote(word)}" for word in words)
    reason = asking.why(chosen.lab, learner, chosen.endpoint, question, options=options)
    return replace(reason, advice=choice.place(chosen).advise(reason.advice))


def _of_anybody(who: str, question: Question) -> Reason:
    """Return the answer for a principal of the local AWS: no outputs name it."""
    from rolelab import project
    from rolelab.explain.anybody import Asker, why
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    asker = Asker.of(who)
    endpoint = target.running(project.find()).endpoint(asker.arn.account)
    return why(endpoint, asker, question, at_hand=DEFAULT_ACCOUNT).reason
