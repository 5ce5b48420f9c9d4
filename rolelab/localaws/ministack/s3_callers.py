"""Who signs a request of S3, found by MiniStack's own signature code.

A request may be signed in its header, in its query (a presigned URL) or not at all.
"""

from __future__ import annotations

import mmap
from collections import UserDict
from collections.abc import ItemsView
from types import ModuleType
from urllib.parse import quote

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, caller_of, note_use
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.http.s3_call import Query
from rolelab.localaws.ministack import bucket_policies
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.ministack.s3_bodies import UploadForm
from rolelab.localaws.ministack.s3_received import Received

Sendable = bytes | mmap.mmap
"""A body: a large file's as it lies on the disk."""
Answer = tuple[int, dict[str, str], Sendable]
"""Status, headers, body."""


class Refused(Exception):
    """MiniStack's own refusal, which tells more than code and message."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class S3Callers:
    """Checks signatures, and sets MiniStack's account and region by who signs."""

    def __init__(self, store: IdentityStore, app: ModuleType) -> None:
        self._store = store
        self._app = app
        self._evaluator = module("core.iam_evaluator")
        self._responses = module("core.responses")
        self._router = module("core.router")
        self._s3 = module("services.s3")
        self._failure = module("core.iam_actions")._auth_failure

    def pin(self, received: Received) -> None:
        """Keep the request for its signature check; its body is added when it is read."""
        headers, query = dict(received.headers), received.query
        incoming = received.incoming
        self._responses.set_request_client_ip(incoming.source_ip)
        # As for IAM and STS: AWS's clients come by HTTPS, and loopback has none.
        self._evaluator.pin_request_origin(incoming.source_ip, True)
        access_key_id = self._router.extract_access_key_id(headers, query)
        if access_key_id:
            self._responses.set_request_account_id(self._app._request_account_scope(access_key_id))
        self._responses.set_request_region(self._router.extract_region(headers, query))
        path = received.raw_path
        if "AWSAccessKeyId" in query or headers.get("authorization", "").startswith("AWS "):
            path, query = _as_in_version_2(path, query)
        self._evaluator.pin_signed_request(received.method, path, query, incoming.scope["headers"])

    def caller(self, received: Received) -> Caller | None:
        """Return who has signed the request that is pinned; None where nobody has.

        Raises:
            AwsError: the signature is of a kind that S3 does not know, or nobody has its key.
            Refused: it is not right.
        """
        if self._evaluator._anonymous.get():
            return None
        query = received.query
        if "authorization" not in received.headers and self._evaluator._s3_presigned_query(query):
            refused: Answer | None = self._s3._verify_presigned_sigv4(
                received.method, received.path, received.headers, query
            )
            if refused:
                raise Refused(refused)
            return self.known(query["X-Amz-Credential"][0].partition("/")[0], received.incoming)
        claimed = self._router.extract_access_key_id(received.headers, query)
        checked: Foreign = self._evaluator.authenticate(claimed, self._responses.get_account_id())
        if checked is None:
            raise AwsError("InvalidArgument", "Unsupported Authorization Type", 400)
        if isinstance(checked, self._evaluator.AuthError):
            raise Refused(self._refusal(checked, claimed, received))
        return self.known(checked.access_key_id, received.incoming)

    def form_caller(self, form: UploadForm, bucket: str, incoming: Incoming) -> Caller:
        """Return who has signed a form.

        Raises:
            AwsError: NoSuchBucket; nobody has the key.
            Refused: the signature is not right, or the form is not the one that was signed.
        """
        owner = bucket_policies.owner_of(bucket)
        if owner is None:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        with self._responses.request_scope(owner, self._responses.get_region()):
            region: str = self._s3.bucket_region(bucket)
        refused: Answer | None = self._s3._enforce_signed_post_policy(
            dict(form.fields), bucket, region, form.size, form.has_version_4
        )
        if refused:
            raise Refused(refused)
        return self.known(form.access_key_id, incoming)

    def known(self, access_key_id: str, incoming: Incoming) -> Caller:
        """Return whose key it is.

        Raises:
            AwsError: InvalidAccessKeyId.
        """
        caller = caller_of(self._store, access_key_id)
        if caller is None:
            message = "The AWS Access Key Id you provided does not exist in our records."
            raise AwsError("InvalidAccessKeyId", message, 403)
        note_use(self._store, caller, "s3", incoming.region)
        return caller

    def authorization(self, received: Received, caller: Caller | None) -> str:
        """Return a header that tells MiniStack who has signed; empty where nobody has."""
        header = received.headers.get("authorization", "")
        if caller is None or header:
            return header if caller else ""
        if "X-Amz-Credential" in received.query:
            return f"AWS4-HMAC-SHA256 Credential={received.query['X-Amz-Credential'][0]}"
        return f"AWS {caller.access_key_id}:"

    def _refusal(self, failure: Foreign, access_key_id: str, received: Received) -> Answer:
        code, status, message = self._failure(
            "s3", failure.code, failure.message, dict(received.headers)
        )
        fields = failure.details
        if code == "InvalidAccessKeyId":
            fields = {"AWSAccessKeyId": access_key_id}
        return self._s3._object_error(code, message, status, **fields)


class _Unlisted(UserDict[str, list[str]]):
    """A query whose parameters are found by name, and not listed."""

    def items(self) -> ItemsView[str, list[str]]:
        """Return none of them."""
        return dict[str, list[str]]().items()


def _as_in_version_2(path: str, query: Query) -> tuple[str, Query]:
    """Return path and query so that MiniStack finds the signature that a client of Version 2 has.

    By itself it writes the query with `+` for blanks and `=` behind sub-resources, which no client
    does: a presigned URL with the name of a file would not be right.
    """
    parts = [
        f"{quote(name)}={quote(value, safe='')}" if value else quote(name)
        for name, values in query.items()
        for value in values
    ]
    return f"{path}?{'&'.join(parts)}", _Unlisted({k: list(v) for k, v in query.items()})
