"""Users: created, renamed, read, deleted when nothing of theirs is left.

Source: IAM API Reference, CreateUser … UpdateUser; IAM User Guide, "Managing IAM users" (what has
to be deleted before a user).
"""

from __future__ import annotations

from rolelab.localaws.accounts.caller import Kind
from rolelab.localaws.accounts.records import UserRecord
from rolelab.localaws.operations import boundaries, lookup, other_credentials, pages, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id


def shown(record: UserRecord, *, details: bool = True) -> Result:
    """Return a user as the API shows it; a list leaves boundary and tags out."""
    view: dict[str, object] = {
        name: record[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate")
    }
    view["PasswordLastUsed"] = record.get("PasswordLastUsed")
    if details:
        view["PermissionsBoundary"] = boundaries.shown(record)
        view["Tags"] = record.get("Tags") or None
    return view


def in_list(record: UserRecord) -> Result:
    """Return a user as a list shows it."""
    return shown(record, details=False)


def create(call: ApiCall) -> Result:
    """CreateUser."""
    entity = lookup.new_entity(call, "user", "UsersQuota")
    record: UserRecord = {
        **entity,
        "UserName": call.text("UserName"),
        "UserId": unique_id("AIDA"),
        "PermissionsBoundary": boundaries.given(call),
        "AttachedPolicies": [],
        "Tags": tagging.new(call),
    }
    call.store.users.add(call.account, record)
    return {"User": shown(record)}


def get(call: ApiCall) -> Result:
    """GetUser; without a name, the user (or root) who calls."""
    if not call.text("UserName") and call.caller.kind is Kind.ROOT:
        root = {
            "Path": "/",
            "UserName": "root",
            "UserId": call.account,
            "Arn": call.caller.arn,
            "CreateDate": "2020-01-01T00:00:00Z",
        }
        return {"User": root}
    return {"User": shown(lookup.user_or_caller(call))}


def list_all(call: ApiCall) -> Result:
    """ListUsers."""
    users = pages.below_path(call, call.store.users.all(call.account))
    return pages.listing(call, "Users", users, call.store.users.name_of, in_list)


def update(call: ApiCall) -> None:
    """UpdateUser: a new name or path; the unique id stays, so trust policies follow."""
    record = lookup.user(call)
    old, new = lookup.move(call, "user", record)
    if new == old:
        return
    store, account = call.store, call.account
    store.keys.rename_user(account, old, new)
    for held in (record.get(name, []) for name in other_credentials.HELD):
        for credential in held:
            credential["UserName"] = new
    login = store.logins.pop(account, old)
    if login is not None:
        login["UserName"] = new
        store.logins.put(account, new, login)
    for group in store.groups.all(account):
        group["Users"] = [new if name == old else name for name in group["Users"]]
    for device in lookup.devices_of(call, old):
        device["User"] = new


def delete(call: ApiCall) -> None:
    """DeleteUser: refused as long as anything of the user's is left."""
    record = lookup.user(call)
    store, account, name = call.store, call.account, record["UserName"]
    lookup.require_empty(
        (record["AttachedPolicies"], "detach all policies first"),
        (store.inline_policies("user", account, name), "delete policies first"),
        (store.keys.of_user(account, name), "delete access keys first"),
        (store.logins.get(account, name), "delete login profile first"),
        (lookup.groups_of(call, name), "remove users from group first"),
        (lookup.devices_of(call, name), "delete MFA device first"),
        (record.get("SigningCertificates"), "delete certificates first"),
        (
            any(record.get(held) for held in other_credentials.HELD),
            "remove referenced objects first",
        ),
    )
    store.move_inline_policies("user", account, name, None)
    store.users.remove(account, record)
