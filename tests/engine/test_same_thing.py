"""Two resources of a program that are one thing in AWS are refused, and both are named."""

from __future__ import annotations

import pytest

from tests.engine.stacks import StackRunner

USER = 'u = aws.iam.User("u", name="ada")\n'
ROLE = 'r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST)\n'
TWICE = {
    "users": (USER, 'aws.iam.User("again", name="Ada")', "IAM User Ada"),
    "roles": (ROLE, 'aws.iam.Role("again", name="reader", assume_role_policy=TRUST)', "IAM Role"),
    "passwords": (
        USER + 'l = aws.iam.UserLoginProfile("l", user=u.name)\n',
        'aws.iam.UserLoginProfile("again", user=u.name)',
        "IAM User Login Profile ada",
    ),
    "attachments": (
        ROLE + 'a = aws.iam.RolePolicyAttachment("a", role=r.name, policy_arn=S3)\n',
        'aws.iam.RolePolicyAttachment("again", role=r.name, policy_arn=S3)',
        "IAM Role Policy Attachment reader/",
    ),
    "inline policies": (
        USER + 'p = aws.iam.UserPolicy("p", name="p", user=u.name, policy=allow("s3:Get*"))\n',
        'aws.iam.UserPolicy("again", name="p", user=u.name, policy=allow("s3:Put*"))',
        "IAM User Policy ada:p",
    ),
    "policies": (
        'p = aws.iam.Policy("p", name="p", policy=allow("s3:Get*"))\n',
        'aws.iam.Policy("again", name="p", policy=allow("s3:Put*"))',
        "IAM Policy p",
    ),
}


@pytest.mark.parametrize("kind", TWICE)
def test_what_is_declared_twice_is_refused(stack: StackRunner, kind: str) -> None:
    """Each `up` would otherwise give it the properties of the one, or of the other."""
    first, second, shown = TWICE[kind]
    for ran in (stack.preview(first + second), stack.up(first + second)):
        (said,) = ran.errors
        assert "'again'" in said
        assert f"are both the {shown}" in said
    assert stack.up(first).ok
    assert stack.destroy().ok


def test_a_user_may_have_two_keys(stack: StackRunner) -> None:
    keys = 'aws.iam.AccessKey("one", user=u.name)\naws.iam.AccessKey("two", user=u.name)'
    assert stack.up(USER + keys).ok


def test_one_policy_of_each_of_two_users_is_two(stack: StackRunner) -> None:
    ran = stack.up("""
    for name in ("ada", "ben"):
        user = aws.iam.User(name, name=name, force_destroy=True)
        aws.iam.UserPolicy(name, name="p", user=user.name, policy=allow("s3:Get*"))
    """)
    assert ran.ok
