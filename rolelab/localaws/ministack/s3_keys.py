"""The condition keys that a request of S3 brings: in headers, query and body, and by its signature.

They are read once, all of them; of an action then count those that S3 has for it.

Source: Service Authorization Reference, "Condition keys for Amazon S3"; Amazon S3 API Reference,
"Amazon S3 Signature Version 4 Authentication Specific Policy Keys"; Amazon S3 User Guide, "Tagging
and access control policies", "Enforce conditional writes on Amazon S3 buckets".
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from urllib.parse import parse_qsl

from rolelab.iam import actions
from rolelab.iam.language.operators import moment
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Keys
from rolelab.localaws.http.s3_call import POST_OBJECT, S3Call, invalid_argument
from rolelab.localaws.ministack.s3_bodies import XmlBody
from rolelab.localaws.ministack.s3_received import Received

_TAGGING = "x-amz-tagging"
_LOCK = "x-amz-object-lock-"
_TAGGED_BY_BODY = frozenset({"CreateBucket", "PutBucketTagging", "PutObjectTagging"})
_LISTED = ("prefix", "delimiter", "max-keys")
_PARTS = frozenset({"CreateMultipartUpload", "UploadPart", "UploadPartCopy"})
"""What is done on the way to an object, and makes none by itself."""
_TLS = "1.3"
"""AWS's clients come by HTTPS, and loopback has none: as for `aws:SecureTransport`."""


def keys_of(
    received: Received, call: S3Call, headers: Mapping[str, str], body: bytes, *, is_signed: bool
) -> Keys:
    """Return every key of a request, by its name in lower case, whichever action it is for.

    `headers`: those of the call, or the fields of a form that stand for them.
    """
    keys: Keys = {"s3:tlsversion": _TLS, **received.incoming.surroundings}
    keys |= _of_headers(headers)
    keys |= {f"s3:{name}": call.parameters[name] for name in _LISTED if name in call.parameters}
    keys["s3:objectcreationoperation"] = "false" if call.operation.name in _PARTS else "true"
    keys |= _of_body(call, body)
    keys |= _of_tags(tags_of(call, headers, body))
    if is_signed:
        keys |= _of_signature(received, headers if call.operation is POST_OBJECT else None)
    return keys


def known_to(keys: Keys, action: str) -> Keys:
    """Return those of the keys that an action has; global ones every action has."""
    entry = actions.named(action)
    return {
        key: value
        for key, value in keys.items()
        if not actions.is_key("s3", key) or (entry is not None and entry.has_key(key))
    }


def tags_of(call: S3Call, headers: Mapping[str, str], body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the tags that a request gives to what it makes or is about.

    Raises:
        AwsError: MalformedXML; InvalidArgument or InvalidTag, for a key that comes twice.
    """
    name, in_header = call.operation.name, headers.get(_TAGGING, "")
    tags = parse_qsl(in_header, keep_blank_values=True)
    if len({key for key, _ in tags}) < len(tags):
        message = (
            f"The header '{_TAGGING}' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates."
        )
        raise invalid_argument(message, _TAGGING, in_header)
    written = headers.get("tagging", "").encode() if call.operation is POST_OBJECT else body
    if name in _TAGGED_BY_BODY or call.operation is POST_OBJECT:
        tags += XmlBody.read(written).tags()
    doubled = next((key for key, n in Counter(key for key, _ in tags).items() if n > 1), None)
    # Of a new bucket's MiniStack answers what S3 does: an internal error.
    if doubled is not None and name != "CreateBucket":
        message = "Cannot provide multiple Tags with the same key"
        raise AwsError("InvalidTag", message, 400, details={"TagKey": doubled})
    return tuple(tags)


def _of_headers(headers: Mapping[str, str]) -> Keys:
    keys: Keys = {f"s3:{name}": value for name, value in headers.items()}
    keys |= {f"s3:{name[6:]}": value for name, value in headers.items() if name.startswith(_LOCK)}
    keys = {key: value for key, value in keys.items() if actions.is_key("s3", key)}
    return keys | _remaining(headers.get(f"{_LOCK}retain-until-date", ""))


def _remaining(retained_until: str) -> Keys:
    """Return for how many days, begun ones included, an object is to be locked."""
    until = moment(retained_until)
    if until is None:
        return {}
    days = math.ceil((until - clock.moment()).total_seconds() / 86400)
    return {"s3:object-lock-remaining-retention-days": str(days)}


def _of_body(call: S3Call, body: bytes) -> Keys:
    match call.operation.name:
        case "CreateBucket":
            keys = {"s3:locationconstraint": XmlBody.read(body).text("LocationConstraint")}
        case "PutObjectRetention":
            retention = XmlBody.read(body)
            until = retention.text("RetainUntilDate")
            keys = {
                "s3:object-lock-mode": retention.text("Mode"),
                "s3:object-lock-retain-until-date": until,
            }
            keys |= _remaining(until)
        case "PutObjectLegalHold":
            keys = {"s3:object-lock-legal-hold": XmlBody.read(body).text("Status")}
        case _:
            keys = {}
    return {key: value for key, value in keys.items() if value}


def _of_tags(tags: Sequence[tuple[str, str]]) -> Keys:
    if not tags:
        return {}
    names = [key for key, _ in tags]
    keys: Keys = {"s3:requestobjecttagkeys": names, "aws:tagkeys": list(names)}
    for family in ("s3:requestobjecttag", "aws:requesttag"):
        keys |= tag_keys(family, tags)
    return keys


def tag_keys(family: str, tags: Iterable[tuple[str, str]]) -> Keys:
    """Return tags as condition keys; those whose names differ in case only are one key of two."""
    values: dict[str, list[str]] = {}
    for name, value in tags:
        values.setdefault(f"{family}/{name.lower()}", []).append(value)
    return {key: held[0] if len(held) == 1 else held for key, held in values.items()}


def _of_signature(received: Received, form: Mapping[str, str] | None) -> Keys:
    query = {name.lower(): values[0] for name, values in received.query.items()}
    authorization = received.headers.get("authorization", "")
    if form is not None and not authorization:
        way, fields = "POST", form
    elif authorization:
        way, fields = "REST-HEADER", received.headers
    else:
        way, fields = "REST-QUERY-STRING", query
    version = authorization.partition(" ")[0] or fields.get("x-amz-algorithm", "AWS")
    keys: Keys = {"s3:authtype": way, "s3:signatureversion": version}
    content = received.headers.get("x-amz-content-sha256")
    keys |= {"s3:x-amz-content-sha256": content} if content else {}
    return keys | _age(fields.get("x-amz-date", ""))


def _age(signed_at: str) -> Keys:
    """Return how long ago a request was signed, in milliseconds; nothing for Version 2."""
    try:
        at = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return {}
    # By the clock that signatures are checked by, which cannot be moved.
    return {"s3:signatureage": str(max(0, int((time.time() - at.timestamp()) * 1000)))}
