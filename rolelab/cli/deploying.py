"""What preview, up and destroy share: options, the configuration, how a run is shown."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolelab.errors import Faults, LabError, UsageError
from rolelab.nearest import did_you_mean
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.engine.deploy import Result
    from rolelab.engine.stack import Stack
    from rolelab.outputs import Lab
    from rolelab.project import Project
    from rolelab.steps import Listener

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_Command = TypeVar("_Command", bound=Callable[..., Any])

DEFAULT_STACK = "dev"
"""The stack where none is named: nobody can have mistyped it, and it does without a file."""


def told(words: str, stack: str) -> str:
    """Return a command of rolelab as it is printed: for this stack, in any shell of its folder."""
    return f"`rolelab {words}{of_stack(stack)}`"


def of_stack(stack: str) -> str:
    """Return the option of a told command that names the stack; empty for the first one."""
    return "" if stack == DEFAULT_STACK else f" --stack {shlex.quote(stack)}"


def told_up(here: Project, stack: str) -> str:
    """Return the `up` that makes a stack's lab: where its file is gone, `--create` writes it."""
    has_file = stack == DEFAULT_STACK or here.stack_file(stack).exists()
    return told("up" if has_file else "up --create", stack)


stack_option = click.option(
    "-s", "--stack", metavar="NAME", default=DEFAULT_STACK, show_default=True, help="The stack."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON, as the Pulumi CLI does."
)
yes_option = click.option(
    "-y", "--yes", is_flag=True, help="Do not ask (needed where there is no terminal)."
)


def run_options(command: _Command) -> _Command:
    """Add the options of every run of the engine."""
    for add in (
        json_option,
        click.option(
            "--continue-on-error",
            is_flag=True,
            help="After a failure, skip only what depends on it.",
        ),
        click.option(
            "--parallel",
            type=click.IntRange(1, 256),
            default=16,
            show_default=True,
            metavar="N",
            help="Operations on AWS at once.",
        ),
        stack_option,
    ):
        command = add(command)
    return command


def existing_stack(here: Project, stack: str, *, by_file: bool = False) -> str:
    """Return the name of a stack that there is; `by_file`: with its configuration.

    Raises:
        UsageError: there is no such stack.
    """
    return stack if stack == DEFAULT_STACK else here.existing(stack, by_file=by_file)


def checked_config(stack: str, *, create: bool = False) -> dict[str, str]:
    """Return the stack's configuration, checked whole before anything is started.

    With `create` a stack that has no file gets one.

    The lab's own keys are checked here by the same rules as in the program; another project's
    program checks its own.

    Raises:
        UsageError: there is no such stack.
        Faults: everything that is wrong with its configuration.
    """
    from rolelab import project, settings

    here = project.find()
    here.require_program()
    if create and here.create_stack(stack):
        say(f"made {here.stack_file(stack).name}", err=True)
    stack = existing_stack(here, stack, by_file=True)
    config, faults = here.read(stack)
    if not here.stack_file(stack).exists():
        say(f"{here.stack_file(stack).name} is not there: every key has its default", err=True)
    if here.name == settings.NAMESPACE:
        try:
            settings.parse(config, where=here.stack_file(stack).name)
        except Faults as more:
            faults += more.faults
    region = config.get("aws:region", "us-east-1")
    if not _REGION.fullmatch(region):
        where = f"{here.stack_file(stack).name}, aws:region"
        faults.append(
            UsageError(f"{region!r} is not a region", where=where, do="give one such as us-east-1")
        )
    if faults:
        raise Faults(faults)
    return config


def require_policies(stack: Stack) -> None:
    """Look, before anything is made, whether the role's managed policies exist.

    Raises:
        Faults: those that do not, each with the nearest name.
        LabError: AWS does not say.
    """
    from components.documents import managed_policy
    from rolelab import settings
    from rolelab.aws.clients import Clients
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.aws.iam_calls import call_if_there, listed

    if stack.project.name != settings.NAMESPACE:
        return
    named = settings.parse(stack.configuration).managed_policies
    iam = Clients(stack.endpoint).iam
    try:
        lacking = [
            name
            for name in named
            if name not in settings.KEYS["managedPolicies"].default
            and call_if_there(iam, "GetPolicy", PolicyArn=managed_policy(name)) is None
        ]
        entries = listed(iam, "ListPolicies", "Policies", MaxItems=1000) if lacking else []
    except AwsFailure as failure:
        raise as_lab_error(failure) from None
    where = f"{stack.project.stack_file(stack.name).name}, {settings.NAMESPACE}:managedPolicies"
    faults: list[UsageError] = []
    for name in lacking:
        # An ARN of one's own account is not near to one of AWS's, whatever they share.
        owner = name.partition("policy/")[0] if name.startswith("arn:") else ""
        field = "Arn" if owner else "PolicyName"
        there = [entry[field] for entry in entries if entry["Arn"].startswith(owner)]
        what = f"managedPolicies names {name!r}, and there is no such policy"
        do = did_you_mean(name, there, otherwise="name a managed policy that exists")
        faults.append(UsageError(what, where=where, do=do))
    if faults:
        raise Faults(faults)


def load_engine() -> None:
    """Load what a run of the program needs, while the local AWS starts."""
    from rolelab.aws.clients import load_models
    from rolelab.engine import sdk

    sdk.load()
    load_models()


def carried_out(
    run: Callable[[Listener], Result], title: str, *, as_json: bool, expected: int | None = None
) -> Result:
    """Carry a run out before people's eyes, or as lines of JSON; return how it ended.

    `expected` is how many operations there will be, where that is known.

    Raises:
        LabError: it was not finished.
    """
    from rolelab.report import progress, run_as_json

    if as_json:
        lines = run_as_json.Lines(sys.stdout)
        result = run(lines)
        lines(result.summary)
    else:
        screen = progress.ProgressScreen()
        screen.print(title, "bold")
        screen.expect(expected or 0)
        result = run(screen)
        screen.close()
        screen.summary(result.summary)
    if result.error:
        raise result.error
    return result


def made_lab(stack: Stack) -> Lab:
    """Return the lab that a stack made, from its outputs.

    Raises:
        UsageError: there is none, or it is another program's stack.
    """
    from rolelab import outputs
    from rolelab.engine import recorded

    raw = recorded.outputs(
        stack.project, stack.name, stack.home, show_secrets=True, only_there=True
    )
    up = told_up(stack.project, stack.name)
    return outputs.parse(raw, where=f"stack {stack.name}", make=up)


def require_yes(yes: bool, *, what: str) -> None:
    """Refuse to go on unasked where nobody can be asked.

    Raises:
        UsageError: there is no terminal and no `--yes`.
    """
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"{what} asks before it does anything, and there is no terminal", do="give --yes"
        )


def agreed(question: str) -> None:
    """Ask, and leave with exit code 1 if the answer is no: what was wanted was not done."""
    if not click.confirm(question, default=False):
        say("Nothing was changed.")
        raise click.exceptions.Exit(1)


def require_no_changes(changes: int, *, kind: str) -> None:
    """Hold a run to `--expect-no-changes`.

    Raises:
        LabError: there were changes.
    """
    if changes:
        what = "1 change was" if changes == 1 else f"{changes} changes were"
        raise LabError(
            f"no changes were expected for {kind}, but {what} proposed", where="--expect-no-changes"
        )
