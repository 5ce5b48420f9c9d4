"""Managed policies: versions, attachments, permissions boundaries.

Source: IAM API Reference, CreatePolicy … SetDefaultPolicyVersion, Attach…/Detach…Policy, Put…PermissionsBoundary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rolelab.iam.quotas import most
from rolelab.localaws import quotas
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.documents import check_identity, size
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common
from rolelab.localaws.operations.api_call import Call, Handler, Result, unique_id

_AWS = "arn:aws:iam::aws:policy/"


def shown(call: Call, record: Record, *, details: bool = True) -> Result:
    """Return a managed policy as the API shows it; a list leaves description and tags out."""
    arn = record["Arn"]
    view: dict[str, Any] = {
        name: record[name] for name in ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId")
    }
    view |= {
        "AttachmentCount": len(_attached_to(call, arn)),
        "PermissionsBoundaryUsageCount": len(_bounded_by(call, arn)),
        "IsAttachable": True,
        "CreateDate": record["CreateDate"],
        "UpdateDate": record["UpdateDate"],
    }
    if details:
        view["Description"] = record.get("Description") or None
        view["Tags"] = record.get("Tags") or None
    return view


def create(call: Call) -> Result:
    """CreatePolicy."""
    name, path = call.params["PolicyName"], call.params.get("Path", "/")
    common.require_new(call, "policy", name, "PoliciesQuota")
    document = _checked(call)
    now = call.now()
    record: Record = {
        "PolicyName": name,
        "Arn": common.arn(call, "policy", name, path),
        "PolicyId": unique_id("ANPA"),
        "CreateDate": now,
        "UpdateDate": now,
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "IsAttachable": True,
        "Path": path,
        "Description": call.params.get("Description", ""),
        "Tags": common.new_tags(call),
        "NextVersion": 2,
        "Versions": {
            "v1": {
                "Document": document,
                "VersionId": "v1",
                "IsDefaultVersion": True,
                "CreateDate": now,
            }
        },
    }
    call.store.put("policy", call.account, record["Arn"], record)
    return {"Policy": shown(call, record)}


def get(call: Call) -> Result:
    """GetPolicy."""
    return {"Policy": shown(call, _policy(call))}


def list_all(call: Call) -> Result:
    """ListPolicies."""
    scope = call.params.get("Scope", "All")
    records = call.store.all("policy", call.account) if scope != "AWS" else []
    records += call.store.aws_policies() if scope != "Local" else []
    usage = call.params.get("PolicyUsageFilter")
    if call.params.get("OnlyAttached"):
        records = [
            one
            for one in records
            if _attached_to(call, one["Arn"]) or _bounded_by(call, one["Arn"])
        ]
    if usage == "PermissionsPolicy":
        records = [one for one in records if _attached_to(call, one["Arn"])]
    elif usage == "PermissionsBoundary":
        records = [one for one in records if _bounded_by(call, one["Arn"])]
    page = common.page(call, "Policies", common.below_path(call, records), lambda one: one["Arn"])
    return page | {"Policies": [shown(call, one, details=False) for one in page["Policies"]]}


def delete(call: Call) -> None:
    """DeletePolicy: refused while it is attached, a boundary, or has more than its default version."""
    record = _own(call)
    if _attached_to(call, record["Arn"]) or _bounded_by(call, record["Arn"]):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(record["Versions"]) > 1:
        message = (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
        raise AwsError("DeleteConflict", message)
    call.store.remove("policy", call.account, record["Arn"])


def tag(call: Call) -> None:
    """TagPolicy."""
    common.tag(_own(call), call)


def untag(call: Call) -> None:
    """UntagPolicy."""
    common.untag(_own(call), call)


def list_tags(call: Call) -> Result:
    """ListPolicyTags."""
    return common.page(call, "Tags", _policy(call).get("Tags") or [], lambda one: one["Key"])


def _policy(call: Call) -> Record:
    arn = call.params["PolicyArn"]
    _check_arn(arn)
    found = call.store.managed_policy(call.account, arn)
    if found is None:
        raise common.no_such(f"Policy {arn} was not found.")
    return found


def _own(call: Call) -> Record:
    """Return a policy of the account's; AWS's own cannot be changed."""
    if call.params["PolicyArn"].startswith(_AWS):
        raise AwsError(
            "AccessDenied",
            f"{call.caller.arn} may not change {call.params['PolicyArn']}: it is managed by AWS",
        )
    return _policy(call)


def _check_arn(arn: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[2] != "iam":
        raise AwsError("ValidationError", f"ARN {arn} is not valid.")


def _checked(call: Call) -> str:
    document = call.params["PolicyDocument"]
    check_identity(document)
    quotas.require_at_most("PolicySizeQuota", size(document))
    return document


# -- versions -------------------------------------------------------------------------------------------------------


def create_version(call: Call) -> Result:
    """CreatePolicyVersion: five at most."""
    record = _own(call)
    document = _checked(call)
    versions = record["Versions"]
    if len(versions) >= most("VersionsPerPolicyQuota"):
        message = (
            "A managed policy can have up to 5 versions. "
            "Before you create a new version, you must delete an existing version."
        )
        raise AwsError("LimitExceeded", message)
    number = record.get("NextVersion") or 1 + max(int(one[1:]) for one in versions)
    version = {
        "Document": document,
        "VersionId": f"v{number}",
        "IsDefaultVersion": False,
        "CreateDate": call.now(),
    }
    versions[f"v{number}"] = version
    record["NextVersion"] = number + 1
    if call.params.get("SetAsDefault"):
        _set_default(record, f"v{number}")
    record["UpdateDate"] = call.now()
    return {"PolicyVersion": _version_shown(version, document=False)}


def get_version(call: Call) -> Result:
    """GetPolicyVersion."""
    return {"PolicyVersion": _version_shown(_version(call, _policy(call)))}


def list_versions(call: Call) -> Result:
    """ListPolicyVersions, the newest first."""
    page = common.page(
        call,
        "Versions",
        _policy(call)["Versions"].values(),
        lambda one: f"{10**6 - int(one['VersionId'][1:]):07d}",
    )
    return page | {"Versions": [_version_shown(one, document=False) for one in page["Versions"]]}


def set_default_version(call: Call) -> None:
    """SetDefaultPolicyVersion: counts at once for whatever the policy is attached to."""
    record = _own(call)
    _set_default(record, _version(call, record)["VersionId"])


def delete_version(call: Call) -> None:
    """DeletePolicyVersion: not the default one."""
    record = _own(call)
    version = _version(call, record)
    if version["IsDefaultVersion"]:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
    del record["Versions"][version["VersionId"]]


def _version(call: Call, record: Record) -> Record:
    wanted = call.params["VersionId"]
    found = record["Versions"].get(wanted)
    if found is None:
        raise common.no_such(
            f"Policy {record['Arn']} version {wanted} does not exist or is not attachable."
        )
    return found


def _set_default(record: Record, version_id: str) -> None:
    for version in record["Versions"].values():
        version["IsDefaultVersion"] = version["VersionId"] == version_id
    record["DefaultVersionId"] = version_id


def _version_shown(version: Record, *, document: bool = True) -> Result:
    view: dict[str, Any] = {
        name: version[name] for name in ("VersionId", "IsDefaultVersion", "CreateDate")
    }
    return view | {"Document": common.encoded(version["Document"])} if document else view


# -- attachments ----------------------------------------------------------------------------------------------------


def attach(kind: str) -> Callable[[Call], None]:
    """Return the operation that attaches a managed policy to a user, role or group."""

    def attach_to(call: Call) -> None:
        record = common.entity(call, kind)
        arn = call.params["PolicyArn"]
        _check_arn(arn)
        if call.store.managed_policy(call.account, arn) is None:
            raise common.no_such(f"Policy {arn} does not exist or is not attachable.")
        attached = record["AttachedPolicies"]
        if arn not in attached:
            quotas.require_below(f"AttachedPoliciesPer{common.KINDS[kind]}Quota", len(attached))
            attached.append(arn)

    return attach_to


def detach(kind: str) -> Callable[[Call], None]:
    """Return the operation that detaches a managed policy."""

    def detach_from(call: Call) -> None:
        attached = common.entity(call, kind)["AttachedPolicies"]
        arn = call.params["PolicyArn"]
        _check_arn(arn)
        if arn not in attached:
            raise common.no_such(f"Policy {arn} was not found.")
        attached.remove(arn)

    return detach_from


def list_attached(kind: str) -> Callable[[Call], Result]:
    """Return the operation that lists an entity's managed policies."""

    def attached(call: Call) -> Result:
        arns = common.entity(call, kind)["AttachedPolicies"]
        found = [record for arn in arns if (record := call.store.managed_policy(call.account, arn))]
        page = common.page(
            call, "AttachedPolicies", common.below_path(call, found), lambda one: one["Arn"]
        )
        return page | {
            "AttachedPolicies": [
                {"PolicyName": one["PolicyName"], "PolicyArn": one["Arn"]}
                for one in page["AttachedPolicies"]
            ]
        }

    return attached


def list_entities(call: Call) -> Result:
    """ListEntitiesForPolicy."""
    arn = _policy(call)["Arn"]
    usage, wanted = call.params.get("PolicyUsageFilter"), call.params.get("EntityFilter")
    using: list[tuple[str, Record]] = []
    if usage != "PermissionsBoundary":
        using += _attached_to(call, arn)
    if usage != "PermissionsPolicy":
        using += [one for one in _bounded_by(call, arn) if one not in using]
    if wanted:
        using = [(kind, one) for kind, one in using if common.KINDS[kind] == wanted]
    prefix = call.params.get("PathPrefix", "/")
    using = [(kind, one) for kind, one in using if one["Path"].startswith(prefix)]
    page = common.page(call, "found", using, lambda one: f"{one[0]}/{one[1]['Arn']}")
    view: dict[str, Any] = {name: page.get(name) for name in ("IsTruncated", "Marker")}
    for kind, member in (
        ("group", "PolicyGroups"),
        ("user", "PolicyUsers"),
        ("role", "PolicyRoles"),
    ):
        name = common.KINDS[kind]
        view[member] = [
            {f"{name}Name": one[f"{name}Name"], f"{name}Id": one[f"{name}Id"]}
            for of, one in page["found"]
            if of == kind
        ]
    return view


def _attached_to(call: Call, arn: str) -> list[tuple[str, Record]]:
    return [
        (kind, one)
        for kind in ("user", "role", "group")
        for one in call.store.all(kind, call.account)
        if arn in one["AttachedPolicies"]
    ]


def _bounded_by(call: Call, arn: str) -> list[tuple[str, Record]]:
    return [
        (kind, one)
        for kind in ("user", "role")
        for one in call.store.all(kind, call.account)
        if one.get("PermissionsBoundary") == arn
    ]


# -- boundaries -----------------------------------------------------------------------------------------------------


def boundary_shown(record: Record) -> Result | None:
    """Return a permissions boundary as the API shows it."""
    arn = record.get("PermissionsBoundary")
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def checked_boundary(call: Call) -> str:
    """Return the ARN of the policy that is to be a boundary.

    Raises:
        AwsError: ValidationError, NoSuchEntity.
    """
    arn = call.params["PermissionsBoundary"]
    _check_arn(arn)
    if call.store.managed_policy(call.account, arn) is None:
        raise common.no_such(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def put_boundary(kind: str) -> Callable[[Call], None]:
    """Return the operation that sets a user's or role's permissions boundary."""

    def put(call: Call) -> None:
        record = common.entity(call, kind)
        record["PermissionsBoundary"] = checked_boundary(call)

    return put


def delete_boundary(kind: str) -> Callable[[Call], None]:
    """Return the operation that removes a permissions boundary."""

    def remove(call: Call) -> None:
        record = common.entity(call, kind)
        if not record.get("PermissionsBoundary"):
            raise common.no_such(
                f"Principal {record[f'{common.KINDS[kind]}Id']} does not have scope"
            )
        record["PermissionsBoundary"] = None

    return remove


HANDLERS: dict[str, Handler] = {
    "CreatePolicy": create,
    "GetPolicy": get,
    "ListPolicies": list_all,
    "DeletePolicy": delete,
    "TagPolicy": tag,
    "UntagPolicy": untag,
    "ListPolicyTags": list_tags,
    "CreatePolicyVersion": create_version,
    "GetPolicyVersion": get_version,
    "ListPolicyVersions": list_versions,
    "SetDefaultPolicyVersion": set_default_version,
    "DeletePolicyVersion": delete_version,
    "ListEntitiesForPolicy": list_entities,
    "AttachUserPolicy": attach("user"),
    "AttachRolePolicy": attach("role"),
    "AttachGroupPolicy": attach("group"),
    "DetachUserPolicy": detach("user"),
    "DetachRolePolicy": detach("role"),
    "DetachGroupPolicy": detach("group"),
    "ListAttachedUserPolicies": list_attached("user"),
    "ListAttachedRolePolicies": list_attached("role"),
    "ListAttachedGroupPolicies": list_attached("group"),
    "PutUserPermissionsBoundary": put_boundary("user"),
    "PutRolePermissionsBoundary": put_boundary("role"),
    "DeleteUserPermissionsBoundary": delete_boundary("user"),
    "DeleteRolePermissionsBoundary": delete_boundary("role"),
}
