"""AWS's own service models, found where botocore ships them; botocore itself is not loaded."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def content_of(service: str) -> object:
    """Return the newest model of a service, such as `iam`, as it is in its file.

    Raises:
        LookupError: there is none of that name.
    """
    newest = sorted(_data().joinpath(service).glob("*/service-2.json*"))[-1]
    content = newest.read_bytes()
    return json.loads(gzip.decompress(content) if newest.suffix == ".gz" else content)


@cache
def regions() -> frozenset[str]:
    """Return AWS's regions, of all partitions."""
    content = json.loads((_data() / "partitions.json").read_text(encoding="utf-8"))
    return frozenset(
        region
        for partition in content["partitions"]
        for region in partition["regions"]
        if not region.endswith("-global")
    )


def _data() -> Path:
    spec = find_spec("botocore")
    return Path((spec.submodule_search_locations or [""])[0] if spec else "", "data")
