"""What a signature of S3 has to cover, before anybody looks whether it is right.

Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)": "the
CanonicalHeaders list must include … host …, any x-amz-* headers that you plan to include in your
request must also be added", "x-amz-content-sha256".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.s3_call import Query
from rolelab.localaws.http.s3_model import s3_model

_SIGNED_HEADERS = re.compile(r"SignedHeaders=([^,]*)")
_CREDENTIAL = re.compile(r"Credential=([^,]*)")
_SCOPE = re.compile(r"[^/]+/[0-9]{8}/(?:[^/]+/)?s3/aws4_request")
_HASH = re.compile(r"[0-9a-f]{64}")
_COVERED_BY_VERSION_2 = frozenset(
    {
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "delete",
        "inventory",
        "lifecycle",
        "list-type",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "restore",
        "select",
        "select-type",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    }
)
"""Parameters that Signature Version 2 signs, as far as they say which operation is meant; and
`list-type`, of which both values list."""
_LIFETIME = re.compile(r"-?[0-9]{1,12}|")
_SECONDS = re.compile(r"[0-9]{1,12}")
_SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-", "STREAMING-AWS4-ECDSA-")
_NOT_HASHED = (
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
)


def require_whole(headers: Mapping[str, str], query: Query) -> None:
    """Refuse a request of which a part that counts is not signed, or that is signed twice.

    Raises:
        AwsError: AccessDenied, InvalidArgument, AuthorizationHeaderMalformed.
    """
    content = headers.get("x-amz-content-sha256")
    if content is not None and content not in _NOT_HASHED and not _HASH.fullmatch(content):
        message = f"x-amz-content-sha256 must be {', '.join(_NOT_HASHED)} or a valid sha256 value."
        raise AwsError("InvalidArgument", message, 400)
    _require_times(query)
    authorization = headers.get("authorization", "")
    ways = [
        bool(authorization),
        any(name.lower() in ("x-amz-algorithm", "x-amz-signature") for name in query),
        "AWSAccessKeyId" in query,
    ]
    if sum(ways) > 1:
        message = (
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified"
        )
        raise AwsError("InvalidArgument", message, 400)
    if ways[2] and query.keys() & (s3_model().distinctive - _COVERED_BY_VERSION_2):
        raise AwsError("AccessDenied", "There were parameters present which were not signed", 403)
    if ways[1]:
        credential = query.get("X-Amz-Credential", [""])[0]
        _require(credential, query.get("X-Amz-SignedHeaders", [""])[0], headers)
    elif authorization.startswith("AWS4-"):
        credentials, signed = (
            part.findall(authorization) for part in (_CREDENTIAL, _SIGNED_HEADERS)
        )
        if len(credentials) > 1 or len(signed) > 1:
            _require("", "", headers)
        elif credentials and signed:
            _require(credentials[0], signed[0], headers)


def is_whole_without_body(headers: Mapping[str, str]) -> bool:
    """Return whether a signature can be checked before the body has come.

    It covers a hash of the body, or nothing of it; only chunks are signed one by one.
    """
    content = headers.get("x-amz-content-sha256", "")
    is_version_4 = headers.get("authorization", "").startswith("AWS4-")
    return not content.startswith(_SIGNED_CHUNKS) and (bool(content) or not is_version_4)


def _require_times(query: Query) -> None:
    """Refuse times that are no numbers, or longer than any.

    Raises:
        AwsError: AuthorizationQueryParametersError, AccessDenied.
    """
    for name, values in query.items():
        for value in values:
            if name.lower() == "x-amz-expires" and not _LIFETIME.fullmatch(value):
                message = "X-Amz-Expires should be a number"
                raise AwsError("AuthorizationQueryParametersError", message, 400)
            is_version_2 = name == "Expires" and "AWSAccessKeyId" in query
            if is_version_2 and not _SECONDS.fullmatch(value):
                message = f"Invalid date (should be seconds since epoch): {value[:64]}"
                raise AwsError("AccessDenied", message, 403)


def require_body(headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a body that is not the one that was signed.

    Raises:
        AwsError: XAmzContentSHA256Mismatch.
    """
    signed = headers.get("x-amz-content-sha256", "")
    if _HASH.fullmatch(signed) and hashlib.sha256(body).hexdigest() != signed:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise AwsError("XAmzContentSHA256Mismatch", message, 400)


def _require(credential: str, signed: str, headers: Mapping[str, str]) -> None:
    if not _SCOPE.fullmatch(credential):
        message = (
            "The authorization header is malformed; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request" of the service "s3".'
        )
        raise AwsError("AuthorizationHeaderMalformed", message, 400)
    covered = signed.split(";")
    if any(
        (name.startswith("x-amz-") or name == "host") and name not in covered for name in headers
    ):
        message = "There were headers present in the request which were not signed"
        raise AwsError("AccessDenied", message, 403)
