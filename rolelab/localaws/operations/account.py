"""The account as a whole: its summary, and everything in it.

Source: IAM API Reference, GetAccountSummary, GetAccountAuthorizationDetails, CreateAccountAlias ….
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rolelab.iam.quotas import QUOTAS
from rolelab.localaws.accounts.records import (
    EntityRecord,
    GroupRecord,
    HolderRecord,
    PolicyRecord,
    RoleRecord,
    UserRecord,
)
from rolelab.localaws.operations import (
    groups,
    instance_profiles,
    lookup,
    managed_policies,
    pages,
    policy_versions,
    roles,
    users,
)
from rolelab.localaws.operations.api_call import ApiCall, Result
from rolelab.localaws.operations.inline_policies import encoded

_KEY = "aliases"
"""Under which MiniStack keeps the one alias of an account."""
_PARTS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")


def summary(call: ApiCall) -> Result:
    """GetAccountSummary."""
    store, account = call.store, call.account
    devices, policies = store.devices.all(account), store.policies.all(account)
    counts = {
        "Users": store.users.count(account),
        "Groups": store.groups.count(account),
        "Roles": store.roles.count(account),
        "Policies": store.policies.count(account),
        "InstanceProfiles": store.profiles.count(account),
        "PolicyVersionsInUse": sum(len(policy["Versions"]) for policy in policies),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(device["User"] is not None for device in devices),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 0,
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": 0,
        "Providers": len(store.oidc_providers.all(account) + store.saml_providers.all(account)),
        "ServerCertificates": store.certificates.count(account),
    }
    quotas = {name: quota.most for name, quota in QUOTAS.items() if quota.in_summary}
    return {"SummaryMap": counts | quotas}


def create_alias(call: ApiCall) -> None:
    """CreateAccountAlias: in place of another, since an account has one at most."""
    call.store.aliases.put(call.account, _KEY, [call.text("AccountAlias")])


def list_aliases(call: ApiCall) -> Result:
    """ListAccountAliases."""
    return pages.listing(
        call, "AccountAliases", call.store.aliases.get(call.account, _KEY) or (), str
    )


def delete_alias(call: ApiCall) -> None:
    """DeleteAccountAlias."""
    alias = call.text("AccountAlias")
    if alias not in (call.store.aliases.get(call.account, _KEY) or ()):
        raise lookup.no_such(f"The account alias {alias} cannot be found.")
    call.store.aliases.pop(call.account, _KEY)


def authorization_details(call: ApiCall) -> Result:
    """GetAccountAuthorizationDetails: users, groups, roles and policies, a page at a time."""
    store, parts = call.store, call.texts("Filter") or _PARTS
    records: list[tuple[str, EntityRecord]] = []
    for kind, part in (("user", "User"), ("group", "Group"), ("role", "Role")):
        if part in parts:
            records += [(kind, record) for record in store.of_kind[kind].all(call.account)]
    if "LocalManagedPolicy" in parts:
        records += [("policy", record) for record in store.policies.all(call.account)]
    if "AWSManagedPolicy" in parts:
        records += [("policy", record) for record in _used_aws_policies(call)]
    here, rest = pages.page(call, records, lambda held: f"{held[0]}/{held[1]['Arn']}")
    for kind, member in (
        ("user", "UserDetailList"),
        ("group", "GroupDetailList"),
        ("role", "RoleDetailList"),
        ("policy", "Policies"),
    ):
        rest[member] = [
            _DETAILS[kind](call, record) for its_kind, record in here if its_kind == kind
        ]
    return rest


def _used_aws_policies(call: ApiCall) -> list[PolicyRecord]:
    """Return AWS's managed policies that are attached to anything in the account."""
    policies = map(call.store.aws_policies.get, managed_policies.used(call))
    return [policy for policy in policies if policy]


def _details(call: ApiCall, kind: str, record: HolderRecord, inline: str) -> dict[str, object]:
    """Return the policies of a user, role or group; `inline` is the member for its inline ones."""
    name = call.store.of_kind[kind].name_of(record)
    documents = call.store.inline_policies(kind, call.account, name)
    return {
        inline: [
            {"PolicyName": policy, "PolicyDocument": encoded(document)}
            for policy, document in documents.items()
        ],
        "AttachedManagedPolicies": [
            managed_policies.attachment(arn) for arn in record["AttachedPolicies"]
        ],
    }


def _user_detail(call: ApiCall, record: UserRecord) -> Result:
    member_of = lookup.groups_of(call, record["UserName"])
    details = _details(call, "user", record, "UserPolicyList")
    return {
        **users.shown(record),
        **details,
        "UserPolicyList": details["UserPolicyList"] or None,
        "Tags": record.get("Tags") or [],
        "GroupList": [group["GroupName"] for group in member_of],
    }


def _group_detail(call: ApiCall, record: GroupRecord) -> Result:
    return {**groups.shown(record), **_details(call, "group", record, "GroupPolicyList")}


def _role_detail(call: ApiCall, record: RoleRecord) -> Result:
    held_by = roles.profiles_of(call, record["RoleName"])
    return {
        **roles.shown(call.store, record),
        **_details(call, "role", record, "RolePolicyList"),
        "Tags": record.get("Tags") or [],
        "InstanceProfileList": [instance_profiles.shown(call, profile) for profile in held_by],
    }


def _policy_detail(call: ApiCall, record: PolicyRecord) -> Result:
    versions = [policy_versions.shown(version) for version in record["Versions"].values()]
    return {**managed_policies.shown(call, record), "PolicyVersionList": versions}


_DETAILS: dict[str, Callable[[ApiCall, Any], Result]] = {
    "user": _user_detail,
    "group": _group_detail,
    "role": _role_detail,
    "policy": _policy_detail,
}
