"""The six steps on the local AWS: an intact lab passes every time, a broken one fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components import documents
from rolelab.aws import role_session
from rolelab.errors import LabError
from rolelab.findings import Finding, Verdict, exit_code
from tests import labs
from tests.verify.conftest import checks

Verify = Callable[..., list[Finding]]


def test_an_intact_lab_passes_every_check_and_leaves_nothing(
    made: labs.MadeLab, verified: Verify
) -> None:
    """The proof before a class: all six steps, nothing skipped, no bucket left."""
    found = verified(made)
    assert checks(found, Verdict.PASS) == [finding.check for finding in found]
    assert exit_code(found) == 0
    assert made.root.s3.list_buckets()["Buckets"] == []


def test_without_the_grant_assuming_fails_with_awss_own_words(
    made: labs.MadeLab, verified: Verify
) -> None:
    """The learner's half is missing: the finding is on the switch, not on what comes after it."""
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    found = verified(made)
    assert exit_code(found) == 1
    failed, declared = [finding for finding in found if finding.verdict is Verdict.FAIL]
    assert (failed.check, declared.check) == ("assume.role", "declared.grant")
    assert "is not authorized to perform: sts:AssumeRole" in failed.said


def _wrong_trust(made: labs.MadeLab) -> None:
    trust = documents.as_json(documents.trust(documents.account_root("999999999999")))
    made.root.iam.update_assume_role_policy(RoleName=labs.ROLE, PolicyDocument=trust)


def _no_policy(made: labs.MadeLab) -> None:
    made.root.iam.detach_role_policy(
        RoleName=labs.ROLE, PolicyArn=made.raw["role"]["managedPolicies"][0]
    )


def _read_only_policy(made: labs.MadeLab) -> None:
    _no_policy(made)
    read_only = documents.managed_policy("AmazonS3ReadOnlyAccess")
    made.root.iam.attach_role_policy(RoleName=labs.ROLE, PolicyArn=read_only)


def _inactive_key(made: labs.MadeLab) -> None:
    key = made.raw["learners"]["testuser"]["accessKeyId"]
    made.root.iam.update_access_key(UserName="testuser", AccessKeyId=key, Status="Inactive")


def _deleted_key(made: labs.MadeLab) -> None:
    made.root.iam.delete_access_key(
        UserName="testuser", AccessKeyId=made.raw["learners"]["testuser"]["accessKeyId"]
    )


def _wrong_secret(made: labs.MadeLab) -> None:
    made.raw["learners"]["testuser"]["secretAccessKey"] = "x" * 40


def _learner_is_administrator(made: labs.MadeLab) -> None:
    made.root.iam.attach_user_policy(
        UserName="testuser", PolicyArn=documents.managed_policy("AdministratorAccess")
    )


def _role_is_administrator(made: labs.MadeLab) -> None:
    made.root.iam.attach_role_policy(
        RoleName=labs.ROLE, PolicyArn=documents.managed_policy("AdministratorAccess")
    )


@pytest.mark.parametrize(
    ("break_it", "check"),
    [
        (_wrong_trust, "assume.role"),
        (_no_policy, "during.create-bucket"),
        (_read_only_policy, "during.create-bucket"),
        (_inactive_key, "identity.caller"),
        (_deleted_key, "identity.caller"),
        (_wrong_secret, "identity.caller"),
        (_learner_is_administrator, "before.create-bucket"),
        (_role_is_administrator, "during.list-users"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_broken_lab_fails_where_it_is_broken(
    made: labs.MadeLab, verified: Verify, break_it: Callable[[labs.MadeLab], None], check: str
) -> None:
    """Each part of the lab that can be wrong has a check that says so; nothing is left behind."""
    break_it(made)
    found = verified(made)
    assert exit_code(found) == 1
    assert check in checks(found, Verdict.FAIL)
    assert made.root.s3.list_buckets()["Buckets"] == []


def test_with_the_grant_off_a_refused_switch_is_right(made: labs.MadeLab, verified: Verify) -> None:
    """The lesson before the grant is a lab that is as it should be."""
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    made.raw["grant"] = False
    found = verified(made)
    assert exit_code(found) == 0
    assert "assume.role" in checks(found, Verdict.PASS)
    assert "during.create-bucket" in checks(found, Verdict.SKIPPED)


def test_with_the_grant_off_a_switch_that_works_fails(made: labs.MadeLab, verified: Verify) -> None:
    """A lab that already grants what the lesson has not yet granted is wrong."""
    made.raw["grant"] = False
    found = verified(made)
    assert exit_code(found) == 1
    assert checks(found, Verdict.FAIL) == ["assume.role", "declared.user-inline"]


def test_read_only_makes_nothing_and_says_what_it_left_out(
    made: labs.MadeLab, verified: Verify
) -> None:
    """For accounts where a verification may not write."""
    found = verified(made, read_only=True)
    assert exit_code(found) == 0
    assert {"during.put-object", "during.delete-bucket", "before.create-bucket"} <= set(
        checks(found, Verdict.SKIPPED)
    )
    assert {"during.list-buckets", "during.list-users"} <= set(checks(found, Verdict.PASS))


def test_what_the_declared_trust_demands_is_sent(made: labs.MadeLab, verified: Verify) -> None:
    """A role for partners wants an external id: every switch sends it; nobody else gets in."""
    conditions = {"StringEquals": {"sts:ExternalId": "class-7"}}
    trust = documents.trust(documents.account_root(made.account), conditions)
    made.root.iam.update_assume_role_policy(
        RoleName=labs.ROLE, PolicyDocument=documents.as_json(trust)
    )
    without = made.lab.switch(made.lab.learners[0])
    made.raw["role"]["trust"] = trust
    learner = made.lab.learners[0]
    assert checks(verified(made), Verdict.FAIL) == []
    endpoint = made.instance.endpoint(made.account)
    session = role_session.assume_patiently(made.lab.switch(learner), learner.credentials, endpoint)
    assert session.identity.arn == without.session_arn
    with pytest.raises(LabError, match=r"AWS refuses the switch: User: .* sts:AssumeRole"):
        role_session.assume_patiently(without, learner.credentials, endpoint)
