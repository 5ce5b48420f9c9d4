"""One client a service for any number of principals.

The credentials come with each request, not with the client.

A client for each of 1,000 learners would cost a service model and a connection pool each; signing
reads the credentials at every request anyway, so it reads those of the caller named in the current
context.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import botocore.credentials
from botocore.exceptions import NoCredentialsError

from rolelab.aws.clients import Clients, isolated, new_session
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.aws.failures import AwsFailure, Kind, as_lab_error, translated
from rolelab.secret import Secret

_READ_S = 20.0
"""Who asks again anyway need not wait for an account's answer for a minute."""

_caller: ContextVar[Credentials] = ContextVar("caller")


@contextmanager
def calling_as(credentials: Credentials) -> Generator[None]:
    """Sign every request of this thread's block with `credentials`."""
    token = _caller.set(credentials)
    try:
        yield
    finally:
        _caller.reset(token)


class Callers(Clients):
    """Clients whose requests are signed for whoever `calling_as` names.

    Outside of it no request is made.

    Retries are left to whoever calls: only they know whether an answer was the one they wait for.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connections: int = 16,
        connect_s: float = 5,
        read_s: float | None = None,
        purpose: str | None = None,
        checks_values: bool = True,
    ) -> None:
        if read_s is None and not endpoint.is_local:
            read_s = _READ_S
        nobody = Endpoint(url=endpoint.url, region=endpoint.region, credentials=None)
        super().__init__(
            nobody,
            connections=connections,
            attempts=1,
            connect_s=connect_s,
            read_s=read_s,
            purpose=purpose,
            checks_values=checks_values,
        )
        self._session = new_session(_Provider(), session_vars=isolated(endpoint))


class Ambient:
    """The credentials that this machine's AWS configuration gives, as every AWS tool finds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: botocore.credentials.Credentials | None = None

    def current(self) -> Credentials:
        """Return them, renewed where they are of the kind that runs out.

        Raises:
            AwsFailure: there are none, or they cannot be had.
        """
        with self._lock, translated("GetCredentials"):
            if self._found is None:
                self._found = new_session().get_credentials()  # pyright: ignore[reportUnknownMemberType]
            if self._found is None:
                raise NoCredentialsError
            keys = self._found.get_frozen_credentials()
        if keys.access_key is None or keys.secret_key is None:
            raise AwsFailure(
                operation="GetCredentials",
                kind=Kind.CREDENTIALS,
                code="PartialCredentialsError",
                said="",
            )
        return Credentials(
            access_key_id=keys.access_key,
            secret_access_key=Secret(keys.secret_key),
            session_token=Secret(keys.token) if keys.token else None,
        )


def environment_credentials() -> Credentials:
    """Return the credentials that this machine's AWS configuration gives.

    Raises:
        CannotTell: there are none, or they cannot be had.
    """
    try:
        return Ambient().current()
    except AwsFailure as failure:
        raise as_lab_error(failure) from None


@contextmanager
def administrator(endpoint: Endpoint, *, purpose: str | None = None) -> Generator[Callers]:
    """Yield clients that sign with the endpoint's credentials, or with the environment's.

    `purpose` is told as part of the user agent.

    Raises:
        LabError: AWS refused something in the block.
        CannotTell: there are no credentials, or AWS does not take them or does not answer.
    """
    try:
        with calling_as(endpoint.credentials or environment_credentials()):
            yield Callers(endpoint, purpose=purpose)
    except AwsFailure as failure:
        raise as_lab_error(failure) from None


class _Caller(botocore.credentials.Credentials):
    """Credentials that are those of the current caller at the moment of signing."""

    def __init__(self) -> None:
        super().__init__("set-by-request", "set-by-request")

    def get_frozen_credentials(self) -> botocore.credentials.ReadOnlyCredentials:
        keys = _caller.get()
        return botocore.credentials.ReadOnlyCredentials(
            keys.access_key_id,
            keys.secret_access_key.reveal(),
            keys.session_token.reveal() if keys.session_token else None,
        )


class _Provider:
    """Botocore's credential provider in its shortest form."""

    def load_credentials(self) -> _Caller:
        return _Caller()
