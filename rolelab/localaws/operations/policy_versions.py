"""Versions of managed policies: five at most, one of them the default.

Source: IAM API Reference, CreatePolicyVersion … SetDefaultPolicyVersion.
"""

from __future__ import annotations

from components.limits import policy_size
from rolelab.iam import arns
from rolelab.iam.grammar import PolicyUse
from rolelab.iam.quotas import most
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import PolicyRecord, VersionRecord
from rolelab.localaws.operations import lookup, pages, policy_lookup, requirements
from rolelab.localaws.operations.api_call import ApiCall, Result
from rolelab.localaws.operations.inline_policies import encoded


def first(call: ApiCall) -> VersionRecord:
    """Return the version that a new policy begins with.

    Raises:
        AwsError: MalformedPolicyDocument, LimitExceeded.
    """
    return _new("v1", _checked(call), default=True)


def create(call: ApiCall) -> Result:
    """CreatePolicyVersion: five at most."""
    record = policy_lookup.own(call, "create versions for policies")
    document = _checked(call)
    versions = record["Versions"]
    if len(versions) >= most("VersionsPerPolicyQuota"):
        message = (
            "A managed policy can have up to 5 versions. "
            "Before you create a new version, you must delete an existing version."
        )
        raise AwsError("LimitExceeded", message)
    number = record.get("NextVersion") or 1 + max(int(version[1:]) for version in versions)
    version = versions[f"v{number}"] = _new(f"v{number}", document)
    record["NextVersion"] = number + 1
    if call.flag("SetAsDefault"):
        _make_default(record, version["VersionId"])
    record["UpdateDate"] = clock.iso()
    return {"PolicyVersion": shown(version, document=False)}


def get(call: ApiCall) -> Result:
    """GetPolicyVersion."""
    record = policy_lookup.get(call, call.text("PolicyArn"), otherwise=_not_there(call))
    return {"PolicyVersion": shown(_named(call, record))}


def list_all(call: ApiCall) -> Result:
    """ListPolicyVersions, the newest first."""
    return pages.listing(
        call,
        "Versions",
        policy_lookup.named(call)["Versions"].values(),
        lambda version: f"{10**6 - int(version['VersionId'][1:]):07d}",
        lambda version: shown(version, document=False),
    )


def set_default(call: ApiCall) -> None:
    """SetDefaultPolicyVersion: counts at once for whatever the policy is attached to."""
    arn = call.text("PolicyArn")
    policy_lookup.require_own(call, arn, "update policies")
    record = policy_lookup.get(call, arn, otherwise=_not_there(call))
    _make_default(record, _named(call, record)["VersionId"])


def delete(call: ApiCall) -> None:
    """DeletePolicyVersion: not the default one."""
    record = policy_lookup.own(call, "delete policy versions for policies")
    version = _named(call, record)
    if version["IsDefaultVersion"]:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
    del record["Versions"][version["VersionId"]]


def shown(version: VersionRecord, *, document: bool = True) -> Result:
    """Return a version of a policy as the API shows it; a list leaves the document out."""
    view: dict[str, object] = {
        name: version[name] for name in ("VersionId", "IsDefaultVersion", "CreateDate")
    }
    return view | {"Document": encoded(version["Document"])} if document else view


def _checked(call: ApiCall) -> str:
    document = call.text("PolicyDocument")
    requirements.require_grammar(document, PolicyUse.MANAGED)
    requirements.require_at_most(PolicyUse.MANAGED.value, policy_size(document))
    return document


def _new(version_id: str, document: str, *, default: bool = False) -> VersionRecord:
    return {
        "Document": document,
        "VersionId": version_id,
        "IsDefaultVersion": default,
        "CreateDate": clock.iso(),
    }


def _named(call: ApiCall, record: PolicyRecord) -> VersionRecord:
    version_id, arn = call.text("VersionId"), record["Arn"]
    version = record["Versions"].get(version_id)
    if version is not None:
        return version
    if arns.is_aws_policy(arn):
        only = record["DefaultVersionId"]
        raise lookup.no_such(f"The local AWS has version {only} of the policy {arn} only.")
    raise lookup.no_such(f"Policy {arn} {_not_there(call)}.")


def _not_there(call: ApiCall) -> str:
    return f"version {call.text('VersionId')} {policy_lookup.NOT_ATTACHABLE}"


def _make_default(record: PolicyRecord, version_id: str) -> None:
    for version in record["Versions"].values():
        version["IsDefaultVersion"] = version["VersionId"] == version_id
    record["DefaultVersionId"] = version_id
