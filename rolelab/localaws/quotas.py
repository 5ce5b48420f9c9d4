"""IAM's quotas, enforced with LimitExceeded; the quotas themselves are in `rolelab.iam.quotas`."""

from __future__ import annotations

from rolelab.iam.quotas import QUOTAS
from rolelab.localaws.accounts.aws_error import AwsError


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
