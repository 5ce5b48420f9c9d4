"""The AWS of one run: who is asked, and what all resource types need to know of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint, require_loopback
from rolelab.aws.failures import AwsFailure, Kind, as_lab_error, translated
from rolelab.engine.stack import Stack
from rolelab.errors import CannotTell, UsageError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import UserDetailTypeDef
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

T = TypeVar("T")

_THROTTLED_TRIES = 6
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


class Cloud:
    """Clients of one local AWS, and the account they are in."""

    def __init__(self, endpoint: Endpoint, *, connections: int) -> None:
        """Name the endpoint; nothing is asked yet.

        Raises:
            UsageError: the endpoint is not on this machine.
        """
        require_loopback(endpoint.url)
        self.region = endpoint.region
        self._again = Clients(endpoint, connections=connections)
        self._once = Clients(endpoint, connections=connections, attempts=1, clock=self._again.clock)
        self._lock = threading.Lock()
        self._identity: GetCallerIdentityResponseTypeDef | None = None

    @property
    def iam(self) -> IAMClient:
        """For calls that may be said twice: reads, deletes, puts."""
        return self._again.iam

    @property
    def iam_once(self) -> IAMClient:
        """For calls that must not be repeated unseen.

        A second CreateAccessKey makes a second key.
        """
        return self._once.iam

    def now(self) -> float:
        """Return the time by AWS's clock, in seconds since 1970: what is made is dated by it."""
        if not self._again.clock.is_known:
            _ = self.identity
        return self._again.clock.now()

    @property
    def identity(self) -> GetCallerIdentityResponseTypeDef:
        """Who asks; looked up once.

        Raises:
            CannotTell: AWS does not answer, or does not know the key.
        """
        with self._lock:
            if self._identity is None:
                try:
                    with translated("GetCallerIdentity"):
                        self._identity = self._again.sts.get_caller_identity()
                except AwsFailure as failure:
                    if failure.hangs:
                        raise as_lab_error(failure) from None
                    raise CannotTell(
                        f"AWS does not say who asks: {failure.said}",
                        where="GetCallerIdentity",
                        do="see `rolelab local status`, and AWS_* in the environment",
                    ) from None
            return self._identity

    @property
    def account_id(self) -> str:
        """The account, twelve digits."""
        return self.identity["Account"]

    def list_users(self) -> dict[str, UserDetailTypeDef]:
        """Return every user of the account by name, with inline policies.

        A few calls instead of two a user.

        Raises:
            AwsFailure: it could not be found out.
        """
        with translated("GetAccountAuthorizationDetails"):
            pages = self.iam.get_paginator("get_account_authorization_details").paginate(
                Filter=["User"]
            )
            return {
                user.get("UserName", ""): user for page in pages for user in page["UserDetailList"]
            }

    @property
    def partition(self) -> str:
        """The partition of the region: aws, aws-cn, aws-us-gov, aws-eusc."""
        return next(
            (name for start, name in _PARTITIONS.items() if self.region.startswith(start)), "aws"
        )


def cloud_of(stack: Stack, *, connections: int) -> Cloud:
    """Return the AWS of a run, with the region that the configuration names.

    Raises:
        UsageError: configuration of the AWS provider that the embedded engine does not honour.
    """
    config = stack.configuration
    if strange := sorted(key for key in config if key.startswith("aws:") and key != "aws:region"):
        raise UsageError(
            f"rolelab does not honour {', '.join(strange)}",
            where="the stack's configuration",
            do="remove it, or use `pulumi up`",
        )
    region = config.get("aws:region") or stack.endpoint.region
    return Cloud(replace(stack.endpoint, region=region), connections=connections)


def patiently(call: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Return what `call` returns.

    While AWS says that it is asked too often, ask again, ever more slowly.

    Raises:
        AwsFailure: as `call` raises it; throttling only when it did not end.
    """
    for attempt in range(_THROTTLED_TRIES - 1):
        try:
            return call()
        except AwsFailure as failure:
            if failure.kind is not Kind.THROTTLED:
                raise
            sleep(0.2 * 2**attempt)
    return call()
