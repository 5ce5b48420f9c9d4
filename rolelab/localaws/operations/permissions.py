"""What IAM's operations are asked on: the ARN, path included, and the condition keys of the operation.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management (IAM)"; the path of a resource is part of its ARN ("IAM identifiers").
"""

from __future__ import annotations

from typing import Any

from rolelab.localaws.accounts.caller import tags_as_keys
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.operations.api_call import Call, tags_of

_LISTS = {
    "ListUsers": "user",
    "ListRoles": "role",
    "ListGroups": "group",
    "ListPolicies": "policy",
    "ListInstanceProfiles": "instance-profile",
    "ListVirtualMFADevices": "mfa",
    "ListServerCertificates": "server-certificate",
    "ListOpenIDConnectProviders": "oidc-provider",
    "ListSAMLProviders": "saml-provider",
}
"""Lists are asked on the path that they list: `arn:aws:iam::123456789012:user/`."""

_ON_NOTHING = frozenset({"GetAccessKeyLastUsed"})
_BY_GROUP = frozenset({"AddUserToGroup", "RemoveUserFromGroup"})
_OF_CALLER = frozenset(
    {
        "GetUser",
        "CreateAccessKey",
        "DeleteAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "ListMFADevices",
        "GetMFADevice",
        "ChangePassword",
        "CreateLoginProfile",
        "DeleteLoginProfile",
        "GetLoginProfile",
        "ListSSHPublicKeys",
        "ListSigningCertificates",
        "ListServiceSpecificCredentials",
        "CreateServiceSpecificCredential",
        "DeleteServiceSpecificCredential",
        "ResetServiceSpecificCredential",
        "UpdateServiceSpecificCredential",
        "DeleteSigningCertificate",
        "UpdateSigningCertificate",
        "UploadSigningCertificate",
    }
)
"""Asked on the user who calls where no other is named."""

_NAMED = (
    ("user", "UserName"),
    ("role", "RoleName"),
    ("group", "GroupName"),
    ("instance-profile", "InstanceProfileName"),
)
_MFA = frozenset({"DeleteVirtualMFADevice", "TagMFADevice", "UntagMFADevice", "ListMFADeviceTags"})


def resource_of(call: Call) -> str:
    """Return the ARN that an IAM call is asked on; sets the condition keys that come with it."""
    operation, params = call.operation, call.params
    _set_request_keys(call)
    if operation in _LISTS:
        return f"arn:aws:iam::{call.account}:{_LISTS[operation]}{params.get('PathPrefix', '/')}"
    if operation in _ON_NOTHING:
        return "*"
    if "SerialNumber" in params and (operation in _MFA or "UserName" not in params):
        return params["SerialNumber"]
    if operation == "CreateVirtualMFADevice":
        return f"arn:aws:iam::{call.account}:mfa{params.get('Path', '/')}{params['VirtualMFADeviceName']}"
    if operation in _BY_GROUP:
        return _named(call, "group", params["GroupName"])
    if operation in ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"):
        return _named(call, "instance-profile", params["InstanceProfileName"])
    for kind, name in _NAMED:
        if name in params:
            return _named(call, kind, params[name])
    if "PolicyName" in params:
        return f"arn:aws:iam::{call.account}:policy{params.get('Path', '/')}{params['PolicyName']}"
    for name in ("PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn"):
        if name in params:
            _set_resource_tags(call, call.store.managed_policy(call.account, params[name]))
            return params[name]
    if operation in _OF_CALLER:
        _set_resource_tags(call, call.caller.entity)
        return call.caller.entity_arn
    return "*"


def _named(call: Call, kind: str, name: str) -> str:
    record = call.store.get(kind, call.account, name)
    _set_resource_tags(call, record)
    if record is not None and not call.operation.startswith("Create"):
        return record["Arn"]
    return f"arn:aws:iam::{call.account}:{kind}{call.params.get('Path', '/')}{name}"


def _set_request_keys(call: Call) -> None:
    params: dict[str, Any] = call.params
    keys = call.request_keys
    keys["aws:resourceaccount"] = call.account
    tags = tags_of(params)
    keys.update(tags_as_keys(tags, "aws:requesttag/"))
    names = [tag["Key"] for tag in tags] or list(params.get("TagKeys", ()))
    if names:
        keys["aws:tagkeys"] = names
    if "PermissionsBoundary" in params:
        keys["iam:permissionsboundary"] = params["PermissionsBoundary"]
    elif "Boundary" in call.operation or call.operation.endswith(("UserPolicy", "RolePolicy")):
        kind = "user" if "UserName" in params else "role"
        record = call.store.get(
            kind, call.account, params.get("UserName") or params.get("RoleName") or ""
        )
        if record and record.get("PermissionsBoundary"):
            keys["iam:permissionsboundary"] = record["PermissionsBoundary"]
    if "PolicyArn" in params:
        keys["iam:policyarn"] = params["PolicyArn"]
    if "AWSServiceName" in params:
        keys["iam:awsservicename"] = params["AWSServiceName"]


def _set_resource_tags(call: Call, record: Record | None) -> None:
    tags = (record or {}).get("Tags")
    call.request_keys.update(tags_as_keys(tags, "aws:resourcetag/"))
    call.request_keys.update(tags_as_keys(tags, "iam:resourcetag/"))
