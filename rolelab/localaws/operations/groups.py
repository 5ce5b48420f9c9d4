"""Groups and who is in them.

Source: IAM API Reference, CreateGroup … ListGroupsForUser.
"""

from __future__ import annotations

from rolelab.localaws import quotas
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common, users
from rolelab.localaws.operations.api_call import Call, Handler, Result, unique_id


def shown(record: Record) -> Result:
    """Return a group as the API shows it."""
    return {name: record[name] for name in ("Path", "GroupName", "GroupId", "Arn", "CreateDate")}


def create(call: Call) -> Result:
    """CreateGroup."""
    name, path = call.params["GroupName"], call.params.get("Path", "/")
    common.require_new(call, "group", name, "GroupsQuota")
    record: Record = {
        "GroupName": name,
        "GroupId": unique_id("AGPA"),
        "Arn": common.arn(call, "group", name, path),
        "Path": path,
        "CreateDate": call.now(),
        "Users": [],
        "AttachedPolicies": [],
    }
    call.store.put("group", call.account, name, record)
    return {"Group": shown(record)}


def get(call: Call) -> Result:
    """GetGroup, with the users in it."""
    record = common.entity(call, "group")
    members = [
        found for name in record["Users"] if (found := call.store.get("user", call.account, name))
    ]
    page = common.page(call, "Users", members, lambda one: one["UserName"])
    return page | {
        "Group": shown(record),
        "Users": [users.shown(one, details=False) for one in page["Users"]],
    }


def list_all(call: Call) -> Result:
    """ListGroups."""
    page = common.page(
        call,
        "Groups",
        common.below_path(call, call.store.all("group", call.account)),
        lambda one: one["GroupName"],
    )
    return page | {"Groups": [shown(one) for one in page["Groups"]]}


def list_for_user(call: Call) -> Result:
    """ListGroupsForUser."""
    name = common.entity(call, "user")["UserName"]
    mine = [one for one in call.store.all("group", call.account) if name in one["Users"]]
    page = common.page(call, "Groups", mine, lambda one: one["GroupName"])
    return page | {"Groups": [shown(one) for one in page["Groups"]]}


def update(call: Call) -> None:
    """UpdateGroup: a new name or path."""
    record = common.entity(call, "group")
    old = record["GroupName"]
    new, path = call.params.get("NewGroupName", old), call.params.get("NewPath", record["Path"])
    taken = call.store.same_name("group", call.account, new)
    if taken and taken != old:
        raise AwsError("EntityAlreadyExists", f"Group with name {new} already exists.")
    record |= {"GroupName": new, "Path": path, "Arn": common.arn(call, "group", new, path)}
    if new == old:
        return
    call.store.rename("group", call.account, old, new)
    inline = call.store.table("_group_inline_policies", call.account)
    found = inline.pop(old)
    if found is not None:
        inline[new] = found


def delete(call: Call) -> None:
    """DeleteGroup: refused while it has members or policies."""
    record = common.entity(call, "group")
    inline = call.store.table("_group_inline_policies", call.account)
    left = [
        (record["Users"], "remove users from group first"),
        (record["AttachedPolicies"], "detach all policies first"),
        (inline.get(record["GroupName"]), "delete policies first"),
    ]
    for there, remedy in left:
        if there:
            raise AwsError("DeleteConflict", f"Cannot delete entity, must {remedy}.")
    inline.pop(record["GroupName"])
    call.store.remove("group", call.account, record["GroupName"])


def add_user(call: Call) -> None:
    """AddUserToGroup."""
    record, name = common.entity(call, "group"), common.entity(call, "user")["UserName"]
    if name in record["Users"]:
        return
    quotas.require_below(
        "GroupsPerUserQuota",
        sum(name in one["Users"] for one in call.store.all("group", call.account)),
    )
    record["Users"].append(name)


def remove_user(call: Call) -> None:
    """RemoveUserFromGroup."""
    record, name = common.entity(call, "group"), common.entity(call, "user")["UserName"]
    if name not in record["Users"]:
        raise common.no_such(f"User {name} is not in group {record['GroupName']}.")
    record["Users"].remove(name)


HANDLERS: dict[str, Handler] = {
    "CreateGroup": create,
    "GetGroup": get,
    "ListGroups": list_all,
    "ListGroupsForUser": list_for_user,
    "UpdateGroup": update,
    "DeleteGroup": delete,
    "AddUserToGroup": add_user,
    "RemoveUserFromGroup": remove_user,
    "PutGroupPolicy": common.put_inline("group"),
    "GetGroupPolicy": common.get_inline("group"),
    "DeleteGroupPolicy": common.delete_inline("group"),
    "ListGroupPolicies": common.list_inline("group"),
}
