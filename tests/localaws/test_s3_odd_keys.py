"""Keys that XML has no room for, or reads as another one: listed, deleted and told as they are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance
from tests.localaws.iam_lab import as_user
from tests.localaws.s3_lab import S3Lab

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PaginatorConfigTypeDef

NOT_IN_XML = ["a\x00b", "a\x01b", "\x1b", "a\x0bb", "a\ufffeb", "a\uffffb"]
ODD = [
    *("a\rb", "a\r\nb", "a\nb", "a\tb", "a b", " a ", "a+b", "a%41b", "a%0Db", "<a>&\"'", "ü/😀"),
    *("a\x7fb", "a\x85b", "a\u2028b", "~*-._()", "../a", "a//b", "&#13;", "&amp;"),
]


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


@pytest.fixture
def bucket(root: Clients, account: str) -> str:
    """An empty bucket."""
    root.s3.create_bucket(Bucket=f"odd-{account}")
    return f"odd-{account}"


def listed(root: Clients, bucket: str) -> list[set[str]]:
    """Return the keys as each list of boto3 gives them, a page for each key."""
    objects = root.s3.get_paginator("list_objects")
    newer = root.s3.get_paginator("list_objects_v2")
    versions = root.s3.get_paginator("list_object_versions")
    one_each: PaginatorConfigTypeDef = {"PageSize": 1}
    pages = (
        objects.paginate(Bucket=bucket, PaginationConfig=one_each),
        newer.paginate(Bucket=bucket, PaginationConfig=one_each),
        versions.paginate(Bucket=bucket, PaginationConfig=one_each),
    )
    return [
        {one.get("Key", "") for page in pages[0] for one in page.get("Contents", [])},
        {one.get("Key", "") for page in pages[1] for one in page.get("Contents", [])},
        {one.get("Key", "") for page in pages[2] for one in page.get("Versions", [])},
    ]


def test_what_was_put_is_listed_and_deleted_by_what_was_listed(root: Clients, bucket: str) -> None:
    """boto3 asks for keys percent-encoded, and reads them back."""
    keys = {*ODD, *NOT_IN_XML}
    for key in keys:
        root.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert listed(root, bucket) == [keys] * 3
    for key in listed(root, bucket)[2]:
        assert root.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        root.s3.delete_object(Bucket=bucket, Key=key)
    assert listed(root, bucket) == [set()] * 3


def test_versions_and_markers_of_odd_keys_are_deleted_for_good(root: Clients, bucket: str) -> None:
    """As `Empty` does it: by key and version, as listed."""
    root.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ODD:
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
        root.s3.delete_object(Bucket=bucket, Key=key)
    page = root.s3.list_object_versions(Bucket=bucket)
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    assert len(found) == 2 * len(ODD)
    named = [{"Key": one.get("Key", ""), "VersionId": one.get("VersionId", "")} for one in found]
    answer = root.s3.delete_objects(Bucket=bucket, Delete={"Objects": named})  # pyright: ignore[reportArgumentType]
    assert {one.get("Key") for one in answer.get("Deleted", [])} == set(ODD)
    root.s3.delete_bucket(Bucket=bucket)


def test_pages_of_versions_end(root: Clients, bucket: str) -> None:
    """A bucket that was not always versioned has versions `null`, alone and among others."""
    for key in ("a", "b"):
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    root.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("b", "b", "c"):
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"2")
    pages = root.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 1}
    )
    found = [one for page in pages for one in page.get("Versions", [])]
    assert [one.get("Key") for one in found] == ["a", "b", "b", "b", "c"]
    assert [one.get("VersionId") == "null" for one in found] == [True, False, False, True, False]


def test_of_several_objects_those_that_are_named_are_deleted(root: Clients, bucket: str) -> None:
    """A carriage return is no line feed, in what is asked and in what is answered."""
    for key in ("a\rb", "a\nb", "a\r\nb"):
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    answer = root.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a\rb"}]})
    assert [one.get("Key") for one in answer.get("Deleted", [])] == ["a\rb"]
    assert listed(root, bucket) == [{"a\nb", "a\r\nb"}] * 3


def test_what_is_not_deleted_is_told_by_its_key(root: Clients, bucket: str, account: str) -> None:
    """Of several objects one is refused."""
    root.iam.create_user(UserName="anna")
    statement = {
        "Effect": "Allow",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{bucket}/mine*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    root.iam.put_user_policy(UserName="anna", PolicyName="p", PolicyDocument=document)
    objects = [{"Key": "mine\r"}, {"Key": "theirs\r"}]
    answer = as_user(root, "anna").s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})  # pyright: ignore[reportArgumentType]
    assert [one.get("Key") for one in answer.get("Deleted", [])] == ["mine\r"]
    assert [one.get("Key") for one in answer.get("Errors", [])] == ["theirs\r"]


@pytest.mark.parametrize("key", ["\x01", "&#x1;"])
def test_several_objects_cannot_be_named_by_what_is_no_xml(lab: S3Lab, key: str) -> None:
    """S3 takes neither the character nor a reference to it: such objects are deleted one by one."""
    body = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
    status, answer = lab.ask(lab.keys, "POST", "/{bucket}?delete", body=body)
    assert (status, b"<Code>MalformedXML</Code>" in answer) == (400, True)


LISTS = ["", "list-type=2", "versions", "uploads"]


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize(
    ("key", "written"), [("\x01", "&#x1;"), ("\ufffe", "&#xfffe;"), ("\r", "&#13;")]
)
def test_without_an_encoding_references_are_written(
    lab: S3Lab, query: str, key: str, written: str
) -> None:
    """So S3 does it, though XML 1.0 has no such reference: all that a reader may not have seen."""
    place = f"/{{bucket}}/{quote('x' + key)}"
    assert lab.ask(lab.keys, "PUT", place)[0] == 200
    status, begun = lab.ask(lab.keys, "POST", f"{place}?uploads")
    assert f"<Key>x{written}</Key>" in begun.decode()
    upload = re.findall("<UploadId>(.*)</UploadId>", begun.decode())[0]
    parts = lab.ask(lab.keys, "GET", f"{place}?uploadId={upload}")[1]
    assert f"<Key>x{written}</Key>" in parts.decode()
    prefix = f"prefix={quote('x' + key)}"
    status, answer = lab.ask(lab.keys, "GET", f"/{{bucket}}?{query}&{prefix}".replace("?&", "?"))
    assert status == 200
    assert f"<Key>x{written}</Key>" in answer.decode()
    assert f"<Prefix>x{written}</Prefix>" in answer.decode()
    missing = lab.ask(lab.keys, "GET", f"/{{bucket}}/{quote('y' + key)}")[1].decode()
    assert "<Code>NoSuchKey</Code>" in missing
    assert f"<Key>y{written}</Key>" in missing


@pytest.mark.parametrize(
    ("query", "marker"),
    [
        ("", "marker"),
        ("list-type=2", "start-after"),
        ("versions", "key-marker"),
        ("uploads", "key-marker"),
    ],
)
def test_with_an_encoding_everything_that_is_part_of_a_key_is_encoded(
    lab: S3Lab, query: str, marker: str
) -> None:
    """Keys, prefixes, delimiter and markers, as S3 has answered: with a plus for a blank."""
    for key in ("d x/+1\r", "d x/ü(2)", "d x/\x01/3"):
        assert lab.ask(lab.keys, "PUT", f"/{{bucket}}/{quote(key)}")[0] == 200
        assert lab.ask(lab.keys, "POST", f"/{{bucket}}/{quote(key)}?uploads")[0] == 200
    asked = f"{query}&encoding-type=url&prefix=d%20x%2F&{marker}=d%20x%2F%20"
    answer = lab.ask(lab.keys, "GET", f"/{{bucket}}?{asked}".replace("?&", "?"))[1].decode()
    assert "<EncodingType>url</EncodingType>" in answer
    assert re.findall("<Key>(.*?)</Key>", answer) == ["d+x/%2B1%0D", "d+x/%C3%BC%282%29"]
    assert "<Prefix>d+x/</Prefix>" in answer
    assert "Marker>d+x/+</" in answer or "<StartAfter>d+x/+</StartAfter>" in answer
    if query == "uploads":
        return  # MiniStack does not group uploads
    asked = f"{query}&encoding-type=url&prefix=d%20x%2F&delimiter=%01"
    answer = lab.ask(lab.keys, "GET", f"/{{bucket}}?{asked}".replace("?&", "?"))[1].decode()
    assert "<Delimiter>%01</Delimiter>" in answer
    assert "<CommonPrefixes><Prefix>d+x/%01</Prefix></CommonPrefixes>" in answer


@pytest.mark.parametrize("query", LISTS)
def test_there_is_one_encoding(lab: S3Lab, query: str) -> None:
    """Another one is refused in S3's words."""
    asked = f"/{{bucket}}?{query}&encoding-type=base64".replace("?&", "?")
    status, answer = lab.ask(lab.keys, "GET", asked)
    assert status == 400
    assert b"<Message>Invalid Encoding Method specified in Request</Message>" in answer
    assert b"<ArgumentName>encoding-type</ArgumentName>" in answer


def test_the_prefix_of_a_rule_is_kept(root: Clients, bucket: str) -> None:
    """Configurations speak of keys, too."""
    for prefix in ("a\rb", "<a> &"):
        rule = {
            "ID": "one",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "Expiration": {"Days": 1},
        }
        root.s3.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [rule]},  # pyright: ignore[reportArgumentType]
        )
        kept = root.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
        assert kept.get("Filter", {}).get("Prefix") == prefix
