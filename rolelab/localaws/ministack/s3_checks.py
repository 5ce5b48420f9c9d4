"""What S3 refuses in headers and bodies, and MiniStack takes.

Source: Amazon S3 API Reference, CreateBucket, PutBucketOwnershipControls, PutBucketTagging,
PutObjectTagging; the words are those that S3 answers.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.http.service_models import regions
from rolelab.localaws.ministack.s3_bodies import XmlBody, malformed_xml

_OWNERSHIPS = frozenset({"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"})
_OWNERSHIP = "x-amz-object-ownership"
_HOME = "us-east-1"
"""The region whose endpoint makes buckets in every other one."""
_FORMER = {"EU": "eu-west-1"}
"""Name of old -> region."""
_WITHOUT_BODY = frozenset({"CreateBucket", "PutBucketAcl", "PutObjectAcl"})
"""Operations whose headers may say all."""
_VERSION = re.compile(r"[A-Za-z0-9._-]*")
_SYSTEM = "aws:"
_OF_OBJECTS = "Your TagKey cannot be prefixed with aws:"
_SYSTEM_TAGS = {
    "CreateBucket": (
        'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. '
        'Remove "aws:" from your tag keys and try again.'
    ),
    "PutBucketTagging": "System tags cannot be added/updated by requester",
}
"""Operation -> what S3 says to a tag that only AWS gives, where it is not what is said of objects'.
"""


def require(call: S3Call, body: bytes, region: str, tags: Iterable[str]) -> None:
    """Refuse what S3 would not take, of a call that is allowed.

    `region`: of the endpoint; `tags`: names of those that the call gives.

    Raises:
        AwsError: InvalidLocationConstraint, IllegalLocationConstraintException, MalformedXML,
            MissingRequestBodyError, InvalidArgument, InvalidTag.
    """
    name = call.operation.name
    _require_references(call)
    _require_root(call, body)
    if name == "CreateBucket":
        _require_location(XmlBody.read(body).text("LocationConstraint"), region)
        _require_ownership_header(call.headers)
    elif name == "CompleteMultipartUpload" and not any(XmlBody.read(body).all("Part")):
        raise malformed_xml()
    elif name == "PutBucketOwnershipControls":
        _require_ownership(XmlBody.read(body))
    for key in tags:
        if key.lower().startswith(_SYSTEM):
            details = {} if name == "CreateBucket" else {"TagKey": key}
            message = _SYSTEM_TAGS.get(name, _OF_OBJECTS)
            raise AwsError("InvalidTag", message, 400, details=details)


def _require_references(call: S3Call) -> None:
    """Refuse what no answer of S3 has called a version, or the rest of a list."""
    if not _VERSION.fullmatch(call.version):
        raise _invalid("versionId", call.version, "Invalid version id specified")
    token = call.parameters.get("continuation-token", "")
    if call.operation.name == "ListObjectsV2" and not _is_token(token):
        message = "The continuation token provided is incorrect"
        raise _invalid("continuation-token", token, message)


def _invalid(name: str, value: str, message: str) -> AwsError:
    # No reader of XML takes a value with such letters, nor the error with it.
    shown = {"ArgumentValue": value} if value.isprintable() else {}
    return AwsError("InvalidArgument", message, 400, details={"ArgumentName": name, **shown})


def _is_token(token: str) -> bool:
    try:
        b64decode(token, validate=True).decode()
    except ValueError:
        return False
    return True


def _require_root(call: S3Call, body: bytes) -> None:
    """Refuse a configuration that is none, which MiniStack would take for an empty one."""
    operation = call.operation
    if not operation.root or not operation.name.startswith(("Put", "CreateBucket")):
        return
    if not body and operation.name not in _WITHOUT_BODY:
        raise AwsError("MissingRequestBodyError", "Request Body is empty", 400)
    if body and XmlBody.read(body).name != operation.root:
        raise malformed_xml()


def _require_location(constraint: str, region: str) -> None:
    if region == _HOME:
        if constraint and (constraint == _HOME or constraint not in regions() | _FORMER.keys()):
            message = "The specified location-constraint is not valid"
            details = {"LocationConstraint": constraint}
            raise AwsError("InvalidLocationConstraint", message, 400, details=details)
    elif _FORMER.get(constraint, constraint) != region:
        message = (
            f"The {constraint or 'unspecified'} location constraint is incompatible for the region "
            "specific endpoint this request was sent to."
        )
        raise AwsError("IllegalLocationConstraintException", message, 400)


def _require_ownership_header(headers: Mapping[str, str]) -> None:
    value = headers.get(_OWNERSHIP)
    if value is not None and value not in _OWNERSHIPS:
        message = f"Invalid {_OWNERSHIP} header: {value}"
        raise AwsError("InvalidArgument", message, 400, details={"ArgumentName": _OWNERSHIP})


def _require_ownership(body: XmlBody) -> None:
    values = [element.text for element in body.all("ObjectOwnership")]
    if len(list(body.all("Rule"))) != 1 or len(values) != 1 or values[0] not in _OWNERSHIPS:
        raise malformed_xml()
