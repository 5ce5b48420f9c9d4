"""`python -m bench [quick | full]`: print the table, write rolelab.bench.json.

quick: one and 100 learners; without a word 1,000 as well; full: 5,000 as well. Exit code 1 if a
limit was missed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import console, uploads
from bench.figures import HEADER, Figure, compared, line, plain, rounds, write
from bench.others import RealPulumi, Terraform
from bench.run import STACK, Project, Run

SIZES = {"quick": (1, 100), "": (1, 100, 1000), "full": (1, 100, 1000, 5000)}
ROUNDS = {1: 5, 100: 3, 1000: 3, 5000: 1}
UP_LIMIT = {1000: 3.0}
UNCHANGED_LIMIT = {1000: 1.5}
DESTROY_LIMIT = {1000: 2.0}
VERIFY_LIMIT = {100: 2.0}
RESET_LIMIT = {1000: 0.1}
PEAK_LIMIT = {1000: 200.0, 5000: 450.0}


def main(size: str) -> int:
    """Measure everything, printing each figure when it is known."""
    figures: list[Figure] = []
    print(HEADER, flush=True)
    for figure in measured(SIZES[size]):
        figures.append(figure)
        print(line(figure), flush=True)
    path = Path("rolelab.bench.json")
    write(path, figures)
    missed = [figure.name for figure in figures if figure.reached is False]
    print(f"\nWritten to {path}." + (f" Missed: {', '.join(missed)}." if missed else ""))
    return 1 if missed else 0


def measured(sizes: tuple[int, ...]) -> Iterator[Figure]:
    """Yield the figures, the quick ones first."""
    with Project() as project:
        yield from start(project)
        yield from demo(project)
        yield from console.measured(project, large=1000 in sizes)
        yield from uploads.measured(project)
        yield from others(project)
        per_learner: dict[int, float] = {}
        for count in sizes:
            for figure in lifecycle(project, count):
                if figure.name == f"up, {named(count)}":
                    per_learner[count] = figure.value
                yield figure
        if 5000 in per_learner:
            large = (per_learner[5000] - per_learner[1000]) / 4000
            small = (per_learner[1000] - per_learner[100]) / 900
            yield compared(
                "a learner more, 1,000 to 5,000",
                "100 to 1,000",
                [(large * 1000, small * 1000)],
                limit=1.15,
                unit="ms",
            )


def start(project: Project) -> Iterator[Figure]:
    """Start of the command line over an empty Python."""
    project.rolelab("local", "start")
    for words, limit in ((("--help",), 0.15), (("local", "status"), 0.15), (("status",), None)):
        project.rolelab(*words)
        found = rounds(
            11,
            lambda words=words: project.rolelab(*words).seconds,
            lambda: project.python("-c", "").seconds,
        )
        over = [ours - empty for ours, empty in found]
        yield plain(f"rolelab {' '.join(words)}, over an empty Python", over, limit=limit)
    project.rolelab("local", "stop")


def demo(project: Project) -> Iterator[Figure]:
    """The whole demo, from Python's start to its end."""
    project.rolelab("demo")
    yield plain("rolelab demo", [project.rolelab("demo").seconds for _ in range(5)], limit=2.5)


def others(project: Project) -> Iterator[Figure]:
    """`up` against terraform and the Pulumi CLI on the same resources."""
    if lacking := Terraform.lacks():
        print(f"terraform: not measured, {lacking}")
    else:
        project.rolelab("local", "start")
        for count, times in ((1, 3), (100, 1)):
            yield from against_terraform(project, count, times)
    if lacking := RealPulumi.lacks():
        print(f"pulumi: not measured, {lacking}")
        return
    project.learners(1)
    theirs = RealPulumi.seconds(project, 3)
    project.rolelab("local", "stop")
    ours: dict[str, list[float]] = {"up": [], "unchanged up": [], "destroy": []}
    for _ in range(3):
        ours["up"].append(project.up().seconds)
        ours["unchanged up"].append(project.up().seconds)
        ours["destroy"].append(project.destroy().seconds)
        project.rolelab("local", "stop")
    for name, values in ours.items():
        limit = 1 / 3 if name == "up" else None
        yield compared(
            f"{name}, one learner",
            "pulumi",
            list(zip(values, theirs[name], strict=True)),
            limit=limit,
        )


def against_terraform(project: Project, count: int, times: int) -> Iterator[Figure]:
    """The three runs of one size.

    For one learner `up` starts the local AWS, while terraform finds it running.
    """
    terraform = Terraform(project, count, project.aws())
    project.learners(count)
    found: dict[str, list[tuple[float, float]]] = {"up": [], "unchanged up": [], "destroy": []}
    for _ in range(times):
        theirs = terraform.apply(), terraform.plan(), terraform.destroy()
        if count == 1:
            project.rolelab("local", "stop")
        ours = project.up(), project.up(), project.destroy()
        for name, us, them in zip(found, ours, theirs, strict=True):
            found[name].append((us.seconds, them.seconds))
        if count == 1:
            terraform.moved(project.aws())
    for name, values in found.items():
        limit = 0.1 if (name, count) == ("up", 1) else None
        yield compared(f"{name}, {named(count)}", "terraform", values, limit=limit)


def lifecycle(project: Project, count: int) -> Iterator[Figure]:
    """Each command for so many learners, against the bare calls beside it."""
    project.learners(count)
    project.rolelab("local", "start")
    env = project.aws()
    found: dict[str, list[tuple[float, float]]] = {
        "up": [],
        "unchanged up": [],
        "verify": [],
        "reset": [],
        "destroy": [],
    }
    peaks: list[float] = []

    def measure(name: str, ours: Callable[[], Run], floor: Callable[[], float]) -> Run:
        run: list[Run] = []

        def once() -> float:
            run.append(ours())
            return run[-1].seconds

        found[name] += rounds(1, once, floor)
        return run[-1]

    for _ in range(ROUNDS[count]):
        peaks.append(measure("up", project.up, lambda: project.floor("make", count, env)).peak_mb)
        measure(
            "unchanged up", project.up, lambda: project.python("-m", "bench.instant", STACK).seconds
        )
        if count <= 100:
            measure(
                "verify", lambda: project.rolelab("verify", "--stack", STACK), project.verify_floor
            )
        reset = project.rolelab("reset", "learner001", "--yes", "--stack", STACK).seconds
        found["reset"].append((reset, found["up"][-1][0]))
        measure("destroy", project.destroy, lambda: project.floor("remove", count, env))
    limits = {
        "up": UP_LIMIT,
        "unchanged up": UNCHANGED_LIMIT,
        "verify": VERIFY_LIMIT,
        "reset": RESET_LIMIT,
        "destroy": DESTROY_LIMIT,
    }
    against = {"unchanged up": "the program alone", "reset": "up of all"}
    for name, values in found.items():
        if values:
            beside = against.get(name, "bare calls")
            yield compared(f"{name}, {named(count)}", beside, values, limit=limits[name].get(count))
    yield plain(f"up, {named(count)}: peak memory", peaks, limit=PEAK_LIMIT.get(count), unit="MB")


def named(count: int) -> str:
    """Return a number of learners in words."""
    return "one learner" if count == 1 else f"{count:,} learners"


if __name__ == "__main__":
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word not in SIZES:
        sys.exit(f"error: {word!r} is not a size of the bench: give quick, full or nothing")
    sys.exit(main(word))
