"""Errors of S3: what is refused in numbers, regions, ownership and tags, and what each tells."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.localaws.http.s3_model import S3Operation
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import OPERATIONS, S3Lab

MALFORMED = "The XML you provided was not well-formed or did not validate"


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


def _error(lab: S3Lab, operation: str, **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        getattr(lab.root.s3, operation)(**params)
    return dict(caught.value.response.get("Error", {}))


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
        ("delete_bucket", "BucketNotEmpty"),
    ],
)
def test_an_error_about_a_bucket_names_it(lab: S3Lab, operation: str, code: str) -> None:
    """As S3's do, and no element that S3's do not have."""
    error = _error(lab, operation, Bucket=lab.bucket)
    assert error.keys() == {"Code", "Message", "BucketName"}
    assert (error["Code"], error["BucketName"]) == (code, lab.bucket)
    error = _error(lab, operation, Bucket=f"no-{lab.bucket}")
    assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", f"no-{lab.bucket}")


def test_an_error_about_an_object_names_it(lab: S3Lab) -> None:
    """And one about a condition the condition."""
    error = _error(lab, "get_object", Bucket=lab.bucket, Key="missing")
    assert (error["Code"], error["Key"]) == ("NoSuchKey", "missing")
    error = _error(lab, "get_object", Bucket=lab.bucket, Key="k", IfMatch='"x"')
    assert (error["Code"], error["Condition"]) == ("PreconditionFailed", "If-Match")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("max-keys=x", "Provided max-keys not an integer or within integer range"),
        ("list-type=2&max-keys=²", "Provided max-keys not an integer or within integer range"),
        (f"max-keys={'9' * 5000}", "Provided max-keys not an integer or within integer range"),
        ("max-keys=-1", "Argument maxKeys must be an integer between 0 and 2147483647"),
        ("uploads&max-uploads=1e3", "Provided max-uploads not an integer"),
        ("list-type=1", "Invalid List Type"),
        ("list-type=3", "Invalid List Type"),
    ],
)
def test_a_number_that_is_none_is_refused(
    lab: S3Lab, query: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """MiniStack stumbled, and each such request left a traceback in the log."""
    query = query.replace("²", "%C2%B2")
    status, answer = lab.ask(lab.keys, "GET", f"/{{bucket}}?{query}")
    assert (status, said.encode() in answer) == (400, True), answer
    assert b"<Code>InvalidArgument</Code>" in answer
    assert [record for record in caplog.records if record.exc_info] == []


def test_right_numbers_are_taken(lab: S3Lab) -> None:
    """As they were."""
    for query in ("max-keys=0", "list-type=2&max-keys=1", "max-keys=2147483647"):
        assert lab.ask(lab.keys, "GET", f"/{{bucket}}?{query}")[0] == 200


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        (["BucketOwnerPreferred"], True),
        (["BucketOwnerPreferred", "ObjectWriter"], False),
        (["RandomValue"], False),
        ([], False),
    ],
)
def test_ownership_is_one_of_three(lab: S3Lab, rules: list[str], right: bool) -> None:
    """One rule, and one of its values."""
    controls: Any = {"Rules": [{"ObjectOwnership": rule} for rule in rules]}
    if right:
        lab.root.s3.put_bucket_ownership_controls(Bucket=lab.bucket, OwnershipControls=controls)
        return
    error = _error(
        lab, "put_bucket_ownership_controls", Bucket=lab.bucket, OwnershipControls=controls
    )
    assert (error["Code"], MALFORMED in error["Message"]) == ("MalformedXML", True)


@pytest.mark.parametrize(
    ("constraint", "code"),
    [
        ("eu-west-1", ""),
        ("foo", "InvalidLocationConstraint"),
        ("us-east-1", "InvalidLocationConstraint"),
        ("aws-global", "InvalidLocationConstraint"),
    ],
)
def test_a_bucket_is_made_in_a_region(lab: S3Lab, constraint: str, code: str) -> None:
    """Of AWS's, and not of any name."""
    configuration: Any = {"LocationConstraint": constraint}
    new: Any = {"Bucket": f"new-{lab.bucket}", "CreateBucketConfiguration": configuration}
    if not code:
        lab.root.s3.create_bucket(**new)
        return
    error = _error(lab, "create_bucket", **new)
    assert (error["Code"], error["LocationConstraint"]) == (code, constraint)


def test_tags_of_awss_own_are_not_given(lab: S3Lab) -> None:
    """In a body and in a header."""
    tags: Any = {"TagSet": [{"Key": "aws:x", "Value": "y"}]}
    for error in (
        _error(lab, "put_bucket_tagging", Bucket=lab.bucket, Tagging=tags),
        _error(lab, "put_object_tagging", Bucket=lab.bucket, Key="k", Tagging=tags),
        _error(lab, "put_object", Bucket=lab.bucket, Key="k", Tagging="aws:x=y"),
    ):
        assert error["Code"] == "InvalidTag"
    assert lab.root.s3.get_object_tagging(Bucket=lab.bucket, Key="k")["TagSet"] == []


def test_who_is_not_allowed_is_not_told_what_is_wrong(lab: S3Lab) -> None:
    """A refusal comes before the faults of what was sent."""
    controls = b"<OwnershipControls/>"
    status, answer = lab.ask(lab.user(), "PUT", "/{bucket}?ownershipControls", {}, controls)
    assert (status, b"AccessDenied" in answer) == (403, True), answer


@pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if one.root and one.name.startswith("Put")],
    ids=lambda one: one.name,
)
def test_a_configuration_that_is_none_changes_nothing(lab: S3Lab, operation: S3Operation) -> None:
    """MiniStack took any XML, or none, for an empty configuration."""
    before = lab.held()
    method, target, headers = lab.request_of(operation)
    for body in (b"", b"<x/>", b"<", b"\xff"):
        status, answer = lab.ask(lab.keys, method, target, headers, body)
        assert status in {400, 501}, (body, answer)
    assert lab.held() == before


def test_an_upload_is_completed_with_its_parts(lab: S3Lab) -> None:
    """Without any it made an empty object of what was there."""
    upload = lab.root.s3.create_multipart_upload(Bucket=lab.bucket, Key="k")["UploadId"]
    target, before = f"/{{bucket}}/k?uploadId={upload}", lab.held()
    status, answer = lab.ask(lab.keys, "POST", target, {}, b"<CompleteMultipartUpload/>")
    assert (status, b"MalformedXML" in answer) == (400, True), answer
    assert lab.held() == before


def test_a_part_of_an_object_is_asked_for_by_head_too(lab: S3Lab) -> None:
    """Downloads in parts look first; a range that is not there is refused."""
    told = lab.root.s3.head_object(Bucket=lab.bucket, Key="secret", Range="bytes=4-9")
    assert (told["ContentLength"], told["ContentRange"]) == (6, "bytes 4-9/10")
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert lab.root.s3.head_object(Bucket=lab.bucket, Key="secret")["ContentLength"] == 10
    with pytest.raises(ClientError, match="416"):
        lab.root.s3.head_object(Bucket=lab.bucket, Key="secret", Range="bytes=40-")
