"""Bucket policies: whom they name, whom they keep naming, and how a request is signed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.iam import arns
from rolelab.iam.messages import parse, render
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import S3Lab


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


def _put(lab: S3Lab, principal: Any, action: str = "s3:GetObject", **conditions: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": arns.bucket(lab.bucket, "*"),
        **({"Condition": conditions} if conditions else {}),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    lab.root.s3.put_bucket_policy(Bucket=lab.bucket, Policy=json.dumps(policy))


def _named(lab: S3Lab) -> Any:
    policy = json.loads(lab.root.s3.get_bucket_policy(Bucket=lab.bucket)["Policy"])
    return policy["Statement"][0]["Principal"]["AWS"]


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_bucket_policy_shows_who_is_gone(lab: S3Lab, kind: str) -> None:
    """Whoever is made under the old name is somebody else, and is not let in."""
    made, delete = _maker(lab, kind)
    entity = made()
    others = arns.account_root("444455556666")
    _put(lab, {"AWS": [entity["Arn"], others]})
    assert _named(lab) == [entity["Arn"], others]
    delete()
    unique_id = entity.get("UserId") or entity["RoleId"]
    assert sorted(_named(lab)) == sorted([unique_id, others])
    made()
    assert unique_id in _named(lab)


def _maker(lab: S3Lab, kind: str) -> tuple[Any, Any]:
    iam, trust = lab.root.iam, {"AWS": arns.account_root(lab.account)}
    if kind == "user":
        return (
            lambda: iam.create_user(UserName="ann")["User"],
            lambda: iam.delete_user(UserName="ann"),
        )
    statement = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return (
        lambda: iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"],
        lambda: iam.delete_role(RoleName="r"),
    )


@pytest.mark.parametrize("written", ["444455556666", "arn:aws:iam::444455556666:root"])
def test_an_account_is_given_back_by_its_arn(lab: S3Lab, written: str) -> None:
    """S3 saves what its id stands for."""
    _put(lab, {"AWS": written})
    assert _named(lab) == "arn:aws:iam::444455556666:root"


def test_a_policy_that_is_refused_leaves_the_one_before(lab: S3Lab) -> None:
    """Nothing of it is saved, its principals included."""
    _put(lab, {"AWS": "444455556666"})
    with pytest.raises(ClientError, match="Invalid principal in policy"):
        _put(lab, {"AWS": f"arn:aws:iam::{lab.account}:user/nobody"})
    assert _named(lab) == "arn:aws:iam::444455556666:root"


def test_versions_of_an_object_are_deleted_one_by_one(lab: S3Lab) -> None:
    """A version needs a permission of its own, and the answer names it."""
    s3 = lab.root.s3
    s3.put_bucket_versioning(Bucket=lab.bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=lab.bucket, Key="k", Body=b"2")["VersionId"]
    client = lab.client(lab.user(("Allow", "s3:DeleteObject", "bucket/*")))
    objects = [{"Key": "k", "VersionId": version}, {"Key": "secret"}]
    told = client.delete_objects(Bucket=lab.bucket, Delete={"Objects": objects, "Quiet": True})
    assert [(one["Key"], one["VersionId"], one["Code"]) for one in told["Errors"]] == [
        ("k", version, "AccessDenied")
    ]
    assert "s3:DeleteObjectVersion" in told["Errors"][0]["Message"]
    assert s3.get_object(Bucket=lab.bucket, Key="k")["Body"].read() == b"2"
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=lab.bucket, Key="secret")


@pytest.mark.parametrize(("version", "says"), [("s3v4", "AWS4-HMAC-SHA256"), ("s3", "AWS")])
def test_a_policy_knows_a_url_that_is_signed(lab: S3Lab, version: str, says: str) -> None:
    """As for who shares links: by which way, in which version, for how long."""
    allowed = {"s3:authType": "REST-QUERY-STRING", "s3:signatureversion": says}
    for condition, right in ((allowed, 200), ({"s3:authType": "REST-HEADER"}, 403)):
        keys = lab.user(("Allow", "s3:GetObject", "bucket/*"), StringEquals=condition)
        url: str = lab.client(keys, version).generate_presigned_url(
            "get_object", Params={"Bucket": lab.bucket, "Key": "k"}
        )
        target = urlsplit(url)
        status, answer = lab.send("GET", f"{target.path}?{target.query}", {})
        assert status == right, answer


@pytest.mark.parametrize(
    ("condition", "right"),
    [
        ({"StringEquals": {"s3:authType": "POST"}}, 204),
        ({"StringEquals": {"s3:authType": "x"}}, 403),
    ],
)
def test_a_policy_knows_a_form(lab: S3Lab, condition: Any, right: int) -> None:
    """The form is signed, and not the request that brings it."""
    keys = lab.user(("Allow", "s3:PutObject", "bucket/*"), **condition)
    assert lab.post(keys, "form")[0] == right


@pytest.mark.parametrize(
    ("field", "value", "action"),
    [
        ("acl", "private", "s3:PutObjectAcl"),
        ("x-amz-tagging", "a=b", "s3:PutObjectTagging"),
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
            "s3:PutObjectTagging",
        ),
    ],
)
def test_what_a_form_sets_beside_has_to_be_allowed_too(
    lab: S3Lab, field: str, value: str, action: str
) -> None:
    """A form puts ACL and tags as headers do."""
    before = lab.held()
    keys = lab.user(("Allow", "s3:PutObject", "bucket/*"))
    status, answer = lab.post(keys, "form", {field: value})
    assert (status, action.encode() in answer) == (403, True), answer
    assert lab.held() == before
    both = lab.user(("Allow", "s3:PutObject", "bucket/*"), ("Allow", action, "bucket/*"))
    assert lab.post(both, "form", {field: value})[0] in {204, 400}


def test_the_unsigned_bring_keys_too(lab: S3Lab) -> None:
    """A site's pictures are for its own pages: `aws:Referer`, under an allow for everybody."""
    lab.root.s3.delete_public_access_block(Bucket=lab.bucket)
    _put(lab, "*", StringLike={"aws:Referer": "http://lab.example/*"})
    assert lab.ask(None, "GET", "/{bucket}/k", {"Referer": "http://lab.example/a"})[0] == 200
    assert lab.ask(None, "GET", "/{bucket}/k")[0] == 403


def test_a_deny_holds_for_the_unsigned_whatever_an_acl_allows(lab: S3Lab) -> None:
    """An explicit deny wins."""
    s3 = lab.root.s3
    s3.delete_public_access_block(Bucket=lab.bucket)
    s3.put_bucket_ownership_controls(
        Bucket=lab.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.put_object_acl(Bucket=lab.bucket, Key="k", ACL="public-read")
    assert lab.ask(None, "GET", "/{bucket}/k") == (200, b"the k")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": arns.bucket(lab.bucket, "k"),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=lab.bucket, Policy=json.dumps(policy))
    assert lab.ask(None, "GET", "/{bucket}/k")[0] == 403


def test_a_public_policy_lets_nobody_in_where_that_is_blocked(lab: S3Lab) -> None:
    """RestrictPublicBuckets: neither the unsigned nor other accounts."""
    lab.root.s3.delete_public_access_block(Bucket=lab.bucket)
    _put(lab, "*")
    assert lab.ask(None, "GET", "/{bucket}/k")[0] == 200
    lab.root.s3.put_public_access_block(
        Bucket=lab.bucket,
        PublicAccessBlockConfiguration={"RestrictPublicBuckets": True},
    )
    assert lab.ask(None, "GET", "/{bucket}/k")[0] == 403


@pytest.mark.parametrize(
    ("operation", "body", "headers"),
    [
        ("k", b"", {"x-amz-tagging": "class=secret&class=public"}),
        ("k", b"", {"x-amz-tagging": "class=public&class=secret"}),
        (
            "k?tagging",
            b"<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag>"
            b"<Tag><Key>class</Key><Value>public</Value></Tag></TagSet></Tagging>",
            {},
        ),
        (
            "k?tagging",
            b"<Tagging><TagSet><Tag><Key>x</Key><Key>class</Key><Value>public</Value></Tag>"
            b"</TagSet></Tagging>",
            {},
        ),
    ],
)
def test_a_tag_is_decided_on_that_is_set(
    lab: S3Lab, operation: str, body: bytes, headers: dict[str, str]
) -> None:
    """Of two one was decided on, and the other one set."""
    condition = {"s3:RequestObjectTag/class": "public"}
    keys = lab.user(("Allow", "s3:*", "bucket/*"), StringEquals=condition)
    before = lab.held()
    status, answer = lab.ask(keys, "PUT", f"/{{bucket}}/{operation}", headers, body)
    assert status == 400, answer
    assert lab.held() == before


_TWO_MODES = (
    b"<Retention><x><Mode>GOVERNANCE</Mode></x><Mode>COMPLIANCE</Mode>"
    b"<RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>"
)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/{bucket}/k?retention", _TWO_MODES),
        ("/new-{bucket}", b"<CreateBucketConfiguration>%s%s</CreateBucketConfiguration>"),
        ("/new-{bucket}", b"<CreateBucketConfiguration><x>%s</x></CreateBucketConfiguration>"),
        (
            "/new-{bucket}",
            b'<CreateBucketConfiguration><x:LocationConstraint xmlns:x="x">eu-west-1'
            b"</x:LocationConstraint></CreateBucketConfiguration>",
        ),
    ],
)
def test_what_a_body_says_is_what_is_done(lab: S3Lab, target: str, body: bytes) -> None:
    """One reader found a mode or a region where the other found another one, or none."""
    body = body.replace(b"%s", b"<LocationConstraint>eu-west-1</LocationConstraint>")
    keys, before = lab.user(("Allow", "s3:*", "*")), lab.held()
    status, answer = lab.ask(keys, "PUT", target, {}, body)
    assert (status, b"MalformedXML" in answer) == (400, True), answer
    assert lab.held() == before


def _allow_acls(lab: S3Lab) -> None:
    lab.root.s3.put_bucket_ownership_controls(
        Bucket=lab.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


PUBLIC_ACL = {"ACL": "public-read"}


@pytest.mark.parametrize(
    ("operation", "action", "key", "parameters"),
    [
        ("put_bucket_policy", "s3:PutBucketPolicy", "", {}),
        ("put_bucket_acl", "s3:PutBucketAcl", "", PUBLIC_ACL),
        ("put_object_acl", "s3:PutObjectAcl", "k", PUBLIC_ACL),
        ("put_object", "s3:PutObject", "k", PUBLIC_ACL),
        ("create_multipart_upload", "s3:PutObject", "k", PUBLIC_ACL),
    ],
)
def test_what_is_public_is_prevented_in_s3s_words(
    lab: S3Lab, operation: str, action: str, key: str, parameters: dict[str, str]
) -> None:
    """With who, what and where, as every other refusal: whoever reads it looks for a policy."""
    _allow_acls(lab)
    resource = f"arn:aws:s3:::{lab.bucket}" + (f"/{key}" if key else "")
    if not parameters:
        allowed = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
        parameters = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": allowed})}
    client = lab.client(lab.user(("Allow", "s3:*", "*")))
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(Bucket=lab.bucket, **({"Key": key} if key else {}), **parameters)
    what = "policies" if "Policy" in parameters else "ACLs"
    setting = "BlockPublicPolicy" if "Policy" in parameters else "BlockPublicAcls"
    said = str(refused.value).partition(" operation: ")[2]
    refusal = parse(said)
    assert refusal
    assert (refusal.action, refusal.resource, refusal.prevented_by) == (action, resource, setting)
    assert render(refusal) == said
    assert said.endswith(
        f" because public {what} are prevented by the {setting} setting in S3 Block Public Access."
    )


def test_another_account_is_not_told_what_prevents_it(lab: S3Lab) -> None:
    """S3 gives reasons to callers of the bucket's account only."""
    _allow_acls(lab)
    other = f"{int(lab.account) // 2:012}"
    _put(lab, {"AWS": other}, "s3:PutObject*")
    theirs = Clients(lab.local_aws.endpoint(other)).s3
    theirs.put_object(Bucket=lab.bucket, Key="k", Body=b"")
    with pytest.raises(ClientError, match=r"Access Denied$"):
        theirs.put_object(Bucket=lab.bucket, Key="k", Body=b"", ACL="public-read")
