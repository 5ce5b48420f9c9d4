"""`rolelab profiles`: AWS CLI profiles for the learners and the role."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from rolelab.cli import target


@click.command()
@target.options
@target.learner_option("Only this learner's  [default: all].")
@click.option("--to", "folder", metavar="DIR", help="Where  [default: .rolelab/profiles/STACK].")
def command(choice: target.LabChoice, learner_name: str | None, folder: str | None) -> None:
    """Write profiles into files of their own and say how to use them.

    Each learner gets a profile of that name, and LEARNER@ROLE, with which the AWS CLI assumes the
    role by itself.
    """
    from rolelab.hands_on import cli_profiles, environment

    chosen = choice.find()
    learners = [chosen.lab.learner(learner_name)] if learner_name else chosen.lab.learners
    to = Path(folder).absolute() if folder else chosen.project.home / "profiles" / chosen.stack
    written = cli_profiles.write(chosen.lab, learners, chosen.endpoint, to)
    click.echo(f"export AWS_CONFIG_FILE={shlex.quote(str(written.config))}")
    click.echo(f"export AWS_SHARED_CREDENTIALS_FILE={shlex.quote(str(written.credentials))}")
    if environment.names_a_proxy(os.environ):
        for name, value in environment.past_proxies(os.environ, chosen.endpoint.url).items():
            click.echo(f"export {name}={shlex.quote(value)}")
    learner, role = map(shlex.quote, written.names[0])
    count = len(written.names)
    click.echo(
        f"With these lines in your shell{f' (and so on for {count} learners)' * (count > 1)}:\n"
        f"  aws --profile {learner} s3 ls        is refused\n"
        f"  aws --profile {role} s3 ls           works: the CLI assumes the role",
        err=True,
    )
