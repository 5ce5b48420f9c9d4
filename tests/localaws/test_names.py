"""Names of buckets and objects: what AWS takes, and names that other services have as paths."""

from __future__ import annotations

import http.client

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance

# MiniStack answers these paths for Cognito, its own health, Iceberg, API Gateway, Lambda and S3
# Control.
ELSEWHERE = [
    "health",
    "login",
    "logout",
    "oauth2",
    "iceberg",
    "restapis",
    "2015-03-31",
    "v20180820",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_bucket_may_have_the_name_of_another_services_path(
    root: Clients, account: str, name: str
) -> None:
    """AWS knows no reserved paths: a lab's bucket called `login` is a bucket."""
    # Names of buckets are everybody's, so that the test takes them in turn with itself only.
    root.s3.create_bucket(Bucket=name)
    try:
        assert [one.get("Name") for one in root.s3.list_buckets()["Buckets"]] == [name]
        for key in ("token", "authorize", "login", f"{account}/functions", "v1/config"):
            root.s3.put_object(Bucket=name, Key=key, Body=b"hello")
            assert root.s3.get_object(Bucket=name, Key=key)["Body"].read() == b"hello"
            assert root.s3.head_object(Bucket=name, Key=key)["ContentLength"] == 5
            root.s3.delete_object(Bucket=name, Key=key)
        assert root.s3.list_objects_v2(Bucket=name)["KeyCount"] == 0
    finally:
        root.s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/login", "/oauth2/login", "/oauth2/token", "/logout", "/health",
        "/restapis/abc/dev/_user_request_/x", "/2015-03-31/functions", "/v2/email/identities",
        "/iceberg/v1/config", "/pool/.well-known/jwks.json", "/v2/", "/oauth2/userInfo",
        "/v20180820/mrap/instances", "/Execute",
    ],
)  # fmt: skip
def test_nothing_but_s3_answers_who_does_not_sign(
    local_aws: Instance, method: str, path: str
) -> None:
    """Cognito showed whoever asked its page to sign in."""
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(
            method, path, b"client_id=x" if method in ("POST", "PUT") else b"", headers
        )
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    assert response.status in (400, 403, 404, 405), body
    assert response.headers["Content-Type"] == "application/xml", body
    assert b"<Error>" in body
    assert b"Exception" not in body


@pytest.mark.parametrize(
    "name",
    [
        "xn--anna", "sthree-anna", "amzn-s3-demo-anna", "anna-s3alias", "anna--ol-s3",
        "anna.mrap", "anna--x-s3", "anna--table-s3",
    ],
)  # fmt: skip
def test_a_bucket_may_not_be_named_as_what_is_no_bucket(root: Clients, name: str) -> None:
    """A lab that works here must work on AWS."""
    # Boto3 takes --x-s3 for a directory bucket's, and asks for a session of it first.
    with pytest.raises(
        ClientError, match="InvalidBucketName" if "--x-" not in name else "NoSuchBucket"
    ):
        root.s3.create_bucket(Bucket=name)
    assert root.s3.list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("key", "taken"),
    [("k" * 1024, True), ("k" * 1025, False), ("ä" * 512, True), ("ä" * 513, False)],
)
def test_a_key_has_so_many_bytes_at_most(
    root: Clients, account: str, key: str, taken: bool
) -> None:
    """In UTF-8, and not so many characters."""
    bucket = f"names-{account}"
    root.s3.create_bucket(Bucket=bucket)
    if taken:
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"hello")
        assert root.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"hello"
        return
    for ask in (root.s3.put_object, root.s3.get_object, root.s3.delete_object):
        with pytest.raises(ClientError, match="KeyTooLongError"):
            ask(Bucket=bucket, Key=key)
