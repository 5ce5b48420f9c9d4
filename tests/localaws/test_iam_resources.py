"""On what and with which keys each call of IAM is asked: AWS's reference, call by call."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import Shape, StructureShape
from mypy_boto3_iam.type_defs import TagTypeDef

from rolelab.aws.clients import Clients
from rolelab.iam import actions
from rolelab.localaws.operations import every_call
from tests.localaws.iam_lab import TRUST, as_user, refused

LISTS = {
    "ListUsers": "user", "ListGroups": "group", "ListRoles": "role", "ListPolicies": "policy",
    "ListInstanceProfiles": "instance-profile", "ListVirtualMFADevices": "mfa",
    "ListOpenIDConnectProviders": "oidc-provider", "ListSAMLProviders": "saml-provider",
    "ListServerCertificates": "server-certificate",
}  # fmt: skip
"""Lists of a whole account, which IAM asks on the path that is listed."""


def _kinds(call: str) -> tuple[str, ...]:
    """Return the resource types that AWS's reference lists for a call."""
    action = actions.named(f"iam:{call}")
    assert action, f"AWS's reference has no iam:{call}"
    return action.resource_kinds


def test_each_call_is_asked_on_the_resource_that_aws_says(root: Clients, account: str) -> None:
    """A grant on one's own user, or on a team's roles, is worth what this says."""
    root.iam.create_user(UserName="nobody")
    nobody = as_user(root, "nobody")
    calls = set(every_call.IAM) - {"GetAccessKeyLastUsed"}
    asked = {call: _asked(nobody, account, call) for call in sorted(calls)}
    assert {call: on for call, on in asked.items() if not _is_right(on, account, call)} == {}


def _asked(nobody: Clients, account: str, call: str) -> str:
    """Return what a user without permissions is told: the action, and on which resource."""
    parameters = _parameters(nobody, account, call)
    _, message = refused(lambda: getattr(nobody.iam, xform_name(call))(**parameters))
    told = message.partition("is not authorized to perform: ")[2]
    return told.partition(" because")[0] or message


def _is_right(asked: str, account: str, call: str) -> bool:
    if call in LISTS:
        return asked == f"iam:{call} on resource: arn:aws:iam::{account}:{LISTS[call]}/"
    kinds = "|".join(_kinds(call))
    resource = rf"arn:aws:iam::{account}:({kinds})/\S+" if kinds else r"\*"
    return re.fullmatch(f"iam:{call} on resource: {resource}", asked) is not None


KEYS = {
    "iam:PermissionsBoundary": """
        AttachRolePolicy AttachUserPolicy CreateRole CreateUser DeleteRole
        DeleteRolePermissionsBoundary DeleteRolePolicy DeleteUserPermissionsBoundary
        DeleteUserPolicy DetachRolePolicy DetachUserPolicy GetRole PutRolePermissionsBoundary
        PutRolePolicy PutUserPermissionsBoundary PutUserPolicy UpdateAssumeRolePolicy UpdateRole
        UpdateRoleDescription""",
    "iam:PolicyARN": """
        AttachGroupPolicy AttachRolePolicy AttachUserPolicy DetachGroupPolicy DetachRolePolicy
        DetachUserPolicy""",
    "iam:AWSServiceName": "CreateServiceLinkedRole",
    "iam:ServiceSpecificCredentialServiceName": """
        CreateServiceSpecificCredential DeleteServiceSpecificCredential
        ResetServiceSpecificCredential UpdateServiceSpecificCredential""",
}
"""Condition key -> the calls that have it (the same reference's column of condition keys)."""


@pytest.mark.parametrize("key", KEYS)
def test_a_condition_key_is_there_for_the_calls_that_have_it(
    root: Clients, account: str, key: str
) -> None:
    """And for no other: there, a condition on it is not met, and a Deny passes it over."""
    has_it: dict[str, object] = {"Action": "iam:*", "Condition": {"Null": {key: "false"}}}
    caller = _allowed(root, "iam:GetUser", "arn:aws:iam::000000000000:user/none", has_it)
    # Calls that are refused change nothing, so theirs is made ready once.
    _made_ready(root, "")
    there: list[str] = []
    for call in sorted(set(every_call.IAM) - {"GetAccessKeyLastUsed"}):
        parameters = _parameters(caller, account, call)
        if call in KEYS[key].split():
            parameters |= _made_ready(root, call)
        try:
            getattr(caller.iam, xform_name(call))(**parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "AccessDenied":
                continue
        there.append(call)
    assert there == KEYS[key].split()


def _made_ready(root: Clients, call: str) -> dict[str, object]:
    """Make what the call is about, with a boundary; return what it needs beside."""
    for make in (
        lambda: root.iam.create_user(UserName=NAME),
        lambda: root.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=TRUST),
    ):
        with contextlib.suppress(root.iam.exceptions.EntityAlreadyExistsException):
            make()
    root.iam.put_user_permissions_boundary(UserName=NAME, PermissionsBoundary=BOUNDARY)
    root.iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=BOUNDARY)
    if call in ("CreateUser", "CreateRole"):
        return {"PermissionsBoundary": BOUNDARY}
    if call.endswith("ServiceSpecificCredential") and not call.startswith("Create"):
        made = root.iam.create_service_specific_credential(
            UserName=NAME, ServiceName="codecommit.amazonaws.com"
        )["ServiceSpecificCredential"]
        return {
            "UserName": NAME,
            "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"],
        }
    return {}


NAME = "abcdefghABCDEFGH1"
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def _parameters(caller: Clients, account: str, call: str) -> dict[str, object]:
    """Return what the call demands, each of the right form."""
    kind = next(iter(_kinds(call)), "")
    shape = caller.iam.meta.service_model.operation_model(call).input_shape
    if not isinstance(shape, StructureShape):
        return {}
    return {
        name: _value(name, shape.members[name], account, kind) for name in shape.required_members
    }


def _value(name: str, shape: Shape, account: str, resource: str) -> object:
    arn = f"arn:aws:iam::{account}:{resource}/x-1"
    texts = {
        "AssumeRolePolicyDocument": "{}",
        "AccountAlias": "abc",
        "AuthenticationCode1": "123456",
        "AuthenticationCode2": "123456",
        "AWSServiceName": "ecs.amazonaws.com",
        "DeletionTaskId": "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/1234",
        "Encoding": "SSH",
        "PolicyArn": arn if resource == "policy" else BOUNDARY,
        "PermissionsBoundary": BOUNDARY,
        "SAMLMetadataDocument": "x" * 1000,
        "Status": "Active",
        "ThumbprintList": "a" * 40,
        "Url": "https://token.example.com",
        "VersionId": "v1",
    }
    if shape.type_name == "list":
        item: object = texts.get(name, "s3:GetObject")
        return [{"Key": "a", "Value": "b"}] if name == "Tags" else [item]
    if name.endswith("Arn") or name == "SerialNumber":
        return texts.get(name, arn)
    if shape.metadata.get("min", 0) > 16 and name not in texts:
        return "A" * int(shape.metadata["min"])
    return texts.get(name, NAME)


def test_a_new_path_and_a_new_name_are_asked_for_as_well(root: Clients, account: str) -> None:
    """To move a user is to take them from one place and to put them into another."""
    root.iam.create_user(UserName="anna")
    mover = _allowed(root, "iam:UpdateUser", f"arn:aws:iam::{account}:user/anna")
    with pytest.raises(ClientError, match=r"iam:UpdateUser on resource: arn:\S+:user/team/anna "):
        mover.iam.update_user(UserName="anna", NewPath="/team/")
    mover.iam.update_user(UserName="anna", NewPath="/")


def test_a_keys_last_use_is_told_to_whom_its_owner_is_granted(root: Clients, account: str) -> None:
    """Users look after their own keys; of a key that is nobody's not even that is told."""
    own = _allowed(root, "iam:*", f"arn:aws:iam::{account}:user/${{aws:username}}")
    root.iam.create_user(UserName="anna")
    hers = root.iam.create_access_key(UserName="anna")["AccessKey"]["AccessKeyId"]
    mine = root.iam.list_access_keys(UserName="tester")["AccessKeyMetadata"][0].get(
        "AccessKeyId", ""
    )
    assert own.iam.get_access_key_last_used(AccessKeyId=mine)["UserName"] == "tester"
    with pytest.raises(ClientError, match=r"iam:GetAccessKeyLastUsed on resource: \S+:user/anna"):
        own.iam.get_access_key_last_used(AccessKeyId=hers)
    for caller in (own, root):
        code, message = refused(
            lambda caller=caller: caller.iam.get_access_key_last_used(
                AccessKeyId="AKIAIOSFODNN7EXAMPLE"
            )
        )
        assert code == "AccessDenied"
        assert message.endswith(
            " is not authorized to perform iam:GetAccessKeyLastUsed "
            "on resource: access key AKIAIOSFODNN7EXAMPLE"
        )


def test_tags_of_what_is_made_and_of_what_is_passed_are_not_mixed_up(
    root: Clients, account: str
) -> None:
    """PassRole is asked on the role, with the role's tags and not the instance profile's."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=[TEAM_A])
    root.iam.create_instance_profile(InstanceProfileName="p", Tags=[TEAM_B])
    by_tag: dict[str, object] = {
        "Action": "iam:PassRole",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "b"}},
    }
    caller = _allowed(root, "iam:AddRoleToInstanceProfile", "*", by_tag)
    with pytest.raises(
        ClientError, match=f"iam:PassRole on resource: arn:aws:iam::{account}:role/r"
    ):
        caller.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    root.iam.tag_role(RoleName="r", Tags=[TEAM_B])
    caller.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")


TEAM_A: TagTypeDef = {"Key": "team", "Value": "a"}
TEAM_B: TagTypeDef = {"Key": "team", "Value": "b"}


def _allowed(root: Clients, action: str, resource: str, *more: dict[str, object]) -> Clients:
    """Return a user `tester` who is allowed this."""
    statements: list[dict[str, object]] = [
        {"Effect": "Allow", "Action": action, "Resource": resource},
        *({"Effect": "Allow", "Resource": "*", **statement} for statement in more),
    ]
    root.iam.create_user(UserName="tester")
    root.iam.put_user_policy(
        UserName="tester",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    return as_user(root, "tester")
