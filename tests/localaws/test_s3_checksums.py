"""Checksums of what is uploaded: right ones are kept, wrong ones refused, and none takes long."""

from __future__ import annotations

import base64
import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.ministack import emulator, s3_hashes
from rolelab.localaws.ministack.crc import CRC_32C, CRC_64_NVME, Crc
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import S3Lab

CRCS = {"crc32c": CRC_32C, "crc64nvme": CRC_64_NVME}
SIZES = (0, 1, 7, 8, 9, 784, 785, 1250, 1251, 4096, 50_003, 2**20, 2**20 + 1, 2**20 + 999)


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


@pytest.mark.parametrize(
    ("crc", "check"), [(CRC_32C, 0xE3069283), (CRC_64_NVME, 0xAE8B14860A799888)]
)
def test_a_crc_has_its_published_check_value(crc: Crc, check: int) -> None:
    """Of the nine digits, as every catalogue of CRCs has it."""
    assert crc.of(b"123456789") == check


@pytest.mark.parametrize("crc", CRCS.values(), ids=CRCS)
def test_the_multiple_is_one(crc: Crc) -> None:
    """Else a long body would have another CRC than a short one."""
    left = (1 << crc.degree) + sum(1 << power for power in crc.others)
    divisor = (1 << crc.width) + crc.polynomial
    while left.bit_length() > crc.width:
        left ^= divisor << (left.bit_length() - divisor.bit_length())
    assert left == 0


@pytest.mark.parametrize("name", CRCS)
def test_a_crc_of_a_long_body_is_that_of_byte_by_byte(local_aws: Instance, name: str) -> None:
    """Around every length at which another step begins; by MiniStack's own code."""
    drawn, by_byte = random.Random(7), emulator.original("services.s3", f"_{name}")
    for size in SIZES:
        body = drawn.randbytes(size)
        assert CRCS[name].of(body) == by_byte(body), size


@pytest.mark.parametrize("name", CRCS)
def test_an_upload_with_a_wrong_crc_is_refused(lab: S3Lab, name: str) -> None:
    """The AWS CLI sends one with whatever it uploads."""
    body = random.Random(8).randbytes(100_000)
    crc = CRCS[name]
    right, wrong = (
        base64.b64encode(crc.of(of).to_bytes(crc.width // 8, "big")).decode()
        for of in (body, body + b"x")
    )
    header = f"x-amz-checksum-{name}"
    assert lab.ask(lab.keys, "PUT", "/{bucket}/k", {header: right}, body)[0] == 200
    status, answer = lab.ask(lab.keys, "PUT", "/{bucket}/k", {header: wrong}, b"other")
    assert (status, b"<Code>BadDigest</Code>" in answer) == (400, True), answer
    assert lab.root.s3.get_object(Bucket=lab.bucket, Key="k")["Body"].read() == body


def test_others_are_answered_while_a_large_body_is_hashed(
    lab: S3Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a class waits for whoever uploads a film."""
    begun, answered = threading.Event(), threading.Event()

    def slow(_: bytes) -> bytes:
        begun.set()
        assert answered.wait(20)
        return bytes(4)

    monkeypatch.setitem(s3_hashes.CHECKSUMS, "CRC32", slow)
    headers = {"x-amz-checksum-crc32": base64.b64encode(bytes(4)).decode()}
    with ThreadPoolExecutor(1) as pool:
        upload = pool.submit(lab.ask, lab.keys, "PUT", "/{bucket}/k", headers, bytes(10**6))
        assert begun.wait(20)
        lab.root.iam.list_users()
        lab.root.s3.list_buckets()
        answered.set()
        assert upload.result()[0] == 200


def test_the_parts_of_an_upload_are_not_hashed_on_the_event_loop(
    lab: S3Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which all requests share: neither when they come nor when they are put together."""
    threads: list[str] = []
    md5 = hashlib.md5

    def told(data: bytes = b"", **options: bool) -> Any:
        threads.extend([threading.current_thread().name] * (len(data) >= 10**6))
        return md5(data, **options)

    monkeypatch.setattr(hashlib, "md5", told)
    s3: Any = lab.root.s3
    where = {"Bucket": lab.bucket, "Key": "film"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    tags = [
        s3.upload_part(**where, UploadId=upload, PartNumber=n, Body=bytes([n]) * 5 * 2**20)["ETag"]
        for n in (1, 2)
    ]
    parts = [{"ETag": tag, "PartNumber": n} for n, tag in enumerate(tags, 1)]
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**where)["ContentLength"] == 10 * 2**20
    assert len(threads) == 4
    assert not [name for name in threads if not name.startswith("asyncio_")]
