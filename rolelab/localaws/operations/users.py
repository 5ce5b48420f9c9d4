"""Users: made, renamed, read, deleted when nothing of theirs is left.

Source: IAM API Reference, CreateUser … UpdateUser; IAM User Guide, "Managing IAM users" (what goes before a user).
"""

from __future__ import annotations

from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common, policies
from rolelab.localaws.operations.api_call import Call, Handler, Result, unique_id


def shown(record: Record, *, details: bool = True) -> Result:
    """Return a user as the API shows it; a list leaves boundary and tags out."""
    view: dict[str, object] = {
        name: record[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate")
    }
    view["PasswordLastUsed"] = record.get("PasswordLastUsed")
    if details:
        view["PermissionsBoundary"] = policies.boundary_shown(record)
        view["Tags"] = record.get("Tags") or None
    return view


def create(call: Call) -> Result:
    """CreateUser."""
    name, path = call.params["UserName"], call.params.get("Path", "/")
    common.require_new(call, "user", name, "UsersQuota")
    boundary = policies.checked_boundary(call) if "PermissionsBoundary" in call.params else None
    record: Record = {
        "UserName": name,
        "Arn": common.arn(call, "user", name, path),
        "UserId": unique_id("AIDA"),
        "CreateDate": call.now(),
        "Path": path,
        "PermissionsBoundary": boundary,
        "AttachedPolicies": [],
        "Tags": common.new_tags(call),
    }
    call.store.put("user", call.account, name, record)
    return {"User": shown(record)}


def get(call: Call) -> Result:
    """GetUser; without a name, the user (or root) who calls."""
    if not call.params.get("UserName") and call.caller.kind.name == "ROOT":
        root = {
            "Path": "/",
            "UserName": "root",
            "UserId": call.account,
            "Arn": call.caller.arn,
            "CreateDate": "2020-01-01T00:00:00Z",
        }
        return {"User": root}
    return {"User": shown(common.user(call))}


def list_all(call: Call) -> Result:
    """ListUsers."""
    found = common.page(
        call,
        "Users",
        common.below_path(call, call.store.all("user", call.account)),
        lambda one: one["UserName"],
    )
    return found | {"Users": [shown(one, details=False) for one in found["Users"]]}


def update(call: Call) -> None:
    """UpdateUser: a new name or path; the unique id stays, so trust policies follow."""
    record = common.entity(call, "user")
    old = record["UserName"]
    new, path = call.params.get("NewUserName", old), call.params.get("NewPath", record["Path"])
    taken = call.store.same_name("user", call.account, new)
    if taken and taken != old:
        raise AwsError("EntityAlreadyExists", f"User with name {new} already exists.")
    record |= {"UserName": new, "Path": path, "Arn": common.arn(call, "user", new, path)}
    if new == old:
        return
    call.store.rename("user", call.account, old, new)
    call.store.rename_keys(call.account, old, new)
    for table in ("_user_inline_policies", "_login_profiles"):
        found = call.store.table(table, call.account).pop(old)
        if found is not None:
            call.store.table(table, call.account)[new] = found | (
                {"UserName": new} if table == "_login_profiles" else {}
            )
    for group in call.store.all("group", call.account):
        group["Users"] = [new if one == old else one for one in group["Users"]]
    for device in call.store.table("_mfa_devices", call.account).values():
        if device.get("User") == old:
            device["User"] = new


def delete(call: Call) -> None:
    """DeleteUser: refused as long as anything of the user's is left."""
    record = common.entity(call, "user")
    name = record["UserName"]
    inline = call.store.table("_user_inline_policies", call.account)
    left = [
        (record["AttachedPolicies"], "detach all policies first"),
        (inline.get(name), "delete policies first"),
        (call.store.keys_of(call.account, name), "delete access keys first"),
        (name in call.store.table("_login_profiles", call.account), "delete login profile first"),
        (
            any(name in one["Users"] for one in call.store.all("group", call.account)),
            "remove users from group first",
        ),
        (
            any(
                one.get("User") == name
                for one in call.store.table("_mfa_devices", call.account).values()
            ),
            "delete MFA device first",
        ),
        (record.get("SSHPublicKeys"), "delete SSH public keys first"),
        (record.get("SigningCertificates"), "delete signing certificates first"),
        (record.get("ServiceSpecificCredentials"), "delete service specific credentials first"),
    ]
    for there, remedy in left:
        if there:
            raise AwsError("DeleteConflict", f"Cannot delete entity, must {remedy}.")
    inline.pop(name)
    call.store.remove("user", call.account, name)


def tag(call: Call) -> None:
    """TagUser."""
    common.tag(common.entity(call, "user"), call)


def untag(call: Call) -> None:
    """UntagUser."""
    common.untag(common.entity(call, "user"), call)


def list_tags(call: Call) -> Result:
    """ListUserTags."""
    return common.page(
        call, "Tags", common.entity(call, "user").get("Tags") or [], lambda one: one["Key"]
    )


HANDLERS: dict[str, Handler] = {
    "CreateUser": create,
    "GetUser": get,
    "ListUsers": list_all,
    "UpdateUser": update,
    "DeleteUser": delete,
    "TagUser": tag,
    "UntagUser": untag,
    "ListUserTags": list_tags,
    "PutUserPolicy": common.put_inline("user"),
    "GetUserPolicy": common.get_inline("user"),
    "DeleteUserPolicy": common.delete_inline("user"),
    "ListUserPolicies": common.list_inline("user"),
}
