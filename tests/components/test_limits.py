"""IAM's rules, known before any call: what IAM refuses has a fault, which says why."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import limits

ALLOWED = string.ascii_letters + string.digits + "+=,.@_-"


@given(st.text(ALLOWED, min_size=1, max_size=64))
def test_every_name_of_allowed_characters_up_to_64_is_right(name: str) -> None:
    assert limits.name(name) == []


@given(st.text(min_size=1, max_size=64).filter(lambda text: set(text) - set(ALLOWED)))
def test_a_name_with_any_other_character_is_a_fault_that_shows_it(name: str) -> None:
    """`ö` and a line feed look harmless in a roster, and IAM refuses both."""
    (fault,) = limits.name(name)
    assert "IAM allows letters, digits and +=,.@_-" in fault


@pytest.mark.parametrize(("length", "faults"), [(0, 1), (1, 0), (64, 0), (65, 1)])
def test_a_name_has_1_to_64_characters(length: int, faults: int) -> None:
    assert len(limits.name("a" * length)) == faults


@pytest.mark.parametrize(("length", "faults"), [(64, 0), (128, 0), (129, 1)])
def test_a_policy_name_may_be_twice_as_long(length: int, faults: int) -> None:
    assert len(limits.name("a" * length, longest=128)) == faults


def test_names_that_differ_in_case_only_are_one_name() -> None:
    """IAM answers EntityAlreadyExists for the second of them, in the middle of an `up`."""
    (fault,) = limits.unique_names(["anna", "Ben", "ANNA", "ben", "cleo"][:3])
    assert "'anna'" in fault
    assert "'ANNA'" in fault
    assert limits.unique_names(["anna", "ben"]) == []


@pytest.mark.parametrize(
    ("seconds", "right"), [(3599, False), (3600, True), (43200, True), (43201, False)]
)
def test_a_role_lets_sessions_last_1_to_12_hours(seconds: int, right: bool) -> None:
    assert (limits.role_session(seconds) == []) is right


@pytest.mark.parametrize(("count", "right"), [(0, True), (5000, True), (5001, False)])
def test_an_account_holds_5000_users(count: int, right: bool) -> None:
    assert (limits.users(count) == []) is right


@pytest.mark.parametrize(
    "policy",
    [
        "AmazonS3FullAccess",
        "job-function/ViewOnlyAccess",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        "arn:aws-cn:iam::123456789012:policy/team/own",
    ],
)
def test_a_managed_policy_is_a_name_or_an_arn(policy: str) -> None:
    assert limits.managed_policies([policy]) == []


@pytest.mark.parametrize(
    "policy", ["", "Amazon S3", "arn:aws:s3:::bucket", "arn:aws:iam::12:policy/x", "/leading"]
)
def test_anything_else_is_no_managed_policy(policy: str) -> None:
    (fault,) = limits.managed_policies([policy])
    assert "neither the name of an AWS managed policy nor a policy's ARN" in fault


def test_a_role_holds_20_managed_policies_and_none_twice() -> None:
    many = [f"Policy{number}" for number in range(21)]
    assert limits.managed_policies(many[:20]) == []
    assert "21" in limits.managed_policies(many)[0]
    assert "2 times" in limits.managed_policies(["One", "One"])[0]


def test_the_size_of_a_document_leaves_white_space_out() -> None:
    """IAM counts no white space, wherever it stands."""
    document = {"a": "b c  d"}
    assert limits.document_size(document, most=len('{"a":"bcd"}')) == []
    assert limits.document_size(document, most=len('{"a":"bcd"}') - 1) != []
