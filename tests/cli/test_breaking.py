"""`rolelab break`, `explain`, `mend`: a learner gets a broken lab, finds out why, puts it back."""

from __future__ import annotations

import json

import pytest

from rolelab.faults import FAULTS, KINDS, SHARED, difficulty, drawn
from tests import labs
from tests.cli.conftest import Run


def test_a_broken_lab_is_explained_and_mended(rolelab: Run) -> None:
    """The whole exercise: broken, refused, explained with the change, put back, proven."""
    assert rolelab("break", "trust-external-id").returncode == 0
    assert rolelab("verify", "--wait", "0.1").returncode == 1
    said = rolelab("explain")
    assert said.returncode == 0, said.stderr
    words = " ".join(said.stdout.split())
    assert "sts:ExternalId wants class-of-2026" in words
    assert "--- role trust policy of role s3Access (now)" in said.stdout
    assert "aws iam update-assume-role-policy" in said.stdout
    mended = rolelab("mend", "--yes")
    assert mended.returncode == 0, mended.stderr
    assert rolelab("verify").returncode == 0
    assert rolelab("mend", "--yes").stdout == "Nothing to mend: the lab is as declared.\n"


def test_a_fault_by_chance_is_not_told_and_the_seed_decides(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """A teacher can give everybody the same riddle."""
    run = rolelab("break", "--random", "--seed", "7")
    assert run.returncode == 0, run.stderr
    assert not any(name in run.stdout for name in FAULTS)
    assert rolelab("verify", "--wait", "0.1").returncode == 1
    assert rolelab("mend", "--yes").returncode == 0
    assert rolelab("verify").returncode == 0


def test_mending_removes_what_the_fault_added(rolelab: Run, made: labs.MadeLab) -> None:
    """Nothing of a riddle is left in the account."""
    assert rolelab("break", "group-deny").returncode == 0
    assert rolelab("mend", "--yes").returncode == 0
    assert made.root.iam.list_groups()["Groups"] == []


def test_what_cannot_be_mended_is_said(rolelab: Run) -> None:
    """A deleted key does not come back: that is exit code 1 and what to do."""
    assert rolelab("break", "key-deleted").returncode == 0
    run = rolelab("mend", "--yes")
    assert run.returncode == 1
    assert "rolelab up --refresh" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no fault is named"),
        (["no-such-fault"], "no fault is called"),
        (["grant-mising"], "did you mean grant-missing?"),
        (["zzz"], "see `rolelab break --list`"),
        (["grant-missing", "--random"], "exclude each other"),
        (["grant-missing", "--seed", "1"], "--seed goes with --random"),
        (["grant-missing", "--shared"], "--shared goes with --random"),
    ],
)
def test_wrong_usage_is_one_line(rolelab: Run, arguments: list[str], says: str) -> None:
    """And breaks nothing."""
    run = rolelab("break", *arguments)
    assert run.returncode == 2
    assert says in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_the_faults_are_listed(rolelab: Run) -> None:
    """For whoever chooses one: by the part that they are of, the easy ones first."""
    lines = rolelab("break", "--list").stdout.splitlines()
    listed = [line.split() for line in lines if line.startswith("  ")]
    assert sorted(name for _, name, *_ in listed) == sorted(FAULTS)
    assert len(lines) - len(listed) == len(KINDS)
    first = [words[0] for words in listed[: len(KINDS[0].faults)]]
    assert first == sorted(first, key=difficulty.DIFFICULTIES.index)
    assert difficulty.named() <= set(FAULTS)


def test_a_riddle_for_one_learner_leaves_the_role_alone(rolelab: Run, made: labs.MadeLab) -> None:
    """The others share the role, and have their own lesson."""
    learner = made.lab.learners[0]
    own = {drawn(learner, seed, own_half=True).name for seed in range(300)}
    assert own.isdisjoint(SHARED)
    assert not {drawn(learner, seed, own_half=False).name for seed in range(300)}.isdisjoint(SHARED)
    for_all = next(
        seed for seed in range(300) if drawn(learner, seed, own_half=False).name in SHARED
    )
    arguments = ("--as", "testuser", "--random", "--seed", str(for_all))
    assert rolelab("break", *arguments).returncode == 0
    assert not any(check.startswith(_OF_THE_ROLE) for check in _failed(rolelab))
    assert rolelab("mend", "--as", "testuser", "--yes").returncode == 0
    assert rolelab("break", *arguments, "--shared").returncode == 0
    assert any(check.startswith(_OF_THE_ROLE) for check in _failed(rolelab))


_OF_THE_ROLE = ("declared.role", "declared.trust")


def _failed(rolelab: Run) -> list[str]:
    said = rolelab("verify", "--wait", "0.05", "--json", "-").stdout
    return [one["check"] for one in json.loads(said)["findings"] if one["verdict"] == "fail"]


def test_explain_says_yes_with_the_statement(rolelab: Run) -> None:
    """An allowed switch names the statement that allows it."""
    assert "statement 1 allows it" in " ".join(rolelab("explain").stdout.split())


def test_explain_answers_for_any_action_and_for_the_session(rolelab: Run) -> None:
    """Whose key, which action, which resource."""
    own = " ".join(rolelab("explain", "s3:PutObject", "arn:aws:s3:::bucket/key").stdout.split())
    assert own.startswith(
        "User testuser is not allowed to call s3:PutObject on arn:aws:s3:::bucket/key"
    )
    session = " ".join(
        rolelab("explain", "--role", "s3:PutObject", "arn:aws:s3:::bucket/key").stdout.split()
    )
    assert session.startswith("Session testuser of role s3Access is allowed to call s3:PutObject")


def test_explain_reads_the_buckets_policy(rolelab: Run, made: labs.MadeLab) -> None:
    """S3 has two halves as well."""
    bucket = f"explained-{made.account}"
    made.root.s3.create_bucket(Bucket=bucket)
    against = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [against]})
    made.root.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    said = " ".join(
        rolelab("explain", "--role", "s3:GetObject", f"arn:aws:s3:::{bucket}/key").stdout.split()
    )
    assert "explicit deny in the resource-based policy" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nonsense"], "is not an action"), (["s3:GetObject", "b"], "is not an ARN")],
)
def test_a_question_that_is_none_is_wrong_usage(
    rolelab: Run, arguments: list[str], says: str
) -> None:
    """With an example of one."""
    run = rolelab("explain", *arguments)
    assert (run.returncode, says in run.stderr) == (2, True)


def test_explain_without_administrators_credentials_is_exit_code_3(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """The policies cannot be read: nothing is guessed."""
    learner = made.raw["learners"]["testuser"]
    as_learner = {
        "AWS_ACCESS_KEY_ID": learner["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": learner["secretAccessKey"],
    }
    run = rolelab("explain", env=as_learner)
    assert run.returncode == 3
    assert "the policies cannot be read" in run.stderr


def test_verify_without_administrators_credentials_says_what_it_did_not_look_at(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """The behaviour is proven all the same."""
    learner = made.raw["learners"]["testuser"]
    as_learner = {
        "AWS_ACCESS_KEY_ID": learner["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": learner["secretAccessKey"],
    }
    nobody = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "/nowhere",
    }
    for arguments, environment in ((["--no-admin"], {}), ([], as_learner), ([], nobody)):
        run = rolelab("verify", *arguments, env=environment)
        assert run.returncode == 0, run.stdout + run.stderr
        assert "not looked at" in run.stdout
