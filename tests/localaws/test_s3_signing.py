"""What a signature of S3 covers: every header that counts, the body, one service, one address."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import S3Lab


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


def _target(url: str) -> str:
    split = urlsplit(url)
    return f"{split.path}?{split.query}"


NOT_SIGNED = b"There were headers present in the request which were not signed"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-copy-source": "{bucket}/secret"}, {"x-amz-acl": "public-read"},
        {"X-Amz-Meta-A": "b"}, {"x-amz-tagging": "a=b"},
        {"x-amz-bypass-governance-retention": "true"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["presigned", "header"])
def test_every_header_of_amazons_is_signed(lab: S3Lab, headers: dict[str, str], way: str) -> None:
    """Whoever held a presigned PUT added `x-amz-copy-source`, and read what they liked."""
    headers = {name: value.format(bucket=lab.bucket) for name, value in headers.items()}
    target, signed, before = f"/{lab.bucket}/k", dict[str, str](), lab.held()
    if way == "presigned":
        parameters = {"Bucket": lab.bucket, "Key": "k"}
        target = _target(
            lab.client(lab.keys).generate_presigned_url("put_object", Params=parameters)
        )
    else:
        signed = lab.headers(lab.keys, "PUT", target)
    status, answer = lab.send("PUT", target, signed | headers)
    assert (status, NOT_SIGNED in answer) == (403, True), answer
    assert lab.held() == before
    assert lab.send("PUT", target, signed)[0] == 200


@pytest.mark.parametrize("more", ["legal-hold", "retention", "annotation&annotationName=a"])
def test_a_presigned_url_of_version_2_gets_no_other_operation(lab: S3Lab, more: str) -> None:
    """That version signs the sub-resources that there were in its day, and no others."""
    url = lab.client(lab.keys, version="s3").generate_presigned_url(
        "put_object", Params={"Bucket": lab.bucket, "Key": "k"}
    )
    before = lab.held()
    status, answer = lab.send("PUT", f"{_target(url)}&{more}", {}, b"<LegalHold/>")
    assert (status, b"<Code>AccessDenied</Code>" in answer) == (403, True), answer
    assert lab.held() == before
    assert lab.send("PUT", _target(url), {})[0] == 200


@pytest.mark.parametrize("left_out", ["host", "x-amz-date", "x-amz-content-sha256"])
def test_a_signature_covers_host_date_and_hash(lab: S3Lab, left_out: str) -> None:
    """Without the host it is good for every bucket that a host can name."""
    headers = lab.headers(lab.keys, "GET", f"/{lab.bucket}/k", left_out=left_out)
    assert left_out not in headers["Authorization"]
    status, answer = lab.send("GET", f"/{lab.bucket}/k", headers)
    assert (status, NOT_SIGNED in answer) == (403, True), answer


def test_a_list_of_signed_headers_is_read_once(lab: S3Lab) -> None:
    """Two lists would be one for each reader."""
    headers = lab.headers(lab.keys, "GET", f"/{lab.bucket}/k", left_out="x-amz-date")
    signed = headers["Authorization"]
    every = "SignedHeaders=host;x-amz-content-sha256;x-amz-date, SignedHeaders="
    headers["Authorization"] = signed.replace("SignedHeaders=", every)
    assert lab.send("GET", f"/{lab.bucket}/k", headers)[0] in {400, 403}


def test_a_trailer_adds_no_header(lab: S3Lab) -> None:
    """No signature covers what stands behind the last chunk."""
    url = lab.client(lab.keys).generate_presigned_url(
        "put_object", Params={"Bucket": lab.bucket, "Key": "k"}
    )
    body = f"5\r\nhello\r\n0\r\nx-amz-copy-source:{lab.bucket}/secret\r\n\r\n".encode()
    status, answer = lab.send("PUT", _target(url), {"Content-Encoding": "aws-chunked"}, body)
    assert status == 200, answer
    assert lab.root.s3.get_object(Bucket=lab.bucket, Key="k")["Body"].read() == b"hello"


@pytest.mark.parametrize(
    "text", ["", "nonsense", "unsigned-payload", "STREAMING-NOTHING", "A" * 64, "UNSIGNED-PAYLOAD "]
)
def test_the_hash_of_the_body_is_one(lab: S3Lab, text: str) -> None:
    """With any other text the signature was right, whatever the body."""
    before = lab.held()
    status, answer = lab.ask(lab.keys, "PUT", "/{bucket}/k", {}, b"x", hash_text=text)
    assert (status, b"<Code>InvalidArgument</Code>" in answer) == (400, True), answer
    assert b"x-amz-content-sha256 must be UNSIGNED-PAYLOAD" in answer
    assert lab.held() == before


def test_a_body_may_be_left_unsigned_in_so_many_words(lab: S3Lab) -> None:
    """As the AWS CLI does over HTTPS."""
    text = "UNSIGNED-PAYLOAD"
    assert lab.ask(lab.keys, "PUT", "/{bucket}/k", {}, b"x", hash_text=text)[0] == 200


@pytest.mark.parametrize(
    "service", ["s3x", "S3", "made_up", "s3-object-lambda", "s3.amazonaws.com", "ec2", "a b"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_signature_is_for_s3(lab: S3Lab, service: str, method: str) -> None:
    """A service that nobody has is no other name of S3."""
    before = lab.held()
    status, answer = lab.ask(lab.keys, method, "/{bucket}/k", service=service)
    assert status in {400, 403}, answer
    assert lab.held() == before


def test_an_address_is_where_a_request_comes_from(lab: S3Lab) -> None:
    """`aws:SourceIp` was what the client wrote."""
    forged = {"X-Forwarded-For": "203.0.113.9"}
    read = ("Allow", "s3:GetObject", "bucket/*")
    away = lab.user(read, IpAddress={"aws:SourceIp": "203.0.113.9"})
    here = lab.user(read, IpAddress={"aws:SourceIp": "127.0.0.1"})
    assert lab.ask(away, "GET", "/{bucket}/k", forged)[0] == 403
    assert lab.ask(here, "GET", "/{bucket}/k", forged)[0] == 200
    told = list(control.events(lab.local_aws, account=lab.account))
    assert {event["sourceIPAddress"] for event in told} == {"127.0.0.1"}


def test_a_request_is_signed_in_one_way(lab: S3Lab) -> None:
    """Of two signatures one would be checked, and the other believed."""
    url = lab.client(lab.keys).generate_presigned_url(
        "get_object", Params={"Bucket": lab.bucket, "Key": "secret"}
    )
    nobody = lab.user()
    headers = lab.headers(nobody, "GET", _target(url))
    status, answer = lab.send("GET", _target(url), headers)
    assert (status, b"Only one auth mechanism allowed" in answer) == (400, True), answer


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("get_object", {"ResponseContentDisposition": 'attachment; filename="a b.txt"'}),
        ("get_object", {"ResponseExpires": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        ("get_object_acl", {}),
        ("get_object_tagging", {}),
    ],
)
def test_a_url_is_right_whatever_its_parameters(
    lab: S3Lab, version: str, operation: str, more: dict[str, str]
) -> None:
    """The name of a file has blanks, and a sub-resource no value."""
    keys = lab.user(("Allow", "s3:Get*", "bucket/*"))
    params = {"Bucket": lab.bucket, "Key": "k", **more}
    url: str = lab.client(keys, version).generate_presigned_url(operation, Params=params)
    target = url.removeprefix(lab.local_aws.url)
    status, answer = lab.send("GET", target, {})
    assert status == 200, answer
    other = target.replace("/k?", "/secret?")
    assert lab.send("GET", other, {})[0] == 403
    if "?acl" in target:
        assert lab.send("GET", target.replace("?acl", "?tagging"), {})[0] == 403
        assert lab.send("GET", target.replace("?acl", "?%74agging"), {})[0] == 403
