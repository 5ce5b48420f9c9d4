"""Managed policies, the account's own and AWS's, and what they are attached to.

Source: IAM API Reference, CreatePolicy, ListPolicies, Attach…/Detach…Policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rolelab.iam import arns
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import HolderRecord, PolicyRecord
from rolelab.localaws.operations import (
    lookup,
    pages,
    policy_lookup,
    policy_versions,
    requirements,
    tagging,
)
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id

Holder = tuple[str, HolderRecord]
"""(kind, record) of a user, role or group."""


@dataclass(frozen=True, slots=True)
class _Usage:
    """How often each managed policy is attached, and how often it is a boundary, by ARN."""

    attached: Counter[str]
    bounding: Counter[str]

    @classmethod
    def of(cls, call: ApiCall) -> _Usage:
        """Return what the account uses."""
        attached, bounding = Counter[str](), Counter[str]()
        for kind in ("user", "role", "group"):
            for record in call.store.of_kind[kind].all(call.account):
                attached.update(record["AttachedPolicies"])
                boundary = record.get("PermissionsBoundary")
                bounding.update([boundary] if boundary else ())
        return cls(attached, bounding)

    def arns(self, usage: str = "") -> set[str]:
        """Return the ARNs of policies that are used; `usage` is a `PolicyUsageFilter`."""
        attached = set(self.attached) if usage != "PermissionsBoundary" else set[str]()
        return attached | (set(self.bounding) if usage != "PermissionsPolicy" else set())


def used(call: ApiCall) -> set[str]:
    """Return the ARNs of the managed policies that anything in the account uses."""
    return _Usage.of(call).arns()


def shown(call: ApiCall, record: PolicyRecord) -> Result:
    """Return a managed policy as lists and reports show it: without description and tags."""
    return _shown(record, _Usage.of(call))


def _shown(record: PolicyRecord, usage: _Usage) -> Result:
    arn = record["Arn"]
    view: dict[str, object] = {
        name: record[name] for name in ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId")
    }
    return view | {
        "AttachmentCount": usage.attached[arn],
        "PermissionsBoundaryUsageCount": usage.bounding[arn],
        "IsAttachable": True,
        "CreateDate": record["CreateDate"],
        "UpdateDate": record["UpdateDate"],
    }


def create(call: ApiCall) -> Result:
    """CreatePolicy."""
    entity = lookup.new_entity(call, "policy", "PoliciesQuota")
    record: PolicyRecord = {
        **entity,
        "PolicyName": call.text("PolicyName"),
        "PolicyId": unique_id("ANPA"),
        "UpdateDate": entity["CreateDate"],
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "IsAttachable": True,
        "Description": call.text("Description"),
        "Versions": {"v1": policy_versions.first(call)},
        "Tags": tagging.new(call, case_counts=True),
        "NextVersion": 2,
    }
    call.store.policies.add(call.account, record)
    return {"Policy": {**shown(call, record), "Tags": record.get("Tags") or None}}


def get(call: ApiCall) -> Result:
    """GetPolicy."""
    record = policy_lookup.named(call)
    details = {"Description": record.get("Description") or None, "Tags": record.get("Tags") or []}
    return {"Policy": {**shown(call, record), **details}}


def list_all(call: ApiCall) -> Result:
    """ListPolicies: the account's by name, then AWS's from the first made to the last."""
    scope, filtered = call.text("Scope", "All"), call.text("PolicyUsageFilter")
    store, usage = call.store, _Usage.of(call)
    own = store.policies.all(call.account) if scope != "AWS" else []
    listed = [record["Arn"] for record in own]
    listed += store.aws_policies.arns() if scope != "Local" else []
    if filtered or call.flag("OnlyAttached"):
        using = usage.arns(filtered)
        listed = [arn for arn in listed if arn in using]
    records = (store.managed_policy(call.account, arn) for arn in listed)
    return pages.listing(
        call,
        "Policies",
        pages.below_path(call, (record for record in records if record)),
        _place,
        lambda policy: _shown(policy, usage),
    )


def _place(policy: PolicyRecord) -> str:
    is_awss = arns.is_aws_policy(policy["Arn"])
    return f"aws/{policy['CreateDate']}/{policy['Arn']}" if is_awss else policy["Arn"]


def delete(call: ApiCall) -> None:
    """DeletePolicy: refused while it is used, or has more than its default version."""
    record = policy_lookup.own(call, "delete policies")
    if record["Arn"] in used(call):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(record["Versions"]) > 1:
        message = (
            "This policy has more than one version. "
            "Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
        raise AwsError("DeleteConflict", message)
    call.store.policies.remove(call.account, record)


# -- attachments -----------------------------------------------------------------------------------


def attach(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that attaches a managed policy to a user, role or group."""

    def operation(call: ApiCall) -> None:
        attached, arn = lookup.holder(call, kind)["AttachedPolicies"], call.text("PolicyArn")
        policy_lookup.get(call, arn, otherwise=policy_lookup.NOT_ATTACHABLE)
        if arn not in attached:
            title = call.store.of_kind[kind].title
            requirements.require_below(f"AttachedPoliciesPer{title}Quota", len(attached))
            attached.append(arn)

    return operation


def detach(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that detaches a managed policy."""

    def operation(call: ApiCall) -> None:
        attached, arn = lookup.holder(call, kind)["AttachedPolicies"], call.text("PolicyArn")
        policy_lookup.find(call, arn)
        if arn not in attached:
            raise lookup.no_such(f"Policy {arn} {policy_lookup.NOT_FOUND}.")
        attached.remove(arn)

    return operation


def list_attached(kind: str) -> Callable[[ApiCall], Result]:
    """Return the operation that lists the managed policies of a user, role or group."""

    def operation(call: ApiCall) -> Result:
        prefix = call.text("PathPrefix", "/")
        attached = lookup.holder(call, kind)["AttachedPolicies"]
        below = [arn for arn in attached if arns.path_of(arn).startswith(prefix)]
        return pages.listing(call, "AttachedPolicies", below, str.lower, attachment)

    return operation


def attachment(arn: str) -> Result:
    """Return an attached policy as the API shows it."""
    return {"PolicyName": arns.name_of(arn), "PolicyArn": arn}


def list_entities(call: ApiCall) -> Result:
    """ListEntitiesForPolicy."""
    arn, usage = call.text("PolicyArn"), call.text("PolicyUsageFilter")
    policy_lookup.get(call, arn, otherwise=policy_lookup.NOT_ATTACHABLE)
    attached = attached_to(call, arn) if usage != "PermissionsBoundary" else []
    bounded = _bounded_by(call, arn) if usage != "PermissionsPolicy" else []
    using = attached + [holder for holder in bounded if holder not in attached]
    prefix, title = call.text("PathPrefix", "/"), call.text("EntityFilter")
    using = [
        (kind, record)
        for kind, record in using
        if record["Path"].startswith(prefix) and title in ("", call.store.of_kind[kind].title)
    ]
    here, rest = pages.page(call, using, lambda holder: f"{holder[0]}/{holder[1]['Arn']}")

    def members(kind: str) -> list[Result]:
        entities = call.store.of_kind[kind]
        name, unique_id = f"{entities.title}Name", f"{entities.title}Id"
        records = [record for its_kind, record in here if its_kind == kind]
        return [
            {name: entities.name_of(record), unique_id: entities.id_of(record)}
            for record in records
        ]

    parts = {"PolicyGroups": "group", "PolicyUsers": "user", "PolicyRoles": "role"}
    return {**rest, **{member: members(kind) for member, kind in parts.items()}}


def attached_to(call: ApiCall, arn: str) -> list[Holder]:
    """Return the users, roles and groups that a managed policy is attached to."""
    return [
        (kind, record)
        for kind in ("user", "role", "group")
        for record in call.store.of_kind[kind].all(call.account)
        if arn in record["AttachedPolicies"]
    ]


def _bounded_by(call: ApiCall, arn: str) -> list[Holder]:
    return [
        (kind, record)
        for kind in ("user", "role")
        for record in call.store.of_kind[kind].all(call.account)
        if record.get("PermissionsBoundary") == arn
    ]
