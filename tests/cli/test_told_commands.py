"""The commands that are told can be typed as they stand."""

from __future__ import annotations

from importlib.util import cache_from_source
from pathlib import Path

import pytest

from rolelab.faults import scene
from tests.faults.conftest import OwnLab
from tests.faults.conftest import own_lab as own_lab


@pytest.fixture
def a_class(own_lab: OwnLab) -> OwnLab:
    """A stack of three learners that is not the first one."""
    own_lab.configure("class", learners="[student2, student10, student1]")
    own_lab.done("up -s class --yes")
    return own_lab


def test_why_a_class_is_broken_is_asked_for_a_learner(a_class: OwnLab) -> None:
    told = a_class.done("break -s class trust-mfa")
    assert "`rolelab explain --stack class --as student1`" in told
    assert "`rolelab mend --stack class`" in told
    assert a_class.rolelab("explain --stack class --as student1").exit_code == 0


@pytest.mark.parametrize("command", ["status", "verify", "outputs role", "exec -- true"])
@pytest.mark.parametrize("has_file", [True, False])
def test_without_a_lab_the_stack_that_is_to_be_made_is_named(
    a_class: OwnLab, command: str, has_file: bool
) -> None:
    """And where its file is gone, what makes one."""
    a_class.done("destroy -s class --yes")
    if not has_file:
        (a_class.path / "Pulumi.class.yaml").unlink()
    words, *arguments = command.split(" -- ")
    told = a_class.rolelab(" -- ".join([f"{words} -s class", *arguments])).out
    up = "up" if has_file else "up --create"
    assert f"`rolelab {up} --stack class`" in told


def test_without_a_program_nothing_is_told_that_needs_one(
    own_lab: OwnLab, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs in a file say nothing of what made the lab."""
    own_lab.done("up --yes")
    file = tmp_path_factory.mktemp("elsewhere") / "o.json"
    file.write_text(own_lab.done("outputs --json --show-secrets"))
    own_lab.done("break key-deleted")
    monkeypatch.chdir(file.parent)
    told = " ".join(own_lab.rolelab("verify --wait 0.1 --outputs o.json").out.split())
    assert "with the tool that made the lab" in told
    assert "up --refresh" not in told


def test_the_first_learner_is_the_first_for_people(a_class: OwnLab) -> None:
    """student2 comes before student10, wherever learners are told."""
    told = a_class.rolelab("explain -s class").out
    assert "name one of student1, student2, student10" in told


def test_up_names_the_first_learner(own_lab: OwnLab) -> None:
    own_lab.configure(learners="[student10, student2]")
    assert "`rolelab exec --as student2`" in own_lab.done("up --yes")


def test_a_learner_that_is_an_argument_is_told_as_one(a_class: OwnLab) -> None:
    told = a_class.rolelab("reset -s class --yes nobody")
    assert told.exit_code == 2
    assert "no learner is called 'nobody' (LEARNER)" in told.out


def test_a_shared_fault_is_everybodys_and_an_earlier_one_gives_way(a_class: OwnLab) -> None:
    """Two faults of one document do not add up; those of different ones do."""
    gave_way = "An earlier fault of the same policy document gave way to it."
    first = a_class.done("break -s class trust-mfa")
    assert "Broke the lab of all 3 learners, who share the role (trust-mfa" in first
    assert gave_way not in first
    assert gave_way not in a_class.done("break -s class --as student2 grant-other-role")
    assert gave_way in a_class.done("break -s class trust-external-id")
    assert gave_way in a_class.done("break -s class --as student2 grant-missing")
    assert gave_way not in a_class.done("break -s class --as student10 grant-missing")


@pytest.mark.parametrize("command", ["preview", "up --yes", "up --yes --continue-on-error"])
def test_a_managed_policy_that_does_not_exist_is_a_fault_of_the_configuration(
    own_lab: OwnLab, command: str
) -> None:
    """All of them at once, the nearest name with each, and nothing is made."""
    own_lab.configure(
        managedPolicies="[ReadOnlyAcess, AmazonS3FullAccess, 'arn:aws:iam::aws:policy/Nothing']"
    )
    refused = own_lab.rolelab(command)
    assert refused.exit_code == 2
    assert "'ReadOnlyAcess', and there is no such policy" in refused.out
    assert "did you mean ReadOnlyAccess?" in refused.out
    assert "'arn:aws:iam::aws:policy/Nothing', and there is no such policy" in refused.out
    assert "Pulumi.dev.yaml, assume-role-lab:managedPolicies" in refused.out
    assert not any(own_lab.left.values())


def test_managed_policies_that_exist_are_taken(own_lab: OwnLab) -> None:
    """By name and ARN, AWS's and the account's own."""
    text = scene.as_text(scene.deny("ec2:*"))
    own_lab.root.iam.create_policy(PolicyName="own", PolicyDocument=text)
    (policy,) = own_lab.root.iam.list_policies(Scope="Local")["Policies"]
    arn = policy.get("Arn")
    own_lab.configure(managedPolicies=f"[ReadOnlyAccess, '{arn}']")
    own_lab.done("preview")
    own_lab.done("up --yes")


def test_bytecode_that_cannot_be_removed_ends_nothing(own_lab: OwnLab) -> None:
    """As in a folder that is only to be read."""
    Path(cache_from_source(str(own_lab.path / "__main__.py"))).mkdir(parents=True)
    own_lab.done("preview")


def test_why_a_switch_is_refused_is_asked_of_the_same_stack_and_learner(a_class: OwnLab) -> None:
    a_class.done("break -s class --as student2 grant-missing")
    refused = a_class.rolelab("exec -s class --as student2 --role -- true")
    assert refused.exit_code == 1
    assert "`rolelab explain --stack class --as student2` says why" in refused.out
