from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from rolelab.localaws.process.record import Instance

from .runner import HERE, Case, Runner, load

FILES = sorted(HERE.glob("*.json"))
SUBJECTS = [path for path in FILES if path.stem != "gaps"]


@pytest.fixture(scope="module")
def runner(local_aws: Instance) -> Runner:
    return Runner(local_aws.url, local_aws.secret.reveal())


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda path: path.stem)
def test_every_documented_answer_is_given(runner: Runner, path: Path) -> None:
    """A lesson learned on an emulator that is wrong is worse than none."""
    wrong = [answer for answer in runner.run(load([path])) if not answer.right]
    assert [
        f"{one.case['id']} expected {one.case['expected']}, got {one.got}: {one.said}"
        for one in wrong
    ] == []


def test_there_are_enough_cases_and_each_says_why() -> None:
    """The documentation's table counts them: each has an id of its own, a rule and its source."""
    cases = load(SUBJECTS)
    assert len({case["id"] for case in cases}) == len(cases)
    assert sum(case["id"].startswith("OWN-") for case in cases) >= 200
    assert [case["id"] for case in cases if not case["why"] or not case["doc"]] == []
    expected = [case["expected"] for case in cases]
    assert min(expected.count("allow"), len(expected) - expected.count("allow")) > len(cases) // 4


def test_the_page_counts_the_cases_as_they_are() -> None:
    """What it says of how much was measured is true, whoever adds a case."""
    page = (HERE.parent.parent / "docs" / "fidelity.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([\w-]+)`(?:: | \()[^|]*\| (\d+) \| (\d+) \|", page, re.MULTILINE)
    counts = Counter(case["file"] for case in load(SUBJECTS))
    assert {subject: (int(cases), int(right)) for subject, cases, right in told} == {
        subject: (count, count) for subject, count in counts.items()
    }
    taken = counts["aws-answers"]
    own = counts.total() - taken
    assert f"{counts.total()} cases: {taken} taken over, {own} written here" in page


def test_a_wrong_answer_is_found(runner: Runner) -> None:
    """A runner that calls everything right is of no use: each case turned round is wrong."""
    cases = load([HERE / "grant.json"])[:10]
    turned = [_turned(case) for case in cases]
    assert [answer.right for answer in runner.run(turned)] == [False] * len(turned)


def _turned(case: Case) -> Case:
    return case | {
        "expected": "deny" if case["expected"] == "allow" else "allow",
        "says": [],
        "says_not": [],
    }


def test_a_case_that_cannot_be_made_is_wrong(runner: Runner) -> None:
    """An emulator that lacks what a case needs does not get it right by failing."""
    case = json.loads(json.dumps(load([HERE / "grant.json"])[0]))
    case["setup"]["users"][0]["attached"] = ["arn:aws:iam::aws:policy/Nonsense"]
    case["expected"] = "deny"
    answer = runner.ask(case)
    assert not answer.right
    assert answer.got.startswith("setup: ")
