"""Bucket policies: whose a bucket is, what its policy is today, whom it names.

The principals of a bucket policy are users and roles, not names: they are resolved when it is
saved.
"""

from __future__ import annotations

import json
from typing import cast

from rolelab.iam.documents import as_list, as_mapping
from rolelab.localaws.accounts import trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.enforcement import as_text
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.ministack.emulator import Foreign, module

_IDS = "PolicyIds"
"""Where a bucket's record keeps ARN -> unique id of the principals of its policy."""


def owner_of(bucket: str) -> str | None:
    """Return the account that a bucket belongs to."""
    return module("services.s3")._bucket_owner_account(bucket) if bucket else None


def policy_of(store: IdentityStore, bucket: str, owner: str) -> str:
    """Return a bucket's policy with each principal as it is now."""
    document = module("services.s3")._bucket_policies.get_scoped(owner, None, bucket) or "{}"
    record = _record(bucket)
    return trust.current(store, as_text(document), record.get(_IDS) if record else None)


def keep_ids(bucket: str, ids: dict[str, str]) -> None:
    """Keep the unique ids of the principals of the policy that was saved."""
    record = _record(bucket)
    if record is not None:
        record[_IDS] = ids


def ids_of(store: IdentityStore, body: bytes) -> dict[str, str]:
    """Return the unique ids of the users and roles that a bucket policy names.

    Raises:
        AwsError: MalformedPolicy, for one that does not exist.
    """
    try:
        policy: object = json.loads(body)
    except ValueError:
        return {}
    except RecursionError:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None
    if not isinstance(policy, dict):
        return {}
    named: list[dict[str, object]] = []
    for item in as_list(cast("dict[str, object]", policy).get("Statement", [])):
        statement = as_mapping(item) or {}
        for element in ("Principal", "NotPrincipal"):
            principals = as_list((as_mapping(statement.get(element)) or {}).get("AWS", []))
            texts = [each for each in principals if isinstance(each, str)]
            named.append({"Principal": {"AWS": texts}})
    return trust.resolve(store, {"Statement": named}, code="MalformedPolicy")


def _record(bucket: str) -> Foreign:
    owner = owner_of(bucket)
    return module("services.s3")._buckets.get_scoped(owner, None, bucket) if owner else None
