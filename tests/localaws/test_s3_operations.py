"""Each operation of S3's model is decided on its own action, and two at once are refused."""

from __future__ import annotations

import itertools

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.http.s3_model import S3Operation, s3_model
from rolelab.localaws.ministack.s3_undone import UNDONE
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import DELETE, OPERATIONS, S3Lab

# Service Authorization Reference, "Actions … for Amazon S3", where the name is not the operation's.
ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "CreateMultipartUpload": "PutObject",
    "CreateSession": "s3express:CreateSession",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "RenameObject": "s3express:CreateSession",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


def _action(operation: S3Operation) -> str:
    action = ACTIONS.get(operation.name, operation.name)
    return action if ":" in action else f"s3:{action}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_decided_on_its_own_action(lab: S3Lab, operation: S3Operation) -> None:
    """Whoever may do everything but this is refused this, and nothing happens."""
    action, before = _action(operation), lab.held()
    keys = lab.user(("Allow", "*", "*"), ("Deny", action, "*"))
    method, target, headers = lab.request_of(operation)
    status, answer = lab.ask(keys, method, target, headers, DELETE if operation.has_body else b"")
    # Of several objects each is decided by itself: their refusals stand in an answer of 200.
    assert status == (200 if operation.name == "DeleteObjects" else 403), answer
    assert method == "HEAD" or f"not authorized to perform: {action} ".encode() in answer
    assert lab.held() == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_an_operation_is_carried_out_or_refused_as_not_there(
    lab: S3Lab, operation: S3Operation
) -> None:
    """What MiniStack has not is refused before anything is done; the rest needs its action only."""
    needed = [_action(operation), "s3:GetObject", "s3:ListBucket"]
    keys, before = lab.user(*(("Allow", action, "*") for action in needed)), lab.held()
    method, target, headers = lab.request_of(operation)
    status, answer = lab.ask(keys, method, target, headers, DELETE if operation.has_body else b"")
    is_undone = operation.markers.keys() & UNDONE or operation.name == "UpdateObjectEncryption"
    if is_undone:
        assert (status, b"<Code>NotImplemented</Code>" in answer) == (501, True), answer
        assert lab.held() == before
    else:
        refused = status == 403 and b"ObjectAlreadyInActiveTierError" not in answer
        assert not refused, answer
        assert status < 500, answer
        assert b"MethodNotAllowed" not in answer


def test_the_unsigned_may_nothing_in_a_bucket_that_nobody_opened(lab: S3Lab) -> None:
    """None of all operations, whatever MiniStack takes them for."""
    before = lab.held()
    for operation in OPERATIONS:
        method, target, headers = lab.request_of(operation)
        body = DELETE if operation.has_body else b""
        status, answer = lab.ask(None, method, target, headers, body)
        assert status == 403, (operation.name, answer)
    assert lab.held() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/{bucket}", "/{bucket}/k"])
def test_two_sub_resources_are_refused(lab: S3Lab, method: str, path: str) -> None:
    """Each pair: one was authorised, and the other executed."""
    before = lab.held()
    for pair in itertools.combinations(sorted(s3_model().subresources), 2):
        query = "&".join(f"{name}=2" if name == "list-type" else name for name in pair)
        target = f"{path}?{query}&id=x&partNumber=1&versionId=null"
        status, answer = lab.ask(lab.keys, method, target, {}, b"<x/>")
        assert status == 400, (target, answer)
        assert b"<Code>InvalidArgument</Code>" in answer, (target, answer)
    assert lab.held() == before


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("DELETE", "id=x"), ("DELETE", "partNumber=1"), ("PUT", "versionId=null"),
        ("PUT", "partNumber=1"), ("DELETE", "annotationName=a"), ("PUT", "uploadId=x"),
        ("GET", "versionId=null&versionId=x"), ("GET", "annotationName=a"), ("POST", "metrics"),
    ],
)  # fmt: skip
def test_a_parameter_of_another_operation_is_refused(lab: S3Lab, method: str, query: str) -> None:
    """It would mean one thing to one reader, and nothing to another."""
    before = lab.held()
    status, answer = lab.ask(lab.keys, method, f"/{{bucket}}/k?{query}")
    assert status in {400, 405}, answer
    assert lab.held() == before


def test_every_operation_that_names_an_owner_is_held_to_it(lab: S3Lab) -> None:
    """Whoever expects a bucket of theirs does not work on somebody else's of that name."""
    header, before = "x-amz-expected-bucket-owner", lab.held()
    held = [operation for operation in OPERATIONS if header in operation.headers]
    assert len(held) > 80
    for operation in held:
        method, target, headers = lab.request_of(operation)
        body = DELETE if operation.has_body else b""
        for owner, right in (("444455556666", 403), ("abcd", 400), ("0" * 13, 400)):
            status, answer = lab.ask(lab.keys, method, target, {**headers, header: owner}, body)
            assert status == right, (operation.name, owner, answer)
    assert lab.held() == before
