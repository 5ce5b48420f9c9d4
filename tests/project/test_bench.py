"""The bench compares like with like, and says what was reached."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import figures
from bench.run import STACK, Project


@pytest.fixture
def project() -> Iterator[Project]:
    with Project() as made:
        made.learners(3)
        yield made


def calls(project: Project, work: Callable[[], object]) -> Counter[str]:
    """Return how often each operation was asked for, by the local AWS's own record."""

    def record() -> list[str]:
        lines = project.rolelab("local", "events", "--json").said.splitlines()
        return [json.loads(line)["eventName"] for line in lines]

    before = len(record())
    work()
    return Counter(record()[before:])


def but_for_looks(counted: Counter[str]) -> Counter[str]:
    """Leave out what `up` and `destroy` look for, as often for a thousand learners as for one.

    Those are names that somebody else has, what hangs on the role, and what is left at the end.
    """
    looks = {"ListBuckets", "ListGroups", "ListPolicies", "ListRoles", "ListUsers"}
    looks |= {"GetRole", "ListAttachedRolePolicies", "ListRolePolicies"}
    assert sum(counted[name] for name in looks) <= 10
    return Counter({name: counted[name] for name in counted.keys() - looks})


def test_the_floor_makes_the_calls_that_rolelab_makes(project: Project) -> None:
    """A floor with more calls would flatter every ratio; one with fewer would be none."""
    project.rolelab("local", "start")
    env = project.aws()
    made = calls(project, project.up)
    assert calls(project, lambda: project.floor("make", 3, env)) == but_for_looks(made)
    verified = calls(project, lambda: project.rolelab("verify", "--stack", STACK))
    floor = calls(project, project.verify_floor)
    assert floor <= verified
    # What is asked once for all learners: whose keys, and who else may take the role.
    once = ("GetCallerIdentity", "GetAccountAuthorizationDetails", "ListBuckets")
    assert verified - floor <= Counter(once)
    removed = calls(project, project.destroy)
    # The floor reads the ids of the keys first, off its clock.
    floor = calls(project, lambda: project.floor("remove", 3, env)) - Counter(ListAccessKeys=3)
    assert floor == but_for_looks(removed)


def test_the_program_alone_runs_to_its_end(project: Project) -> None:
    """The monitor that answers at once must know what the SDK asks, after an update of it too."""
    run = project.python("-m", "bench.instant", STACK)
    assert run.said == ""
    assert run.peak_mb > 20


def test_a_figure_is_the_median_of_ratios_within_the_rounds() -> None:
    """One round under load must not decide, nor a fast floor of another round."""
    figure = figures.compared("up", "bare calls", [(3.0, 1.0), (20.0, 10.0), (5.0, 1.0)], limit=3.0)
    assert (figure.value, figure.base, figure.ratio, figure.reached) == (5.0, 1.0, 3.0, True)
    assert figures.compared("up", "bare calls", [(3.1, 1.0)], limit=3.0).reached is False
    assert figures.plain("help", [0.1, 0.2, 0.9], limit=0.15).reached is False
    assert figures.plain("help", [0.1]).reached is None


def test_the_file_holds_every_figure_and_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "one.bench.json"
    figures.write(path, [figures.plain("help", [0.1], limit=0.15)])
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["machine"].keys() == {"python", "system", "cores"}
    (one,) = told["figures"]
    assert (one["name"], one["value"], one["reached"]) == ("help", 0.1, True)
