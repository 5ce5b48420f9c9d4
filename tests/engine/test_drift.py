"""What was changed or deleted behind its back is seen by `--refresh` and put right.

Without it, it is not looked at.
"""

# ruff: noqa: E501 - a table, a row a case
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from mypy_boto3_iam import IAMClient

from tests.engine.stacks import StackRunner, in_step

S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
LAB = """
r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST, tags={"lab": "exp"}, force_detach_policies=True)
a = aws.iam.RolePolicyAttachment("a", role=r.name, policy_arn=S3)
i = aws.iam.RolePolicy("i", name="inline", role=r.name, policy=allow("s3:ListBucket"))
u = aws.iam.User("u", name="ada", force_destroy=True, tags={"lab": "exp"})
k = aws.iam.AccessKey("k", user=u.name)
l = aws.iam.UserLoginProfile("l", user=u.name)
g = aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("sts:AssumeRole", r.arn))
p = aws.iam.Policy("p", name="p", policy=allow("s3:GetObject"))
pulumi.export("key", k.id)
pulumi.export("secret", k.secret)
"""
OTHER = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True)
class Drift:
    name: str
    by: Callable[[IAMClient, StackRunner], object]
    did: list[tuple[str, str]]


def _key(stack: StackRunner) -> str:
    return stack.keys()["ada"][0]


def _new_policy_version(iam: IAMClient, stack: StackRunner) -> None:
    arn = iam.list_policies(Scope="Local")["Policies"][0].get("Arn", "")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=OTHER, SetAsDefault=True)


def _user_gone(iam: IAMClient, stack: StackRunner) -> None:
    iam.delete_login_profile(UserName="ada")
    iam.delete_access_key(UserName="ada", AccessKeyId=_key(stack))
    iam.delete_user_policy(UserName="ada", PolicyName="grant")
    iam.delete_user(UserName="ada")


DRIFTS = [
    Drift("session limit", lambda iam, _: iam.update_role(RoleName="reader", MaxSessionDuration=7200), [("update", "r")]),
    Drift("description added", lambda iam, _: iam.update_role(RoleName="reader", Description="x", MaxSessionDuration=3600), [("update", "r")]),
    Drift("trust changed", lambda iam, _: iam.update_assume_role_policy(RoleName="reader", PolicyDocument=OTHER.replace('"Resource":"*"', '"Principal":{"AWS":"*"}').replace('"Action":"*"', '"Action":"sts:AssumeRole"')), [("update", "r")]),
    Drift("tag changed", lambda iam, _: iam.tag_role(RoleName="reader", Tags=[{"Key": "lab", "Value": "y"}]), [("update", "r")]),
    Drift("tag added", lambda iam, _: iam.tag_user(UserName="ada", Tags=[{"Key": "x", "Value": "y"}]), [("update", "u")]),
    Drift("tags removed", lambda iam, _: iam.untag_user(UserName="ada", TagKeys=["lab"]), [("update", "u")]),
    Drift("boundary added to the role", lambda iam, _: iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary=S3), [("update", "r")]),
    Drift("boundary added to the user", lambda iam, _: iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=S3), [("update", "u")]),
    Drift("policy detached", lambda iam, _: iam.detach_role_policy(RoleName="reader", PolicyArn=S3), [("create", "a")]),
    Drift("inline policy changed", lambda iam, _: iam.put_user_policy(UserName="ada", PolicyName="grant", PolicyDocument=OTHER), [("update", "g")]),
    Drift("inline policy gone", lambda iam, _: iam.delete_role_policy(RoleName="reader", PolicyName="inline"), [("create", "i")]),
    Drift("key switched off", lambda iam, stack: iam.update_access_key(UserName="ada", AccessKeyId=_key(stack), Status="Inactive"), [("update", "k")]),
    Drift("key gone", lambda iam, stack: iam.delete_access_key(UserName="ada", AccessKeyId=_key(stack)), [("create", "k")]),
    Drift("password gone", lambda iam, _: iam.delete_login_profile(UserName="ada"), [("create", "l")]),
    Drift("managed policy changed", _new_policy_version, [("update", "p")]),
    Drift("user gone", _user_gone, [("create", name) for name in ("g", "k", "l", "u")]),
]  # fmt: skip


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.name)
def test_drift_is_seen_with_refresh_and_put_right(stack: StackRunner, drift: Drift) -> None:
    assert stack.up(LAB).ok
    drift.by(stack.clients.iam, stack)
    assert stack.up().did == []

    seen = stack.preview(refresh=True)
    assert [(op, name) for op, name in seen.did if op != "delete-replaced"] == drift.did
    repaired = stack.up(refresh=True)
    assert repaired.errors == []
    assert [(op, name) for op, name in repaired.did if op != "refresh"] == drift.did
    assert in_step(stack.clients, stack.world) == []
    again = stack.up(refresh=True)
    assert [name for op, name in again.did if op != "refresh"] == []
    assert stack.destroy().ok
    assert stack.left() == {}


def test_outputs_follow_a_key_that_was_made_anew(stack: StackRunner) -> None:
    before = stack.up(LAB).outputs
    stack.clients.iam.delete_access_key(UserName="ada", AccessKeyId=before["key"])
    after = stack.up(refresh=True).outputs
    assert after["key"] == _key(stack) != before["key"]
    assert after["secret"] != before["secret"]


def test_an_undisturbed_lab_is_refreshed_without_a_change(stack: StackRunner) -> None:
    stack.up(LAB)
    before = stack.world.live
    assert stack.up(refresh=True).did == []
    after = stack.world.live
    for urn, resource in before.items():
        assert after[urn] == resource


def test_everything_gone_is_made_anew(stack: StackRunner) -> None:
    stack.up(LAB)
    everything = stack.world.live
    # Behind the stack's back: another state's destroy of the same things.
    copy = StackRunner(stack.root, stack.aws, stack.account, stack.clients, stack="copy")
    (copy.folder).mkdir(parents=True)
    (copy.folder / "state.json").write_bytes((stack.folder / "state.json").read_bytes())
    assert copy.destroy().ok
    assert stack.left() == {}
    made = stack.up(refresh=True)
    assert [op for op, _ in made.did].count("create") == len(
        [one for one in everything.values() if one.custom]
    )
    assert in_step(stack.clients, stack.world) == []


def test_a_class_is_read_at_once_and_its_drift_is_seen_all_the_same(stack: StackRunner) -> None:
    """Users and their grants come from one list then; keys are asked for one by one."""
    text = """
    for number in range(60):
        user = aws.iam.User(f"u{number}", name=f"u{number}", force_destroy=True, tags={"lab": "exp"})
        aws.iam.AccessKey(f"u{number}", user=user.name)
        aws.iam.UserPolicy(f"u{number}", name="grant", user=user.name, policy=allow("s3:Get*"))
    """
    stack.up(text)
    assert stack.up(refresh=True).did == []
    iam = stack.clients.iam
    iam.put_user_policy(UserName="u1", PolicyName="grant", PolicyDocument=OTHER)
    iam.delete_user_policy(UserName="u2", PolicyName="grant")
    iam.tag_user(UserName="u3", Tags=[{"Key": "lab", "Value": "other"}])
    iam.put_user_permissions_boundary(UserName="u4", PermissionsBoundary=S3)
    iam.delete_access_key(UserName="u5", AccessKeyId=stack.keys()["u5"][0])
    iam.delete_access_key(UserName="u6", AccessKeyId=stack.keys()["u6"][0])
    iam.delete_user_policy(UserName="u6", PolicyName="grant")
    iam.delete_user(UserName="u6")
    repaired = stack.up(refresh=True)
    assert repaired.errors == []
    assert [one for one in repaired.did if one[0] != "refresh"] == [
        ("create", "u2"), ("create", "u5"), ("create", "u6"), ("create", "u6"), ("create", "u6"),
        ("update", "u1"), ("update", "u3"), ("update", "u4"),
    ]  # fmt: skip
    assert in_step(stack.clients, stack.world) == []
    assert stack.up(refresh=True).did == []
