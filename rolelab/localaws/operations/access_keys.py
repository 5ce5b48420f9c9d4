"""Users' access keys.

Source: IAM API Reference, CreateAccessKey … GetAccessKeyLastUsed.
"""

from __future__ import annotations

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import KeyRecord
from rolelab.localaws.operations import lookup, pages, requirements
from rolelab.localaws.operations.api_call import (
    ApiCall,
    Result,
    access_key_id,
    secret_access_key,
)


def create(call: ApiCall) -> Result:
    """CreateAccessKey: two a user."""
    name = lookup.user_or_caller(call)["UserName"]
    requirements.require_below(
        "AccessKeysPerUserQuota", len(call.store.keys.of_user(call.account, name))
    )
    record: KeyRecord = {
        "UserName": name,
        "AccessKeyId": access_key_id("AKIA"),
        "SecretAccessKey": secret_access_key(),
        "Status": "Active",
        "CreateDate": clock.iso(),
    }
    call.store.keys.add(call.account, record)
    return {"AccessKey": record}


def list_all(call: ApiCall) -> Result:
    """ListAccessKeys."""
    records = call.store.keys.of_user(call.account, lookup.user_or_caller(call)["UserName"])
    return pages.listing(
        call, "AccessKeyMetadata", records, lambda key: key["AccessKeyId"], _without_secret
    )


def _without_secret(key: KeyRecord) -> Result:
    return {name: key[name] for name in ("UserName", "AccessKeyId", "Status", "CreateDate")}


def update(call: ApiCall) -> None:
    """UpdateAccessKey: active or inactive."""
    _key(call)["Status"] = call.text("Status")


def delete(call: ApiCall) -> None:
    """DeleteAccessKey."""
    call.store.keys.remove(call.account, _key(call))


def last_used(call: ApiCall) -> Result:
    """GetAccessKeyLastUsed."""
    key_id = call.text("AccessKeyId")
    record = call.store.keys.get(call.account, key_id)
    if record is None:
        raise _no_key(key_id)
    never = {"ServiceName": "N/A", "Region": "N/A"}
    return {"UserName": record["UserName"], "AccessKeyLastUsed": record.get("LastUsed") or never}


def _key(call: ApiCall) -> KeyRecord:
    name, key_id = lookup.user_or_caller(call)["UserName"], call.text("AccessKeyId")
    record = call.store.keys.get(call.account, key_id)
    if record is None or record["UserName"] != name:
        raise _no_key(key_id)
    return record


def _no_key(key_id: str) -> AwsError:
    return lookup.no_such(f"The Access Key with id {key_id} cannot be found.")
