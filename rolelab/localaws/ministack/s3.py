"""S3: MiniStack's own, with our answer to "is it allowed?" in the places where it asks.

- The caller's policies, boundary, session policies and the bucket's policy decide together, with
  AWS's sentence.
- A caller of another account is who they are, and not their account's root.
- Who is not allowed to list a bucket is not told that an object is missing: 403, not 404.
- Nobody, unsigned, lists or makes buckets; the body is what was signed.

Source: Amazon S3 User Guide, "How Amazon S3 authorizes a request"; Amazon S3 API Reference,
GetObject ("If you have the s3:ListBucket permission …"); IAM User Guide, "Cross-account policy
evaluation logic".
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from typing import cast

from rolelab.iam import Decision, Layer, Request, arns
from rolelab.iam.messages import sentence_of
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, caller_of, note_use
from rolelab.localaws.accounts.enforcement import authorize
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.ministack import bucket_policies
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.ministack.s3_app import current

_log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_KEY_BYTES = 1024
"""Source: S3 User Guide, "Naming Amazon S3 objects"."""
_NO_BUCKET = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
"""Names of what is not a general purpose bucket. Source: S3 User Guide, "… bucket naming rules"."""
_WITHOUT_BUCKET = frozenset({"s3:CreateBucket", "s3:ListAllMyBuckets"})
_DENIED = b"<Message>Access Denied</Message>"


class S3:
    """Replaces five functions of MiniStack's; each is named where it is installed (`seams`)."""

    def __init__(self, store: IdentityStore, original: Callable[[str, str], Foreign]) -> None:
        self._store = store
        self._evaluator = module("core.iam_evaluator")
        self._s3 = module("services.s3")
        self._responses = module("core.responses")
        self._original_foreign = original("services.s3", "_foreign_bucket_allows")
        self._original_handle = original("services.s3", "handle_request")
        self._original_denied = original("core.iam_actions", "access_denied_response")

    # -- the decision ------------------------------------------------------------------------------

    def enforce(
        self,
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, object] | None = None,
    ) -> Foreign:
        """Return None if the request is allowed, else MiniStack's AuthError or EvalResult."""
        evaluator, request = self._evaluator, current()
        denied = evaluator.AuthError("MissingAuthenticationToken", "Access Denied")
        if service != "s3":
            return denied
        request.action = request.action or iam_action
        failure = evaluator._s3_scope_failure(service)
        if failure:
            return failure
        if not access_key_id and evaluator._signed_request.get() is None:
            # Anonymous: MiniStack asks the bucket's own policy, and nobody if there is no bucket.
            return denied if iam_action in _WITHOUT_BUCKET else None
        checked = evaluator.authenticate(access_key_id, self._responses.get_account_id())
        if isinstance(checked, evaluator.AuthError):
            return checked
        caller = request.caller = caller_of(self._store, access_key_id)
        if caller is None:
            return evaluator.AuthError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        note_use(self._store, caller, "s3", region)
        decision = self._decision(caller, iam_action, resource_arn, region, service_context or {})
        request.refused = "" if decision.allowed else sentence_of(decision)
        if decision.allowed:
            return None
        effect = "Deny" if decision.is_explicit else "ImplicitDeny"
        is_unnamed = decision.layer is Layer.RESOURCE and not decision.is_explicit
        if is_unnamed and arns.bucket_of(resource_arn):
            # Another account's bucket without a policy for the caller: an ACL may still allow it.
            return None
        return evaluator.EvalResult(effect, principal_arn=caller.arn)

    def foreign_bucket_allows(
        self, owner: str, bucket: str, *rest: object, **named: object
    ) -> bool:
        """Return whether another account's bucket allows it: by policy as decided, or by ACL."""
        request = current()
        if request.caller is not None and request.allowed_bucket == bucket:
            return True
        return self._original_foreign(owner, bucket, *rest, **named)

    def access_denied_response(self, *rest: object, **named: object) -> Foreign:
        """Word a refusal as AWS does."""
        sentence = current().refused
        if sentence and not named.get("error_code") and not named.get("message"):
            named["message"] = sentence
        return self._original_denied(*rest, **named)

    def _decision(
        self,
        caller: Caller,
        action: str,
        resource: str,
        region: str,
        context: Mapping[str, object],
    ) -> Decision:
        bucket = "" if action in _WITHOUT_BUCKET else arns.bucket_of(resource)
        owner = bucket_policies.owner_of(bucket)
        account = owner or caller.account
        keys = {name: _texts(value) for name, value in context.items() if value is not None}
        request = Request(
            principal=caller.principal,
            action=action,
            resource=resource,
            context={
                "aws:requestedregion": region,
                "aws:sourceip": self._responses.get_request_client_ip(),
                **keys,
                "aws:resourceaccount": account,
                "s3:resourceaccount": account,
            },
            resource_account=account,
            now=clock.moment(),
            is_complete=True,
        )
        layer = Layer.RESOURCE if owner else None
        policy = bucket_policies.policy_of(self._store, bucket, owner) if owner else ""
        decision = authorize(self._store, caller, request, layer, policy)
        if decision.allowed and bucket:
            current().allowed_bucket = bucket
        return decision

    # -- a request ---------------------------------------------------------------------------------

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, list[str]],
        *rest: object,
        **named: object,
    ) -> Answer:
        """Answer an S3 request."""
        bucket, _, key = path.lstrip("/").partition("/")
        fault = _fault(headers, body) or _name_fault(method, bucket, key, query_params)
        if fault:
            return self._s3._error(*fault, 400, path)
        ids: dict[str, str] | None = None
        if method == "PUT" and "policy" in query_params and "/" not in path.strip("/"):
            try:
                ids = bucket_policies.ids_of(self._store, body)
            except AwsError as error:
                return self._s3._error(error.code, error.message, 400, path)
        try:
            answer: Answer = await self._original_handle(
                method, path, headers, body, query_params, *rest, **named
            )
        except Exception:  # noqa: BLE001 - logged in full
            # What MiniStack stumbles over is garbled as a rule: a client's fault.
            _log.exception("MiniStack cannot answer %s %s", method, path)
            message = "This local AWS cannot make sense of the request."
            return self._s3._error("InvalidRequest", message, 400, path)
        status = answer[0]
        if ids is not None and status < 300:
            bucket_policies.keep_ids(bucket, ids)
        if status == 404 and key and method in ("GET", "HEAD") and not self._is_listed(bucket):
            return self._s3._error("AccessDenied", "Access Denied", 403, path)
        return _worded(answer) if status == 403 else answer

    def _is_listed(self, bucket: str) -> bool:
        """Return whether the caller is allowed to list a bucket."""
        caller = current().caller
        if caller is None:
            # Anonymous: MiniStack has asked the bucket whether everybody is.
            return True
        arn, region = arns.bucket(bucket), self._responses.get_region()
        return bool(self._decision(caller, "s3:ListBucket", arn, region, {}).allowed)


def _fault(headers: Mapping[str, str], body: bytes) -> tuple[str, str] | None:
    """Return code and message where the body is not the one that was signed."""
    signed = headers.get("x-amz-content-sha256", "")
    if not _SHA256.fullmatch(signed) or hashlib.sha256(body).hexdigest() == signed:
        return None
    message = "The provided 'x-amz-content-sha256' header does not match what was computed."
    return "XAmzContentSHA256Mismatch", message


def _name_fault(
    method: str, bucket: str, key: str, query: Mapping[str, object]
) -> tuple[str, str] | None:
    """Return code and message where a bucket or object cannot have this name."""
    makes_bucket = method == "PUT" and not key and not query.keys() - {"x-id"}
    if makes_bucket and _NO_BUCKET.fullmatch(bucket):
        return "InvalidBucketName", "The specified bucket is not valid."
    if len(key.encode("utf-8", "surrogatepass")) > _MOST_KEY_BYTES:
        return "KeyTooLongError", "Your key is too long"
    return None


def _worded(answer: Answer) -> Answer:
    """Give a refusal AWS's sentence."""
    status, headers, body = answer
    sentence = current().refused
    if not sentence or _DENIED not in body:
        return answer
    headers.pop("Content-Length", None)
    return status, headers, body.replace(_DENIED, f"<Message>{sentence}</Message>".encode())


def _texts(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(item) for item in cast("list[object]", value)]
    return str(value)
