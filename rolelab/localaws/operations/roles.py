"""Roles, their trust policies, and instance profiles.

Source: IAM API Reference, CreateRole … UpdateAssumeRolePolicy, CreateInstanceProfile …; IAM User Guide, "Delete
roles or instance profiles".
"""

from __future__ import annotations

from typing import Any

from rolelab.localaws import quotas, trust
from rolelab.localaws.accounts.identities import Record, Store
from rolelab.localaws.documents import check_trust, size
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common, policies
from rolelab.localaws.operations.api_call import Call, Handler, Result, unique_id


def shown(store: Store, record: Record, *, details: bool = True) -> Result:
    """Return a role as the API shows it; a list leaves boundary, tags and last use out."""
    view: dict[str, Any] = {
        name: record[name] for name in ("Path", "RoleName", "RoleId", "Arn", "CreateDate")
    }
    view["AssumeRolePolicyDocument"] = common.encoded(trust.document_of(store, record))
    view["Description"] = record.get("Description") or None
    view["MaxSessionDuration"] = record.get("MaxSessionDuration", 3600)
    if details:
        view["PermissionsBoundary"] = policies.boundary_shown(record)
        view["Tags"] = record.get("Tags") or None
        view["RoleLastUsed"] = record.get("RoleLastUsed") or {}
    return view


def create(call: Call) -> Result:
    """CreateRole."""
    name, path = call.params["RoleName"], call.params.get("Path", "/")
    common.require_new(call, "role", name, "RolesQuota")
    document, ids = _checked_trust(call, call.params["AssumeRolePolicyDocument"])
    boundary = policies.checked_boundary(call) if "PermissionsBoundary" in call.params else None
    record: Record = {
        "RoleName": name,
        "Arn": common.arn(call, "role", name, path),
        "RoleId": unique_id("AROA"),
        "CreateDate": call.now(),
        "Path": path,
        "AssumeRolePolicyDocument": document,
        "TrustIds": ids,
        "Description": call.params.get("Description", ""),
        "MaxSessionDuration": call.params.get("MaxSessionDuration", 3600),
        "PermissionsBoundary": boundary,
        "AttachedPolicies": [],
        "InlinePolicies": {},
        "Tags": common.new_tags(call),
    }
    call.store.put("role", call.account, name, record)
    return {"Role": shown(call.store, record)}


def get(call: Call) -> Result:
    """GetRole."""
    return {"Role": shown(call.store, common.entity(call, "role"))}


def list_all(call: Call) -> Result:
    """ListRoles."""
    page = common.page(
        call,
        "Roles",
        common.below_path(call, call.store.all("role", call.account)),
        lambda one: one["RoleName"],
    )
    return page | {"Roles": [shown(call.store, one, details=False) for one in page["Roles"]]}


def update(call: Call) -> Result:
    """UpdateRole: description and longest session."""
    record = _changeable(call)
    for name in ("Description", "MaxSessionDuration"):
        if name in call.params:
            record[name] = call.params[name]
    return {}


def update_description(call: Call) -> Result:
    """UpdateRoleDescription."""
    record = _changeable(call)
    record["Description"] = call.params["Description"]
    return {"Role": shown(call.store, record)}


def update_trust(call: Call) -> None:
    """UpdateAssumeRolePolicy."""
    record = _changeable(call)
    record["AssumeRolePolicyDocument"], record["TrustIds"] = _checked_trust(
        call, call.params["PolicyDocument"]
    )


def delete(call: Call) -> None:
    """DeleteRole: refused while it has policies or is in an instance profile; its sessions are worth nothing then."""
    record = _changeable(call)
    name = record["RoleName"]
    in_profile = any(
        name in one["Roles"] for one in call.store.all("instance-profile", call.account)
    )
    left = [
        (in_profile, "remove roles from instance profile first"),
        (record["AttachedPolicies"], "detach all policies first"),
        (record["InlinePolicies"], "delete policies first"),
    ]
    for there, remedy in left:
        if there:
            raise AwsError("DeleteConflict", f"Cannot delete entity, must {remedy}.")
    call.store.remove("role", call.account, name)


def tag(call: Call) -> None:
    """TagRole."""
    common.tag(common.entity(call, "role"), call)


def untag(call: Call) -> None:
    """UntagRole."""
    common.untag(common.entity(call, "role"), call)


def list_tags(call: Call) -> Result:
    """ListRoleTags."""
    return common.page(
        call, "Tags", common.entity(call, "role").get("Tags") or [], lambda one: one["Key"]
    )


def _checked_trust(call: Call, document: str) -> tuple[str, dict[str, str]]:
    policy = check_trust(document)
    quotas.require_at_most("AssumeRolePolicySizeQuota", size(document))
    return document, trust.resolve(call.store, policy)


def _changeable(call: Call) -> Record:
    """Return the role that the call names, unless it is a service's own."""
    record = common.entity(call, "role")
    if record["Path"].startswith("/aws-service-role/"):
        service = record["Path"].split("/")[2]
        message = (
            f"Cannot perform the operation on the protected role '{record['RoleName']}' "
            f"- this role is only modifiable by {service}"
        )
        raise AwsError("UnmodifiableEntity", message)
    return record


# -- instance profiles ----------------------------------------------------------------------------------------------


def profile_shown(call: Call, record: Record) -> Result:
    """Return an instance profile as the API shows it, with its role."""
    view: dict[str, Any] = {
        name: record[name]
        for name in ("Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate")
    }
    held = [call.store.get("role", call.account, name) for name in record["Roles"]]
    view["Roles"] = [shown(call.store, role, details=False) for role in held if role]
    view["Tags"] = record.get("Tags") or None
    return view


def create_profile(call: Call) -> Result:
    """CreateInstanceProfile."""
    name, path = call.params["InstanceProfileName"], call.params.get("Path", "/")
    common.require_new(call, "instance-profile", name, "InstanceProfilesQuota")
    record: Record = {
        "InstanceProfileName": name,
        "InstanceProfileId": unique_id("AIPA"),
        "Arn": common.arn(call, "instance-profile", name, path),
        "Path": path,
        "CreateDate": call.now(),
        "Roles": [],
        "Tags": common.new_tags(call),
    }
    call.store.put("instance-profile", call.account, name, record)
    return {"InstanceProfile": profile_shown(call, record)}


def get_profile(call: Call) -> Result:
    """GetInstanceProfile."""
    return {"InstanceProfile": profile_shown(call, common.entity(call, "instance-profile"))}


def delete_profile(call: Call) -> None:
    """DeleteInstanceProfile: refused while a role is in it."""
    record = common.entity(call, "instance-profile")
    if record["Roles"]:
        raise AwsError(
            "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."
        )
    call.store.remove("instance-profile", call.account, record["InstanceProfileName"])


def list_profiles(call: Call) -> Result:
    """ListInstanceProfiles."""
    return _profiles(
        call, common.below_path(call, call.store.all("instance-profile", call.account))
    )


def list_profiles_for_role(call: Call) -> Result:
    """ListInstanceProfilesForRole."""
    name = common.entity(call, "role")["RoleName"]
    return _profiles(
        call,
        [one for one in call.store.all("instance-profile", call.account) if name in one["Roles"]],
    )


def _profiles(call: Call, records: list[Record]) -> Result:
    page = common.page(call, "InstanceProfiles", records, lambda one: one["InstanceProfileName"])
    return page | {
        "InstanceProfiles": [profile_shown(call, one) for one in page["InstanceProfiles"]]
    }


def add_role(call: Call) -> None:
    """AddRoleToInstanceProfile: one role a profile."""
    record, role = common.entity(call, "instance-profile"), common.entity(call, "role")
    if record["Roles"]:
        raise AwsError(
            "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
        )
    record["Roles"].append(role["RoleName"])


def remove_role(call: Call) -> None:
    """RemoveRoleFromInstanceProfile."""
    record, name = common.entity(call, "instance-profile"), common.entity(call, "role")["RoleName"]
    if name not in record["Roles"]:
        raise common.no_such(
            f"Role {name} is not in instance profile {record['InstanceProfileName']}."
        )
    record["Roles"].remove(name)


def tag_profile(call: Call) -> None:
    """TagInstanceProfile."""
    common.tag(common.entity(call, "instance-profile"), call)


def untag_profile(call: Call) -> None:
    """UntagInstanceProfile."""
    common.untag(common.entity(call, "instance-profile"), call)


def list_profile_tags(call: Call) -> Result:
    """ListInstanceProfileTags."""
    return common.page(
        call,
        "Tags",
        common.entity(call, "instance-profile").get("Tags") or [],
        lambda one: one["Key"],
    )


HANDLERS: dict[str, Handler] = {
    "CreateRole": create,
    "GetRole": get,
    "ListRoles": list_all,
    "UpdateRole": update,
    "UpdateRoleDescription": update_description,
    "UpdateAssumeRolePolicy": update_trust,
    "DeleteRole": delete,
    "TagRole": tag,
    "UntagRole": untag,
    "ListRoleTags": list_tags,
    "PutRolePolicy": common.put_inline("role"),
    "GetRolePolicy": common.get_inline("role"),
    "DeleteRolePolicy": common.delete_inline("role"),
    "ListRolePolicies": common.list_inline("role"),
    "CreateInstanceProfile": create_profile,
    "GetInstanceProfile": get_profile,
    "DeleteInstanceProfile": delete_profile,
    "ListInstanceProfiles": list_profiles,
    "ListInstanceProfilesForRole": list_profiles_for_role,
    "AddRoleToInstanceProfile": add_role,
    "RemoveRoleFromInstanceProfile": remove_role,
    "TagInstanceProfile": tag_profile,
    "UntagInstanceProfile": untag_profile,
    "ListInstanceProfileTags": list_profile_tags,
}
