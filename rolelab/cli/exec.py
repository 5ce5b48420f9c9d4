"""`rolelab exec`: run a command, or a shell, as a learner or with the role."""

from __future__ import annotations

import os

import click

from rolelab.cli import target


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@target.options
@target.learner_option("Which learner; may be left out where there is one.")
@click.option("--role", is_flag=True, help="With the role: assume it first.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--] [COMMAND]...")
def command(
    choice: target.LabChoice,
    learner_name: str | None,
    role: bool,
    arguments: tuple[str, ...],
) -> None:
    """Run COMMAND with the learner's credentials, or the role's, in its environment only.

    Its exit code is given back. Without a COMMAND: a shell whose prompt says who one is.

    \b
      rolelab exec -- aws s3 ls          is refused
      rolelab exec --role -- aws s3 ls   works
    """  # noqa: D301 - Click's own mark for lines to be kept
    from rolelab.hands_on import environment, shell

    chosen = choice.find()
    learner = chosen.lab.learner(learner_name)
    keys, who, until = learner.credentials, learner.name, ""
    if role:
        from rolelab.aws.role_session import assume_patiently

        session = assume_patiently(chosen.lab.switch(learner), keys, chosen.endpoint)
        keys, who = session.credentials, f"{learner.name} as {chosen.lab.role.name}"
        until = f" until {session.expires:%H:%M} UTC"
    variables = environment.build(os.environ, chosen.endpoint, keys)
    if not arguments:
        click.echo(f"You are {who}{until}, on {chosen.where}. `exit` ends it.", err=True)
        shell_command, variables = shell.interactive(variables, who, chosen.project.home / "shell")
        shell.become(shell_command, variables)
    shell.become(arguments, variables)
