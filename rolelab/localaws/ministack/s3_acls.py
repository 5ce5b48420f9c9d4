"""What ACLs and Block Public Access of a bucket allow everybody, or another account.

Both are read by MiniStack's own code; policies are not its business here.

Source: Amazon S3 User Guide, "Access control list (ACL) overview", "Blocking public access to your
Amazon S3 storage".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rolelab.iam import arns
from rolelab.iam.messages import Refusal, render
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack import bucket_policies
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.ministack.s3_callers import Answer
from rolelab.localaws.ministack.s3_permissions import action_of

_PREVENTED = re.compile(rb"public \w+ are prevented by the (\w+) setting in S3 Block Public Access")
"""MiniStack's words, which are the end of S3's."""


def allow(
    owner: str,
    bucket: str,
    key: str,
    method: str,
    query: Mapping[str, Sequence[str]],
    account: str,
) -> bool:
    """Return whether an ACL allows a call by an account (empty: by everybody).

    `action_name` of S3's layer tells MiniStack which action is asked for.
    """
    s3 = module("services.s3")
    object_acl, object_wants = s3._foreign_object_acl(owner, bucket, key, method, query)
    by_name = s3._canonical_owner_id(account) if account else ""
    if any(
        by_name and grantee == by_name and permission in object_wants
        for grantee, permission in s3._acl_grants(object_acl, "ID")
    ):
        return True
    if s3._public_access_blocked(owner, bucket, "IgnorePublicAcls"):
        return False
    groups: list[str] = [s3._ACL_GROUP_ALL_USERS]
    groups += [s3._ACL_GROUP_AUTHENTICATED] if account else []
    wants = s3._bucket_acl_wants(method, bucket, key, query)
    return any(
        group in groups and permission in granted
        for acl, granted in ((_acl_of(owner, bucket), wants), (object_acl, object_wants))
        for group, permission in s3._acl_grants(acl)
    )


def are_restricted(owner: str, bucket: str, policy: str) -> bool:
    """Return whether a bucket's policy is public, and lets nobody in from elsewhere for that."""
    s3: Foreign = module("services.s3")
    is_restricted: bool = s3._public_access_blocked(owner, bucket, "RestrictPublicBuckets")
    return is_restricted and bool(s3._policy_is_public(policy))


def require_not_prevented(call: S3Call, caller: Caller | None, answer: Answer) -> None:
    """Refuse in S3's words what MiniStack has refused for being public.

    Raises:
        AwsError: AccessDenied.
    """
    found = _PREVENTED.search(bytes(answer[2])) if answer[0] == 403 else None
    if found is None:
        return
    refusal = Refusal()
    # To callers of another account than the bucket's S3 gives no reasons.
    if caller and caller.account == bucket_policies.owner_of(call.bucket):
        refusal = Refusal(
            principal=caller.arn,
            action=action_of(call.operation.name, call.version),
            resource=arns.bucket(call.bucket, call.key),
            prevented_by=found[1].decode(),
        )
    raise AwsError("AccessDenied", render(refusal), 403)


def _acl_of(owner: str, bucket: str) -> Foreign:
    """Return a bucket's ACL; nothing where the bucket's owner owns all in it, and ACLs are off."""
    s3 = module("services.s3")
    record = s3._buckets.get_scoped(owner, None, bucket)
    if record is None or s3._bucket_owner_enforced(record):
        return None
    return s3._bucket_acl.get_scoped(owner, None, bucket)
