"""Instance profiles, which hand one role to a machine.

Source: IAM API Reference, CreateInstanceProfile … RemoveRoleFromInstanceProfile.
"""

from __future__ import annotations

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import ProfileRecord
from rolelab.localaws.operations import lookup, pages, roles, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id


def shown(call: ApiCall, record: ProfileRecord) -> dict[str, object]:
    """Return an instance profile as the API shows it, with its role; a list leaves tags out."""
    view: dict[str, object] = {
        name: record[name]
        for name in ("Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate")
    }
    held = [call.store.roles.get(call.account, name) for name in record["Roles"]]
    return view | {"Roles": [roles.in_profile(call.store, role) for role in held if role]}


def create(call: ApiCall) -> Result:
    """CreateInstanceProfile."""
    record: ProfileRecord = {
        **lookup.new_entity(call, "instance-profile", "InstanceProfilesQuota"),
        "InstanceProfileName": call.text("InstanceProfileName"),
        "InstanceProfileId": unique_id("AIPA"),
        "Roles": [],
        "Tags": tagging.new(call, case_counts=True),
    }
    call.store.profiles.add(call.account, record)
    tags = {"Tags": record.get("Tags") or None}
    return {"InstanceProfile": shown(call, record) | tags}


def get(call: ApiCall) -> Result:
    """GetInstanceProfile."""
    record = lookup.profile(call)
    return {"InstanceProfile": shown(call, record) | {"Tags": record.get("Tags") or []}}


def delete(call: ApiCall) -> None:
    """DeleteInstanceProfile: refused while a role is in it."""
    record = lookup.profile(call)
    lookup.require_empty((record["Roles"], "remove roles from instance profile first"))
    call.store.profiles.remove(call.account, record)


def list_all(call: ApiCall) -> Result:
    """ListInstanceProfiles."""
    return _listing(call, pages.below_path(call, call.store.profiles.all(call.account)))


def list_for_role(call: ApiCall) -> Result:
    """ListInstanceProfilesForRole."""
    return _listing(call, roles.profiles_of(call, lookup.role(call)["RoleName"]))


def _listing(call: ApiCall, records: list[ProfileRecord]) -> Result:
    name_of = call.store.profiles.name_of
    return pages.listing(
        call, "InstanceProfiles", records, name_of, lambda profile: shown(call, profile)
    )


def add_role(call: ApiCall) -> None:
    """AddRoleToInstanceProfile: one role a profile."""
    record, role = lookup.profile(call), lookup.role(call)
    if record["Roles"]:
        raise AwsError(
            "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
        )
    record["Roles"].append(role["RoleName"])


def remove_role(call: ApiCall) -> None:
    """RemoveRoleFromInstanceProfile."""
    record, name = lookup.profile(call), lookup.role(call)["RoleName"]
    if name not in record["Roles"]:
        profile = record["InstanceProfileName"]
        raise lookup.no_such(f"Role {name} in Instance Profile {profile} cannot be found.")
    record["Roles"].remove(name)
