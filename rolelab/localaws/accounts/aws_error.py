"""A refusal in AWS's own words."""

from __future__ import annotations

from collections.abc import Mapping

_STATUS = {
    "AccessDenied": 403,
    "DeleteConflict": 409,
    "EntityAlreadyExists": 409,
    "EntityTemporarilyUnmodifiable": 409,
    "ExpiredToken": 403,
    "InvalidAuthenticationCode": 403,
    "InvalidClientTokenId": 403,
    "LimitExceeded": 409,
    "MissingAuthenticationToken": 403,
    "NoSuchEntity": 404,
    "ReportNotPresent": 410,
    "SignatureDoesNotMatch": 403,
}


class AwsError(Exception):
    """What AWS answers instead; the code decides the HTTP status, 400 where none is documented."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        *,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Take `details`: what an error of S3 tells beside code and message."""
        super().__init__(message)
        self.details = details or {}
        self.code = code
        self.message = message
        self.status = status or _STATUS.get(code, 400)
