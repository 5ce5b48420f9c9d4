"""`rolelab exec`: run a command, or a shell, as a learner or with the role."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from rolelab.cli import target
from rolelab.errors import UsageError
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.aws.endpoint import Endpoint
    from rolelab.project import Project
    from rolelab.secret import Credentials


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@target.options
@target.learner_option("Which learner; may be left out where there is one.")
@click.option("--role", is_flag=True, help="With the role: assume it first.")
@click.option("--admin", is_flag=True, help="As the administrator, whom no policy holds back.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--] [COMMAND]...")
def command(
    choice: target.LabChoice,
    learner_name: str | None,
    role: bool,
    admin: bool,
    arguments: tuple[str, ...],
) -> None:
    """Run COMMAND with the learner's credentials, or the role's, in its environment only.

    Its exit code is given back. Without a COMMAND: a shell whose prompt says who one is.

    \b
      rolelab exec -- aws s3 ls                  is refused
      rolelab exec --role -- aws s3 ls           works
      rolelab exec --admin -- aws iam list-users looks at the lab from outside
    """  # noqa: D301 - Click's own mark for lines to be kept
    from rolelab.hands_on import environment, shell

    shell.require_command(arguments)
    if admin and (role or learner_name):
        do = "leave --as and --role out"
        raise UsageError("the administrator is not a learner", where="--admin", do=do)
    somebody = _administrator(choice) if admin else _learner(choice, learner_name, role=role)
    variables = environment.build(os.environ, somebody.endpoint, somebody.credentials)
    variables[shell.WHO] = somebody.who
    if not arguments:
        say(
            f"You are {somebody.who}{somebody.until}, on {somebody.where}. `exit` ends it.",
            err=True,
        )
        words, variables = shell.interactive(variables, somebody.project.home / "shell")
        shell.become(words, variables)
    shell.become(arguments, variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Somebody:
    """Whose credentials the command gets, and where it works."""

    who: str
    until: str = ""
    credentials: Credentials
    endpoint: Endpoint
    where: str
    project: Project


def _administrator(choice: target.LabChoice) -> _Somebody:
    found = choice.administrator()
    return _Somebody(
        who="administrator",
        credentials=found.credentials,
        endpoint=found.endpoint,
        where=found.where,
        project=found.project,
    )


def _learner(choice: target.LabChoice, name: str | None, *, role: bool) -> _Somebody:
    chosen = choice.find()
    learner = chosen.lab.learner(name)
    credentials, who, until = learner.credentials, learner.name, ""
    if role:
        from rolelab.aws.role_session import assume_patiently

        switch = chosen.lab.switch(learner)
        of_lab = "".join(f" {shlex.quote(word)}" for word in choice.words)
        of_learner = f" --as {shlex.quote(learner.name)}" if len(chosen.lab.learners) > 1 else ""
        session = assume_patiently(
            switch, credentials, chosen.endpoint, of_lab=of_lab, of_learner=of_learner
        )
        credentials, who = session.credentials, f"{learner.name} as {chosen.lab.role.name}"
        until = f" until {session.expires:%H:%M} UTC"
    return _Somebody(
        who=who,
        until=until,
        credentials=credentials,
        endpoint=chosen.endpoint,
        where=chosen.where,
        project=chosen.project,
    )
