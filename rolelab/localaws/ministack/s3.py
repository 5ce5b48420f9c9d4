"""S3: MiniStack's own, with the layer's answer to "may they?" in the places where it asks.

- The caller's policies, boundary, session policies and the bucket's policy decide together, with AWS's sentence.
- The principals of a bucket policy are users and roles, not names: they are resolved when it is saved.
- A caller of another account is who they are, and not their account's root.
- Who may not list a bucket is not told that an object is missing: 403, not 404.
- Nobody, unsigned, lists or makes buckets; the body is what was signed.

Source: Amazon S3 User Guide, "How Amazon S3 authorizes a request"; Amazon S3 API Reference, GetObject ("If you have
the s3:ListBucket permission …"); IAM User Guide, "Cross-account policy evaluation logic".
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, cast

from rolelab.localaws import trust
from rolelab.localaws.accounts.caller import Caller, caller_of
from rolelab.localaws.accounts.identities import Store
from rolelab.localaws.authorization import Cause, Refusal, ResourcePolicy, authorize
from rolelab.localaws.documents import listed, statements
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.http.query import note_use
from rolelab.localaws.ministack.emulator import module
from rolelab.localaws.operations.api_call import global_key
from rolelab.localaws.statements import Request, parsed

_log = logging.getLogger(__name__)

_caller: ContextVar[Caller | None] = ContextVar("rolelab_s3_caller", default=None)
_refusal: ContextVar[Refusal | None] = ContextVar("rolelab_s3_refusal", default=None)
_allowed_bucket: ContextVar[str] = ContextVar("rolelab_s3_allowed", default="")
_asked: ContextVar[str] = ContextVar("rolelab_s3_asked", default="")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_KEY_BYTES = 1024
"""Source: S3 User Guide, "Naming Amazon S3 objects"."""
_NO_BUCKET = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
"""Names kept for what is no general purpose bucket. Source: S3 User Guide, "General purpose bucket naming rules"."""
_WITHOUT_BUCKET = frozenset({"s3:CreateBucket", "s3:ListAllMyBuckets"})


class S3:
    """Takes the place of five functions of MiniStack's; each is named where it is installed (seams.REPLACED)."""

    def __init__(self, store: Store, original: Callable[[str, str], Any]) -> None:
        self._store = store
        self._evaluator = module("core.iam_evaluator")
        self._s3 = module("services.s3")
        self._responses = module("core.responses")
        self._original_foreign = original("services.s3", "_foreign_bucket_allows")
        self._original_handle = original("services.s3", "handle_request")
        self._original_denied = original("core.iam_actions", "access_denied_response")

    def enforce(
        self,
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return None if the request is allowed, else MiniStack's AuthError or EvalResult."""
        evaluator = self._evaluator
        if service != "s3":
            return evaluator.AuthError("MissingAuthenticationToken", "Access Denied")
        if not _asked.get():
            _asked.set(iam_action)
        failure = evaluator._s3_scope_failure(service)
        if failure:
            return failure
        if not access_key_id and evaluator._signed_request.get() is None:
            # Anonymous: MiniStack asks the bucket's own policy, and nobody where there is no bucket to ask.
            if iam_action in _WITHOUT_BUCKET:
                return evaluator.AuthError("MissingAuthenticationToken", "Access Denied")
            return None
        account = self._responses.get_account_id()
        checked = evaluator.authenticate(access_key_id, account)
        if isinstance(checked, evaluator.AuthError):
            return checked
        caller = caller_of(self._store, access_key_id)
        if caller is None:
            return evaluator.AuthError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        _caller.set(caller)
        note_use(self._store, caller, "s3", region)
        refusal = self._refusal(caller, iam_action, resource_arn, region, service_context or {})
        _refusal.set(refusal)
        if refusal is None:
            return None
        bucket = _bucket_of(resource_arn)
        if refusal.cause is Cause.RESOURCE and not refusal.explicit and bucket:
            # Another account's bucket without a policy for the caller: an ACL may still let them in.
            return None
        return evaluator.EvalResult(
            "Deny" if refusal.explicit else "ImplicitDeny", principal_arn=caller.arn
        )

    def foreign_bucket_allows(
        self, owner: str, bucket: str, key: str, *rest: Any, **named: Any
    ) -> bool:
        """Tell whether the owner lets a caller of another account in: by policy as decided, or else by ACL."""
        if _caller.get() is not None and _allowed_bucket.get() == bucket:
            return True
        return self._original_foreign(owner, bucket, key, *rest, **named)

    def access_denied_response(self, *given: Any, **named: Any) -> Any:
        """Word a refusal as AWS does."""
        refusal = _refusal.get()
        if refusal is not None and not named.get("error_code") and not named.get("message"):
            named["message"] = refusal.message
        return self._original_denied(*given, **named)

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, list[str]],
        *rest: Any,
        **named: Any,
    ) -> Any:
        """Answer an S3 request."""
        given_hash = headers.get("x-amz-content-sha256", "")
        if _SHA256.fullmatch(given_hash) and hashlib.sha256(body).hexdigest() != given_hash:
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            return self._s3._error("XAmzContentSHA256Mismatch", message, 400, path)
        bucket, _, key = path.lstrip("/").partition("/")
        if (
            method == "PUT"
            and not key
            and not query_params.keys() - {"x-id"}
            and _NO_BUCKET.fullmatch(bucket)
        ):
            return self._s3._error(
                "InvalidBucketName", "The specified bucket is not valid.", 400, path
            )
        if len(key.encode("utf-8", "surrogatepass")) > _MOST_KEY_BYTES:
            return self._s3._error("KeyTooLongError", "Your key is too long", 400, path)
        saves_policy = method == "PUT" and "policy" in query_params and "/" not in path.strip("/")
        ids: dict[str, str] = {}
        if saves_policy:
            try:
                ids = self._principals(body)
            except AwsError as error:
                return self._s3._error(error.code, error.message, 400, path)
        try:
            status, answer_headers, answer = await self._original_handle(
                method, path, headers, body, query_params, *rest, **named
            )
        except Exception:  # noqa: BLE001 - logged in full
            # What MiniStack stumbles over is garbled as a rule: a client's fault, and told as one.
            _log.exception("MiniStack cannot answer %s %s", method, path)
            return self._s3._error(
                "InvalidRequest", "This local AWS cannot make sense of the request.", 400, path
            )
        if saves_policy and status < 300:
            record = self._bucket(bucket)
            if record is not None:
                record["PolicyIds"] = ids
        if status == 404 and key and method in ("GET", "HEAD") and not self._may_list(bucket):
            return self._s3._error("AccessDenied", "Access Denied", 403, path)
        refusal = _refusal.get()
        if status == 403 and refusal is not None and b"<Message>Access Denied</Message>" in answer:
            answer = answer.replace(
                b"<Message>Access Denied</Message>",
                f"<Message>{refusal.message}</Message>".encode(),
            )
            answer_headers.pop("Content-Length", None)
        return status, answer_headers, answer

    # -- the decision -----------------------------------------------------------------------------------------------

    def _refusal(
        self, caller: Caller, action: str, resource: str, region: str, context: Mapping[str, Any]
    ) -> Refusal | None:
        given = {
            name.lower(): _texts(value) for name, value in context.items() if value is not None
        }
        bucket = "" if action in _WITHOUT_BUCKET else _bucket_of(resource)
        owner = self._s3._bucket_owner_account(bucket) if bucket else None
        given["aws:resourceaccount"] = given["s3:resourceaccount"] = owner or caller.account
        source_ip = self._responses.get_request_client_ip()

        def keys(name: str) -> str | list[str] | None:
            lower = name.lower()
            if lower in given:
                return given[lower]
            if lower in caller.keys:
                return caller.keys[lower]
            return global_key(lower, region=region, source_ip=source_ip, user_agent="")

        policy = None
        if owner is not None:
            record = self._bucket(bucket) or {}
            document = self._s3._bucket_policies.get_scoped(owner, None, bucket) or "{}"
            text = document if isinstance(document, str) else json.dumps(document)
            policy = ResourcePolicy(
                parsed(trust.current(self._store, text, record.get("PolicyIds"))),
                owner,
                Cause.RESOURCE,
            )
        refusal = authorize(self._store, caller, Request(action, resource, keys), policy)
        if refusal is None and bucket:
            _allowed_bucket.set(bucket)
        return refusal

    def _may_list(self, bucket: str) -> bool:
        caller = _caller.get()
        if caller is None:
            # Anonymous: MiniStack has asked the bucket whether everybody may.
            return True
        arn = f"arn:aws:s3:::{bucket}"
        return self._refusal(caller, "s3:ListBucket", arn, self._responses.get_region(), {}) is None

    def _bucket(self, name: str) -> dict[str, Any] | None:
        owner = self._s3._bucket_owner_account(name)
        return self._s3._buckets.get_scoped(owner, None, name) if owner else None

    def _principals(self, body: bytes) -> dict[str, str]:
        """Return the unique ids of the users and roles that a bucket policy names.

        Raises:
            AwsError: MalformedPolicy, for one that does not exist.
        """
        try:
            policy = json.loads(body)
        except ValueError:
            return {}
        except RecursionError:
            raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None
        if not isinstance(policy, dict):
            return {}
        whole = cast("dict[str, Any]", policy)
        found = statements(whole)
        aws_only: list[dict[str, Any]] = []
        for one in found:
            for element in ("Principal", "NotPrincipal"):
                principal = one.get(element)
                if isinstance(principal, dict):
                    values = [
                        value
                        for value in listed(cast("dict[str, Any]", principal).get("AWS", []))
                        if isinstance(value, str)
                    ]
                    aws_only.append({"Principal": {"AWS": values}})
        return trust.resolve(self._store, {"Statement": aws_only}, code="MalformedPolicy")


def _bucket_of(resource_arn: str) -> str:
    found = re.match(r"arn:[a-z-]+:s3:::([^/*]+)", resource_arn)
    return found[1] if found else ""


def _texts(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in cast("list[Any]", value)]
    return str(value)


def forget_request() -> None:
    """Begin a request: nothing is known of its caller yet."""
    _caller.set(None)
    _refusal.set(None)
    _allowed_bucket.set("")
    _asked.set("")


def event_of(scope: Mapping[str, Any]) -> tuple[Caller | None, str, dict[str, Any]]:
    """Return caller, name and parameters of the request just answered, for the record."""
    bucket, _, key = str(scope["path"]).lstrip("/").partition("/")
    parameters = {name: value for name, value in (("bucketName", bucket), ("key", key)) if value}
    action = _asked.get().partition(":")[2]
    name = (
        _EVENTS.get(action, action)
        or f"{scope['method'].capitalize()}{'Object' if key else 'Bucket' if bucket else 'Service'}"
    )
    if scope["method"] == "HEAD":
        name = "HeadObject" if key else "HeadBucket"
    return _caller.get(), name, parameters


_EVENTS = {"ListAllMyBuckets": "ListBuckets", "ListBucket": "ListObjects"}
"""Action -> event, where CloudTrail names the operation otherwise."""
