"""Botocore's many exceptions as the few kinds that the lab acts on."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from rolelab.aws.sign_of_life import NoSignOfLife
from rolelab.errors import CannotTell, LabError

WHERE_IT_HANGS = (
    "see `rolelab local status`; end a local AWS that hangs with `rolelab local stop`, "
    "then run `rolelab up` again"
)


class Kind(Enum):
    """What a failed call means for whoever asked."""

    DENIED = "denied"
    """AWS refused on authorisation: AccessDenied, and nothing else."""
    CREDENTIALS = "credentials"
    """The key itself is unknown, inactive, expired or signed wrongly: this says nothing about
    permissions."""
    MISSING = "missing"
    """What was asked for does not exist."""
    THROTTLED = "throttled"
    """Asked too often; ask again later."""
    UNREACHABLE = "unreachable"
    """No answer, a broken one, or the service's own failure (5xx): unknown whether it happened."""
    REFUSED = "refused"
    """Any other answer of AWS: the request is wrong or conflicts with what exists."""


_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_CLOCK = {"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"}
_CODES = {
    Kind.DENIED: {"AccessDenied", "AccessDeniedException"},
    Kind.CREDENTIALS: {
        *_EXPIRED, *_CLOCK, "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken",
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "IncompleteSignature", "AuthFailure",
        "MissingAuthenticationToken",
    },
    Kind.THROTTLED: {
        "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded",
        "SlowDown",
    },
    Kind.MISSING: {"NoSuchEntity", "NoSuchBucket", "NoSuchKey", "NotFound", "404"},
}  # fmt: skip
_KIND_OF = {code: kind for kind, codes in _CODES.items() for code in codes}
_CLOCK_WORDS = ("Signature expired", "Signature not yet current")
# What a garbled or cut-off answer makes botocore and urllib3 raise, beside botocore's own
# exceptions.
_BROKEN_ANSWER = (ResponseParserError, HTTPError, ValueError, LookupError, OSError)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)


class AwsFailure(Exception):
    """A call that did not succeed, in the lab's own terms."""

    def __init__(
        self,
        *,
        operation: str,
        kind: Kind,
        code: str,
        said: str,
        server_time: datetime | None = None,
    ) -> None:
        super().__init__(said)
        self.server_time = server_time
        """AWS's clock when it answered, where it told."""
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

    @property
    def hangs(self) -> bool:
        """True if the local AWS gives no sign of life: whether it happened is unknown."""
        return self.code == NoSignOfLife.__name__

    @property
    def nobody_answers(self) -> bool:
        """True if there is no AWS at the address, or one that hangs: further calls are in vain."""
        return self.hangs or self.code == EndpointConnectionError.__name__

    @property
    def expired(self) -> bool:
        """True if a session that was good has ended."""
        return self.code in _EXPIRED

    @property
    def clock_is_wrong(self) -> bool:
        """True if AWS refused the time of the request.

        This machine's clock is off, the key may be good.

        Source: IAM User Guide, "Troubleshoot Signature Version 4 signing for AWS API requests".
        """
        return self.code in _CLOCK or (
            self.code == "SignatureDoesNotMatch" and self.said.startswith(_CLOCK_WORDS)
        )

    def __str__(self) -> str:
        return f"{self.operation}: {self.code}: {self.said}"


def failure(operation: str, error: Exception) -> AwsFailure:
    """Turn a botocore exception into the kind of failure it is."""
    if isinstance(error, UnicodeEncodeError):
        return not_sent(operation, "a value holds half of a letter")
    if isinstance(error, ParamValidationError):
        kind = Kind.REFUSED
    elif isinstance(error, _NO_CREDENTIALS):
        kind = Kind.CREDENTIALS
    else:
        kind = Kind.UNREACHABLE
    if not isinstance(error, ClientError):
        return AwsFailure(
            operation=operation,
            kind=kind,
            code=type(error).__name__,
            said=" ".join(str(error).split()),
        )
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", ""))
    said = str(response.get("Error", {}).get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return AwsFailure(
        operation=error.operation_name or operation,
        kind=_kind(code, status),
        code=code,
        said=said,
        server_time=server_time(response),
    )


def server_time(response: Any) -> datetime | None:
    """Return AWS's clock from the `Date` header of an answer; None where there is none to read."""
    headers: dict[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        at = parsedate_to_datetime(headers["date"])
    except (LookupError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def broken(operation: str, what: str) -> AwsFailure:
    """Return the failure of an answer that is none: cut off, or somebody else's."""
    return AwsFailure(operation=operation, kind=Kind.UNREACHABLE, code="BrokenAnswer", said=what)


def not_sent(operation: str, why: str) -> AwsFailure:
    """Return the failure of a call that no request can be made of."""
    return AwsFailure(operation=operation, kind=Kind.REFUSED, code="NotSent", said=f"{why}.")


def require_whole(operation: str, answer: Any, *fields: str) -> None:
    """Raise where a field is missing or empty: a cut-off answer can parse as an empty success."""
    for name in fields:
        if name not in answer or answer[name] in ("", None):
            raise broken(operation, f"the answer lacks {name}")


def kind_of(code: str) -> Kind:
    """Return what an error code of AWS alone means."""
    return _KIND_OF.get(code, Kind.REFUSED)


def _kind(code: str, status: int) -> Kind:
    kind = kind_of(code)
    if kind in (Kind.DENIED, Kind.CREDENTIALS, Kind.THROTTLED):
        return kind
    if status == 429:
        return Kind.THROTTLED
    if status >= 500 or not code or (code == str(status) and status not in (403, 404)):
        return Kind.UNREACHABLE
    return kind


def as_lab_error(failure: AwsFailure) -> LabError:
    """Return the failure as a line for a person.

    Exit code 3 where it says nothing about the lab, else 1.
    """
    if failure.hangs:
        return CannotTell(failure.said, where=f"AWS, {failure.operation}", do=WHERE_IT_HANGS)
    unknown = failure.kind in (Kind.THROTTLED, Kind.UNREACHABLE, Kind.CREDENTIALS)
    kind = CannotTell if unknown else LabError
    return kind(
        f"{failure.code}: {failure.said or 'no more was said'}", where=f"AWS, {failure.operation}"
    )


@contextmanager
def translated(operation: str) -> Generator[None]:
    """Raise AwsFailure instead of whatever botocore and its parsers raise for `operation`.

    The block should hold the call and nothing else.
    """
    try:
        yield
    except (ClientError, BotoCoreError, *_BROKEN_ANSWER) as error:
        raise failure(operation, error) from None
