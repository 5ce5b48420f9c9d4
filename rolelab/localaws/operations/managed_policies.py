"""Managed policies: their versions, and what they are attached to.

Source: IAM API Reference, CreatePolicy … SetDefaultPolicyVersion, Attach…/Detach…Policy.
"""

from __future__ import annotations

from collections.abc import Callable

from components.limits import policy_size
from rolelab.iam import arns
from rolelab.iam.grammar import PolicyUse
from rolelab.iam.quotas import most
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import HolderRecord, PolicyRecord, VersionRecord
from rolelab.localaws.operations import boundaries, lookup, pages, requirements, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id
from rolelab.localaws.operations.inline_policies import encoded

Holder = tuple[str, HolderRecord]
"""(kind, record) of a user, role or group."""


def shown(call: ApiCall, record: PolicyRecord, *, details: bool = True) -> Result:
    """Return a managed policy as the API shows it; a list leaves description and tags out."""
    arn = record["Arn"]
    view: dict[str, object] = {
        name: record[name] for name in ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId")
    }
    view |= {
        "AttachmentCount": len(_attached_to(call, arn)),
        "PermissionsBoundaryUsageCount": len(_bounded_by(call, arn)),
        "IsAttachable": True,
        "CreateDate": record["CreateDate"],
        "UpdateDate": record["UpdateDate"],
    }
    if details:
        view["Description"] = record.get("Description") or None
        view["Tags"] = record.get("Tags") or []
    return view


def create(call: ApiCall) -> Result:
    """CreatePolicy."""
    entity = lookup.new_entity(call, "policy", "PoliciesQuota")
    document = _checked(call)
    record: PolicyRecord = {
        **entity,
        "PolicyName": call.text("PolicyName"),
        "PolicyId": unique_id("ANPA"),
        "UpdateDate": entity["CreateDate"],
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "IsAttachable": True,
        "Description": call.text("Description"),
        "Tags": tagging.new(call, case_counts=True),
        "NextVersion": 2,
        "Versions": {"v1": _new_version("v1", document, default=True)},
    }
    call.store.policies.add(call.account, record)
    tags = {"Tags": record.get("Tags") or None}
    return {"Policy": {**shown(call, record, details=False), **tags}}


def get(call: ApiCall) -> Result:
    """GetPolicy."""
    return {"Policy": shown(call, policy(call))}


def list_all(call: ApiCall) -> Result:
    """ListPolicies."""
    scope, usage = call.text("Scope", "All"), call.text("PolicyUsageFilter")
    records = call.store.policies.all(call.account) if scope != "AWS" else []
    records += call.store.aws_policies() if scope != "Local" else []
    if call.flag("OnlyAttached"):
        records = [policy for policy in records if _is_used(call, policy)]
    if usage == "PermissionsPolicy":
        records = [policy for policy in records if _attached_to(call, policy["Arn"])]
    elif usage == "PermissionsBoundary":
        records = [policy for policy in records if _bounded_by(call, policy["Arn"])]
    return pages.listing(
        call,
        "Policies",
        pages.below_path(call, records),
        lambda policy: policy["Arn"],
        lambda policy: shown(call, policy, details=False),
    )


def delete(call: ApiCall) -> None:
    """DeletePolicy: refused while it is used, or has more than its default version."""
    record = own_policy(call)
    if _is_used(call, record):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(record["Versions"]) > 1:
        message = (
            "This policy has more than one version. "
            "Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
        raise AwsError("DeleteConflict", message)
    call.store.policies.remove(call.account, record)


def policy(call: ApiCall) -> PolicyRecord:
    """Return the managed policy that the call names.

    Raises:
        AwsError: NoSuchEntity; ValidationError.
    """
    arn = call.text("PolicyArn")
    record = boundaries.policy(call, arn)
    if record is None:
        raise lookup.no_such(f"Policy {arn} was not found.")
    return record


def own_policy(call: ApiCall) -> PolicyRecord:
    """Return the policy of the account that the call names; AWS's own cannot be changed.

    Raises:
        AwsError: AccessDenied, NoSuchEntity, ValidationError.
    """
    if arns.is_aws_policy(call.text("PolicyArn")):
        doing = _OUTSIDE.get(call.operation, "update policies")
        raise AwsError("AccessDenied", f"Cannot {doing} outside your own account.")
    return policy(call)


_OUTSIDE = {
    "DeletePolicy": "delete policies",
    "CreatePolicyVersion": "create versions for policies",
    "DeletePolicyVersion": "delete policy versions for policies",
    "TagPolicy": "tag policies",
    "UntagPolicy": "untag policies",
}


def _checked(call: ApiCall) -> str:
    document = call.text("PolicyDocument")
    requirements.require_grammar(document, PolicyUse.MANAGED)
    requirements.require_at_most(PolicyUse.MANAGED.value, policy_size(document))
    return document


# -- versions --------------------------------------------------------------------------------------


def create_version(call: ApiCall) -> Result:
    """CreatePolicyVersion: five at most."""
    record = own_policy(call)
    document = _checked(call)
    versions = record["Versions"]
    if len(versions) >= most("VersionsPerPolicyQuota"):
        message = (
            "A managed policy can have up to 5 versions. "
            "Before you create a new version, you must delete an existing version."
        )
        raise AwsError("LimitExceeded", message)
    number = record.get("NextVersion") or 1 + max(int(version[1:]) for version in versions)
    version = versions[f"v{number}"] = _new_version(f"v{number}", document)
    record["NextVersion"] = number + 1
    if call.flag("SetAsDefault"):
        _set_default(record, version["VersionId"])
    record["UpdateDate"] = clock.iso()
    return {"PolicyVersion": version_shown(version, document=False)}


def get_version(call: ApiCall) -> Result:
    """GetPolicyVersion."""
    return {"PolicyVersion": version_shown(_version(call, policy(call)))}


def list_versions(call: ApiCall) -> Result:
    """ListPolicyVersions, the newest first."""
    return pages.listing(
        call,
        "Versions",
        policy(call)["Versions"].values(),
        lambda version: f"{10**6 - int(version['VersionId'][1:]):07d}",
        lambda version: version_shown(version, document=False),
    )


def set_default_version(call: ApiCall) -> None:
    """SetDefaultPolicyVersion: counts at once for whatever the policy is attached to."""
    record = own_policy(call)
    _set_default(record, _version(call, record)["VersionId"])


def delete_version(call: ApiCall) -> None:
    """DeletePolicyVersion: not the default one."""
    record = own_policy(call)
    version = _version(call, record)
    if version["IsDefaultVersion"]:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
    del record["Versions"][version["VersionId"]]


def version_shown(version: VersionRecord, *, document: bool = True) -> Result:
    """Return a version of a policy as the API shows it; a list leaves the document out."""
    view: dict[str, object] = {
        name: version[name] for name in ("VersionId", "IsDefaultVersion", "CreateDate")
    }
    return view | {"Document": encoded(version["Document"])} if document else view


def _new_version(version_id: str, document: str, *, default: bool = False) -> VersionRecord:
    return {
        "Document": document,
        "VersionId": version_id,
        "IsDefaultVersion": default,
        "CreateDate": clock.iso(),
    }


def _version(call: ApiCall, record: PolicyRecord) -> VersionRecord:
    version_id = call.text("VersionId")
    version = record["Versions"].get(version_id)
    if version is None:
        raise lookup.no_such(
            f"Policy {record['Arn']} version {version_id} does not exist or is not attachable."
        )
    return version


def _set_default(record: PolicyRecord, version_id: str) -> None:
    for version in record["Versions"].values():
        version["IsDefaultVersion"] = version["VersionId"] == version_id
    record["DefaultVersionId"] = version_id


# -- attachments -----------------------------------------------------------------------------------


def attach(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that attaches a managed policy to a user, role or group."""

    def operation(call: ApiCall) -> None:
        attached, arn = lookup.holder(call, kind)["AttachedPolicies"], call.text("PolicyArn")
        if boundaries.policy(call, arn) is None:
            raise lookup.no_such(f"Policy {arn} does not exist or is not attachable.")
        if arn not in attached:
            title = call.store.of_kind[kind].title
            requirements.require_below(f"AttachedPoliciesPer{title}Quota", len(attached))
            attached.append(arn)

    return operation


def detach(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that detaches a managed policy."""

    def operation(call: ApiCall) -> None:
        attached, arn = lookup.holder(call, kind)["AttachedPolicies"], call.text("PolicyArn")
        boundaries.policy(call, arn)
        if arn not in attached:
            raise lookup.no_such(f"Policy {arn} was not found.")
        attached.remove(arn)

    return operation


def list_attached(kind: str) -> Callable[[ApiCall], Result]:
    """Return the operation that lists the managed policies of a user, role or group."""

    def operation(call: ApiCall) -> Result:
        prefix = call.text("PathPrefix", "/")
        attached = lookup.holder(call, kind)["AttachedPolicies"]
        below = [arn for arn in attached if arns.path_of(arn).startswith(prefix)]
        return pages.listing(call, "AttachedPolicies", below, str, attachment)

    return operation


def attachment(arn: str) -> Result:
    """Return an attached policy as the API shows it."""
    return {"PolicyName": arns.name_of(arn), "PolicyArn": arn}


def list_entities(call: ApiCall) -> Result:
    """ListEntitiesForPolicy."""
    arn, usage = policy(call)["Arn"], call.text("PolicyUsageFilter")
    attached = _attached_to(call, arn) if usage != "PermissionsBoundary" else []
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


def _is_used(call: ApiCall, record: PolicyRecord) -> bool:
    return bool(_attached_to(call, record["Arn"]) or _bounded_by(call, record["Arn"]))


def _attached_to(call: ApiCall, arn: str) -> list[Holder]:
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
