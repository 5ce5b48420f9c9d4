"""Bucket policies: whose a bucket is, what its policy says today, whom it names.

The principals of a bucket policy are users and roles, not names: they are resolved when it is saved.
"""

from __future__ import annotations

import json
from typing import cast

from rolelab.localaws import trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.authorization import Cause, ResourcePolicy
from rolelab.localaws.documents import listed, statements
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.statements import parsed

_IDS = "PolicyIds"
"""Where a bucket's record keeps ARN -> unique id of the principals of its policy."""


def owner_of(bucket: str) -> str | None:
    """Return the account that a bucket belongs to."""
    return module("services.s3")._bucket_owner_account(bucket) if bucket else None


def policy_of(store: IdentityStore, bucket: str, owner: str) -> ResourcePolicy:
    """Return a bucket's policy with each principal as it is now."""
    document = module("services.s3")._bucket_policies.get_scoped(owner, None, bucket) or "{}"
    text = document if isinstance(document, str) else json.dumps(document)
    record = _record(bucket)
    ids = record.get(_IDS) if record else None
    return ResourcePolicy(parsed(trust.current(store, text, ids)), owner, Cause.RESOURCE)


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
    aws_only: list[dict[str, object]] = []
    for statement in statements(cast("dict[str, object]", policy)):
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if isinstance(principal, dict):
                named = listed(cast("dict[str, object]", principal).get("AWS", []))
                texts = [value for value in named if isinstance(value, str)]
                aws_only.append({"Principal": {"AWS": texts}})
    return trust.resolve(store, {"Statement": aws_only}, code="MalformedPolicy")


def _record(bucket: str) -> Foreign:
    owner = owner_of(bucket)
    return module("services.s3")._buckets.get_scoped(owner, None, bucket) if owner else None
