"""Policy documents are plain data that says exactly what the lab needs, and nothing more."""

from __future__ import annotations

import json

import pytest

from components import documents


def test_the_trust_policy_names_the_account_and_asks_for_no_conditions() -> None:
    """Trust in the account leaves the other half to the grant: that is the lesson."""
    assert documents.trust(documents.account_root("123456789012")) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def test_conditions_reach_the_trust_policy_as_they_are_given() -> None:
    conditions = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringEquals": {"sts:ExternalId": ["a", "b"]},
    }
    (statement,) = documents.trust("arn:aws:iam::1:root", conditions)["Statement"]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    assert statement["Condition"] == conditions


def test_the_grant_names_one_role_and_one_action() -> None:
    """A grant on `*` would let a learner into every role of the account."""
    assert documents.grant("arn:aws:iam::123456789012:role/s3Access") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": "arn:aws:iam::123456789012:role/s3Access",
            }
        ],
    }


@pytest.mark.parametrize(
    ("partition", "root", "policy"),
    [
        ("aws", "arn:aws:iam::123456789012:root", "arn:aws:iam::aws:policy/AmazonS3FullAccess"),
        (
            "aws-cn",
            "arn:aws-cn:iam::123456789012:root",
            "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess",
        ),
        (
            "aws-us-gov",
            "arn:aws-us-gov:iam::123456789012:root",
            "arn:aws-us-gov:iam::aws:policy/AmazonS3FullAccess",
        ),
    ],
)
def test_arns_begin_with_the_partition(partition: str, root: str, policy: str) -> None:
    """An ARN of another partition names nothing: the lab would fail in China and in GovCloud."""
    assert documents.account_root("123456789012", partition) == root
    assert documents.managed_policy("AmazonS3FullAccess", partition) == policy


def test_a_policy_given_by_arn_is_left_as_it_is() -> None:
    own = "arn:aws:iam::123456789012:policy/team/own"
    assert documents.managed_policy(own, "aws-cn") == own


def test_the_arn_of_a_role_is_known_before_it_is_made() -> None:
    assert documents.role_arn("123456789012", "s3Access", path="/class/x/") == (
        "arn:aws:iam::123456789012:role/class/x/s3Access"
    )


def test_the_text_that_aws_takes_holds_the_same_document() -> None:
    document = documents.grant("arn:aws:iam::123456789012:role/s3Access")
    assert json.loads(documents.as_json(document)) == document
