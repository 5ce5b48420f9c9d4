"""What must go before what: how IAM users, roles and policies are removed with everything that hangs on them.

IAM deletes nothing that something else hangs on; it answers DeleteConflict. So each removal tries the deletion
itself first (one call where nothing was added), and only then looks for what is in the way.

Source: IAM User Guide, "Remove an IAM user" and "Delete roles or instance profiles", by API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from rolelab.aws.failures import AwsFailure, Kind, translated

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

CONFLICT = "DeleteConflict"
VERSIONS_KEPT = 5
"""Versions of a managed policy that IAM keeps.

Source: IAM User Guide, "IAM and AWS STS quotas".
"""


def remove_user(iam: IAMClient, name: str, *, force: bool) -> bool:
    """Remove a user, with `force` everything a learner may have added to it first; return whether it was there.

    Raises:
        AwsFailure: it is still there, or nobody knows.
    """
    return _remove(
        "DeleteUser",
        lambda: iam.delete_user(UserName=name),
        lambda: strip_user(iam, name) if force else None,
    )


def remove_role(iam: IAMClient, name: str, *, force: bool) -> bool:
    """Remove a role, out of its instance profiles and with `force` its policies first; return whether it was there.

    Raises:
        AwsFailure: it is still there, or nobody knows.
    """
    return _remove(
        "DeleteRole",
        lambda: iam.delete_role(RoleName=name),
        lambda: strip_role(iam, name, policies=force),
    )


def remove_policy(iam: IAMClient, arn: str) -> bool:
    """Remove a customer managed policy with its versions; return whether it was there.

    Raises:
        AwsFailure: it is still there (attached to something), or nobody knows.
    """
    return _remove(
        "DeletePolicy",
        lambda: iam.delete_policy(PolicyArn=arn),
        lambda: _remove_old_versions(iam, arn, keep=0),
    )


def strip_user(iam: IAMClient, name: str) -> None:
    """Remove all that hangs on a user; what is gone already is passed over.

    Raises:
        AwsFailure: something could not be listed or removed.
    """
    user = {"UserName": name}
    _each(
        "DeleteLoginProfile",
        [{}],
        lambda _: iam.delete_login_profile(**user),
    )
    _each(
        "DeleteAccessKey",
        _listed(iam, "list_access_keys", "AccessKeyMetadata", user),
        lambda key: iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"]),
    )
    _each(
        "DeleteSigningCertificate",
        _listed(iam, "list_signing_certificates", "Certificates", user),
        lambda one: iam.delete_signing_certificate(**user, CertificateId=one["CertificateId"]),
    )
    _each(
        "DeleteSSHPublicKey",
        _listed(iam, "list_ssh_public_keys", "SSHPublicKeys", user),
        lambda one: iam.delete_ssh_public_key(**user, SSHPublicKeyId=one["SSHPublicKeyId"]),
    )
    _each(
        "DeleteServiceSpecificCredential",
        _asked(
            "ListServiceSpecificCredentials",
            lambda: iam.list_service_specific_credentials(UserName=name)[
                "ServiceSpecificCredentials"
            ],
        ),
        lambda one: iam.delete_service_specific_credential(
            **user, ServiceSpecificCredentialId=one["ServiceSpecificCredentialId"]
        ),
    )
    for device in _listed(iam, "list_mfa_devices", "MFADevices", user):
        serial = device["SerialNumber"]
        _each(
            "DeactivateMFADevice",
            [{}],
            lambda _, serial=serial: iam.deactivate_mfa_device(**user, SerialNumber=serial),
        )
        # A virtual device has an ARN for a serial number and stays behind otherwise; a hardware one is not IAM's.
        if serial.startswith("arn:"):
            _each(
                "DeleteVirtualMFADevice",
                [{}],
                lambda _, serial=serial: iam.delete_virtual_mfa_device(SerialNumber=serial),
            )
    _each(
        "DeleteUserPolicy",
        _listed(iam, "list_user_policies", "PolicyNames", user),
        lambda policy: iam.delete_user_policy(**user, PolicyName=policy),
    )
    _each(
        "DetachUserPolicy",
        _listed(iam, "list_attached_user_policies", "AttachedPolicies", user),
        lambda one: iam.detach_user_policy(**user, PolicyArn=one["PolicyArn"]),
    )
    _each(
        "RemoveUserFromGroup",
        _listed(iam, "list_groups_for_user", "Groups", user),
        lambda group: iam.remove_user_from_group(**user, GroupName=group["GroupName"]),
    )
    remove_user_boundary(iam, name)


def strip_role(iam: IAMClient, name: str, *, policies: bool) -> None:
    """Take a role out of its instance profiles, and with `policies` all policies from it.

    Raises:
        AwsFailure: something could not be listed or removed.
    """
    role = {"RoleName": name}
    _each(
        "RemoveRoleFromInstanceProfile",
        _listed(iam, "list_instance_profiles_for_role", "InstanceProfiles", role),
        lambda one: iam.remove_role_from_instance_profile(
            **role, InstanceProfileName=one["InstanceProfileName"]
        ),
    )
    if not policies:
        return
    _each(
        "DeleteRolePolicy",
        _listed(iam, "list_role_policies", "PolicyNames", role),
        lambda policy: iam.delete_role_policy(**role, PolicyName=policy),
    )
    _each(
        "DetachRolePolicy",
        _listed(iam, "list_attached_role_policies", "AttachedPolicies", role),
        lambda one: iam.detach_role_policy(**role, PolicyArn=one["PolicyArn"]),
    )


def make_room_for_version(iam: IAMClient, arn: str) -> None:
    """Delete the oldest version of a policy that has as many as IAM keeps.

    Raises:
        AwsFailure: it could not be listed or deleted.
    """
    _remove_old_versions(iam, arn, keep=VERSIONS_KEPT - 2)


def remove_user_boundary(iam: IAMClient, name: str) -> None:
    """Remove a user's permissions boundary, if it has one.

    Raises:
        AwsFailure: it could not be removed.
    """
    _each(
        "DeleteUserPermissionsBoundary",
        [{}],
        lambda _: iam.delete_user_permissions_boundary(UserName=name),
    )


def remove_role_boundary(iam: IAMClient, name: str) -> None:
    """Remove a role's permissions boundary, if it has one.

    Raises:
        AwsFailure: it could not be removed.
    """
    _each(
        "DeleteRolePermissionsBoundary",
        [{}],
        lambda _: iam.delete_role_permissions_boundary(RoleName=name),
    )


def policies_of_user(iam: IAMClient, name: str) -> set[str]:
    """Return the ARNs of the managed policies attached to a user.

    Raises:
        AwsFailure: there is no such user, or it could not be found out.
    """
    return {
        one["PolicyArn"]
        for one in _pages(
            iam, "list_attached_user_policies", "AttachedPolicies", {"UserName": name}
        )
    }


def policies_of_role(iam: IAMClient, name: str) -> set[str]:
    """Return the ARNs of the managed policies attached to a role.

    Raises:
        AwsFailure: there is no such role, or it could not be found out.
    """
    return {
        one["PolicyArn"]
        for one in _pages(
            iam, "list_attached_role_policies", "AttachedPolicies", {"RoleName": name}
        )
    }


def _remove_old_versions(iam: IAMClient, arn: str, *, keep: int) -> None:
    """Delete the oldest versions beside the default one until `keep` of them are left."""
    versions = _listed(iam, "list_policy_versions", "Versions", {"PolicyArn": arn})
    old = sorted(
        (one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"]
    )
    _each(
        "DeletePolicyVersion",
        old[: max(len(old) - keep, 0)],
        lambda one: iam.delete_policy_version(PolicyArn=arn, VersionId=one["VersionId"]),
    )


def _remove(
    operation: str, delete: Callable[[], object], clear_the_way: Callable[[], None]
) -> bool:
    try:
        with translated(operation):
            delete()
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return False
        if failure.code != CONFLICT:
            raise
    else:
        return True
    clear_the_way()
    try:
        with translated(operation):
            delete()
    except AwsFailure as failure:
        if failure.kind is not Kind.MISSING:
            raise
    return True


def _each(operation: str, found: Iterable[Any], remove: Callable[[Any], object]) -> None:
    for one in found:
        try:
            with translated(operation):
                remove(one)
        except AwsFailure as failure:
            if failure.kind is not Kind.MISSING:
                raise


def _listed(iam: IAMClient, call: str, key: str, owner: dict[str, str]) -> list[Any]:
    return _asked(call, lambda: _pages(iam, call, key, owner))


def _asked(operation: str, ask: Callable[[], Any]) -> list[Any]:
    """Return what a list call gives; nothing hangs on what is gone."""
    try:
        with translated(operation):
            return list(ask())
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return []
        raise


def _pages(iam: IAMClient, call: str, key: str, owner: dict[str, str]) -> list[Any]:
    with translated(call):
        pages = cast("Any", iam).get_paginator(call).paginate(**owner)
        return [one for page in pages for one in page.get(key, [])]
