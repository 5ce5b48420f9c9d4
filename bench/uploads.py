"""A large object to and from the local AWS, and how long others wait meanwhile."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure, compared, plain, rounds
from bench.run import OTHER_ACCOUNT, Failed, Project
from rolelab.aws.clients import Clients
from rolelab.localaws.ministack.crc import CRC_64_NVME
from rolelab.localaws.process import probe

_BYTES = 100 * 2**20
_BUCKET = "bench-uploads"


def measured(project: Project) -> Iterator[Figure]:
    """Yield the figures of 100 MB, uploaded with the checksum that the AWS CLI sends."""
    project.rolelab("local", "start")
    home = project.folder / ".rolelab" / "local"
    instance = probe.find(home).instance
    if instance is None:
        raise Failed("the local AWS does not run")
    clients = Clients(instance.endpoint(OTHER_ACCOUNT))
    body = os.urandom(_BYTES)
    checksum = base64.b64encode(CRC_64_NVME.of(body).to_bytes(8, "big")).decode()
    clients.s3.create_bucket(Bucket=_BUCKET)
    waits: list[float] = []

    def put() -> None:
        clients.s3.put_object(Bucket=_BUCKET, Key="k", Body=body, ChecksumCRC64NVME=checksum)

    def get() -> None:
        clients.s3.get_object(Bucket=_BUCKET, Key="k")["Body"].read()

    def floor() -> float:
        """Return the seconds of the two hashes that S3 needs in any case."""
        begun = time.perf_counter()
        hashlib.md5(body, usedforsecurity=False)
        hashlib.sha256(body)
        return time.perf_counter() - begun

    for what, work, limit in (("put", put, 10), ("get", get, 3)):
        found = rounds(5, lambda work=work: _beside(work, home, waits), floor)
        yield compared(f"{what} 100 MB", "MD5 and SHA-256", found, limit=limit)
        yield plain(f"{what} 100 MB: another waits, at most", waits, limit=0.1)
        waits.clear()
    project.rolelab("local", "stop")


def _beside(work: Callable[[], None], home: Path, waits: list[float]) -> float:
    """Return the seconds of the work; to `waits` goes the longest that another took meanwhile."""
    done, longest = threading.Event(), [0.0]

    def asking() -> None:
        while not done.wait(0.005):
            begun = time.perf_counter()
            probe.health(home)
            longest[0] = max(longest[0], time.perf_counter() - begun)

    other = threading.Thread(target=asking)
    other.start()
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    done.set()
    other.join()
    waits.append(longest[0])
    return seconds
