"""Botocore's many exceptions as the few kinds that the lab acts on."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class Kind(Enum):
    """What a failed call means for whoever asked."""

    DENIED = "denied"
    """AWS refused on authorisation: AccessDenied, and nothing else."""
    CREDENTIALS = "credentials"
    """The key itself is unknown, inactive, expired or signed wrongly: this says nothing about permissions."""
    MISSING = "missing"
    """What was asked for does not exist."""
    THROTTLED = "throttled"
    """Asked too often; ask again later."""
    UNREACHABLE = "unreachable"
    """No answer, a broken one, or the service's own failure (5xx): unknown whether it happened."""
    REFUSED = "refused"
    """Any other answer of AWS: the request is wrong or conflicts with what exists."""


_DENIED = {"AccessDenied", "AccessDeniedException"}
_CREDENTIALS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "AuthFailure",
    "RequestInTheFuture",
}
_MISSING = {"NoSuchEntity", "NoSuchBucket", "NoSuchKey", "NotFound", "404"}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}


class AwsFailure(Exception):
    """A call that did not succeed, in the lab's own terms."""

    def __init__(self, *, operation: str, kind: Kind, code: str, said: str) -> None:
        super().__init__(said)
        self.operation = operation
        self.kind = kind
        self.code = code
        """AWS's error code, or the name of the transport failure."""
        self.said = said
        """AWS's own words."""

    @property
    def answered(self) -> bool:
        """True if AWS said no, so nothing happened; False if it may have happened all the same."""
        return self.kind is not Kind.UNREACHABLE

    def __str__(self) -> str:
        return f"{self.operation}: {self.code}: {self.said}"


def failure(operation: str, error: Exception) -> AwsFailure:
    """Turn a botocore exception into the kind of failure it is."""
    if not isinstance(error, ClientError):
        return AwsFailure(operation=operation, kind=Kind.UNREACHABLE, code=type(error).__name__, said=str(error))
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", ""))
    said = str(response.get("Error", {}).get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return AwsFailure(operation=error.operation_name or operation, kind=_kind(code, status), code=code, said=said)


def _kind(code: str, status: int) -> Kind:
    if code in _DENIED:
        return Kind.DENIED
    if code in _CREDENTIALS:
        return Kind.CREDENTIALS
    if code in _THROTTLED or status == 429:
        return Kind.THROTTLED
    if status >= 500 or not code or (code == str(status) and status not in (403, 404)):
        return Kind.UNREACHABLE
    return Kind.MISSING if code in _MISSING else Kind.REFUSED


@contextmanager
def translated(operation: str) -> Generator[None]:
    """Raise AwsFailure instead of whatever botocore raises for `operation`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise failure(operation, error) from None
