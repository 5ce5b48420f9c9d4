"""What the checks ask of AWS, a function each; an answer counts only if it is whole."""

from __future__ import annotations

import hashlib
from typing import Any

from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind, broken, require_whole, translated

OBJECT = "rolelab/proof"
COPY = "rolelab/proof-copy"
_NO_CONTENT = 204


def list_buckets(clients: Clients, name: str) -> set[str]:
    """List the buckets whose names begin with `name`, and return the names."""
    with translated("ListBuckets"):
        got = clients.s3.list_buckets(Prefix=name)
    require_whole("ListBuckets", got, "Buckets", "Owner")
    return {bucket.get("Name", "") for bucket in got["Buckets"]}


def create_bucket(clients: Clients, name: str) -> None:
    """Make a bucket in the endpoint's region; one that is ours already counts as made."""
    region = clients.endpoint.region
    try:
        with translated("CreateBucket"):
            if region == "us-east-1":
                # The one region that must not be named.
                got = clients.s3.create_bucket(Bucket=name)
            else:
                where: Any = {"LocationConstraint": region}
                got = clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    except AwsFailure as failure:
        # The name is by chance and ours: an earlier try whose answer was lost did it.
        if failure.code != "BucketAlreadyOwnedByYou":
            raise
        return
    require_whole("CreateBucket", got, "Location")


def put_object(clients: Clients, bucket: str, content: bytes) -> None:
    """Write the object."""
    with translated("PutObject"):
        got = clients.s3.put_object(Bucket=bucket, Key=OBJECT, Body=content)
    require_whole("PutObject", got, "ETag")


def get_object(clients: Clients, bucket: str, key: str = OBJECT) -> bytes:
    """Read an object; bytes that differ from their own ETag were broken on the way: no answer."""
    with translated("GetObject"):
        got = clients.s3.get_object(Bucket=bucket, Key=key)
        content = got["Body"].read()
    require_whole("GetObject", got, "ETag")
    tag = got["ETag"].strip('"')
    # An ETag of 32 digits is the MD5 of an object put in one piece, unless a KMS key encrypts it.
    if (
        len(tag) == 32
        and "SSEKMSKeyId" not in got
        and hashlib.md5(content, usedforsecurity=False).hexdigest() != tag
    ):
        raise broken("GetObject", "the bytes do not match their ETag")
    return content


def copy_object(clients: Clients, bucket: str) -> bytes:
    """Copy the object inside the bucket and read the copy."""
    with translated("CopyObject"):
        got = clients.s3.copy_object(
            Bucket=bucket, Key=COPY, CopySource={"Bucket": bucket, "Key": OBJECT}
        )
    require_whole("CopyObject", got.get("CopyObjectResult", {}), "ETag")
    return get_object(clients, bucket, COPY)


def empty_bucket(clients: Clients, bucket: str) -> set[str]:
    """Delete every object, then list; return the keys that are left."""
    keys = _keys(clients, bucket)
    if keys:
        with translated("DeleteObjects"):
            got = clients.s3.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": key} for key in sorted(keys)]}
            )
        deleted = {each.get("Key") for each in (*got.get("Deleted", []), *got.get("Errors", []))}
        if deleted != keys:
            raise broken("DeleteObjects", "the answer does not tell of every object")
        for refused in got.get("Errors", []):
            code = refused.get("Code", "")
            kind = Kind.DENIED if code == "AccessDenied" else Kind.REFUSED
            said = refused.get("Message", "")
            raise AwsFailure(operation="DeleteObjects", kind=kind, code=code, said=said)
    return _keys(clients, bucket)


def delete_bucket(clients: Clients, bucket: str) -> None:
    """Delete the bucket; one that is gone counts as deleted."""
    try:
        with translated("DeleteBucket"):
            got = clients.s3.delete_bucket(Bucket=bucket)
    except AwsFailure as failure:
        if failure.code != "NoSuchBucket":
            raise
        return
    # The answer has no body: its status is all that tells it from a page of some proxy.
    if got["ResponseMetadata"]["HTTPStatusCode"] != _NO_CONTENT:
        raise broken("DeleteBucket", "the answer is not that of a deletion")


def remove_bucket(clients: Clients, bucket: str) -> None:
    """Delete the bucket with all that is in it; one that is not there counts as removed."""
    try:
        empty_bucket(clients, bucket)
    except AwsFailure as failure:
        if failure.code == "NoSuchBucket":
            return
        if failure.kind is not Kind.DENIED:
            raise
        # Perhaps it is empty, and deleting it is allowed.
    delete_bucket(clients, bucket)


def list_users(clients: Clients) -> None:
    """List IAM users."""
    with translated("ListUsers"):
        got = clients.iam.list_users(MaxItems=1)
    require_whole("ListUsers", got, "Users")


def _keys(clients: Clients, bucket: str) -> set[str]:
    with translated("ListObjectsV2"):
        got = clients.s3.list_objects_v2(Bucket=bucket)
    require_whole("ListObjectsV2", got, "Name", "KeyCount")
    if got["KeyCount"] != len(got.get("Contents", [])):
        raise broken("ListObjectsV2", "the answer does not hold as many objects as it says")
    return {item.get("Key", "") for item in got.get("Contents", [])}
