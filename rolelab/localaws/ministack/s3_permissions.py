"""What a call of S3 has to be allowed: for each operation its actions, each on its resource.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3";
Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rolelab.iam import arns
from rolelab.localaws.http.s3_call import CopySource, S3Call

_CONFIGURATIONS = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
_DIRECTORY_BUCKETS = "s3express:CreateSession"

_ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "CreateSession": _DIRECTORY_BUCKETS,
    "RenameObject": _DIRECTORY_BUCKETS,
    **{
        f"{verb}Bucket{kind}Configuration{plural}": f"{action}{kind}Configuration"
        for kind in _CONFIGURATIONS
        for verb, plural, action in (
            ("Get", "", "Get"),
            ("List", "s", "Get"),
            ("Put", "", "Put"),
            ("Delete", "", "Put"),
        )
    },
}
"""Operation -> action, where the action is not called as the operation."""

_OF_A_VERSION = {
    name: name.replace("Object", "ObjectVersion", 1)
    for name in (
        "GetObject",
        "DeleteObject",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObjectTagging",
        "GetObjectAcl",
        "PutObjectAcl",
        "GetObjectAttributes",
    )
}
_MAKE_OBJECTS = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload", "PostObject"})
_PRIVATE = ("", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One action on one bucket or object."""

    action: str
    """With its prefix: `s3:GetObject`."""
    bucket: str = ""
    key: str = ""
    version: str = ""
    is_source: bool = False
    """Whether it is on what is copied from."""

    @property
    def resource(self) -> str:
        """The ARN; `*` for what is on no bucket."""
        return arns.bucket(self.bucket, self.key) if self.bucket else "*"


def action_of(operation: str, version: str = "") -> str:
    """Return the action of an operation, or that of one version of an object."""
    action = _ACTIONS.get(operation, operation)
    action = _OF_A_VERSION.get(action, action) if version else action
    return action if ":" in action else f"s3:{action}"


def permissions_of(
    call: S3Call,
    headers: Mapping[str, str],
    place: tuple[str, str],
    *,
    sets_tags: bool = False,
    copies_tags: bool = False,
) -> list[Permission]:
    """Return all that has to be allowed, the operation's own action first.

    `headers`: those of the call, or the fields of a form; `place`: key and version of the object;
    `sets_tags`: the request brings tags; `copies_tags`: what is copied has some, which go with it.
    """
    name, (key, version) = call.operation.name, place
    further = [*_beside(name, headers, sets_tags=sets_tags)]
    if copies_tags and "PutObjectTagging" not in further:
        further.append("PutObjectTagging")
    needed = [
        Permission(
            action=action_of(operation, version), bucket=call.bucket, key=key, version=version
        )
        for operation in (name, *further)
    ]
    if headers.get("x-amz-bypass-governance-retention", "").strip().lower() == "true":
        bypass = "s3:BypassGovernanceRetention"
        needed.append(Permission(action=bypass, bucket=call.bucket, key=key))
    if call.source:
        needed.append(_of_source(call.source, "GetObject"))
        needed += [_of_source(call.source, "GetObjectTagging")] if copies_tags else []
    return needed


def _of_source(source: CopySource, operation: str) -> Permission:
    return Permission(
        action=action_of(operation, source.version),
        bucket=source.bucket,
        key=source.key,
        version=source.version,
        is_source=True,
    )


def _beside(operation: str, headers: Mapping[str, str], *, sets_tags: bool) -> Iterator[str]:
    """Yield the operations whose actions an operation needs beside its own."""
    if operation == "GetObjectAttributes":
        yield "GetObject"
    elif operation == "CreateBucket":
        yield from _of_new_bucket(headers)
        if sets_tags:
            yield "TagResource"
    elif operation in _MAKE_OBJECTS:
        yield from _of_new_object(headers)
        if sets_tags:
            yield "PutObjectTagging"


def _has_grants(headers: Mapping[str, str]) -> bool:
    return any(name.startswith("x-amz-grant-") for name in headers)


def _of_new_object(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what else one does who makes an object.

    Source: Amazon S3 API Reference, PutObject, "Permissions".
    """
    if headers.get("x-amz-acl") or _has_grants(headers):
        yield "PutObjectAcl"
    if headers.get("x-amz-object-lock-mode") or headers.get("x-amz-object-lock-retain-until-date"):
        yield "PutObjectRetention"
    if headers.get("x-amz-object-lock-legal-hold"):
        yield "PutObjectLegalHold"


def _of_new_bucket(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what else one does who makes a bucket.

    Source: Amazon S3 API Reference, CreateBucket, "Permissions".
    """
    if headers.get("x-amz-acl", "") not in _PRIVATE or _has_grants(headers):
        yield "PutBucketAcl"
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        yield "PutObjectLockConfiguration"
        yield "PutBucketVersioning"
    if headers.get("x-amz-object-ownership"):
        yield "PutBucketOwnershipControls"
