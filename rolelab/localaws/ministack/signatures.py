"""Credentials, checked by MiniStack's own signature code against what the layer knows of each key.

MiniStack takes `test`, the configured key and every 12-digit key for root, with whatever signature. Here a root key
is a credential like any other: 12 digits, the instance's secret. Header, query, chunk and form signatures of S3 are
then all checked by the code that checks users' keys.
"""

from __future__ import annotations

import hashlib
from typing import Any

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import Store
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.ministack.emulator import is_root_key, module
from rolelab.secret import Secret

_UNCHECKED = object()
_UNHASHED = ""


class Credentials:
    """Resolves access keys, and checks the signature of a request."""

    def __init__(self, store: Store, secret: Secret) -> None:
        self._store = store
        self._secret = secret
        self._evaluator = module("core.iam_evaluator")
        self._failure = module("core.iam_actions")._auth_failure
        self._router = module("core.router")

    def account_of(self, access_key_id: str) -> str | None:
        """Return the account whose key it is."""
        if is_root_key(access_key_id):
            return access_key_id
        session = self._store.session(access_key_id)
        return session["AccountId"] if session else self._store.key_account(access_key_id)

    def resolve(
        self, access_key_id: str, _account: str | None = None, session_token: Any = _UNCHECKED
    ) -> Any:
        """Return MiniStack's ResolvedCredential, or its error: takes the place of its own function of that name."""
        found = self._evaluator
        if is_root_key(access_key_id):
            if session_token is not _UNCHECKED and session_token:
                return found._invalid_session_token()
            return self._resolved(access_key_id, self._secret.reveal(), access_key_id, "Root", "")
        session = self._store.session(access_key_id)
        if session is not None:
            if clock.now() > session["Expiration"]:
                return found.CredentialResolutionError(
                    "ExpiredTokenException", "The security token included in the request is expired"
                )
            failure = found._validate_session_token(
                session["SessionToken"], self._given(session_token, session)
            )
            if failure:
                return failure
            return self._resolved(
                access_key_id,
                session["SecretAccessKey"],
                session["AccountId"],
                session["PrincipalType"],
                session["SessionToken"],
            )
        key, account = self._store.key(access_key_id), self._store.key_account(access_key_id)
        if key is None or account is None:
            return found._unknown_access_key()
        if key["Status"] != "Active":
            return found.CredentialResolutionError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        if session_token is not _UNCHECKED and session_token:
            return found._invalid_session_token()
        return self._resolved(
            access_key_id, key["SecretAccessKey"], account, "User", "", key["UserName"]
        )

    def check(
        self,
        method: str,
        raw_path: str,
        query: dict[str, list[str]],
        raw_headers: list[tuple[bytes, bytes]],
        body: bytes,
    ) -> str:
        """Return the access key that signed a request.

        Raises:
            AwsError: the request is unsigned, or its signature, key, token or time is not right.
        """
        evaluator = self._evaluator
        evaluator.pin_signed_request(method, raw_path, query, raw_headers)
        evaluator.pin_signed_body(body)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers
        }
        access_key_id = self._router.extract_access_key_id(headers, query)
        if evaluator._anonymous.get():
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token")
        if headers.get("x-amz-content-sha256", _UNHASHED) not in (
            _UNHASHED,
            hashlib.sha256(body).hexdigest(),
        ):
            raise AwsError("SignatureDoesNotMatch", "The body is not the one that was signed.")
        checked = evaluator.authenticate(access_key_id, self.account_of(access_key_id) or "")
        if checked is None:
            raise AwsError(
                "IncompleteSignature", "The request signature does not conform to AWS standards."
            )
        if isinstance(checked, evaluator.AuthError):
            code, status, message = self._failure("iam", checked.code, checked.message, headers)
            raise AwsError(code, message, status)
        return access_key_id

    @staticmethod
    def _given(token: Any, session: dict[str, Any]) -> Any:
        return session["SessionToken"] if token is _UNCHECKED else token

    def _resolved(
        self, key_id: str, secret: str, account: str, kind: str, token: str, name: str = ""
    ) -> Any:
        return self._evaluator.ResolvedCredential(
            access_key_id=key_id,
            secret_access_key=secret,
            account_id=account,
            principal_arn=f"arn:aws:iam::{account}:root",
            principal_id=account,
            principal_type=kind,
            principal_name=name,
            session_token=token or None,
            source_access_key_id=key_id,
        )
