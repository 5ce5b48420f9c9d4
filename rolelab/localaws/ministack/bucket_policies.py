"""Bucket policies: whose a bucket is, what its policy is today, whom it names.

The principals of a bucket policy are users and roles, not names: they are resolved when it is
saved, as those of a trust policy are.

Source: Amazon S3 User Guide, "Principals for bucket policies".
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rolelab.iam.grammar import bucket as bucket_grammar
from rolelab.localaws.accounts import trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.enforcement import as_text
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.ministack.emulator import Foreign, module

_IDS = "PolicyIds"
"""Where a bucket's record keeps ARN -> unique id of the principals of its policy."""


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """A policy as it is saved."""

    document: str
    """JSON, each account by its ARN."""
    ids: dict[str, str]
    """ARN -> unique id of the users and roles that it names."""


def owner_of(bucket: str) -> str | None:
    """Return the account that a bucket belongs to."""
    return module("services.s3")._bucket_owner_account(bucket) if bucket else None


def policy_of(store: IdentityStore, bucket: str, owner: str) -> str:
    """Return a bucket's policy with each principal as it is now."""
    document = module("services.s3")._bucket_policies.get_scoped(owner, None, bucket) or "{}"
    record = record_of(bucket)
    return trust.current(store, as_text(document), record.get(_IDS) if record else None)


def read(store: IdentityStore, body: bytes, bucket: str) -> BucketPolicy:
    """Read a policy that is put on a bucket.

    Raises:
        AwsError: MalformedPolicy, for one that S3 cannot read or a principal that does not exist.
    """
    text = body.decode("utf-8", "replace")
    fault = next(bucket_grammar.faults(text, bucket), None)
    if fault:
        raise AwsError(fault.code, fault.what)
    try:
        ids = trust.resolve(store, json.loads(text), code="MalformedPolicy")
    except AwsError as error:
        raise AwsError(error.code, bucket_grammar.INVALID_PRINCIPAL) from None
    return BucketPolicy(trust.with_account_arns(text), ids)


def keep_ids(bucket: str, ids: dict[str, str]) -> None:
    """Keep the unique ids of the principals of the policy that was saved."""
    record = record_of(bucket)
    if record is not None:
        record[_IDS] = ids


def record_of(bucket: str) -> Foreign:
    """Return MiniStack's own record of a bucket; None without one."""
    owner = owner_of(bucket)
    return module("services.s3")._buckets.get_scoped(owner, None, bucket) if owner else None
