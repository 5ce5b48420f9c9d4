"""A large object to and from the local AWS, and how long others wait meanwhile.

`python -m bench.uploads`, in a folder with a running local AWS, prints the seconds of each round: a
process of its own, because the memory that a child begins with counts as its peak.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.figures import Figure, compared, plain, rounds
from bench.run import OTHER_ACCOUNT, Failed, Project
from rolelab.aws.clients import Clients
from rolelab.localaws.ministack.crc import CRC_64_NVME
from rolelab.localaws.process import probe

_BYTES = 100 * 2**20
_BUCKET = "bench-uploads"
_HOME = Path(".rolelab") / "local"
_LIMITS = {"put": 10, "get": 3}


def measured(project: Project) -> Iterator[Figure]:
    """Yield the figures of 100 MB, uploaded with the checksum that the AWS CLI sends."""
    project.rolelab("local", "start")
    told = project.python("-m", "bench.uploads").json()
    for what, limit in _LIMITS.items():
        yield compared(f"{what} 100 MB", "MD5 and SHA-256", told[what]["rounds"], limit=limit)
        waits = told[what]["waits"]
        yield plain(f"{what} 100 MB: another waits, at most", waits, limit=0.1)
    project.rolelab("local", "stop")


def _all_rounds() -> Mapping[str, object]:
    """Return for both ways the rounds, and how long another waited in each, in seconds."""
    instance = probe.find(_HOME).instance
    if instance is None:
        raise Failed("the local AWS does not run")
    s3 = Clients(instance.endpoint(OTHER_ACCOUNT)).s3
    body = os.urandom(_BYTES)
    checksum = base64.b64encode(CRC_64_NVME.of(body).to_bytes(8, "big")).decode()
    s3.create_bucket(Bucket=_BUCKET)

    def put() -> None:
        s3.put_object(Bucket=_BUCKET, Key="k", Body=body, ChecksumCRC64NVME=checksum)

    def get() -> None:
        s3.get_object(Bucket=_BUCKET, Key="k")["Body"].read()

    def floor() -> float:
        """Return the seconds of the two hashes that S3 needs in any case."""
        begun = time.perf_counter()
        hashlib.md5(body, usedforsecurity=False)
        hashlib.sha256(body)
        return time.perf_counter() - begun

    found: dict[str, object] = {}
    for work in (put, get):
        waits: list[float] = []
        timed = rounds(5, lambda work=work, waits=waits: _beside(work, waits), floor)
        found[work.__name__] = {"rounds": timed, "waits": waits}
    return found


def _beside(work: Callable[[], None], waits: list[float]) -> float:
    """Return the seconds of the work; to `waits` goes the longest that another took meanwhile."""
    done, longest = threading.Event(), [0.0]

    def asking() -> None:
        while not done.wait(0.005):
            begun = time.perf_counter()
            probe.health(_HOME)
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


if __name__ == "__main__":
    print(json.dumps(_all_rounds()))
