"""Credentials, checked by MiniStack's own signature code against what is known here of each key.

MiniStack takes `test`, the configured key and every 12-digit key for root, with whatever
signature. Here a root key is a credential like any other: 12 digits, the instance's secret.
Header, query, chunk and form signatures of S3 are then all checked by the code that checks users'
keys.
"""

from __future__ import annotations

import hashlib

from rolelab.iam import arns
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import is_root_key
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import SessionRecord
from rolelab.localaws.http.incoming import MISMATCH, Incoming
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.secret import Secret

_UNCHECKED = object()
_UNHASHED = ""
_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"


class Signatures:
    """Resolves access keys, and checks the signature of a request."""

    def __init__(self, store: IdentityStore, secret: Secret) -> None:
        self._store = store
        self._secret = secret
        self._evaluator = module("core.iam_evaluator")
        self._failure = module("core.iam_actions")._auth_failure
        self._router = module("core.router")

    def account_of(self, access_key_id: str) -> str | None:
        """Return the account whose key it is."""
        if is_root_key(access_key_id):
            return access_key_id
        session = self._store.sessions.get(access_key_id)
        return session["AccountId"] if session else self._store.keys.account_of(access_key_id)

    def resolve(
        self, access_key_id: str, _account: str | None = None, session_token: object = _UNCHECKED
    ) -> Foreign:
        """Return MiniStack's ResolvedCredential, or its error: replaces its own function."""
        evaluator, keys = self._evaluator, self._store.keys
        session = self._store.sessions.get(access_key_id)
        name = ""
        if is_root_key(access_key_id):
            account, kind, secret = access_key_id, "Root", self._secret.reveal()
        elif session is not None:
            return self._of_session(access_key_id, session, session_token)
        else:
            key, account = keys.find(access_key_id), keys.account_of(access_key_id)
            if key is None or account is None:
                return evaluator._unknown_access_key()
            if key["Status"] != "Active":
                return evaluator.CredentialResolutionError("InvalidClientTokenId", _INVALID)
            kind, secret, name = "User", key["SecretAccessKey"], key["UserName"]
        if session_token is not _UNCHECKED and session_token:
            return evaluator._invalid_session_token()
        return self._resolved(access_key_id, secret, account, kind, name=name)

    def _of_session(self, access_key_id: str, session: SessionRecord, token: object) -> Foreign:
        evaluator, right = self._evaluator, session.get("SessionToken", "")
        if clock.now() > session.get("Expiration", 0.0):
            return evaluator.CredentialResolutionError("ExpiredTokenException", _EXPIRED)
        failure = evaluator._validate_session_token(right, right if token is _UNCHECKED else token)
        if failure:
            return failure
        secret, kind = session.get("SecretAccessKey", ""), session["PrincipalType"]
        return self._resolved(access_key_id, secret, session["AccountId"], kind, token=right)

    def _resolved(
        self, key_id: str, secret: str, account: str, kind: str, *, token: str = "", name: str = ""
    ) -> Foreign:
        return self._evaluator.ResolvedCredential(
            access_key_id=key_id,
            secret_access_key=secret,
            account_id=account,
            principal_arn=arns.account_root(account),
            principal_id=account,
            principal_type=kind,
            principal_name=name,
            session_token=token or None,
            source_access_key_id=key_id,
        )

    def check(self, incoming: Incoming, body: bytes) -> str:
        """Return the access key that signed a request of IAM or STS.

        Raises:
            AwsError: the request is unsigned, or its signature, key, token or time is not right.
        """
        evaluator, headers, query = self._evaluator, dict(incoming.headers), incoming.query
        scope = incoming.scope
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        evaluator.pin_signed_request(scope["method"], path, query, scope["headers"])
        evaluator.pin_signed_body(body)
        access_key_id = self._router.extract_access_key_id(headers, query)
        if evaluator._anonymous.get():
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token")
        if not incoming.has_plain_signature:
            raise AwsError("SignatureDoesNotMatch", MISMATCH)
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
