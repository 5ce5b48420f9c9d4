"""Who else gets in is told, and fails no lab: an account has other people, too."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from components import documents
from rolelab.findings import exit_code
from rolelab.verify import verification
from tests import labs

Noted = Callable[[], list[str]]


@pytest.fixture
def noted(made: labs.MadeLab) -> Noted:
    """Verify the lab, which must pass, and return the notes."""

    def verify() -> list[str]:
        notes: list[str] = []
        found = verification.verify(
            made.lab,
            made.instance.endpoint(made.account),
            verification.VerifyOptions(limit_s=0.05),
            verification.Listener(on_note=notes.append),
        )
        assert exit_code(found) == 0
        return notes

    return verify


def bucket_of(made: labs.MadeLab) -> str:
    return f"a-bucket-{made.account}"


def bucket_with(made: labs.MadeLab, *statements: dict[str, object]) -> None:
    made.root.s3.create_bucket(Bucket=bucket_of(made))
    document = {"Version": documents.VERSION, "Statement": list(statements)}
    made.root.s3.put_bucket_policy(Bucket=bucket_of(made), Policy=json.dumps(document))


def letting(made: labs.MadeLab, principal: object, **more: object) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket_of(made)}",
        **more,
    }


def test_a_lab_alone_in_its_account_has_no_notes(noted: Noted) -> None:
    """Nothing is told where nothing is to be known."""
    assert noted() == []


def test_a_bucket_that_lets_a_learner_in_is_told(made: labs.MadeLab, noted: Noted) -> None:
    """With it the learner does without the role what the lesson says needs the role."""
    user = made.lab.learners[0].user_arn
    bucket_with(made, letting(made, {"AWS": user}))
    assert noted() == [
        f"The policy of bucket {bucket_of(made)} lets user testuser in, without the role: "
        "s3:ListBucket."
    ]


def test_a_bucket_for_everybody_and_its_conditions_are_told(
    made: labs.MadeLab, noted: Noted
) -> None:
    """A condition may keep the learner out: that is said, and not judged."""
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    bucket_with(made, letting(made, "*", Condition=condition))
    assert noted() == [
        f"The policy of bucket {bucket_of(made)} lets everybody in, without the role: "
        "s3:ListBucket, under conditions."
    ]


@pytest.mark.parametrize("principal", ["account", "other"])
def test_a_bucket_that_lets_no_learner_in_is_not_told(
    made: labs.MadeLab, noted: Noted, principal: str
) -> None:
    """The account as a principal leaves it to the policies of its users; others are others."""
    account = documents.account_root(made.account)
    made.root.iam.create_user(UserName="other")
    other = f"arn:aws:iam::{made.account}:user/other"
    bucket_with(made, letting(made, {"AWS": account if principal == "account" else other}))
    assert noted() == []


def test_others_who_may_assume_the_role_are_told(made: labs.MadeLab, noted: Noted) -> None:
    """By policies of their own, of their groups, attached or inline; who may not is not named."""
    iam = made.root.iam
    for name in ("admin", "member", "nobody", "held"):
        iam.create_user(UserName=name)
    admin = documents.managed_policy("AdministratorAccess")
    iam.attach_user_policy(UserName="admin", PolicyArn=admin)
    iam.attach_user_policy(UserName="held", PolicyArn=admin)
    boundary = documents.managed_policy("AmazonS3ReadOnlyAccess")
    iam.put_user_permissions_boundary(UserName="held", PermissionsBoundary=boundary)
    iam.create_group(GroupName="switchers")
    grant = documents.as_json(documents.grant(made.lab.role.arn))
    iam.put_group_policy(GroupName="switchers", PolicyName="switch", PolicyDocument=grant)
    iam.add_user_to_group(GroupName="switchers", UserName="member")
    trust = documents.as_json(documents.trust(documents.account_root(made.account)))
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=grant)
    assert noted() == [
        "Beside the learners there are 3 others who are allowed to assume role s3Access: "
        "user admin, user member, role deployer."
    ]


def test_a_declared_trust_in_others_is_told(made: labs.MadeLab, noted: Noted) -> None:
    """It is as declared, so no failure."""
    own = documents.account_root(made.account)
    trust = documents.trust(own)
    statement = {**trust["Statement"][0], "Principal": {"AWS": [own, "111122223333"]}}  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    made.raw["role"]["trust"] = {**trust, "Statement": [statement]}
    made.root.iam.update_assume_role_policy(
        RoleName=labs.ROLE, PolicyDocument=json.dumps(made.raw["role"]["trust"])
    )
    assert noted() == [
        "The declared trust policy of role s3Access lets in arn:aws:iam::111122223333:root as well."
    ]
