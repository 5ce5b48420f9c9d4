"""The hashes of what is uploaded; of a large body beside the event loop, so that others go on.

MiniStack hashes a body where it keeps it, on the event loop, and some bodies twice. So what it is
going to ask for is worked out before, in a thread, and it is handed that.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TypeVar

from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack.crc import CRC_32C, CRC_64_NVME
from rolelab.localaws.ministack.emulator import Foreign

LARGE_BYTES = 2**18
"""From here on the work on a body, a millisecond, is more than the way to a thread and back."""
_MD5 = "MD5"
CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "CRC32C": lambda body: CRC_32C.of(body).to_bytes(4, "big"),
    "CRC64NVME": lambda body: CRC_64_NVME.of(body).to_bytes(8, "big"),
    "SHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "SHA256": lambda body: hashlib.sha256(body).digest(),
}
"""Algorithm -> what it makes of a body."""
_NAMED_BY = "x-amz-sdk-checksum-algorithm"
_Found = TypeVar("_Found")
_Known = dict[tuple[str, int], tuple[bytes, Foreign]]
"""(Algorithm, identity of a body) -> the body, which keeps its identity so, and what is known."""

_known: ContextVar[_Known] = ContextVar("rolelab_s3_hashes")


async def beside(size: int, work: Callable[[], _Found]) -> _Found:
    """Do work on so many bytes: in a thread where they are many."""
    return await asyncio.to_thread(work) if size >= LARGE_BYTES else work()


async def learn(call: S3Call, body: bytes, upload: Foreign) -> None:
    """Work out what MiniStack will ask for; `upload`: the one that the call is part of, or None.

    The caller has to `forget`.
    """
    is_end = upload and call.operation.name == "CompleteMultipartUpload"
    bodies = [part["body"] for part in upload["parts"].values()] if is_end else [body]
    named = {name for name in CHECKSUMS if f"x-amz-checksum-{name.lower()}" in call.headers}
    named |= {
        _normal(call.headers.get(_NAMED_BY)),
        _normal(upload and upload["checksum_algorithm"]),
    }
    size = sum(map(len, bodies))
    if size >= LARGE_BYTES:
        checksums = () if is_end else named & CHECKSUMS.keys()
        _known.set(await asyncio.to_thread(_hashed, bodies, checksums))


def _hashed(bodies: Iterable[bytes], checksums: Iterable[str]) -> _Known:
    known: _Known = {}
    for body in bodies:
        known[_MD5, id(body)] = body, hashlib.md5(body, usedforsecurity=False)
        for name in checksums:
            known[name, id(body)] = body, CHECKSUMS[name](body)
    return known


def forget() -> None:
    """Let go of the bodies: the next request of a connection inherits what this one knew."""
    _known.set({})


def _normal(algorithm: str | None) -> str:
    return (algorithm or "").upper().replace("_", "")


# -- in MiniStack's place ----------------------------------------------------------------------


def checksum(algorithm: str | None, body: bytes) -> str | None:
    """Return a checksum in base64; None for an algorithm that S3 has not."""
    name = _normal(algorithm)
    if name not in CHECKSUMS:
        return None
    _, known = _known.get({}).get((name, id(body)), (body, None))
    return base64.b64encode(known or CHECKSUMS[name](body)).decode()


def md5_hash(data: bytes) -> str:
    """Return the MD5 of a body, of which an ETag is made."""
    return _md5(data).hexdigest()


def _md5(data: bytes = b"", **options: bool) -> Foreign:
    _, known = _known.get({}).get((_MD5, id(data)), (data, None))
    return known or hashlib.md5(data, **options)  # noqa: S324 - what S3 names an object by


HASHLIB = SimpleNamespace(**vars(hashlib) | {"md5": _md5})
"""The standard library's, but that it knows the MD5 of the bodies at hand."""
