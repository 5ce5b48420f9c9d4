"""What IAM's grammar and quotas refuse; the rules themselves are in `rolelab.iam`."""

from __future__ import annotations

from rolelab.iam.grammar import PolicyUse, malformed
from rolelab.iam.quotas import QUOTAS
from rolelab.localaws.accounts.aws_error import AwsError


def require_grammar(document: str, kind: PolicyUse) -> None:
    """Refuse a policy document that is none, or none for its use.

    Raises:
        AwsError: MalformedPolicyDocument.
    """
    message = malformed(document, kind)
    if message:
        raise AwsError("MalformedPolicyDocument", message)


def require_below(quota: str, count: int) -> None:
    """Refuse one more of what there are `count` of already.

    Raises:
        AwsError: LimitExceeded.
    """
    require_at_most(quota, count + 1)


def require_at_most(quota: str, size: int) -> None:
    """Refuse what is larger than a quota.

    Raises:
        AwsError: LimitExceeded.
    """
    limit = QUOTAS[quota]
    if size > limit.most:
        called = limit.called or quota.removesuffix("Quota")
        raise AwsError("LimitExceeded", f"Cannot exceed quota for {called}: {limit.most}")
