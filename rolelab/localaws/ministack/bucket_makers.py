"""Who made each bucket: kept with it, as long as there is the bucket."""

from __future__ import annotations

from typing import Any, cast

from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.ministack.bucket_policies import record_of
from rolelab.localaws.ministack.emulator import module

_MADE_BY = "rolelab_made_by"
"""Of MiniStack's own record, which outlives a restart."""


def keep(bucket: str, caller: Caller | None) -> None:
    """Keep who made a bucket; who asks for their own once more has not made it again."""
    record = record_of(bucket)
    if record is not None and caller is not None:
        record.setdefault(_MADE_BY, caller.principal_id)


def of_account(account: str) -> dict[str, str]:
    """Return the principal ids (`AROA…:session`, `AIDA…`) by bucket, as far as they were kept."""
    records = cast("dict[tuple[str, str], dict[str, Any]]", module("services.s3")._buckets._data)
    return {
        name: str(record[_MADE_BY])
        for (owner, name), record in list(records.items())
        if owner == account and _MADE_BY in record
    }
