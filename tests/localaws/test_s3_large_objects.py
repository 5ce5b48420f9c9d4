"""Objects of a megabyte and more: kept whole, read in parts, and nobody waits for their files."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.localaws.process import lifecycle

BUCKET = "large-objects"
LONG = 3 * 2**20 + 7


def _s3(home: Path) -> Any:
    return Clients(lifecycle.ensure(home).instance.endpoint()).s3


def _read(s3: Any, key: str, **more: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()


def _wait_for_files(home: Path, count: int) -> list[Path]:
    """Return the files of the objects, once there are so many and none is under way."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        files = [path for path in (home / "state" / "objects").rglob("*") if path.is_file()]
        bodies = [path for path in files if not path.name.endswith(".meta.json")]
        if len(bodies) == count and not any(path.suffix == ".new" for path in bodies):
            return bodies
        time.sleep(0.01)
    pytest.fail(f"not {count} files")


def test_what_was_just_put_is_kept_by_an_end_at_once(home: Path) -> None:
    """Their files are written a little later than the answer comes."""
    one, other = (random.Random(seed).randbytes(LONG) for seed in (1, 2))
    s3 = _s3(home)
    s3.create_bucket(Bucket=BUCKET)
    for key, body in (("replaced", one), ("replaced", other), ("removed", one), ("kept", one)):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    s3.delete_object(Bucket=BUCKET, Key="removed")
    lifecycle.stop(home)
    s3 = _s3(home)
    assert _read(s3, "replaced") == other
    assert _read(s3, "kept") == one
    with pytest.raises(ClientError, match="NoSuchKey"):
        _read(s3, "removed")
    _wait_for_files(home, 2)


def test_a_large_object_is_read_whole_and_in_parts_from_its_file(home: Path) -> None:
    """As the AWS CLI does, which asks for eight megabytes at a time."""
    body = random.Random(3).randbytes(LONG)
    s3 = _s3(home)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=body)
    assert _read(s3, "k") == body
    _wait_for_files(home, 1)
    assert _read(s3, "k") == body
    assert _read(s3, "k", Range="bytes=1000000-2999999") == body[1_000_000:3_000_000]
    assert _read(s3, "k", Range="bytes=-7") == body[-7:]
    assert s3.head_object(Bucket=BUCKET, Key="k", Range="bytes=0-9")["ContentLength"] == 10
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "k"})
    assert _read(s3, "copy") == body
    where = {"Bucket": BUCKET, "Key": "part"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    of = {"CopySource": {"Bucket": BUCKET, "Key": "k"}, "CopySourceRange": "bytes=7-2000006"}
    copied = s3.upload_part_copy(**where, **of, UploadId=upload, PartNumber=1)
    parts = {"Parts": [{"ETag": copied["CopyPartResult"]["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    assert _read(s3, "part") == body[7:2_000_007]


def test_what_is_being_read_stays_as_it_was(home: Path) -> None:
    """Whoever replaces it meanwhile does not change the half that is still to come."""
    one, other = (random.Random(seed).randbytes(40 * 2**20) for seed in (4, 5))
    s3 = _s3(home)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=one)
    _wait_for_files(home, 1)
    coming = s3.get_object(Bucket=BUCKET, Key="k")["Body"]
    half = coming.read(2**20)
    s3.put_object(Bucket=BUCKET, Key="k", Body=other)
    s3.delete_object(Bucket=BUCKET, Key="k")
    _wait_for_files(home, 0)
    assert half + coming.read() == one
