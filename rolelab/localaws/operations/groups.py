"""Groups and who is in them.

Source: IAM API Reference, CreateGroup … ListGroupsForUser.
"""

from __future__ import annotations

from rolelab.localaws.accounts.records import GroupRecord
from rolelab.localaws.operations import lookup, pages, requirements, users
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id


def shown(record: GroupRecord) -> Result:
    """Return a group as the API shows it."""
    return {name: record[name] for name in ("Path", "GroupName", "GroupId", "Arn", "CreateDate")}


def create(call: ApiCall) -> Result:
    """CreateGroup."""
    record: GroupRecord = {
        **lookup.new_entity(call, "group", "GroupsQuota"),
        "GroupName": call.text("GroupName"),
        "GroupId": unique_id("AGPA"),
        "Users": [],
        "AttachedPolicies": [],
    }
    call.store.groups.add(call.account, record)
    return {"Group": shown(record)}


def get(call: ApiCall) -> Result:
    """GetGroup, with the users in it."""
    record, users_of = lookup.group(call), call.store.users
    members = [
        user for name in record["Users"] if (user := users_of.get(call.account, name)) is not None
    ]
    page = pages.listing(call, "Users", members, users_of.name_of, users.in_list)
    return {"Group": shown(record), **page}


def list_all(call: ApiCall) -> Result:
    """ListGroups."""
    return _listing(call, pages.below_path(call, call.store.groups.all(call.account)))


def list_for_user(call: ApiCall) -> Result:
    """ListGroupsForUser."""
    return _listing(call, lookup.groups_of(call, lookup.user(call)["UserName"]))


def _listing(call: ApiCall, records: list[GroupRecord]) -> Result:
    return pages.listing(call, "Groups", records, call.store.groups.name_of, shown)


def update(call: ApiCall) -> None:
    """UpdateGroup: a new name or path."""
    lookup.move(call, "group", lookup.group(call))


def delete(call: ApiCall) -> None:
    """DeleteGroup: refused while it has members or policies."""
    record = lookup.group(call)
    store, account, name = call.store, call.account, record["GroupName"]
    lookup.require_empty(
        (record["Users"], "remove users from group first"),
        (record["AttachedPolicies"], "detach all policies first"),
        (store.inline_policies("group", account, name), "delete policies first"),
    )
    store.move_inline_policies("group", account, name, None)
    store.groups.remove(account, record)


def add_user(call: ApiCall) -> None:
    """AddUserToGroup."""
    name, record = lookup.user(call)["UserName"], lookup.group(call)
    if name not in record["Users"]:
        requirements.require_below("GroupsPerUserQuota", len(lookup.groups_of(call, name)))
        record["Users"].append(name)


def remove_user(call: ApiCall) -> None:
    """RemoveUserFromGroup: no error where the user is not in it."""
    name, record = lookup.user(call)["UserName"], lookup.group(call)
    if name in record["Users"]:
        record["Users"].remove(name)
