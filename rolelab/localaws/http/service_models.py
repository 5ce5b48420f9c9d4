"""AWS's own service models, found where botocore ships them; botocore itself is not loaded."""

from __future__ import annotations

import gzip
import json
from importlib.util import find_spec
from pathlib import Path


def content_of(service: str) -> object:
    """Return the newest model of a service, such as `iam`, as it is in its file."""
    spec = find_spec("botocore")
    places = list(spec.submodule_search_locations or ()) if spec else []
    newest = sorted(Path(places[0], "data", service).glob("*/service-2.json*"))[-1]
    content = newest.read_bytes()
    return json.loads(gzip.decompress(content) if newest.suffix == ".gz" else content)
