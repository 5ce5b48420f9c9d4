"""Which resource each call of IAM is asked on: the column of AWS's own reference, call by call."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape, StructureShape
from mypy_boto3_iam.type_defs import TagTypeDef

from rolelab.aws.clients import Clients
from rolelab.localaws.operations import every_call
from rolelab.secret import Credentials, Secret
from tests.localaws.iam_lab import TRUST, refused

RESOURCE_TYPES = {
    "user": """
        ChangePassword CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential CreateUser
        AttachUserPolicy DetachUserPolicy DeactivateMFADevice DeleteAccessKey DeleteLoginProfile
        DeleteSSHPublicKey DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser
        DeleteUserPermissionsBoundary DeleteUserPolicy EnableMFADevice GetLoginProfile
        GetMFADevice GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies
        ListGroupsForUser ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials
        ListSigningCertificates ListUserPolicies ListUserTags PutUserPermissionsBoundary
        PutUserPolicy ResetServiceSpecificCredential ResyncMFADevice TagUser UntagUser
        UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey UpdateServiceSpecificCredential
        UpdateSigningCertificate UpdateUser UploadSSHPublicKey UploadSigningCertificate
        SimulatePrincipalPolicy""",
    "group": """
        AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy
        DetachGroupPolicy GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies
        PutGroupPolicy RemoveUserFromGroup UpdateGroup""",
    "role": """
        AttachRolePolicy CreateRole CreateServiceLinkedRole DeleteRole DeleteRolePermissionsBoundary
        DeleteRolePolicy DeleteServiceLinkedRole DetachRolePolicy GetRole GetRolePolicy
        GetServiceLinkedRoleDeletionStatus ListAttachedRolePolicies ListInstanceProfilesForRole
        ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole
        UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription""",
    "instance-profile": """
        AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile
        ListInstanceProfileTags RemoveRoleFromInstanceProfile TagInstanceProfile
        UntagInstanceProfile""",
    "policy": """
        CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion
        ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy
        UntagPolicy""",
    "mfa": """
        CreateVirtualMFADevice DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice
        UntagMFADevice""",
    "oidc-provider": """
        AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider
        GetOpenIDConnectProvider ListOpenIDConnectProviderTags
        RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider
        UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint""",
    "saml-provider": """
        CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider
        UntagSAMLProvider UpdateSAMLProvider""",
    "server-certificate": """
        DeleteServerCertificate GetServerCertificate ListServerCertificateTags TagServerCertificate
        UntagServerCertificate UpdateServerCertificate UploadServerCertificate""",
    "": """
        CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy GenerateCredentialReport
        GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary
        GetCredentialReport ListAccountAliases SimulateCustomPolicy UpdateAccountPasswordPolicy""",
}
"""Resource type of the Service Authorization Reference -> the calls of IAM that it lists for it."""
LISTS = {
    "ListUsers": "user", "ListGroups": "group", "ListRoles": "role", "ListPolicies": "policy",
    "ListInstanceProfiles": "instance-profile", "ListVirtualMFADevices": "mfa",
    "ListOpenIDConnectProviders": "oidc-provider", "ListSAMLProviders": "saml-provider",
    "ListServerCertificates": "server-certificate",
}  # fmt: skip
"""Lists of a whole account, which IAM asks on the path that is listed."""
OF_CALL = {
    call: resource for resource, calls in RESOURCE_TYPES.items() for call in calls.split()
} | LISTS


def test_every_call_of_iam_has_its_resource_type_here() -> None:
    """What is added to the table is looked up in AWS's reference first."""
    assert set(every_call.IAM) - {"GetAccessKeyLastUsed"} == set(OF_CALL)


def test_each_call_is_asked_on_the_resource_that_aws_says(root: Clients, account: str) -> None:
    """A grant on one's own user, or on a team's roles, is worth what this says."""
    root.iam.create_user(UserName="nobody")
    nobody = _as_user(root, "nobody")
    wrong = {
        call: asked
        for call in OF_CALL
        if not _is_right(asked := _asked(nobody, account, call), account, call)
    }
    assert wrong == {}


def _asked(nobody: Clients, account: str, call: str) -> str:
    """Return what a user without permissions is told: the action, and on which resource."""
    operation = nobody.iam.meta.service_model.operation_model(call)
    parameters = _parameters(operation, account, OF_CALL[call])
    _, message = refused(lambda: getattr(nobody.iam, xform_name(call))(**parameters))
    return (
        message.partition("is not authorized to perform: ")[2].partition(" because")[0] or message
    )


def _is_right(asked: str, account: str, call: str) -> bool:
    if not OF_CALL[call]:
        return asked == f"iam:{call} on resource: *"
    of_list_or_name = "" if call in LISTS else r"\S+"
    resource = f"arn:aws:iam::{account}:{OF_CALL[call]}/{of_list_or_name}"
    return re.fullmatch(f"iam:{call} on resource: {resource}", asked) is not None


def _parameters(operation: OperationModel, account: str, resource: str) -> dict[str, object]:
    """Return what the call demands, each of the right form."""
    shape = operation.input_shape
    if not isinstance(shape, StructureShape):
        return {}
    return {
        name: _value(name, shape.members[name], account, resource)
        for name in shape.required_members
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
        "PolicyArn": arn if resource == "policy" else "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
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
    return texts.get(name, "abcdefghABCDEFGH1")


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
    return _as_user(root, "tester")


def _as_user(root: Clients, user: str) -> Clients:
    key = root.iam.create_access_key(UserName=user)["AccessKey"]
    credentials = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"])
    )
    return Clients(replace(root.endpoint, credentials=credentials))
