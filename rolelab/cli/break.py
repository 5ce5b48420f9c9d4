# ruff: noqa: N999 - the module is named as its command is
"""`rolelab break`: break the lab on purpose, for whoever is to find out why."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from rolelab.cli import target
from rolelab.errors import UsageError
from rolelab.nearest import did_you_mean
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.faults import Fault
    from rolelab.outputs import Lab, Learner


@click.command()
@target.options
@target.learner_option("Whose lab; the first one's if left out.")
@click.option("--random", "by_chance", is_flag=True, help="Any fault, and which one is not told.")
@click.option(
    "--seed", type=int, metavar="N", help="With --random: the same one for the same number."
)
@click.option(
    "--shared",
    is_flag=True,
    help="With --as and --random: also what the role is broken by, for all who share it.",
)
@click.option("--list", "as_list", is_flag=True, help="List the faults, and break nothing.")
@click.argument("fault_name", metavar="[FAULT]", default="")
def command(
    choice: target.LabChoice,
    learner_name: str | None,
    by_chance: bool,
    seed: int | None,
    shared: bool,
    as_list: bool,
    fault_name: str,
) -> None:
    """Break the lab by FAULT, or by any (--random); on the local AWS only.

    With --as and --random only the learner's own half is broken: user, key and grant.

    Then find out: `rolelab verify` says what does not work, `rolelab explain` why. `rolelab mend`
    puts it back.
    """
    from rolelab.faults import FAULTS, SHARED, Scene, drawn

    if as_list:
        _list()
        return
    _check(FAULTS, fault_name, by_chance=by_chance, seed=seed, shared=shared)
    chosen = choice.find()
    if not chosen.endpoint.is_local:
        where = chosen.endpoint.url or "a real account"
        what = f"labs are broken on the local AWS only, not on {where}"
        raise UsageError(what, do="use a local lab")
    from rolelab.aws.callers import administrator
    from rolelab.faults import replaced
    from rolelab.hands_on import cli_profiles

    learner = chosen.lab.learner(learner_name) if learner_name else chosen.lab.learners[0]
    own_half = bool(learner_name) and not shared
    fault = drawn(learner, seed, own_half=own_half) if by_chance else FAULTS[fault_name]
    with administrator(chosen.endpoint) as clients:
        scene = Scene(chosen.lab, learner, clients)
        earlier = replaced.broken_documents(scene)
        fault.break_lab(scene)
        gave_way = replaced.broken_documents(scene).items() ^ earlier.items() if earlier else ()
    what = "something" if by_chance else f"{fault.name}: it {fault.does}"
    say(f"Broke the lab of {_whose(chosen.lab, learner, fault, by_chance=by_chance)} ({what}).")
    if any(name in earlier for name, _ in gave_way):
        say("An earlier fault of the same policy document gave way to it.")
    if cli_profiles.written_for(chosen.project.home / "profiles" / chosen.stack):
        say("The AWS CLI goes on with a session that it has, as with AWS, until it ends:")
        say('with eval "$(rolelab profiles)" it must assume the role anew.')
    only = f" --as {shlex.quote(learner.name)}" if learner_name else ""
    stack = "".join(f" {shlex.quote(word)}" for word in choice.words)
    mend = f"`rolelab mend{stack}{'' if fault.name in SHARED else only}`"
    back = (
        mend
        if fault.is_mendable
        else f"{mend}, then `{choice.place(chosen).refresh}`: what is gone must be recreated"
    )
    # `explain` is of one learner: where there are several, of one whom the fault hits.
    asks = f" --as {shlex.quote(learner.name)}" if len(chosen.lab.learners) > 1 else only
    why = f"`rolelab verify{stack}`, `rolelab explain{stack}{asks}`"
    say(f"Find out why: {why}. Put it back: {back}.")


def _whose(lab: Lab, learner: Learner, fault: Fault, *, by_chance: bool) -> str:
    """Return whose lab a fault breaks; of one that is not told, no more than its name would say."""
    from rolelab.faults import SHARED

    count = len(lab.learners)
    if by_chance or fault.name not in SHARED or count == 1:
        return learner.name
    return f"all {count} learners, who share the role"


def _list() -> None:
    """List the faults by the part that they are of, the easy ones first."""
    from rolelab.faults import FAULTS, KINDS, difficulty

    width, ranks = max(map(len, FAULTS)), difficulty.DIFFICULTIES
    for kind in KINDS:
        say(f"{kind.part[0].upper()}{kind.part[1:]}{', for all learners' * kind.is_shared}:")
        levels = {fault.name: difficulty.of(fault.name) for fault in kind.faults}
        for fault in sorted(kind.faults, key=lambda fault: ranks.index(levels[fault.name])):
            say(f"  {levels[fault.name]:6}  {fault.name:{width}}  {fault.does}")


def _check(
    faults: dict[str, Fault], name: str, *, by_chance: bool, seed: int | None, shared: bool
) -> None:
    if by_chance and name:
        raise UsageError(f"{name} and --random exclude each other", do="give one of them")
    if not by_chance and not name:
        do = "name one of `rolelab break --list`, or give --random"
        raise UsageError("no fault is named", do=do)
    if seed is not None and not by_chance:
        raise UsageError("--seed goes with --random", where="--seed", do="leave it out")
    if shared and not by_chance:
        raise UsageError("--shared goes with --random", where="--shared", do="leave it out")
    if name and name not in faults:
        what = f"no fault is called {name!r}"
        do = did_you_mean(name, faults, otherwise="see `rolelab break --list`")
        raise UsageError(what, where="FAULT", do=do)
