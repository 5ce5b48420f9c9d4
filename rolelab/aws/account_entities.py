"""Everybody in an account with what they are allowed by, and what buckets say, read only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.aws.iam_calls import call

MOST_BUCKETS = 100
"""Buckets whose policies are read: an account can have thousands, and each takes a call."""
_SERVICE_LINKED = "/aws-service-role/"
_NO_POLICY = ("NoSuchBucketPolicy", "NoSuchBucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A user or a role with all identity-based policies, those of a user's groups too."""

    kind: str
    """`user` or `role`."""
    name: str
    arn: str
    unique_id: str
    tags: Mapping[str, str]
    policies: tuple[Any, ...]
    """Documents."""
    boundary: Any
    """Document of the permissions boundary; None without one."""


def everybody(clients: Clients) -> list[Somebody]:
    """Return the users and roles of the account but those that AWS's services made for themselves.

    Source: IAM API Reference, GetAccountAuthorizationDetails.

    Raises:
        AwsFailure: they cannot be read.
    """
    read = _details(clients)
    with translated("GetAccountAuthorizationDetails"):
        managed = {
            policy["Arn"]: next(
                version["Document"]
                for version in policy["PolicyVersionList"]
                if version["IsDefaultVersion"]
            )
            for policy in read["Policies"]
        }
        groups = {
            group["GroupName"]: _documents(group, "Group", managed)
            for group in read["GroupDetailList"]
        }
        return [
            Somebody(
                kind=kind.lower(),
                name=each[f"{kind}Name"],
                arn=each["Arn"],
                unique_id=each[f"{kind}Id"],
                tags={tag["Key"]: tag["Value"] for tag in each.get("Tags", [])},
                policies=(
                    *_documents(each, kind, managed),
                    *(policy for name in each.get("GroupList", []) for policy in groups[name]),
                ),
                boundary=managed.get(
                    each.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
                ),
            )
            for kind, part in (("User", "UserDetailList"), ("Role", "RoleDetailList"))
            for each in read[part]
            if not each["Path"].startswith(_SERVICE_LINKED)
        ]


def bucket_policies(clients: Clients, is_of_interest: Callable[[str], bool]) -> dict[str, str]:
    """Return the policies of the first buckets that have one: name -> JSON text.

    Raises:
        AwsFailure: they cannot be read.
    """
    with translated("ListBuckets"):
        buckets = clients.s3.list_buckets(MaxBuckets=MOST_BUCKETS)["Buckets"]
    found: dict[str, str] = {}
    for bucket in buckets:
        name = bucket.get("Name", "")
        if not is_of_interest(name):
            continue
        try:
            with translated("GetBucketPolicy"):
                found[name] = clients.s3.get_bucket_policy(Bucket=name)["Policy"]
        except AwsFailure as failure:
            # One that nobody may read is told of by whoever owns it.
            if failure.code not in _NO_POLICY and failure.kind is not Kind.DENIED:
                raise
    return found


def _details(clients: Clients) -> dict[str, list[Any]]:
    parts = ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies")
    read: dict[str, list[Any]] = {part: [] for part in parts}
    marker: dict[str, str] = {}
    while True:
        page = call(clients.iam, "GetAccountAuthorizationDetails", MaxItems=1000, **marker)
        with translated("GetAccountAuthorizationDetails"):
            for part in parts:
                read[part] += page[part]
            if not page.get("IsTruncated"):
                return read
            marker = {"Marker": page["Marker"]}


def _documents(entity: Any, kind: str, managed: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        *(policy["PolicyDocument"] for policy in entity.get(f"{kind}PolicyList", [])),
        *(managed[policy["PolicyArn"]] for policy in entity.get("AttachedManagedPolicies", [])),
    )
