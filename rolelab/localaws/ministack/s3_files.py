"""The files of large objects: written beside the event loop, read as they are sent.

MiniStack writes and reads them whole, on the event loop, so that for 100 MB all others waited.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import os
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack.emulator import Foreign, module, original
from rolelab.localaws.ministack.s3_hashes import LARGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
_S3 = "services.s3"

_written: dict[int, Path] = {}
"""Identity of a body -> the file that holds it, which only wants its name."""
_writing = set[asyncio.Task[None]]()
_is_reading: ContextVar[bool] = ContextVar("rolelab_s3_is_reading", default=False)


@contextmanager
def reading(call: S3Call) -> Iterator[None]:
    """Let what is read for a call be a file that is not read yet, where it is sent or cut only."""
    is_cut = "x-amz-copy-source-range" in call.headers
    before = _is_reading.set(call.operation.name in ("GetObject", "HeadObject") or is_cut)
    try:
        yield
    finally:
        _is_reading.reset(before)


# -- in MiniStack's place ----------------------------------------------------------------------


def persist_object(bucket: str, key: str, record: Foreign) -> None:
    """Write the file of an object; of a large one soon: until then it is held in memory."""
    body: bytes | None = record.get("body")
    if body is None or len(body) < LARGE_BYTES:
        original(_S3, "_persist_object")(bucket, key, record)
        return
    task = asyncio.get_running_loop().create_task(_persist(bucket, key, record, body))
    _writing.add(task)
    task.add_done_callback(_writing.discard)


async def _persist(bucket: str, key: str, record: dict[str, Foreign], body: bytes) -> None:
    s3 = module(_S3)
    path = Path(s3.DATA_DIR) / f"{uuid4().hex}.new"
    try:
        await asyncio.to_thread(_write, path, body)
        held: Mapping[str, Foreign] = s3._buckets.get(bucket) or {}
        # It may have been removed or replaced since then, or be written by who saves everything.
        if held.get("objects", {}).get(key) is record and record["body"] is body:
            _written[id(body)] = path
            original(_S3, "_persist_object")(bucket, key, record)
    except OSError as error:
        # It stays in memory, and is written, or told of, when everything is saved.
        _log.warning("cannot write an object of S3: %s", error)
    finally:
        _written.pop(id(body), None)
        path.unlink(missing_ok=True)


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)


def atomic_write(path: str, data: bytes, *, text: bool = False) -> None:
    """Write a file; where it has been written, it only gets its name."""
    written = _written.get(id(data))
    if written:
        written.replace(path)
    else:
        original(_S3, "_atomic_write")(path, data, text=text)


def read_body(bucket: str, key: str, record: Foreign) -> bytes | mmap.mmap:
    """Return what an object holds: a large file as it lies on the disk, where it is only sent."""
    s3 = module(_S3)
    if _is_reading.get() and s3.S3_PERSIST and record.get("body") is None:
        path = s3._object_disk_path(bucket, key)
        if path and record.get("size", 0) >= LARGE_BYTES:
            with Path(path).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    body: bytes = original(_S3, "_read_body")(bucket, key, record)
    return body
