"""Errors of S3 as S3 tells them: what each is about, and in whose words.

Source: Amazon S3 API Reference, "Error responses"; the elements and words as S3 has answered them.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote
from uuid import uuid4

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.ministack import s3_xml

_ABOUT_BUCKETS = frozenset(
    {
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "BucketNotEmpty",
        "InvalidBucketName",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchWebsiteConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
_ABOUT_KEYS = frozenset({"NoSuchKey", "NoSuchVersion", "KeyTooLongError"})
_CONDITIONS = (
    "If-Match",
    "If-Unmodified-Since",
    "If-None-Match",
    "If-Modified-Since",
    "x-amz-copy-source-If-Match",
    "x-amz-copy-source-If-Unmodified-Since",
    "x-amz-copy-source-If-None-Match",
    "x-amz-copy-source-If-Modified-Since",
)
_WORDS = {
    "PreconditionFailed": "At least one of the pre-conditions you specified did not hold",
    "NoSuchBucketPolicy": "The bucket policy does not exist",
    "NoSuchCORSConfiguration": "The CORS configuration does not exist",
    "NoSuchLifecycleConfiguration": "The lifecycle configuration does not exist",
    "NoSuchPublicAccessBlockConfiguration": "The public access block configuration was not found",
    "NoSuchTagSet": "The TagSet does not exist",
    "NoSuchUpload": (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed."
    ),
    "OwnershipControlsNotFoundError": "The bucket ownership controls were not found",
    "ReplicationConfigurationNotFoundError": "The replication configuration was not found",
}
"""Code -> its one message."""
_OF_MINISTACK = frozenset({"Code", "Message", "Resource", "RequestId", "HostId"})


def body_of(
    error: AwsError, place: tuple[str, str], query: Mapping[str, str], headers: Mapping[str, str]
) -> bytes:
    """Return an error as XML: `place` is bucket and key."""
    details = dict(error.details)
    for name, value in _about(error.code, place, query, headers).items():
        details.setdefault(name, value)
    elements = {
        "Code": error.code,
        "Message": _WORDS.get(error.code, error.message),
        **details,
        "RequestId": str(uuid4()),
    }
    content = "".join(f"<{name}>{s3_xml.text(value)}</{name}>" for name, value in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{content}</Error>'.encode()


def read(body: bytes) -> AwsError | None:
    """Read an error of MiniStack's; None where it is none. The status is not in it."""
    fields = s3_xml.parts_of(body, "Error")
    if fields is None:
        return None
    details = {name: value for name, value in fields.items() if name not in _OF_MINISTACK}
    return AwsError(fields.get("Code", ""), fields.get("Message", ""), details=details)


def _about(
    code: str, place: tuple[str, str], query: Mapping[str, str], headers: Mapping[str, str]
) -> Mapping[str, str]:
    bucket, key = place
    if code in _ABOUT_BUCKETS:
        # No reader of XML takes a name with such letters, nor the error with it.
        return {"BucketName": bucket} if bucket and bucket.isprintable() else {}
    if code in _ABOUT_KEYS:
        source = headers.get("x-amz-copy-source", "")
        key = unquote(source.partition("?")[0]).removeprefix("/").partition("/")[2] or key
        version = {"VersionId": query.get("versionId", "")} if code == "NoSuchVersion" else {}
        return {"Key": key, **version}
    if code == "NoSuchUpload":
        return {"UploadId": query.get("uploadId", "")}
    if code == "PreconditionFailed":
        sent = [name for name in _CONDITIONS if name.lower() in headers]
        return {"Condition": sent[0]} if sent else {}
    return {}
