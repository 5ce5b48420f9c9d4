"""Roles and their trust policies.

Source: IAM API Reference, CreateRole … UpdateAssumeRolePolicy; IAM User Guide, "Delete roles or
instance profiles".
"""

from __future__ import annotations

import json

from components.limits import policy_size
from rolelab.iam.grammar import PolicyUse
from rolelab.localaws.accounts import trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import ProfileRecord, RoleRecord
from rolelab.localaws.operations import boundaries, lookup, pages, requirements, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id
from rolelab.localaws.operations.inline_policies import encoded

_LAST_S = 3600


def in_profile(store: IdentityStore, record: RoleRecord) -> dict[str, object]:
    """Return a role as an instance profile shows it: what it is, and whom it trusts."""
    view: dict[str, object] = {
        name: record[name] for name in ("Path", "RoleName", "RoleId", "Arn", "CreateDate")
    }
    return view | {"AssumeRolePolicyDocument": encoded(trust.document_of(store, record))}


def in_list(store: IdentityStore, record: RoleRecord) -> dict[str, object]:
    """Return a role as a list shows it: without boundary, tags and last use."""
    return in_profile(store, record) | {
        "Description": record.get("Description") or None,
        "MaxSessionDuration": record.get("MaxSessionDuration", _LAST_S),
    }


def made(store: IdentityStore, record: RoleRecord) -> dict[str, object]:
    """Return a role as the call that makes it shows it, without what it might be changed to."""
    return in_profile(store, record) | {
        "PermissionsBoundary": boundaries.shown(record),
        "Tags": record.get("Tags") or None,
    }


def shown(store: IdentityStore, record: RoleRecord) -> dict[str, object]:
    """Return all of a role, as GetRole does."""
    last_use = {"RoleLastUsed": record.get("RoleLastUsed") or {}}
    return made(store, record) | in_list(store, record) | last_use


def create(call: ApiCall) -> Result:
    """CreateRole: the trust policy is told as it was sent, and not as it will be shown."""
    entity = lookup.new_entity(call, "role", "RolesQuota")
    sent = call.text("AssumeRolePolicyDocument")
    document, ids = _checked_trust(call, sent)
    record: RoleRecord = {
        **entity,
        "RoleName": call.text("RoleName"),
        "RoleId": unique_id("AROA"),
        "AssumeRolePolicyDocument": document,
        "TrustIds": ids,
        "Description": call.text("Description"),
        "MaxSessionDuration": call.number("MaxSessionDuration", _LAST_S),
        "PermissionsBoundary": boundaries.given(call),
        "AttachedPolicies": [],
        "InlinePolicies": {},
        "Tags": tagging.new(call),
    }
    call.store.roles.add(call.account, record)
    return {"Role": {**made(call.store, record), "AssumeRolePolicyDocument": encoded(sent)}}


def get(call: ApiCall) -> Result:
    """GetRole."""
    return {"Role": shown(call.store, lookup.role(call))}


def list_all(call: ApiCall) -> Result:
    """ListRoles."""
    store = call.store
    records = pages.below_path(call, store.roles.all(call.account))
    return pages.listing(
        call, "Roles", records, store.roles.name_of, lambda role: in_list(store, role)
    )


def update(call: ApiCall) -> Result:
    """UpdateRole: description and longest session."""
    record = _changeable(call)
    if "Description" in call.params:
        record["Description"] = call.text("Description")
    if "MaxSessionDuration" in call.params:
        record["MaxSessionDuration"] = call.number("MaxSessionDuration", _LAST_S)
    return {}


def update_description(call: ApiCall) -> Result:
    """UpdateRoleDescription."""
    record = _changeable(call)
    record["Description"] = call.text("Description")
    description = {"Description": record["Description"] or None}
    return {"Role": made(call.store, record) | description}


def update_trust(call: ApiCall) -> None:
    """UpdateAssumeRolePolicy."""
    record = _changeable(call)
    document, ids = _checked_trust(call, call.text("PolicyDocument"))
    record["AssumeRolePolicyDocument"], record["TrustIds"] = document, ids


def delete(call: ApiCall) -> None:
    """DeleteRole: refused while it has policies or a profile; its sessions can do nothing then."""
    record = _changeable(call)
    lookup.require_empty(
        (profiles_of(call, record["RoleName"]), "remove roles from instance profile first"),
        (record["AttachedPolicies"], "detach all policies first"),
        (record.get("InlinePolicies"), "delete policies first"),
    )
    call.store.roles.remove(call.account, record)


def profiles_of(call: ApiCall, role: str) -> list[ProfileRecord]:
    """Return the instance profiles that a role is in."""
    profiles = call.store.profiles.all(call.account)
    return [profile for profile in profiles if role in profile["Roles"]]


def is_of_service(record: RoleRecord) -> bool:
    """Return whether it is a service-linked role."""
    return record["Path"].startswith("/aws-service-role/")


def _checked_trust(call: ApiCall, document: str) -> tuple[str, dict[str, str]]:
    requirements.require_grammar(document, PolicyUse.TRUST)
    requirements.require_at_most(PolicyUse.TRUST.value, policy_size(document))
    return trust.with_account_arns(document), trust.resolve(call.store, json.loads(document))


def _changeable(call: ApiCall) -> RoleRecord:
    """Return the role that the call names, unless it is a service's own."""
    record = lookup.role(call)
    if is_of_service(record):
        service = record["Path"].split("/")[2]
        message = (
            f"Cannot perform the operation on the protected role '{record['RoleName']}' "
            f"- this role is only modifiable by {service}"
        )
        raise AwsError("UnmodifiableEntity", message)
    return record
