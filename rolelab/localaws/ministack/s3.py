"""S3: a call is decided here, and MiniStack carries out that call and nothing else.

- The caller's policies, boundary, session policies and the bucket's policy decide together, with
  AWS's sentence.
- A caller of another account is who they are, and not their account's root.
- Who is not allowed to list a bucket is not told that an object is missing: 403, not 404.
- Nobody, unsigned, lists or makes buckets; else the bucket's own policy and ACL say what they may.

Source: Amazon S3 User Guide, "How Amazon S3 authorizes a request"; Amazon S3 API Reference,
GetObject ("If you have the s3:ListBucket permission …"); IAM User Guide, "Cross-account policy
evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from rolelab.iam import Decision, Layer, Principal, Request
from rolelab.iam.messages import sentence_of
from rolelab.iam.names import ACCOUNT_ID
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, Keys
from rolelab.localaws.accounts.enforcement import authorize
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.s3_call import ENCODING_TYPE, S3Call
from rolelab.localaws.ministack import (
    bucket_policies,
    s3_acls,
    s3_files,
    s3_keys,
    s3_pages,
    s3_xml,
)
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.ministack.s3_callers import Answer
from rolelab.localaws.ministack.s3_permissions import Permission

_WITHOUT_BUCKET = frozenset({"s3:CreateBucket", "s3:ListAllMyBuckets"})
_ENCRYPTION = "s3:x-amz-server-side-encryption"
_NOBODY = Caller(principal=Principal.anonymous(), access_key_id="")
_DENIED = "Access Denied"
_NAMES_OF_MINISTACK = {"requestPayment": {"GET": "request-payment"}}
"""Sub-resource -> by method, where MiniStack reads another name than the one that S3 has."""


@dataclass(slots=True)
class _Deciding:
    """What MiniStack's own code has to know of the request that is being answered."""

    action: str = ""
    """That an ACL is asked for."""
    decided: set[str] = field(default_factory=set[str])
    """The buckets on which all that the call does was allowed."""


_deciding: ContextVar[_Deciding] = ContextVar("rolelab_s3_deciding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call and who makes it."""

    call: S3Call
    caller: Caller | None
    """None where nobody has signed it."""
    keys: Keys
    """The condition keys that the request brings, for whatever action."""


class S3:
    """Decides, and hands on; replaces three functions of MiniStack's (`seams`)."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self._s3 = module("services.s3")
        self._responses = module("core.responses")

    # -- in MiniStack's place ----------------------------------------------------------------------

    def foreign_bucket_allows(self, _owner: str, bucket: str, *_: object, **__: object) -> bool:
        """Return whether a bucket may be used: what is handed on has been decided."""
        return bucket in _deciding.get(_Deciding()).decided

    def action_name(self, *_: object) -> str:
        """Return the action that is asked for, which MiniStack would read from the request."""
        return _deciding.get(_Deciding()).action.partition(":")[2]

    def enforce(self, *_: object, **__: object) -> None:
        """Refuse nothing: MiniStack asks for a form only, which has been decided by then."""

    # -- the decision ------------------------------------------------------------------------------

    def require(self, asked: Asked, permissions: Iterable[Permission]) -> None:
        """Refuse a call of which not all is allowed.

        Raises:
            AwsError: AccessDenied; NoSuchBucket, for who has not signed.
        """
        deciding = _Deciding()
        _deciding.set(deciding)
        buckets: set[str] = set()
        for permission in permissions:
            self._require(asked, permission)
            buckets.add(permission.bucket)
        deciding.decided = buckets

    def allow(self, bucket: str) -> None:
        """Let MiniStack work on a bucket: all that is handed on has been decided."""
        _deciding.get(_Deciding()).decided = {bucket}

    def require_owner(self, call: S3Call) -> None:
        """Refuse a call that expects a bucket to be another account's than it is.

        Source: Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition".

        Raises:
            AwsError: InvalidBucketOwnerAWSAccountID, AccessDenied.
        """
        source = call.source.bucket if call.source else ""
        for header, bucket in (
            ("x-amz-expected-bucket-owner", call.bucket),
            ("x-amz-source-expected-bucket-owner", source),
        ):
            expected = call.headers.get(header)
            if expected is None:
                continue
            if not ACCOUNT_ID.fullmatch(expected):
                message = (
                    "The value of the expected bucket owner parameter must be an AWS Account ID... "
                    f"[{expected}]"
                )
                raise AwsError("InvalidBucketOwnerAWSAccountID", message, 400)
            if bucket_policies.owner_of(bucket) not in (None, expected):
                raise AwsError("AccessDenied", _DENIED, 403)

    def require_listing(self, asked: Asked) -> None:
        """Refuse to tell that an object is missing to a caller who is not allowed to list.

        Raises:
            AwsError: AccessDenied.
        """
        self._require(asked, Permission(action="s3:ListBucket", bucket=asked.call.bucket))

    def has_tags(self, bucket: str, key: str, version: str) -> bool:
        """Return whether an object has tags."""
        return bool(self._tags(bucket, key, version))

    def _require(self, asked: Asked, permission: Permission) -> None:
        """Refuse one action that is not allowed; nobody, unsigned, works on no bucket.

        An ACL may allow what a bucket's policy does not: everybody, or another account.
        """
        _deciding.get(_Deciding()).action = permission.action
        owner = bucket_policies.owner_of(permission.bucket)
        if asked.caller is None:
            if permission.action in _WITHOUT_BUCKET:
                raise AwsError("AccessDenied", _DENIED, 403)
            if owner is None:
                raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        caller = asked.caller or _NOBODY
        decision = self._decision(asked, caller, permission)
        if decision.allowed:
            return
        is_unnamed = decision.layer is Layer.RESOURCE and not decision.is_explicit
        if (
            is_unnamed
            and owner
            and owner != caller.account
            and self._is_open(asked, permission, owner, caller.account)
        ):
            return
        raise AwsError("AccessDenied", sentence_of(decision) if asked.caller else _DENIED, 403)

    def _is_open(self, asked: Asked, permission: Permission, owner: str, account: str) -> bool:
        """Return whether an ACL allows it to an account (empty: to everybody)."""
        method, query = asked.call.operation.method, _query(asked.call)
        if permission.is_source or permission.key != asked.call.key:
            method = "GET" if permission.is_source else method
            query = {"versionId": [permission.version]} if permission.version else {}
        return s3_acls.allow(owner, permission.bucket, permission.key, method, query, account)

    def _decision(self, asked: Asked, caller: Caller, permission: Permission) -> Decision:
        action = permission.action
        bucket = "" if action in _WITHOUT_BUCKET else permission.bucket
        owner = bucket_policies.owner_of(bucket)
        account = owner or caller.account
        request = Request(
            principal=caller.principal,
            action=action,
            resource=permission.resource,
            context={
                "aws:requestedregion": self._responses.get_region(),
                **s3_keys.known_to(asked.keys | self._keys(asked, permission), action),
                "aws:resourceaccount": account,
                "s3:resourceaccount": account,
            },
            resource_account=account,
            now=clock.moment(),
            is_complete=True,
        )
        layer = Layer.RESOURCE if owner else None
        policy = bucket_policies.policy_of(self._store, bucket, owner) if owner else ""
        if owner and owner != caller.account and s3_acls.are_restricted(owner, bucket, policy):
            policy = "{}"
        return authorize(self._store, caller, request, layer, policy)

    def _keys(self, asked: Asked, permission: Permission) -> Keys:
        """Return the condition keys of what one permission is on."""
        keys: Keys = {"s3:versionid": permission.version} if permission.version else {}
        place = (permission.bucket, permission.key, permission.version)
        tags: Mapping[str, str] = self._tags(*place) if permission.key else {}
        keys |= s3_keys.tag_keys("s3:existingobjecttag", tags.items())
        upload_id = asked.call.parameters.get("uploadId", "")
        owner = bucket_policies.owner_of(permission.bucket) if upload_id else None
        if owner:
            with self._responses.request_scope(owner, self._responses.get_region()):
                encryption: str | None = self._s3.upload_encryption_header(upload_id)
            # Parts are put with what their upload was begun with.
            keys |= {_ENCRYPTION: encryption} if encryption else {}
        return keys

    def _tags(self, bucket: str, key: str, version: str) -> Mapping[str, str]:
        owner = bucket_policies.owner_of(bucket)
        if owner is None:
            return {}
        query = {"versionId": [version]} if version else {}
        with self._responses.request_scope(owner, self._responses.get_region()):
            tags: Mapping[str, str] = self._s3.object_tags_for_condition(bucket, key, query)
        return tags

    # -- carrying it out ---------------------------------------------------------------------------

    def before_decision(self, call: S3Call, host: str, authorization: str) -> Answer | None:
        """Return what S3 answers whether or not a call is allowed: no such bucket, region, name."""
        headers = {**call.headers, "host": host, "authorization": authorization}
        return self._s3.validate_object_request(
            call.operation.method, call.path, headers, _query(call)
        )

    async def carry_out(self, call: S3Call, authorization: str, body: bytes) -> Answer:
        """Have MiniStack carry out a call that is allowed: that alone is handed to it.

        Raises:
            AwsError: NoSuchUpload.
        """
        self._require_own_upload(call)
        headers = dict(call.headers)
        if call.operation.name in ("PutObject", "CreateMultipartUpload"):
            headers.setdefault("content-type", "binary/octet-stream")
        if authorization:
            headers["authorization"] = authorization
        # MiniStack gives a part of an object to GET only; a body is never sent for HEAD.
        is_part = call.operation.name == "HeadObject" and "range" in headers
        query = _query(call)
        encoding = "".join(query.pop(ENCODING_TYPE, []))
        with s3_files.reading(call), s3_xml.encoded(encoding):
            answer: Answer = await self._s3.handle_request(
                "GET" if is_part else call.operation.method,
                call.path,
                headers,
                body if call.operation.has_body else b"",
                s3_pages.begun(call, query),
            )
        if is_part:
            answer[1]["Content-Length"] = str(len(answer[2]))
        return answer

    def upload_of(self, call: S3Call) -> Foreign:
        """Return the upload in parts that a call names; None where there is none."""
        upload_id = call.parameters.get("uploadId", "")
        owner = bucket_policies.owner_of(call.bucket) if upload_id else None
        return self._s3._multipart_uploads.get_scoped(owner, None, upload_id) if owner else None

    def _require_own_upload(self, call: S3Call) -> None:
        """Refuse an upload of another object; MiniStack copies parts into any."""
        upload = self.upload_of(call)
        if upload and (upload["bucket"], upload["key"]) != (call.bucket, call.key):
            message = (
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                "may have been aborted or completed."
            )
            raise AwsError("NoSuchUpload", message, 404)


def _query(call: S3Call) -> dict[str, list[str]]:
    """Return the query of a call, by the names that MiniStack reads."""
    method = call.operation.method
    query = {
        _NAMES_OF_MINISTACK.get(name, {}).get(method, name): [value]
        for name, value in call.operation.markers.items()
    }
    return query | {name: [value] for name, value in call.parameters.items()}
