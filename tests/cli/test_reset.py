"""`rolelab reset LEARNER`: one learner's lab as new, and nobody else's touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.conftest import OwnLab
from tests.faults.conftest import own_lab as own_lab


@pytest.fixture
def two(own_lab: OwnLab) -> OwnLab:
    """A lab of two learners, with console passwords."""
    own_lab.configure(learners="[anna, tom]", console="true")
    own_lab.done("up --yes")
    return own_lab


def _outputs(lab: OwnLab) -> Any:
    return json.loads(lab.done("outputs --json --show-secrets"))


@pytest.mark.parametrize("fault", ["user-renamed", "user-made-anew", "group-deny"])
def test_a_learner_is_as_new_whatever_was_done_to_the_user(two: OwnLab, fault: str) -> None:
    """With a new key and password, and nothing of what was attached; the others keep theirs."""
    before = _outputs(two)
    two.done(f"break --as tom {fault}")
    two.done("reset tom --yes")
    after = _outputs(two)
    for secret in ("accessKeyId", "secretAccessKey", "consolePassword"):
        assert after["learners"]["tom"][secret] != before["learners"]["tom"][secret]
    after["learners"].pop("tom")
    before["learners"].pop("tom")
    assert after == before
    two.done("verify --wait 0.1")
    two.done("up --yes --expect-no-changes --refresh")
    two.done("destroy --yes")
    assert two.left == {}


def test_what_the_role_is_broken_by_stays(two: OwnLab) -> None:
    """It is everybody's, and for `mend`."""
    two.done("break trust-external-id")
    two.done("reset tom --yes")
    assert two.rolelab("verify --wait 0.05").exit_code == 1
    two.done("mend --yes")
    two.done("verify --wait 0.1")


def test_the_other_learners_riddle_stays(two: OwnLab) -> None:
    two.done("break --as anna group-empty")
    two.done("reset tom --yes")
    assert two.left["groups"] == ["rolelab-class"]
    two.done("mend --as anna --yes")
    assert "groups" not in two.left
    two.done("verify --wait 0.1")


def test_mending_one_learner_leaves_the_other_as_they_are(two: OwnLab) -> None:
    for name in ("anna", "tom"):
        two.done(f"break --as {name} grant-missing")
    two.done("mend --as tom --yes")
    assert two.root.iam.list_user_policies(UserName="tom")["PolicyNames"] == ["AssumeRole"]
    assert two.root.iam.list_user_policies(UserName="anna")["PolicyNames"] == []
    assert "user and grant of tom are as declared" in two.done("mend --as tom --yes")


@pytest.mark.parametrize("words", ["reset nobody --yes", "reset tom", "mend --as nobody --yes"])
def test_wrong_usage_touches_nothing(two: OwnLab, words: str) -> None:
    before = _outputs(two)
    assert two.rolelab(words).exit_code == 2
    assert _outputs(two) == before


def test_a_user_that_is_not_in_the_state_is_made_by_up(own_lab: OwnLab) -> None:
    """As after a reset that was cut short between the user's deletion and its creation."""
    own_lab.done("up --yes")
    path = own_lab.path / ".rolelab" / "stacks" / "dev" / "state.json"
    state = json.loads(path.read_text())
    state["resources"] = [one for one in state["resources"] if "user:User::" not in one["urn"]]
    path.write_text(json.dumps(state))
    ran = own_lab.rolelab("reset testuser --yes")
    assert ran.exit_code == 2
    assert "the stack has no user testuser" in ran.out
