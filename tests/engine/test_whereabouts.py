"""What the stack made is found by its unique id: renamed, recreated, or somebody else's by now."""

from __future__ import annotations

import json

import pytest
from mypy_boto3_iam import IAMClient

from rolelab.steps import Severity
from tests.engine.stacks import StackRunner, in_step

LAB = """
tags = {"lab": "exp"}
r = aws.iam.Role(
    "r", name="reader", assume_role_policy=TRUST, tags=tags, force_detach_policies=True
)
u = aws.iam.User("u", name="ada", force_destroy=True, tags=tags)
k = aws.iam.AccessKey("k", user=u.name)
g = aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("sts:AssumeRole", r.arn))
"""
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
})  # fmt: skip


def _rename(iam: IAMClient, old: str = "ada", new: str = "eve") -> None:
    iam.update_user(UserName=old, NewUserName=new)


def _delete_user(iam: IAMClient, key: str) -> None:
    iam.delete_access_key(UserName="ada", AccessKeyId=key)
    iam.delete_user_policy(UserName="ada", PolicyName="grant")
    iam.delete_user(UserName="ada")


def test_a_user_that_was_renamed_goes_with_its_key(stack: StackRunner) -> None:
    """By its name it would be called gone, and its active key would stay for ever."""
    stack.up(LAB)
    _rename(stack.clients.iam)
    ran = stack.destroy()
    assert ran.errors == []
    assert stack.left() == {}
    assert stack.world.everything == []


def test_a_user_whose_name_somebody_else_has_by_now_is_found_all_the_same(
    stack: StackRunner,
) -> None:
    """The one that is ours goes, the other one stays."""
    stack.up(LAB)
    iam = stack.clients.iam
    _rename(iam)
    iam.create_user(UserName="ada")
    assert stack.destroy().errors == []
    assert stack.left() == {"users": ["ada"]}


def test_what_somebody_else_made_under_the_name_stays_and_is_told(stack: StackRunner) -> None:
    """With its policy, which has the name of ours."""
    stack.up(LAB)
    iam = stack.clients.iam
    _delete_user(iam, stack.keys()["ada"][0])
    iam.create_user(UserName="ada", Tags=[{"Key": "lab", "Value": "other"}])
    iam.put_user_policy(UserName="ada", PolicyName="grant", PolicyDocument=ALLOW)
    iam.delete_role(RoleName="reader")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
    ran = stack.destroy()
    assert ran.errors == []
    warned = "\n".join(ran.messages(Severity.WARNING))
    assert "IAM User (ada) is not the one that this stack made" in warned
    assert "IAM Role (reader) is not the one" in warned
    assert stack.left() == {"users": ["ada"], "roles": ["reader"]}
    assert iam.list_user_policies(UserName="ada")["PolicyNames"] == ["grant"]
    assert stack.world.everything == []


def test_what_was_recreated_with_its_tags_is_ours(stack: StackRunner) -> None:
    """As `mend` and whoever repairs a lab by hand recreate a role."""
    stack.up(LAB)
    iam = stack.clients.iam
    _delete_user(iam, stack.keys()["ada"][0])
    iam.create_user(UserName="ada", Tags=[{"Key": "lab", "Value": "exp"}])
    iam.create_access_key(UserName="ada")
    assert stack.destroy().errors == []
    assert stack.left() == {}


def test_what_is_gone_is_told(stack: StackRunner) -> None:
    stack.up(LAB)
    _delete_user(stack.clients.iam, key := stack.keys()["ada"][0])
    ran = stack.destroy()
    assert ran.errors == []
    (told,) = ran.messages(Severity.INFO)
    for what in ("IAM User (ada)", f"IAM Access Key ({key})", "IAM User Policy (ada:grant)"):
        assert what in told
    assert "reader" not in told


def test_an_undisturbed_stack_goes_without_a_word(stack: StackRunner) -> None:
    stack.up(LAB)
    assert stack.destroy().messages(Severity.INFO) == []


def test_a_renamed_user_that_is_no_longer_declared_goes(stack: StackRunner) -> None:
    stack.up(LAB)
    _rename(stack.clients.iam)
    assert stack.up("pass").errors == []
    assert stack.left() == {}


def test_a_renamed_user_gets_its_name_back_by_a_refresh(stack: StackRunner) -> None:
    """And not a second user beside the first, whose key nobody would remember."""
    stack.up(LAB)
    _rename(stack.clients.iam)
    ran = stack.up(refresh=True)
    assert ran.errors == []
    assert [one for one in ran.did if one[0] != "refresh"] == [("update", "u")]
    assert stack.left() == {"users": ["ada"], "roles": ["reader"]}
    assert in_step(stack.clients, stack.world) == []
    assert stack.up(refresh=True).did == []


def test_a_refresh_does_not_take_over_what_somebody_else_made(stack: StackRunner) -> None:
    stack.up(LAB)
    iam = stack.clients.iam
    _delete_user(iam, stack.keys()["ada"][0])
    iam.create_user(UserName="ada", Tags=[{"Key": "lab", "Value": "other"}])
    assert not stack.up(refresh=True).ok
    stack.destroy()
    assert stack.left() == {"users": ["ada"]}


def _without_unique_ids(stack: StackRunner) -> None:
    path = stack.folder / "state.json"
    content = json.loads(path.read_text())
    for resource in content["resources"]:
        resource.get("outputs", {}).pop("uniqueId", None)
    path.write_text(json.dumps(content))


def test_a_state_without_unique_ids_goes_by_names(stack: StackRunner) -> None:
    stack.up(LAB)
    _without_unique_ids(stack)
    assert stack.destroy().errors == []
    assert stack.left() == {}


@pytest.mark.parametrize(("untagged", "left"), [(False, {}), (True, {"policies": ["p"]})])
def test_a_policy_is_told_by_its_id_too(
    stack: StackRunner, *, untagged: bool, left: dict[str, list[str]]
) -> None:
    """Without tags nothing says that a recreated one is ours."""
    tags = "" if untagged else ', tags={"lab": "exp"}'
    stack.up(f'aws.iam.Policy("p", name="p", policy=allow("s3:GetObject"){tags})')
    iam = stack.clients.iam
    arn = iam.list_policies(Scope="Local")["Policies"][0].get("Arn", "")
    iam.delete_policy(PolicyArn=arn)
    more = [] if untagged else [{"Key": "lab", "Value": "exp"}]
    iam.create_policy(PolicyName="p", PolicyDocument=ALLOW, Tags=more)  # pyright: ignore[reportArgumentType]
    stack.destroy()
    assert stack.left() == left


ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
