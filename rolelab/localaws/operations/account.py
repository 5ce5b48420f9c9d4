"""The account as a whole: its summary, everything in it, and the policy simulator.

Source: IAM API Reference, GetAccountSummary, GetAccountAuthorizationDetails, SimulatePrincipalPolicy,
SimulateCustomPolicy, GetContextKeysFor….
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rolelab.iam.quotas import QUOTAS
from rolelab.localaws.accounts import caller as callers
from rolelab.localaws.accounts.caller import Caller, Kind, Policies
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.documents import check_identity
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common, groups, policies, roles, users
from rolelab.localaws.operations.api_call import Call, Handler, Result, global_key
from rolelab.localaws.statements import Decision, Request, decide, parsed


def summary(call: Call) -> Result:
    """GetAccountSummary."""
    store, account = call.store, call.account
    devices = list(store.table("_mfa_devices", account).values())
    counts = {
        "Users": store.count("user", account),
        "Groups": store.count("group", account),
        "Roles": store.count("role", account),
        "Policies": store.count("policy", account),
        "InstanceProfiles": store.count("instance-profile", account),
        "PolicyVersionsInUse": sum(len(one["Versions"]) for one in store.all("policy", account)),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(one["User"] is not None for one in devices),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 0,
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": 0,
        "Providers": sum(
            1
            for name in ("_oidc_providers", "_saml_providers")
            for _ in store.table(name, account).items()
        ),
        "ServerCertificates": 0,
    }
    told = {key: quota.most for key, quota in QUOTAS.items() if quota.in_summary}
    return {"SummaryMap": counts | told}


def authorization_details(call: Call) -> Result:
    """GetAccountAuthorizationDetails: users, groups, roles and policies, a page at a time."""
    wanted = call.params.get("Filter") or [
        "User",
        "Role",
        "Group",
        "LocalManagedPolicy",
        "AWSManagedPolicy",
    ]
    found: list[tuple[str, Record]] = []
    for kind, name in (("user", "User"), ("group", "Group"), ("role", "Role")):
        if name in wanted:
            found += [(kind, one) for one in call.store.all(kind, call.account)]
    if "LocalManagedPolicy" in wanted:
        found += [("policy", one) for one in call.store.all("policy", call.account)]
    if "AWSManagedPolicy" in wanted:
        found += [("policy", one) for one in _used_aws_policies(call)]
    page = common.page(call, "found", found, lambda one: f"{one[0]}/{one[1]['Arn']}")
    view: dict[str, Any] = {name: page.get(name) for name in ("IsTruncated", "Marker")}
    for kind, member, shown in (
        ("user", "UserDetailList", _user_detail),
        ("group", "GroupDetailList", _group_detail),
        ("role", "RoleDetailList", _role_detail),
        ("policy", "Policies", _policy_detail),
    ):
        view[member] = [shown(call, one) for of, one in page["found"] if of == kind]
    return view


def _used_aws_policies(call: Call) -> list[Record]:
    """Return AWS's managed policies that are attached to anything in the account."""
    used: set[str] = set()
    for kind in ("user", "group", "role"):
        for one in call.store.all(kind, call.account):
            used.update(one["AttachedPolicies"])
            used.add(one.get("PermissionsBoundary") or "")
    return [one for one in call.store.aws_policies() if one["Arn"] in used]


def _details(call: Call, kind: str, record: Record) -> dict[str, Any]:
    inline = common.inline_policies(call, kind, record)
    attached = [
        found
        for arn in record["AttachedPolicies"]
        if (found := call.store.managed_policy(call.account, arn))
    ]
    return {
        "inline": [
            {"PolicyName": name, "PolicyDocument": common.encoded(one)}
            for name, one in inline.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": one["PolicyName"], "PolicyArn": one["Arn"]} for one in attached
        ],
    }


def _user_detail(call: Call, record: Record) -> Result:
    parts = _details(call, "user", record)
    mine = [
        one["GroupName"]
        for one in call.store.all("group", call.account)
        if record["UserName"] in one["Users"]
    ]
    return {**users.shown(record), **parts, "UserPolicyList": parts["inline"], "GroupList": mine}


def _group_detail(call: Call, record: Record) -> Result:
    parts = _details(call, "group", record)
    return {**groups.shown(record), **parts, "GroupPolicyList": parts["inline"]}


def _role_detail(call: Call, record: Record) -> Result:
    parts = _details(call, "role", record)
    profiles = [
        roles.profile_shown(call, one)
        for one in call.store.all("instance-profile", call.account)
        if record["RoleName"] in one["Roles"]
    ]
    return {
        **roles.shown(call.store, record),
        **parts,
        "RolePolicyList": parts["inline"],
        "InstanceProfileList": profiles,
    }


def _policy_detail(call: Call, record: Record) -> Result:
    versions = [
        {
            "Document": common.encoded(one["Document"]),
            **{name: one[name] for name in ("VersionId", "IsDefaultVersion", "CreateDate")},
        }
        for one in record["Versions"].values()
    ]
    return {**policies.shown(call, record), "PolicyVersionList": versions}


# -- the simulator --------------------------------------------------------------------------------------------------


def simulate_principal(call: Call) -> Result:
    """SimulatePrincipalPolicy: the policies of a user, group or role, with what is given beside them."""
    source = call.params["PolicySourceArn"]
    found = re.fullmatch(r"arn:[a-z-]+:iam::([0-9]{12}):(user|role|group)/(?:.*/)?([^/]+)", source)
    record = (
        call.store.get(found[2], found[1], found[3]) if found and found[1] == call.account else None
    )
    if found is None or record is None or record["Arn"] != source:
        raise common.no_such(f"The entity {source} cannot be found.")
    if found[2] == "group":
        documents = list(common.inline_policies(call, "group", record).values())
        own: Policies = [parsed(one) for one in documents]
        own += [
            parsed(text)
            for arn in record["AttachedPolicies"]
            if (text := callers.managed_document(call.store, call.account, arn))
        ]
        boundary = None
    else:
        kind = Kind.USER if found[2] == "user" else Kind.ROLE_SESSION
        caller = Caller(
            kind=kind,
            account=call.account,
            arn=source,
            principal_id="",
            access_key_id="",
            name=found[3],
            entity=record,
        )
        own, boundary = (
            callers.identity_policies(call.store, caller),
            callers.boundary(call.store, caller),
        )
    own += [parsed(one) for one in _checked(call.params.get("PolicyInputList", ()))]
    keys = callers.tags_as_keys(record.get("Tags")) | {
        "aws:principalarn": source,
        "aws:principalaccount": call.account,
        **({"aws:username": found[3]} if found[2] == "user" else {}),
    }
    return _simulated(call, own, _given_boundary(call) or boundary, keys)


def simulate_custom(call: Call) -> Result:
    """SimulateCustomPolicy: given policies alone."""
    return _simulated(
        call,
        [parsed(one) for one in _checked(call.params["PolicyInputList"])],
        _given_boundary(call),
        {},
    )


def _simulated(
    call: Call, own: Policies, boundary: Policies | None, keys: dict[str, Any]
) -> Result:
    for entry in call.params.get("ContextEntries", ()):
        values = entry.get("ContextKeyValues", [])
        many = str(entry.get("ContextKeyType", "")).endswith("List")
        keys[str(entry.get("ContextKeyName", "")).lower()] = (
            values if many else values[0] if values else ""
        )

    def lookup(name: str) -> Any:
        lower = name.lower()
        found = keys.get(lower)
        return (
            global_key(lower, region=call.region, source_ip=call.source_ip, user_agent="")
            if found is None
            else found
        )

    results: list[Result] = []
    for action in call.params["ActionNames"]:
        for resource in call.params.get("ResourceArns") or ["*"]:
            request = Request(action, resource, lookup)
            decisions = [decide(own, request)] + (
                [] if boundary is None else [decide(boundary, request)]
            )
            if Decision.DENY in decisions:
                said = "explicitDeny"
            else:
                said = "allowed" if set(decisions) == {Decision.ALLOW} else "implicitDeny"
            one: dict[str, Any] = {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": said,
                "MatchedStatements": [],
            }
            one["MissingContextValues"] = _missing(own, lookup)
            if boundary is not None:
                one["PermissionsBoundaryDecisionDetail"] = {
                    "AllowedByPermissionsBoundary": decisions[1] is Decision.ALLOW
                }
            results.append(one)
    page = common.page(
        call, "EvaluationResults", list(enumerate(results)), lambda one: f"{one[0]:06d}"
    )
    return page | {"EvaluationResults": [one for _, one in page["EvaluationResults"]]}


def _missing(own: Policies, lookup: Any) -> list[str]:
    names = {
        key
        for policy in own
        for one in policy
        for block in one.conditions.values()
        for key in block
    }
    return sorted(name for name in names if lookup(name) is None)


def _checked(documents: Iterable[str]) -> list[str]:
    for one in documents:
        try:
            check_identity(one)
        except AwsError as error:
            raise AwsError("InvalidInput", error.message) from None
    return list(documents)


def _given_boundary(call: Call) -> Policies | None:
    given = call.params.get("PermissionsBoundaryPolicyInputList")
    return [parsed(one) for one in _checked(given)] if given else None


HANDLERS: dict[str, Handler] = {
    "GetAccountSummary": summary,
    "GetAccountAuthorizationDetails": authorization_details,
    "SimulatePrincipalPolicy": simulate_principal,
    "SimulateCustomPolicy": simulate_custom,
}
