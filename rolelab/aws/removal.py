"""What must go before what: IAM users, roles and policies removed with all that hangs on them.

IAM deletes nothing that something else hangs on; it answers DeleteConflict. So each removal tries
the deletion itself first (one call where nothing was added), and only then looks for what is in the
way.

Source: IAM User Guide, "Remove an IAM user" and "Delete roles or instance profiles", by API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rolelab.aws.failures import AwsFailure, Kind
from rolelab.aws.iam_calls import call_if_there, listed

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

Entity = Literal["User", "Role"]
"""What policies and a permissions boundary can be on."""
Holder = Literal["User", "Role", "Group"]
"""What policies can be on."""
CONFLICT = "DeleteConflict"
VERSIONS_KEPT = 5
"""Versions of a managed policy that IAM keeps.

Source: IAM User Guide, "IAM and AWS STS quotas".
"""


class Hanging(NamedTuple):
    """A kind of thing that hangs on a user or role: how all are listed, and how each is removed."""

    listing: str
    part: str
    """Where the list is in the answer."""
    removal: str
    id: str
    """The member of an entry, and the parameter of the removal, that says which one it is."""


CREDENTIALS = {
    "signing certificate": Hanging(
        "ListSigningCertificates", "Certificates", "DeleteSigningCertificate", "CertificateId"
    ),
    "SSH public key": Hanging(
        "ListSSHPublicKeys", "SSHPublicKeys", "DeleteSSHPublicKey", "SSHPublicKeyId"
    ),
    "password for a single service": Hanging(
        "ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
        "DeleteServiceSpecificCredential",
        "ServiceSpecificCredentialId",
    ),
    "MFA device": Hanging("ListMFADevices", "MFADevices", "DeactivateMFADevice", "SerialNumber"),
}
"""What a user can have beside access keys and a console password, by what people call it."""
_ON_USER = (
    Hanging("ListAccessKeys", "AccessKeyMetadata", "DeleteAccessKey", "AccessKeyId"),
    *CREDENTIALS.values(),
    Hanging("ListGroupsForUser", "Groups", "RemoveUserFromGroup", "GroupName"),
)
_ON_ROLE = (
    Hanging(
        "ListInstanceProfilesForRole",
        "InstanceProfiles",
        "RemoveRoleFromInstanceProfile",
        "InstanceProfileName",
    ),
)


def remove_user(iam: IAMClient, name: str, *, force: bool) -> bool:
    """Remove a user, with `force` what was added to it first; return whether it was there.

    Raises:
        AwsFailure: it is still there, or nobody knows.
    """

    def clear() -> None:
        if force:
            strip_user(iam, name)

    return _remove(iam, "DeleteUser", clear, UserName=name)


def remove_role(iam: IAMClient, name: str, *, force: bool) -> bool:
    """Remove a role, with `force` its policies first; return whether it was there.

    It is taken out of its instance profiles in any case.

    Raises:
        AwsFailure: it is still there, or nobody knows.
    """

    def clear() -> None:
        _strip(iam, _ON_ROLE, RoleName=name)
        if force:
            _strip(iam, _policies("Role"), RoleName=name)

    return _remove(iam, "DeleteRole", clear, RoleName=name)


def remove_policy(iam: IAMClient, arn: str, *, force: bool = False) -> bool:
    """Remove a customer managed policy with its versions; return whether it was there.

    With `force` it is detached from whatever has it first, and no longer anybody's boundary.

    Raises:
        AwsFailure: it is still there, with all its versions where it is attached to something, or
            nobody knows.
    """

    def clear() -> None:
        if force:
            _detach(iam, arn)
        elif users_of_policy(iam, arn):
            return
        _remove_old_versions(iam, arn, keep=0)

    return _remove(iam, "DeletePolicy", clear, PolicyArn=arn)


def remove_group(iam: IAMClient, name: str) -> bool:
    """Remove a group with its policies, its members first; return whether it was there.

    Raises:
        AwsFailure: it is still there, or nobody knows.
    """

    def clear() -> None:
        for user in _listed_if_there(iam, "GetGroup", "Users", GroupName=name):
            which = {"GroupName": name, "UserName": user["UserName"]}
            call_if_there(iam, "RemoveUserFromGroup", **which)
        _strip(iam, _policies("Group"), GroupName=name)

    return _remove(iam, "DeleteGroup", clear, GroupName=name)


def users_of_policy(iam: IAMClient, arn: str) -> list[tuple[Holder, str]]:
    """Return what a policy is attached to or a boundary of, as kind and name.

    Raises:
        AwsFailure: it could not be found out.
    """
    kinds: tuple[Holder, ...] = ("User", "Role", "Group")
    return [
        (kind, entry[f"{kind}Name"])
        for kind in kinds
        for entry in _listed_if_there(
            iam, "ListEntitiesForPolicy", f"Policy{kind}s", PolicyArn=arn, EntityFilter=kind
        )
    ]


def _detach(iam: IAMClient, arn: str) -> None:
    for kind, name in users_of_policy(iam, arn):
        owner = {f"{kind}Name": name}
        call_if_there(iam, f"Detach{kind}Policy", **owner, PolicyArn=arn)
        if kind != "Group" and _boundary_of(iam, kind, name) == arn:
            remove_boundary(iam, kind, name)


def _boundary_of(iam: IAMClient, kind: Entity, name: str) -> str:
    entity = call_if_there(iam, f"Get{kind}", kind, **{f"{kind}Name": name})
    return entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "") if entity else ""


def strip_user(iam: IAMClient, name: str) -> None:
    """Remove all that hangs on a user; what is gone already is not a failure.

    Raises:
        AwsFailure: something could not be listed or removed.
    """
    call_if_there(iam, "DeleteLoginProfile", UserName=name)
    serials = _strip(iam, (*_ON_USER, *_policies("User")), UserName=name)
    for serial in serials:
        # A virtual device has an ARN and stays behind otherwise; a hardware one is not IAM's.
        if ":mfa/" in serial:
            call_if_there(iam, "DeleteVirtualMFADevice", SerialNumber=serial)
    remove_boundary(iam, "User", name)


def remove_boundary(iam: IAMClient, entity: Entity, name: str) -> None:
    """Remove a permissions boundary, if there is one.

    Raises:
        AwsFailure: it could not be removed.
    """
    call_if_there(iam, f"Delete{entity}PermissionsBoundary", **{f"{entity}Name": name})


def attached_policies(iam: IAMClient, entity: Entity, name: str) -> set[str]:
    """Return the ARNs of the managed policies attached to a user or role.

    Raises:
        AwsFailure: there is none of that name, or it could not be found out.
    """
    owner = {f"{entity}Name": name}
    entries = listed(iam, f"ListAttached{entity}Policies", "AttachedPolicies", **owner)
    return {entry["PolicyArn"] for entry in entries}


def make_room_for_version(iam: IAMClient, arn: str) -> None:
    """Delete the oldest version of a policy that has as many as IAM keeps.

    Raises:
        AwsFailure: it could not be listed or deleted.
    """
    _remove_old_versions(iam, arn, keep=VERSIONS_KEPT - 2)


def _policies(entity: Holder) -> tuple[Hanging, ...]:
    return (
        Hanging(f"List{entity}Policies", "PolicyNames", f"Delete{entity}Policy", "PolicyName"),
        Hanging(
            f"ListAttached{entity}Policies",
            "AttachedPolicies",
            f"Detach{entity}Policy",
            "PolicyArn",
        ),
    )


def _strip(iam: IAMClient, kinds: Iterable[Hanging], **owner: str) -> list[str]:
    """Remove things of these kinds; return the ids of what was removed."""
    removed: list[str] = []
    for kind in kinds:
        for entry in _listed_if_there(iam, kind.listing, kind.part, **owner):
            id_ = entry if isinstance(entry, str) else entry[kind.id]
            call_if_there(iam, kind.removal, **owner, **{kind.id: id_})
            removed.append(id_)
    return removed


def _remove_old_versions(iam: IAMClient, arn: str, *, keep: int) -> None:
    """Delete the oldest versions beside the default one until `keep` of them are left."""
    versions = _listed_if_there(iam, "ListPolicyVersions", "Versions", PolicyArn=arn)
    old = [version for version in versions if not version["IsDefaultVersion"]]
    old.sort(key=lambda version: version["CreateDate"])
    for version in old[: max(len(old) - keep, 0)]:
        id_ = version["VersionId"]
        call_if_there(iam, "DeletePolicyVersion", PolicyArn=arn, VersionId=id_)


def _remove(iam: IAMClient, operation: str, clear: Callable[[], object], **which: str) -> bool:
    """Delete; where something is in the way, `clear` it and delete again."""
    try:
        return call_if_there(iam, operation, **which) is not None
    except AwsFailure as failure:
        if failure.code != CONFLICT:
            raise
    clear()
    call_if_there(iam, operation, **which)
    return True


def _listed_if_there(iam: IAMClient, operation: str, part: str, **owner: str) -> list[Any]:
    """Return a list; nothing hangs on what is gone."""
    try:
        return listed(iam, operation, part, **owner)
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return []
        raise
