"""A request of S3, read once into a value: which operation on which bucket and object.

Permission is decided on this value, and it alone is carried out. So what stands for nothing of its
operation is not in it, and what could stand for two operations is refused.

Source: Amazon S3 API Reference, each operation's "Request Syntax", "Error Responses"; S3 User
Guide, "Virtual hosting of general purpose buckets".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.s3_model import Level, S3Operation, s3_model

Query = Mapping[str, Sequence[str]]
"""The parameters of a query by their names, each with all its values."""

POST_OBJECT = S3Operation(
    name="PostObject",
    method="POST",
    level=Level.BUCKET,
    markers={},
    required=frozenset(),
    parameters=frozenset(),
    numbers=frozenset(),
    required_headers=frozenset({"content-type"}),
    headers=frozenset({"content-type"}),
    has_metadata=False,
    has_body=True,
)
"""The upload of a page's form: S3 has it, and the model does not."""

_HOST = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]*?)\.)?(?:s3(?:[.-][a-z0-9-]+)?\.)?localhost(?::[0-9]+)?"
)
_OF_ANY_OPERATION = frozenset({"host", "content-type", "content-length", "content-encoding"})
_METADATA = "x-amz-meta-"
_SIGNATURE = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-content-sha256",
    }
)
_OF_A_BODY = "x-amz-checksum-"
_COPY_SOURCE = "x-amz-copy-source"
_LIST_TYPE = "list-type"
ENCODING_TYPE = "encoding-type"
"""The parameter by which a list gives its keys percent-encoded."""
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_MOST_NUMBER = 2**31 - 1
_MOST_PARTS = 10_000
_MOST_SHOWN = 256


@dataclass(frozen=True, slots=True)
class CopySource:
    """The object that is copied from."""

    bucket: str
    key: str
    version: str

    @classmethod
    def read(cls, text: str) -> CopySource:
        """Read the header.

        Raises:
            AwsError: InvalidArgument.
        """
        place, _, query = text.partition("?")
        bucket, _, key = unquote(place).removeprefix("/").partition("/")
        parameters = parse_qs(query, keep_blank_values=True)
        versions = parameters.pop("versionId", [""])
        if not bucket or not key or parameters or len(versions) != 1:
            message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
            raise AwsError("InvalidArgument", message, 400)
        return cls(bucket, key, versions[0])

    def __str__(self) -> str:
        version = f"?versionId={quote(self.version, safe='')}" if self.version else ""
        return quote(f"{self.bucket}/{self.key}") + version


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Call:
    """What a request asks for."""

    operation: S3Operation
    bucket: str
    key: str
    parameters: Mapping[str, str]
    """Those of the query that the operation has, without its sub-resource."""
    headers: Mapping[str, str]
    """Those that the operation has, by their names in lower case."""
    source: CopySource | None = None

    @property
    def path(self) -> str:
        """The path, as if the bucket's name stood in none but it."""
        return f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}"

    @property
    def version(self) -> str:
        """The version of the object; empty for the present one."""
        return self.parameters.get("versionId", "")


def place_of(host: str, path: str) -> tuple[str, str]:
    """Return bucket and key that host and path name.

    Raises:
        AwsError: InvalidURI.
    """
    named = _HOST.fullmatch(host.lower())
    if named and named["bucket"]:
        return named["bucket"], path[1:]
    bucket, _, key = path[1:].partition("/")
    if key and not bucket:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.", 400)
    return bucket, key


def read(method: str, place: tuple[str, str], query: Query, headers: Mapping[str, str]) -> S3Call:
    """Read a request: `place` is bucket and key.

    Raises:
        AwsError: it is no operation of S3, or it could be two.
    """
    bucket, key = place
    level = Level.OBJECT if key else Level.BUCKET if bucket else Level.SERVICE
    headers = _with_hoisted(headers, query)
    operation = _operation(method, level, query, headers)
    _require_unambiguous(operation, query)
    _require_numbers(operation, query)
    _require_encoding(operation, query)
    kept = {
        name: value
        for name, value in headers.items()
        if name in operation.headers
        or name in _OF_ANY_OPERATION
        or (operation.has_metadata and name.startswith(_METADATA))
    }
    source = None
    if _COPY_SOURCE in kept:
        source = CopySource.read(kept[_COPY_SOURCE])
        kept[_COPY_SOURCE] = str(source)
    parameters = {name: query[name][0] for name in operation.parameters if name in query}
    return S3Call(
        operation=operation,
        bucket=bucket,
        key=key,
        parameters=parameters,
        headers=kept,
        source=source,
    )


def _with_hoisted(headers: Mapping[str, str], query: Query) -> Mapping[str, str]:
    """Return the headers with those that a presigned URL has in its query, where they are signed.

    A checksum is not among them: who signs a URL does not know the body.
    """
    if "X-Amz-Signature" not in query:
        return headers
    hoisted: dict[str, str] = {}
    for name, values in query.items():
        header = name.lower()
        if header.startswith("x-amz-") and header not in _SIGNATURE:
            if header in hoisted or header in headers or len(values) > 1:
                raise AwsError("InvalidArgument", f"{header} is given more than once.", 400)
            if not header.startswith(_OF_A_BODY) or header == f"{_OF_A_BODY}algorithm":
                hoisted[header] = values[0]
    return {**headers, **hoisted}


def _operation(method: str, level: Level, query: Query, headers: Mapping[str, str]) -> S3Operation:
    named = query.keys() & s3_model().subresources
    if len(named) > 1:
        message = f"Conflicting query string parameters: {', '.join(sorted(named))}"
        raise AwsError("InvalidArgument", message, 400)
    content_type = headers.get("content-type", "").lower()
    is_form = content_type.startswith("multipart/form-data")
    if (method, level, is_form) == ("POST", Level.BUCKET, True) and not named:
        return POST_OBJECT
    lacking: set[str] = set()
    for operation in s3_model().at(method, level):
        if not (named <= operation.names and _has_markers(operation, query)):
            continue
        missing = operation.required - query.keys()
        missing |= operation.required_headers - headers.keys()
        if not missing:
            return operation
        lacking |= missing
    if lacking and named:
        message = f"Missing required parameter for this request: '{min(lacking)}'"
        raise AwsError("InvalidRequest", message, 400)
    if _LIST_TYPE in named:
        raise invalid_argument("Invalid List Type", _LIST_TYPE, query[_LIST_TYPE][0])
    message = "The specified method is not allowed against this resource."
    raise AwsError("MethodNotAllowed", message, 405, details={"Method": method})


def invalid_argument(message: str, name: str, value: str) -> AwsError:
    """Return S3's refusal of a parameter or header, which tells them."""
    details = {"ArgumentName": name, "ArgumentValue": value[:_MOST_SHOWN]}
    return AwsError("InvalidArgument", message, 400, details=details)


def _require_numbers(operation: S3Operation, query: Query) -> None:
    for name in sorted(operation.numbers & query.keys()):
        value = query[name][0]
        if name == "partNumber":
            if not (_NUMBER.fullmatch(value) and 1 <= int(value) <= _MOST_PARTS):
                message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
                raise invalid_argument(message, name, value)
        elif not _NUMBER.fullmatch(value) or int(value) > _MOST_NUMBER:
            message = f"Provided {name} not an integer or within integer range"
            raise invalid_argument(message, name, value)
        elif int(value) < 0:
            words = name.split("-")
            camel = words[0] + "".join(word.capitalize() for word in words[1:])
            message = f"Argument {camel} must be an integer between 0 and {_MOST_NUMBER}"
            raise invalid_argument(message, name, value)


def _require_encoding(operation: S3Operation, query: Query) -> None:
    value = query.get(ENCODING_TYPE, [""])[0]
    if ENCODING_TYPE in operation.parameters and value not in ("", "url"):
        message = "Invalid Encoding Method specified in Request"
        raise invalid_argument(message, ENCODING_TYPE, value)


def _has_markers(operation: S3Operation, query: Query) -> bool:
    return all(
        name in query and value in ("", query[name][0]) for name, value in operation.markers.items()
    )


def _require_unambiguous(operation: S3Operation, query: Query) -> None:
    for name in sorted(query.keys() & (s3_model().distinctive | operation.names)):
        if name not in operation.names:
            what = "a version-id" if name == "versionId" else name
            message = f"This operation does not accept {what}."
            raise AwsError("InvalidArgument", message, 400)
        if len(query[name]) > 1:
            raise AwsError("InvalidArgument", f"{name} is given more than once.", 400)
