"""Condition operators, each with a value that matches and one that does not.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
"Creating a condition with multiple keys or values".
"""

from __future__ import annotations

from typing import Any

import pytest

from rolelab.iam import Principal, Request
from rolelab.iam.documents import Condition, parse
from rolelab.iam.language.conditions import holds
from rolelab.iam.request import Context
from tests.iam.builders import NOW, USER

KEYS = {
    "aws:SourceIp": "203.0.113.9",
    "s3:prefix": "home/testuser/",
    "s3:max-keys": "10",
    "aws:TagKeys": ("project", "team"),
    "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:topic",
    "test:binary": "QmluYXJ5",
    "test:empty": (),
}


def context(principal: Principal = USER) -> Context:
    return Context(Request(principal=principal, action="s3:ListBucket", context=KEYS, now=NOW))


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "s3:prefix", "home/testuser/", True),
        ("StringEquals", "S3:PREFIX", "home/testuser/", True),
        ("StringEquals", "s3:prefix", "HOME/testuser/", False),
        ("StringEquals", "s3:prefix", "home/*", False),
        ("StringEquals", "s3:prefix", ["x", "home/testuser/"], True),
        ("StringEquals", "s3:prefix", "home/${aws:username}/", True),
        ("StringEquals", "s3:prefix", "home/${aws:PrincipalTag/none}/", False),
        ("StringNotEquals", "s3:prefix", "home/${aws:PrincipalTag/none}/", True),
        ("StringNotEquals", "s3:prefix", "x", True),
        ("StringNotEquals", "s3:prefix", ["x", "home/testuser/"], False),
        ("StringNotEquals", "s3:delimiter", "x", True),
        ("StringEquals", "s3:delimiter", "x", False),
        ("StringEqualsIfExists", "s3:delimiter", "x", True),
        ("StringEqualsIfExists", "s3:prefix", "x", False),
        ("StringEqualsIgnoreCase", "s3:prefix", "HOME/TESTUSER/", True),
        ("StringNotEqualsIgnoreCase", "s3:prefix", "HOME/TESTUSER/", False),
        ("StringLike", "s3:prefix", "home/*", True),
        ("StringLike", "s3:prefix", "home/testuse?/", True),
        ("StringLike", "s3:prefix", "Home/*", False),
        ("StringNotLike", "s3:prefix", "home/*", False),
        ("StringNotLike", "s3:delimiter", "home/*", True),
        ("NumericEquals", "s3:max-keys", "10.0", True),
        ("NumericNotEquals", "s3:max-keys", "10", False),
        ("NumericLessThan", "s3:max-keys", "10", False),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericGreaterThan", "s3:max-keys", "9", True),
        ("NumericGreaterThanEquals", "s3:max-keys", "11", False),
        ("NumericEquals", "s3:prefix", "10", False),
        ("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:01Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:00Z", False),
        ("DateLessThanEquals", "aws:CurrentTime", "2026-01-15T12:00:00Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-15", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026", True),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2026-01-15T13:00:00+01:00", True),
        ("DateEquals", "aws:CurrentTime", "1768478400", True),
        ("DateNotEquals", "aws:CurrentTime", "1768478400", False),
        ("DateEquals", "aws:EpochTime", "2026-01-15T12:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "soon", False),
        ("DateLessThan", "aws:TokenIssueTime", "2099-01-01T00:00:00Z", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "False", False),
        ("Bool", "aws:MultiFactorAuthPresent", "false", False),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "false", True),
        ("BinaryEquals", "test:binary", "QmluYXJ5", True),
        ("BinaryEquals", "test:binary", "Qmlu", False),
        ("BinaryEquals", "test:binary", "***", False),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("IpAddress", "aws:SourceIp", "203.0.113.9", True),
        ("IpAddress", "aws:SourceIp", "203.0.113.10", False),
        ("IpAddress", "aws:SourceIp", ["2001:db8::/32", "203.0.113.0/24"], True),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", False),
        ("NotIpAddress", "aws:VpcSourceIp", "203.0.113.0/24", True),
        ("ArnEquals", "aws:SourceArn", "arn:aws:sns:*:111122223333:t*", True),
        ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:topic", False),
        ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:topic:*", False),
        ("ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:*:topic", False),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/${aws:username}", True),
        ("ArnEquals", "s3:prefix", "arn:aws:s3:::x", False),
        ("Null", "s3:delimiter", "true", True),
        ("Null", "s3:delimiter", "false", False),
        ("Null", "s3:prefix", "false", True),
        ("Null", "test:empty", True, True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["project", "team", "x"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["project"], False),
        ("ForAllValues:StringEquals", "aws:Nothing", ["project"], True),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["x"], True),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["team"], False),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["x"], False),
        ("ForAnyValue:StringEquals", "aws:Nothing", ["x"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team", "project"], False),
        ("ForAnyValue:StringLike", "aws:TagKeys", ["pro*"], True),
        ("ForAnyValue:StringEqualsIfExists", "aws:Nothing", ["x"], True),
        ("StringEquals", "aws:TagKeys", "team", True),
        ("StringNotEquals", "aws:TagKeys", "team", False),
        ("StringEquals", "aws:UserAgent", "x", None),
        ("Null", "aws:UserAgent", "true", None),
        ("StringSame", "s3:prefix", "x", None),
        ("NullIfExists", "s3:prefix", "true", None),
        ("ForSomeValue:StringEquals", "aws:TagKeys", "x", None),
    ],
)
def test_an_operator_decides_as_documented(
    operator: str, key: str, values: Any, expected: bool | None
) -> None:
    """Every operator with its IfExists and set forms.

    None where the documentation or the request leaves it open.
    """
    raw = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {operator: {key: values}},
    }
    (condition,) = parse({"Statement": raw}).statements[0].conditions
    assert holds(condition, context(), variables=True).holds is expected


def test_variables_are_text_where_the_version_has_none() -> None:
    """Variables came with version 2012-10-17."""
    condition = Condition("StringEquals", "s3:prefix", ("home/${aws:username}/",))
    assert holds(condition, context(), variables=True).holds is True
    assert holds(condition, context(), variables=False).holds is False


def test_mfa_is_in_the_keys_of_a_session_token_and_of_no_access_key() -> None:
    """The trap of `Bool` on a long-term key: the key is not there at all."""
    token = Principal.user(USER.arn, USER.unique_id, session_token=True, mfa=True, issued=NOW)
    condition = Condition("Bool", "aws:MultiFactorAuthPresent", ("true",))
    assert holds(condition, context(token), variables=True).holds is True
    assert holds(condition, context(USER), variables=True).holds is False
