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

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import cast

from rolelab.iam import Decision, Layer, Request
from rolelab.iam.messages import sentence_of
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.accounts.enforcement import authorize
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack import bucket_policies
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.ministack.s3_callers import Answer
from rolelab.localaws.ministack.s3_permissions import Permission

_WITHOUT_BUCKET = frozenset({"s3:CreateBucket", "s3:ListAllMyBuckets"})
_OF_AN_ACL = ("s3:CreateBucket", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl")
_DENIED = "Access Denied"
_NAMES_OF_MINISTACK = {"requestPayment": {"GET": "request-payment"}}
"""Sub-resource -> by method, where MiniStack reads another name than the one that S3 has."""


@dataclass(slots=True)
class _Deciding:
    """What MiniStack's own code has to know of the request that is being answered."""

    action: str = ""
    """That an ACL, or a bucket's policy for everybody, is asked for."""
    decided: set[str] = field(default_factory=set[str])
    """The buckets on which all that the call does was allowed."""


_deciding: ContextVar[_Deciding] = ContextVar("rolelab_s3_deciding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call and who makes it."""

    call: S3Call
    caller: Caller | None
    """None where nobody has signed it."""
    headers: Mapping[str, str]
    """Those of the call, or the fields of a form that stand for them."""


class S3:
    """Decides, and hands on; replaces three functions of MiniStack's (`seams`)."""

    def __init__(self, store: IdentityStore, original: Callable[[str, str], Foreign]) -> None:
        self._store = store
        self._s3 = module("services.s3")
        self._actions = module("core.iam_actions")
        self._responses = module("core.responses")
        self._original_foreign = original("services.s3", "_foreign_bucket_allows")

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
            deciding.action = permission.action
            if asked.caller is None:
                self._require_open(asked, permission)
            else:
                self._require_allowed(asked, asked.caller, permission)
            buckets.add(permission.bucket)
        deciding.decided = buckets

    def require_listing(self, asked: Asked) -> None:
        """Refuse to tell that an object is missing to a caller who is not allowed to list.

        Raises:
            AwsError: AccessDenied.
        """
        deciding = _deciding.get(_Deciding())
        deciding.action = "s3:ListBucket"
        permission = Permission(action=deciding.action, bucket=asked.call.bucket)
        if asked.caller is not None:
            decision = self._decision(asked, asked.caller, permission)
            if not decision.allowed:
                raise AwsError("AccessDenied", sentence_of(decision), 403)
            return
        owner = bucket_policies.owner_of(permission.bucket)
        if owner is not None and not self._is_open(asked, permission, owner, ""):
            raise AwsError("AccessDenied", _DENIED, 403)

    def _require_open(self, asked: Asked, permission: Permission) -> None:
        if permission.action in _WITHOUT_BUCKET:
            raise AwsError("AccessDenied", _DENIED, 403)
        owner = bucket_policies.owner_of(permission.bucket)
        if owner is None:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        if not self._is_open(asked, permission, owner, ""):
            raise AwsError("AccessDenied", _DENIED, 403)

    def _require_allowed(self, asked: Asked, caller: Caller, permission: Permission) -> None:
        decision = self._decision(asked, caller, permission)
        if decision.allowed:
            return
        owner = bucket_policies.owner_of(permission.bucket)
        is_unnamed = decision.layer is Layer.RESOURCE and not decision.is_explicit
        # Another account's bucket without a policy for the caller: an ACL may still allow it.
        asks_acl = is_unnamed and owner != caller.account
        if asks_acl and owner and self._is_open(asked, permission, owner, caller.account):
            return
        raise AwsError("AccessDenied", sentence_of(decision), 403)

    def _is_open(self, asked: Asked, permission: Permission, owner: str, account: str) -> bool:
        """Return whether a bucket's ACL, or its policy for all, allows an account (empty: all)."""
        method, query = asked.call.operation.method, _query(asked.call)
        if permission.is_source or permission.key != asked.call.key:
            method = "GET" if permission.is_source else method
            query = {"versionId": [permission.version]} if permission.version else {}
        return bool(
            self._original_foreign(
                owner, permission.bucket, permission.key, method, query, account, asked.headers
            )
        )

    def _decision(self, asked: Asked, caller: Caller, permission: Permission) -> Decision:
        action = permission.action
        bucket = "" if action in _WITHOUT_BUCKET else permission.bucket
        owner = bucket_policies.owner_of(bucket)
        account = owner or caller.account
        region = self._responses.get_region()
        request = Request(
            principal=caller.principal,
            action=action,
            resource=permission.resource,
            context={
                "aws:requestedregion": region,
                "aws:sourceip": self._responses.get_request_client_ip(),
                **self._keys(asked, permission),
                "aws:resourceaccount": account,
                "s3:resourceaccount": account,
            },
            resource_account=account,
            now=clock.moment(),
            is_complete=True,
        )
        layer = Layer.RESOURCE if owner else None
        policy = bucket_policies.policy_of(self._store, bucket, owner) if owner else ""
        return authorize(self._store, caller, request, layer, policy)

    def _keys(self, asked: Asked, permission: Permission) -> dict[str, str | list[str]]:
        """Return S3's own condition keys of one permission."""
        path = f"/{permission.bucket}/{permission.key}"
        query = {"versionId": [permission.version]} if permission.version else {}
        if not permission.is_source:
            query |= _query(asked.call)
        found: Mapping[str, object] = self._actions.s3_service_context(
            permission.action, query, path, asked.headers
        )
        keys = {name: _texts(value) for name, value in found.items() if value is not None}
        if permission.action in _OF_AN_ACL:
            keys |= {
                f"s3:{name}": value
                for name, value in asked.headers.items()
                if name == "x-amz-acl" or name.startswith("x-amz-grant-")
            }
        return keys

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
        if authorization:
            headers["authorization"] = authorization
        return await self._s3.handle_request(
            call.operation.method,
            call.path,
            headers,
            body if call.operation.has_body else b"",
            _query(call),
        )

    def _require_own_upload(self, call: S3Call) -> None:
        """Refuse an upload of another object; MiniStack copies parts into any."""
        upload_id = call.parameters.get("uploadId", "")
        owner = bucket_policies.owner_of(call.bucket) if upload_id else None
        if not owner:
            return
        upload = self._s3._multipart_uploads.get_scoped(owner, None, upload_id)
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


def _texts(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(item) for item in cast("list[object]", value)]
    return str(value)
