"""`rolelab profiles`: AWS CLI profiles for the learners and the role."""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolelab.cli import target
from rolelab.errors import UsageError
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.project import Project


@click.command()
@target.options
@target.learner_option("Only this learner's  [default: all].")
@click.option("--to", "folder", metavar="DIR", help="Where  [default: .rolelab/profiles/STACK].")
def command(choice: target.LabChoice, learner_name: str | None, folder: str | None) -> None:
    """Write profiles into files of their own and say how to use them.

    Each learner gets a profile of that name, and LEARNER@ROLE, with which the AWS CLI assumes the
    role by itself. It keeps such a session until it ends, whatever becomes of the lab: written
    again, the profiles make it assume the role anew.
    """
    from rolelab.hands_on import cli_profiles, environment

    chosen = choice.find()
    learners = [chosen.lab.learner(learner_name)] if learner_name else chosen.lab.learners
    to = Path(folder).absolute() if folder else _folder(chosen.project, chosen.stack)
    written = cli_profiles.write(chosen.lab, learners, chosen.endpoint, to, secrets.token_hex(8))
    values = {
        "AWS_CONFIG_FILE": str(written.config),
        "AWS_SHARED_CREDENTIALS_FILE": str(written.credentials),
    }
    if environment.names_a_proxy(os.environ):
        values |= environment.past_proxies(os.environ, chosen.endpoint.url)
    unset = environment.in_the_way(os.environ, values)
    _print_lines(values, unset)
    learner, role = map(shlex.quote, written.names[0])
    count, width = len(written.names), len(role)
    for line in (
        f"With these lines in your shell{f' (and so on for {count} learners)' * (count > 1)}:",
        f"  aws --profile {learner:{width}} s3 ls   is refused",
        f"  aws --profile {role} s3 ls   works: the CLI assumes the role",
    ):
        say(line, err=True)
    if unset:
        say(f"They unset what would win over the profiles: {', '.join(unset)}", err=True)


def renew(stack: str) -> None:
    """Write the profiles of a local lab again, where there are some: its keys are new.

    Raises:
        LabError: they cannot be written.
    """
    from rolelab import project
    from rolelab.hands_on import cli_profiles

    folder = _folder(project.find(), stack)
    if names := cli_profiles.written_for(folder):
        try:
            chosen = target.LabChoice(stack, pulumi=False, outputs_file=None).find()
        except UsageError:
            say(f"the profiles in {folder} are of a lab that is no longer declared", err=True)
            return
        learners = [learner for learner in chosen.lab.learners if learner.name in names]
        edition = secrets.token_hex(8)
        cli_profiles.write(chosen.lab, learners, chosen.endpoint, folder, edition)


def _folder(here: Project, stack: str) -> Path:
    return here.home / "profiles" / stack


def _print_lines(values: dict[str, str], unset: list[str]) -> None:
    """Print them for a shell; in one that `rolelab exec` began, the prompt follows."""
    from rolelab.hands_on import environment, shell

    if os.environ.get(shell.WHO):
        values = {**values, shell.WHO: "profiles"}
    for name, value in values.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    if unset:
        click.echo(environment.unset_line(unset))
