# ruff: noqa: N999 - the module is named as its command is
"""`rolelab break`: break the lab on purpose, for whoever is to find out why."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import click

from rolelab.cli import target
from rolelab.errors import UsageError
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.faults import Fault
    from rolelab.outputs import Learner


@click.command()
@target.options
@target.learner_option("Whose lab; the first one's if left out.")
@click.option("--random", "by_chance", is_flag=True, help="Any fault, and which one is not told.")
@click.option(
    "--seed", type=int, metavar="N", help="With --random: the same one for the same number."
)
@click.option("--list", "as_list", is_flag=True, help="List the faults, and break nothing.")
@click.argument("fault_name", metavar="[FAULT]", default="")
def command(
    choice: target.LabChoice,
    learner_name: str | None,
    by_chance: bool,
    seed: int | None,
    as_list: bool,
    fault_name: str,
) -> None:
    """Break the lab by FAULT, or by any (--random); on the local AWS only.

    Then find out: `rolelab verify` says what does not work, `rolelab explain` why. `rolelab mend`
    puts it back.
    """
    from rolelab.faults import FAULTS, Scene

    if as_list:
        width = max(map(len, FAULTS))
        for fault in FAULTS.values():
            say(f"{fault.name:{width}}  {fault.does}")
        return
    _check(FAULTS, fault_name, by_chance=by_chance, seed=seed)
    chosen = choice.find()
    if not chosen.endpoint.is_local:
        where = chosen.endpoint.url or "a real account"
        what = f"labs are broken on the local AWS only, not on {where}"
        raise UsageError(what, do="use a local lab")
    from rolelab.aws.callers import administrator
    from rolelab.hands_on import cli_profiles

    learner = chosen.lab.learner(learner_name) if learner_name else chosen.lab.learners[0]
    fault = _by_chance(FAULTS, learner, seed) if by_chance else FAULTS[fault_name]
    with administrator(chosen.endpoint) as clients:
        fault.break_lab(Scene(chosen.lab, learner, clients))
    what = "something" if by_chance else f"{fault.name}: it {fault.does}"
    say(f"Broke the lab of {learner.name} ({what}).")
    refresh = "`rolelab up --refresh`, for what is gone must be recreated"
    if cli_profiles.written_for(chosen.project.home / "profiles" / chosen.stack):
        say("The AWS CLI goes on with a session that it has, as with AWS, until it ends:")
        say('with eval "$(rolelab profiles)" it must assume the role anew.')
    back = "`rolelab mend`" if fault.is_mendable else refresh
    say(f"Find out why: `rolelab verify`, `rolelab explain`. Put it back: {back}.")


def _check(faults: dict[str, Fault], name: str, *, by_chance: bool, seed: int | None) -> None:
    if by_chance and name:
        raise UsageError(f"{name} and --random exclude each other", do="give one of them")
    if not by_chance and not name:
        do = "name one of `rolelab break --list`, or give --random"
        raise UsageError("no fault is named", do=do)
    if seed is not None and not by_chance:
        raise UsageError("--seed goes with --random", where="--seed", do="leave it out")
    if name and name not in faults:
        what = f"no fault is called {name!r}"
        raise UsageError(what, where="FAULT", do="see `rolelab break --list`")


def _by_chance(faults: dict[str, Fault], learner: Learner, seed: int | None) -> Fault:
    fitting = [fault for fault in faults.values() if fault.is_mendable and fault.fits(learner)]
    return random.Random(seed).choice(fitting)  # noqa: S311 - a lottery, not a secret
