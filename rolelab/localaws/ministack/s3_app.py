"""S3 as an ASGI application: a request is read, decided, carried out by MiniStack, and recorded."""

from __future__ import annotations

import base64
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from uuid import uuid4

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http import s3_call, s3_signing
from rolelab.localaws.http.events import MOST_OF_A_TEXT, Events
from rolelab.localaws.http.front import Receive, Send
from rolelab.localaws.http.incoming import MISMATCH, Incoming
from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack import (
    bucket_makers,
    bucket_policies,
    s3_acls,
    s3_bodies,
    s3_checks,
    s3_errors,
    s3_hashes,
    s3_keys,
)
from rolelab.localaws.ministack.emulator import module
from rolelab.localaws.ministack.s3 import S3, Asked
from rolelab.localaws.ministack.s3_bodies import DeletedObject, ObjectDeletion
from rolelab.localaws.ministack.s3_callers import Answer, Refused, S3Callers, Sendable
from rolelab.localaws.ministack.s3_permissions import Permission, permissions_of
from rolelab.localaws.ministack.s3_received import Gone, Received
from rolelab.localaws.ministack.s3_undone import require_done

_log = logging.getLogger(__name__)

_MOST_BYTES = 5 * 1024**3
"""Source: Amazon S3 API Reference, PutObject (EntityTooLarge)."""
_MOST_UNCHECKED_BYTES = 64 * 1024**2
"""Of a body that comes before it is known who sends it."""
_PIECE_BYTES = 2**18
_MOST_KEY_BYTES = 1024
"""Source: S3 User Guide, "Naming Amazon S3 objects"."""
_NO_BUCKET = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
"""Names of what is not a general purpose bucket. Source: S3 User Guide, "… bucket naming rules"."""
_DIRECTORY_BUCKETS = "s3express"
"""The service that requests for directory buckets are signed for; there are none here."""
_EVENTS = {"ListObjectsV2": "ListObjects"}
"""Operation -> event, where CloudTrail has another name for it."""


@dataclass(slots=True)
class _S3Reading:
    """What a request is found to be, as far as it has been read."""

    received: Received
    place: tuple[str, str] = ("", "")
    """Bucket and key."""
    caller: Caller | None = None
    call: S3Call | None = None


class S3App:
    """S3, with a record of who asked what."""

    def __init__(self, ministack: ModuleType, store: IdentityStore, events: Events, s3: S3) -> None:
        self._ministack = ministack
        self._store = store
        self._events = events
        self._s3 = s3
        self._callers = S3Callers(store, ministack)
        self._service = module("services.s3")

    async def __call__(self, incoming: Incoming, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        reading = _S3Reading(Received.of(incoming))
        received, request_id = reading.received, str(uuid4())
        try:
            status, headers, body = await self._answer(reading, receive)
        except Gone:
            return
        error = s3_errors.read(bytes(body)) if status >= 400 else None
        if error:
            query = {name: values[0] for name, values in received.query.items()}
            body = s3_errors.body_of(error, reading.place, query, received.headers)
        if received.method == "HEAD":
            status, headers, body = self._service.format_head_response(
                "/".join(("", *reading.place)), received.headers, (status, headers, b"")
            )
        bucket = reading.place[0]
        if "origin" in received.headers and bucket_policies.owner_of(bucket):
            headers |= self._service.cors_response_headers(
                bucket, received.method, received.headers
            )
        headers["x-amzn-requestid"] = request_id
        headers.setdefault("x-amz-request-id", request_id)
        headers.setdefault("x-amz-id-2", base64.b64encode(os.urandom(48)).decode())
        send = self._ministack._with_date_header(send)
        if len(body) >= s3_hashes.LARGE_BYTES:
            await self._send_in_pieces(send, status, headers, body)
        else:
            is_head = received.method == "HEAD"
            await self._ministack._send_response(send, status, headers, body, head=is_head)
        self._record(reading, status, request_id, error)

    async def _send_in_pieces(
        self, send: Send, status: int, headers: dict[str, str], body: Sendable
    ) -> None:
        """Send a long body piece by piece, so that others are answered between two of them."""
        headers.setdefault("Content-Length", str(len(body)))
        listed = self._ministack._asgi_header_list(headers)
        await send({"type": "http.response.start", "status": status, "headers": listed})
        for at in range(0, len(body), _PIECE_BYTES):
            piece, end = body[at : at + _PIECE_BYTES], at + _PIECE_BYTES
            is_last = end >= len(body)
            await send({"type": "http.response.body", "body": piece, "more_body": not is_last})

    async def _answer(self, reading: _S3Reading, receive: Receive) -> Answer:
        received = reading.received
        try:
            return await self._carried_out(reading, receive)
        except AwsError as error:
            code, message, status = error.code, error.message, error.status
            return self._service._error(code, message, status, extra=error.details)
        except Refused as refused:
            return refused.answer
        except Gone:
            raise
        except Exception:  # noqa: BLE001 - logged in full
            # What MiniStack stumbles over is garbled as a rule: a client's fault.
            _log.exception("MiniStack cannot answer %s %s", received.method, received.path)
            message = "This local AWS cannot make sense of the request."
            return self._service._error("InvalidRequest", message, 400)
        finally:
            s3_hashes.forget()

    async def _carried_out(self, reading: _S3Reading, receive: Receive) -> Answer:
        received = reading.received
        method, headers, query = received.method, received.headers, received.query
        host = headers.get("host", "")
        reading.place = s3_call.place_of(host, received.path)
        if received.incoming.service == _DIRECTORY_BUCKETS:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        self._callers.pin(received)
        if method == "OPTIONS":
            # A browser asks what a bucket allows other sites.
            return self._service.cors_preflight(*reading.place, headers)
        s3_signing.require_whole(headers, query)
        if not received.incoming.has_plain_signature:
            raise AwsError("SignatureDoesNotMatch", MISMATCH, 403)
        is_early = s3_signing.is_whole_without_body(headers)
        caller = self._callers.caller(received) if is_early else None
        most = _MOST_BYTES if caller else _MOST_UNCHECKED_BYTES
        body, headers = await received.body(self._ministack, receive, most)
        if not is_early:
            caller = self._callers.caller(received)
        reading.caller = caller
        call = reading.call = s3_call.read(method, reading.place, query, headers)
        await s3_hashes.beside(len(body), lambda: s3_signing.require_body(headers, body))
        await s3_hashes.learn(call, body, self._s3.upload_of(call))
        _require_name(call)
        authorization = self._callers.authorization(received, caller)
        if caller and (known := self._s3.before_decision(call, host, authorization)):
            return known
        self._s3.require_owner(call)
        form = None
        if call.operation is s3_call.POST_OBJECT:
            form = s3_bodies.read_form(call.headers["content-type"], body)
            if form.is_signed:
                caller = self._callers.form_caller(form, call.bucket, received.incoming)
                reading.caller = caller
        sent = form.headers if form else call.headers
        asked = Asked(
            call=call,
            caller=caller,
            keys=s3_keys.keys_of(received, call, sent, body, is_signed=caller is not None),
        )
        if call.operation.name == "DeleteObjects":
            return await self._deleted(asked, authorization, s3_bodies.read_deletion(body))
        place = (form.key if form else call.key, call.version)
        tags = [key for key, _ in s3_keys.tags_of(call, sent, body)]
        self._s3.require(asked, self._permissions(call, sent, place, sets_tags=bool(tags)))
        require_done(call)
        s3_checks.require(call, body, received.incoming.region, tags)
        return await self._done(asked, authorization, body)

    def _permissions(
        self, call: S3Call, sent: Mapping[str, str], place: tuple[str, str], *, sets_tags: bool
    ) -> list[Permission]:
        source = call.source if call.operation.name == "CopyObject" else None
        keeps_tags = sent.get("x-amz-tagging-directive", "").upper() != "REPLACE"
        return permissions_of(
            call,
            sent,
            place,
            sets_tags=sets_tags,
            copies_tags=source is not None
            and keeps_tags
            and self._s3.has_tags(source.bucket, source.key, source.version),
        )

    async def _deleted(self, asked: Asked, authorization: str, deletion: ObjectDeletion) -> Answer:
        """Delete what of several objects may be deleted, and tell of the others why not."""
        call = asked.call
        if bucket_policies.owner_of(call.bucket) is None and asked.caller:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        left: list[DeletedObject] = []
        refused: list[tuple[DeletedObject, AwsError]] = []
        for each in deletion.objects:
            place = (each.key, each.version)
            try:
                self._s3.require(asked, permissions_of(call, call.headers, place))
            except AwsError as error:
                if error.code != "AccessDenied" or not asked.caller:
                    raise
                refused.append((each, error))
            else:
                left.append(each)
        answer: Answer = (200, {"Content-Type": "application/xml"}, b"")
        if left:
            self._s3.allow(call.bucket)
            body = ObjectDeletion(tuple(left), deletion.quiet).body()
            answer = await self._s3.carry_out(call, authorization, body)
        if not refused or answer[0] >= 300:
            return answer
        return answer[0], answer[1], s3_bodies.with_refusals(bytes(answer[2]), refused)

    async def _done(self, asked: Asked, authorization: str, body: bytes) -> Answer:
        call = asked.call
        name, is_read = call.operation.name, call.operation.method in ("GET", "HEAD")
        policy = None
        if name == "PutBucketPolicy":
            policy = bucket_policies.read(self._store, body, call.bucket)
            body = policy.document.encode()
        answer = await self._s3.carry_out(call, authorization, body)
        s3_acls.require_not_prevented(call, asked.caller, answer)
        if name == "CreateBucket" and answer[0] < 300:
            bucket_makers.keep(call.bucket, asked.caller)
        if policy and answer[0] < 300:
            bucket_policies.keep_ids(call.bucket, policy.ids)
        owner = bucket_policies.owner_of(call.bucket)
        if name == "GetBucketPolicy" and owner and answer[0] < 300:
            document = bucket_policies.policy_of(self._store, call.bucket, owner)
            answer = (answer[0], answer[1], document.encode())
        if answer[0] == 404 and call.key and is_read:
            self._s3.require_listing(asked)
        return answer

    def _record(
        self, reading: _S3Reading, status: int, request_id: str, error: AwsError | None
    ) -> None:
        told = (error.code, error.message) if error else (str(status), "")
        bucket, key = reading.place
        parameters = {
            name: value[:MOST_OF_A_TEXT]
            for name, value in (("bucketName", bucket), ("key", key))
            if value
        }
        self._events.add(
            reading.received.incoming,
            source="s3",
            name=_event_of(reading),
            caller=reading.caller,
            parameters=parameters,
            request_id=request_id,
            error=told if status >= 400 else None,
        )


def _require_name(call: S3Call) -> None:
    """Refuse a name that a bucket or an object cannot have.

    Raises:
        AwsError: InvalidBucketName, KeyTooLongError.
    """
    if call.operation.name == "CreateBucket" and _NO_BUCKET.fullmatch(call.bucket):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", 400)
    if len(call.key.encode("utf-8", "surrogatepass")) > _MOST_KEY_BYTES:
        raise AwsError("KeyTooLongError", "Your key is too long", 400)


def _event_of(reading: _S3Reading) -> str:
    """Return the name of a request's event."""
    if reading.call:
        name = reading.call.operation.name
        return _EVENTS.get(name, name)
    bucket, key = reading.place
    what = "Object" if key else "Bucket" if bucket else "Service"
    return f"{reading.received.method.capitalize()}{what}"
