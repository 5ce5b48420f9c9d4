"""A declared customer managed policy is compared by what it says: its name proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from components import documents
from rolelab.aws.callers import Callers, calling_as
from rolelab.findings import Finding, Verdict, exit_code
from rolelab.mend import restoring
from tests import labs
from tests.verify.conftest import checks

Verify = Callable[..., list[Finding]]
ALLOW_S3 = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(statement: object) -> str:
    return json.dumps({"Version": documents.VERSION, "Statement": statement})


@pytest.fixture
def policy(made: labs.MadeLab) -> str:
    """The role has a policy of the account in place of AWS's, as the outputs tell."""
    iam = made.root.iam
    arn: str = iam.create_policy(PolicyName="class-s3", PolicyDocument=document(ALLOW_S3))[
        "Policy"
    ]["Arn"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    (old,) = made.raw["role"]["managedPolicies"]
    iam.detach_role_policy(RoleName=labs.ROLE, PolicyArn=old)
    iam.attach_role_policy(RoleName=labs.ROLE, PolicyArn=arn)
    made.raw["role"] |= {
        "managedPolicies": [arn],
        "policyDocuments": {arn: json.loads(document(ALLOW_S3))},
    }
    return arn


def rewrite(made: labs.MadeLab, arn: str, statement: object) -> None:
    made.root.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(statement), SetAsDefault=True
    )


def mend(made: labs.MadeLab) -> list[str]:
    """Put the lab back; return the operations that it took."""
    endpoint = made.instance.endpoint(made.account)
    assert endpoint.credentials is not None
    callers = Callers(endpoint)
    with calling_as(endpoint.credentials):
        plan = restoring.plan(made.lab, callers)
        restoring.carry_out(plan, callers)
    return [call.operation for call in plan.calls]


def test_a_policy_that_now_allows_everything_fails_and_is_put_back(
    made: labs.MadeLab, verified: Verify, policy: str
) -> None:
    """By its older version, where that still says what was declared."""
    assert exit_code(verified(made)) == 0
    rewrite(made, policy, ALLOW_ALL)
    found = verified(made)
    assert checks(found, Verdict.FAIL) == ["during.list-users", "declared.role-managed"]
    told = found[-4].why
    assert any("class-s3" in sentence and "Action" in sentence for sentence in told), told
    assert mend(made) == ["SetDefaultPolicyVersion"]
    assert exit_code(verified(made)) == 0


def test_a_policy_with_no_room_for_a_version_is_put_back_by_a_new_one(
    made: labs.MadeLab, verified: Verify, policy: str
) -> None:
    """IAM keeps five: the oldest of no use goes first."""
    for number in range(4):
        rewrite(made, policy, ALLOW_ALL | {"Sid": f"A{number}"})
    made.root.iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    rewrite(made, policy, {**ALLOW_ALL, "Action": "iam:*"})
    assert "declared.role-managed" in checks(verified(made), Verdict.FAIL)
    assert mend(made) == ["DeletePolicyVersion", "CreatePolicyVersion"]
    assert exit_code(verified(made)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        [ALLOW_S3],
        {"Sid": "Other", "Effect": "Allow", "Action": "S3:*", "Resource": ["*"]},
    ],
)
def test_a_policy_that_says_the_same_in_other_words_passes(
    made: labs.MadeLab, verified: Verify, policy: str, statement: object
) -> None:
    """Spelling is nobody's business."""
    rewrite(made, policy, statement)
    assert exit_code(verified(made)) == 0


def test_outputs_of_an_older_lab_are_compared_by_name(
    made: labs.MadeLab, verified: Verify, policy: str
) -> None:
    """They do not tell what was declared, and nothing is guessed."""
    del made.raw["role"]["policyDocuments"]
    rewrite(made, policy, ALLOW_ALL)
    assert "declared.role-managed" not in checks(verified(made), Verdict.FAIL)
