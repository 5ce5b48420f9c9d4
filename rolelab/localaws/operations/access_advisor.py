"""Access advisor: which services somebody is allowed to use, and which of them they have used.

Source: IAM API Reference, GenerateServiceLastAccessedDetails, GetServiceLastAccessedDetails; IAM
User Guide, "Refine permissions in AWS using last accessed information".
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import cast
from uuid import uuid4

from rolelab.iam import Effect, Policy, actions
from rolelab.iam.arns import Arn
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.enforcement import as_text, held_policies, stored
from rolelab.localaws.accounts.records import (
    GroupRecord,
    HolderRecord,
    PolicyRecord,
    PrincipalRecord,
)
from rolelab.localaws.operations import lookup, managed_policies, pages
from rolelab.localaws.operations.api_call import ApiCall, Result

_Reported = tuple[list[Policy], list[PrincipalRecord]]
"""The policies that are reported on, and the users and roles who have them."""


def generate(call: ApiCall) -> Result:
    """GenerateServiceLastAccessedDetails: the report is there at once."""
    arn, job_id = call.text("Arn"), str(uuid4())
    _reported(call, arn)
    job = {
        "Arn": arn,
        "JobStatus": "COMPLETED",
        "JobType": call.text("Granularity", "SERVICE_LEVEL"),
        "JobCreationDate": clock.iso(),
    }
    call.store.jobs.put(call.account, job_id, job)
    return {"JobId": job_id}


def get(call: ApiCall) -> Result:
    """GetServiceLastAccessedDetails."""
    job = call.store.jobs.get(call.account, call.text("JobId"))
    if job is None:
        raise lookup.no_such(f"Job with id {call.text('JobId')} cannot be found.")
    policies, principals = _reported(call, job["Arn"])
    allowed = _allowed_services(policies)
    page = pages.listing(
        call,
        "ServicesLastAccessed",
        allowed.items(),
        lambda service: service[0],
        lambda service: _last_accessed(*service, principals),
    )
    created = job["JobCreationDate"]
    told = {"JobStatus": job["JobStatus"], "JobType": job.get("JobType")}
    return {**page, **told, "JobCreationDate": created, "JobCompletionDate": created}


def _reported(call: ApiCall, arn: str) -> _Reported:
    """Return what a report on a user, role, group or managed policy is about.

    Raises:
        AwsError: NoSuchEntity.
    """
    policy = call.store.managed_policy(call.account, arn)
    if policy is not None:
        holders = managed_policies.attached_to(call, arn)
        return [_document(policy)], [who for holder in holders for who in _members(call, *holder)]
    named = Arn.read(arn)
    if named and named.account == call.account and named.kind in ("user", "role", "group"):
        record = cast(
            "HolderRecord | None", call.store.of_kind[named.kind].get(call.account, named.name)
        )
        if record is not None and record["Arn"] == arn:
            held = [*held_policies(call.store, named.kind, call.account, record)]
            if named.kind == "user":
                for group in lookup.groups_of(call, named.name):
                    held += held_policies(call.store, "group", call.account, group)
            return held, _members(call, named.kind, record)
    raise lookup.no_such(f"ARN {arn} cannot be found.")


def _document(policy: PolicyRecord) -> Policy:
    return stored(as_text(policy["Versions"][policy["DefaultVersionId"]]["Document"]))


def _members(call: ApiCall, kind: str, record: HolderRecord) -> list[PrincipalRecord]:
    """Return a user or role itself, and the users of a group."""
    if kind != "group":
        return [cast("PrincipalRecord", record)]
    names = cast("GroupRecord", record)["Users"]
    users = (call.store.users.get(call.account, name) for name in names)
    return [user for user in users if user]


def _allowed_services(policies: Iterable[Policy]) -> dict[str, str]:
    """Return namespace -> name of the services of which policies allow any action."""
    prefixes = {
        action.partition(":")[0].lower()
        for policy in policies
        for statement in policy.document.statements
        if statement.effect is Effect.ALLOW
        for action in statement.actions or ("*",)
    }
    return {
        namespace: name
        for namespace, name in actions.services().items()
        if any(fnmatchcase(namespace, prefix) for prefix in prefixes)
    }


def _last_accessed(namespace: str, name: str, principals: list[PrincipalRecord]) -> Result:
    used = [
        (access["LastUsedDate"], access["Region"], principal["Arn"])
        for principal in principals
        if (access := principal.get("Accessed", {}).get(namespace))
    ]
    told: dict[str, object] = {
        "ServiceName": name,
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len(used),
    }
    if used:
        date, region, arn = max(used)
        told |= {
            "LastAuthenticated": date,
            "LastAuthenticatedRegion": region,
            "LastAuthenticatedEntity": arn,
        }
    return told
