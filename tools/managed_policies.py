"""Write AWS's managed policies as the local AWS reads them: `make policies`.

They come from moto, which takes them from an account of AWS again and again; its licence is
Apache-2.0, as this project's. The version is the one that requirements-dev.txt pins.
"""

from __future__ import annotations

import gzip
import json
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rolelab.iam.documents import in_order
from rolelab.localaws.accounts.aws_policies import DATA


def main() -> None:
    """Write the file."""
    content = written(policies_of_moto())
    # Without name and time, so that the same policies are the same file.
    DATA.write_bytes(gzip.compress(content.encode(), 9, mtime=0))
    sys.stdout.write(f"{Path(DATA).name}: {content.count(chr(10)) - 1} policies\n")


def policies_of_moto() -> dict[str, dict[str, Any]]:
    """Return the policies by name, as moto has them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)


def written(policies: dict[str, dict[str, Any]]) -> str:
    """Return the lines: where they come from, then a policy each, sorted by path and name."""
    rows = sorted(_row(name, policy) for name, policy in policies.items())
    source = f"# AWS's managed policies, from moto {version('moto')} (Apache-2.0)"
    return "".join(f"{line}\n" for line in (source, *rows))


def _row(name: str, policy: dict[str, Any]) -> str:
    document = json.dumps(in_order(policy["Document"]), separators=(",", ":"), ensure_ascii=False)
    dates = (_date(policy["CreateDate"]), _date(policy["UpdateDate"]))
    return "\t".join((policy["Path"] + name, policy["DefaultVersionId"], *dates, document))


def _date(text: str) -> str:
    moment = datetime.fromisoformat(text).astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
