"""A request of S3 is read once: what is authorised is what is executed, whatever stands in it."""

from __future__ import annotations

import json

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import DELETE, S3Lab


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


WAYS: dict[str, tuple[str, dict[str, str], bytes]] = {
    "query": ("Action={name}", {}, b""),
    "form": ("", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action={name}"),
    "target": ("", {"X-Amz-Target": "AmazonS3.{name}"}, b""),
}
ATTEMPTS = [
    ("GET", "/"), ("PUT", "/new-{bucket}"), ("DELETE", "/{bucket}"), ("DELETE", "/{bucket}/k"),
    ("PUT", "/{bucket}/k"), ("GET", "/{bucket}/secret"), ("PUT", "/{bucket}?policy"),
    ("GET", "/{bucket}"), ("POST", "/{bucket}/k?uploads"), ("PUT", "/{bucket}?acl"),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["GetObject", "ListObjects", "CreateSession"])
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_a_client_does_not_choose_the_action(lab: S3Lab, way: str, name: str, signed: bool) -> None:
    """The name was taken from query, form or header, and the path carried out."""
    keys = lab.user(("Allow", f"s3:{name}", "bucket/k")) if signed else None
    query, headers, body = WAYS[way]
    headers = {field: value.replace("{name}", name) for field, value in headers.items()}
    body, before = body.replace(b"{name}", name.encode()), lab.held()
    for method, target in ATTEMPTS:
        more = query.replace("{name}", name)
        joined = target + ("&" if "?" in target else "?") * bool(more) + more
        if not signed and target == "/" and way != "target":
            continue  # unsigned, on `/`, with a form's action: a call of STS
        status, answer = lab.ask(keys, method, joined, headers, body)
        assert status == 403, (method, joined, answer)
    assert lab.held() == before


def test_an_object_called_slash_is_an_object(lab: S3Lab) -> None:
    """`/b//` was decided as the bucket and carried out on the object `/`."""
    lab.root.s3.put_object(Bucket=lab.bucket, Key="/", Body=b"slash")
    keys, before = lab.user(("Allow", "s3:*", "bucket")), lab.held()
    for method in ("GET", "PUT", "DELETE"):
        assert lab.ask(keys, method, "/{bucket}//")[0] == 403, method
    assert lab.held() == before
    owner = lab.user(("Allow", "s3:GetObject", "bucket//"))
    assert lab.ask(owner, "GET", "/{bucket}//") == (200, b"slash")


@pytest.mark.parametrize(
    "body",
    [
        "<Delete><Object><Key>k</Key><Key>secret</Key></Object></Delete>",
        "<Delete><Object><Key>secret</Key><Key>k</Key></Object></Delete>",
        "<Delete><Object><Key>k</Key></Object><x><Object><Key>secret</Key></Object></x></Delete>",
        "<Delete><Object><Key>k</Key><Object><Key>secret</Key></Object></Object></Delete>",
        "<Delete></Delete>",
        "<Object><Key>k</Key></Object>",
        "no XML",
    ],
)
def test_what_deletes_objects_names_each_once(lab: S3Lab, body: str) -> None:
    """Of two keys one was decided on, and the other deleted."""
    keys, before = lab.user(("Allow", "s3:DeleteObject", "bucket/k")), lab.held()
    status, answer = lab.ask(keys, "POST", "/{bucket}?delete", {}, body.encode())
    assert (status, b"<Code>MalformedXML</Code>" in answer) == (400, True), answer
    assert lab.held() == before


def test_each_deleted_object_is_decided_by_itself(lab: S3Lab) -> None:
    """One that is allowed does not open the door for the next; a key is taken as it is."""
    keys = lab.user(("Allow", "s3:DeleteObject", "bucket/k*"))
    both = b"<Delete><Object><Key>k</Key></Object><Object><Key>secret</Key></Object></Delete>"
    status, answer = lab.ask(keys, "POST", "/{bucket}?delete", {}, both)
    assert (status, answer.count(b"<Deleted>"), answer.count(b"<Error>")) == (200, 1, 1), answer
    assert b"<Error><Key>secret</Key><Code>AccessDenied</Code>" in answer
    assert lab.ask(lab.keys, "GET", "/{bucket}/secret") == (200, b"the secret")
    lab.root.s3.put_object(Bucket=lab.bucket, Key="k\n", Body=b"another")
    odd = b"<Delete><Object><Key>k&#13;</Key></Object></Delete>"
    assert lab.ask(keys, "POST", "/{bucket}?delete", {}, odd)[0] == 200
    assert lab.root.s3.get_object(Bucket=lab.bucket, Key="k\n")["Body"].read() == b"another"
    assert b"NoSuchKey" in lab.ask(lab.keys, "GET", "/{bucket}/k")[1]


@pytest.mark.parametrize("kind", ["inventory", "metrics", "analytics", "intelligent-tiering"])
@pytest.mark.parametrize("query", ["{kind}&id=x", "{kind}"])
def test_deleting_a_configuration_leaves_the_bucket(lab: S3Lab, kind: str, query: str) -> None:
    """What `aws s3api delete-bucket-metrics-configuration` sends deleted an empty bucket."""
    empty = f"empty-{lab.account}"
    lab.root.s3.create_bucket(Bucket=empty)
    status, answer = lab.ask(lab.keys, "DELETE", f"/{empty}?{query.format(kind=kind)}")
    assert status in {400, 501}, answer
    assert lab.root.s3.head_bucket(Bucket=empty)


def test_who_asks_for_one_thing_is_not_told_another(lab: S3Lab) -> None:
    """MiniStack knows no `?requestPayment` of GET: it listed the objects."""
    keys = lab.user(("Allow", "s3:GetBucketRequestPayment", "bucket"))
    status, answer = lab.ask(keys, "GET", "/{bucket}?requestPayment")
    assert (status, b"<Payer>BucketOwner</Payer>" in answer) == (200, True), answer


@pytest.mark.parametrize("source", ["{bucket}/secret", "/{bucket}/secret", "{bucket}%2Fsecret"])
def test_a_copy_reads_what_it_was_allowed_to_read(lab: S3Lab, source: str) -> None:
    """However its source is spelled."""
    keys, before = lab.user(("Allow", "s3:*", "bucket/k")), lab.held()
    headers = {"x-amz-copy-source": source.format(bucket=lab.bucket)}
    assert lab.ask(keys, "PUT", "/{bucket}/k", headers)[0] == 403
    assert lab.held() == before
    both = lab.user(("Allow", "s3:PutObject", "bucket/k"), ("Allow", "s3:GetObject", "bucket/*"))
    assert lab.ask(both, "PUT", "/{bucket}/k", headers)[0] == 200
    assert lab.ask(both, "GET", "/{bucket}/k")[1] == b"the secret"


@pytest.mark.parametrize(
    ("header", "value", "action"),
    [
        ("x-amz-acl", "bucket-owner-full-control", "PutObjectAcl"),
        ("x-amz-tagging", "a=b", "PutObjectTagging"),
        ("x-amz-object-lock-legal-hold", "ON", "PutObjectLegalHold"),
    ],
)
def test_what_a_put_does_beside_has_to_be_allowed_too(
    lab: S3Lab, header: str, value: str, action: str
) -> None:
    """Tags and ACL of a new object are set with permissions of their own."""
    keys, before = lab.user(("Allow", "s3:PutObject", "bucket/*")), lab.held()
    status, answer = lab.ask(keys, "PUT", "/{bucket}/k", {header: value})
    assert (status, action.encode() in answer) == (403, True), answer
    assert lab.held() == before
    both = lab.user(("Allow", "s3:PutObject", "bucket/*"), ("Allow", f"s3:{action}", "bucket/*"))
    assert lab.ask(both, "PUT", "/{bucket}/k", {header: value})[0] in {200, 400}


@pytest.mark.parametrize("header", [{}, {"x-amz-copy-source": "{bucket}/secret"}])
def test_a_part_goes_into_the_upload_of_its_object(lab: S3Lab, header: dict[str, str]) -> None:
    """Who may put one object must not add to the upload of another."""
    headers = {name: value.format(bucket=lab.bucket) for name, value in header.items()}
    upload = lab.root.s3.create_multipart_upload(Bucket=lab.bucket, Key="secret")["UploadId"]
    keys = lab.user(("Allow", "s3:PutObject", "bucket/k"), ("Allow", "s3:GetObject", "bucket/*"))
    before, query = lab.held(), f"partNumber=1&uploadId={upload}"
    status, answer = lab.ask(keys, "PUT", f"/{{bucket}}/k?{query}", headers, b"")
    assert (status, b"NoSuchUpload" in answer) == (404, True), answer
    assert lab.held() == before


def test_the_unsigned_may_what_everybody_may(lab: S3Lab) -> None:
    """The bucket's own policy says it, for each object that is named."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:DeleteObject"],
        "Resource": f"arn:aws:s3:::{lab.bucket}/k",
    }
    lab.root.s3.delete_public_access_block(Bucket=lab.bucket)
    lab.root.s3.put_bucket_policy(
        Bucket=lab.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    before = lab.held()
    assert lab.ask(None, "GET", "/{bucket}/k") == (200, b"the k")
    for method, path in (
        ("GET", "secret"), ("PUT", "k"), ("GET", "k?acl"), ("GET", ""), ("GET", "k?tagging"),
        ("PUT", "k?Action=GetObject"), ("GET", "?Action=GetObject"), ("GET", "?policy"),
    ):  # fmt: skip
        assert lab.ask(None, method, f"/{{bucket}}/{path}")[0] == 403, (method, path)
    both = b"<Delete><Object><Key>k</Key></Object><Object><Key>secret</Key></Object></Delete>"
    assert lab.ask(None, "POST", "/{bucket}?delete", {}, both)[0] == 403
    assert lab.held() == before
    assert lab.ask(None, "POST", "/{bucket}?delete", {}, DELETE)[0] == 200


def test_a_form_is_allowed_what_its_signer_is(lab: S3Lab) -> None:
    """Who sends it may be anybody."""
    for action, right in (("s3:GetObject", 403), ("s3:PutObject", 204)):
        keys = lab.user(("Allow", action, "bucket/form"))
        status, answer = lab.post(keys, "form")
        assert status == right, (action, answer)


def test_a_bucket_of_a_name_with_dots_is_found_by_its_host(lab: S3Lab) -> None:
    """`a.b.localhost` was the bucket `a`."""
    name = f"dots.{lab.account}"
    lab.root.s3.create_bucket(Bucket=name)
    lab.root.s3.put_object(Bucket=name, Key="k", Body=b"dotted")
    host = {"Host": f"{name}.localhost:{lab.local_aws.port}"}
    reader = lab.user(("Allow", "s3:GetObject", f"arn:aws:s3:::{name}/k"))
    assert lab.ask(reader, "GET", "/k", host) == (200, b"dotted")
    assert lab.ask(reader, "DELETE", "/k", host)[0] == 403
    assert lab.ask(None, "GET", "/k", host)[0] == 403


def test_the_record_names_the_operation(lab: S3Lab) -> None:
    """As CloudTrail, and not as the client called it."""
    lab.ask(lab.keys, "GET", "/{bucket}?acl&Action=DeleteBucket")
    told = list(control.events(lab.local_aws, account=lab.account))[-1]
    assert told["eventName"] == "GetBucketAcl"
