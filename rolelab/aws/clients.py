"""Clients of one endpoint: one session, one client a service, safe to share between threads.

They are botocore's own, as boto3 hands them on: what boto3 adds (resources, transfers in parts) is
not needed here, and costs every start 15 ms.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import EndpointConnectionError
from botocore.handlers import validate_bucket_name
from botocore.utils import parse_timestamp

from rolelab.aws import sign_of_life
from rolelab.aws.aws_clock import AwsClock
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.failures import not_sent

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

Service = Literal["iam", "sts", "s3"]
_SERVICES = get_args(Service)
_READ_S = 60.0
"""Botocore's own."""


class _ModelFile(botocore.loaders.JSONFileLoader):
    """Reads a model without its documentation: half of it, which only a reader would miss."""

    def load_file(self, file_path: str) -> dict[str, Any] | None:
        for ending, opened in ((".json", Path.open), (".json.gz", gzip.open)):
            path = Path(file_path + ending)
            if path.is_file():
                with opened(path, "rb") as file:
                    return json.loads(file.read(), object_pairs_hook=_without_documentation)
        return None


def _without_documentation(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    model = dict(pairs)
    if "services" in model and "partition" in model:
        # Of the endpoints of a partition: 400 services, of which three are called.
        services = model["services"]
        model["services"] = {name: services[name] for name in _SERVICES if name in services}
    if isinstance(model.get("documentation"), str):
        # The name stays: botocore asks for it.
        model["documentation"] = ""
    return model


class _ModelLoader(botocore.loaders.Loader):
    """Takes a service's folder for the service: botocore's looks into all 400, twice, for 25 ms."""

    FILE_LOADER_CLASS = _ModelFile

    def list_available_services(self, type_name: str) -> list[str]:
        folders = (Path(path) for path in self.search_paths)
        return [each.name for folder in folders if folder.is_dir() for each in folder.iterdir()]


_LOADER = _ModelLoader(
    extra_search_paths=[botocore.loaders.Loader.BUILTIN_DATA_PATH],
    include_default_search_paths=False,
)
"""Reads the service models, 80 to 130 ms for IAM's: once in a process, for all sessions. Models of
this machine's user, in `~/.aws/models`, are for other tools."""


def load_models() -> None:
    """Read the models of IAM and STS ahead of the first client."""
    for service in ("iam", "sts"):
        _LOADER.load_service_model(service, "service-2")


_NOT_FROM_ENVIRONMENT: list[str] = []
_ISOLATED = {
    "profile": (None, _NOT_FROM_ENVIRONMENT, None, None),
    "config_file": (None, _NOT_FROM_ENVIRONMENT, os.devnull, None),
    "credentials_file": (None, _NOT_FROM_ENVIRONMENT, os.devnull, None),
}
"""Session variables with which no profile and no file of this machine's AWS configuration counts:
where the key is given, they could only lead astray."""
_BY_ITSELF = {
    name: (key, _NOT_FROM_ENVIRONMENT, default, convert)
    for name, (key, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
} | _ISOLATED
"""Those of a session for this machine: no variable of the environment counts either. What is set
for an account (a mode, FIPS endpoints, a certificate bundle) has nothing to say here, and a typing
error in it must not stop the lab."""


def isolated(endpoint: Endpoint) -> Mapping[str, Any]:
    """Return the session variables for an endpoint whose key is given.

    Those for certificates and proxies still count where the endpoint is elsewhere.
    """
    return _BY_ITSELF if endpoint.is_local else _ISOLATED


def _moment(value: str) -> datetime:
    """Return a time of an answer: botocore's own way is eight times as long for IAM's form."""
    with suppress(ValueError):
        if value.endswith("Z"):
            return datetime.fromisoformat(value[:-1]).replace(tzinfo=timezone.utc)
    return parse_timestamp(value)


def new_session(
    credential_provider: object | None = None, **named: Any
) -> botocore.session.Session:
    """Return a session that shares the service models with all others.

    `credential_provider` takes the place of botocore's own search for credentials; `named` goes to
    botocore's session.
    """
    session = botocore.session.Session(**named)
    session.register_component("data_loader", _LOADER)
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=_moment)
    if credential_provider is not None:
        session.register_component("credential_provider", credential_provider)
    return session


class Clients:
    """Makes each client on first use, under a lock.

    Sixteen threads would load the service model sixteen times.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connections: int = 16,
        attempts: int = 5,
        connect_s: float = 5,
        read_s: float | None = None,
        clock: AwsClock | None = None,
        purpose: str | None = None,
        checks_values: bool = True,
    ) -> None:
        """Keep what the clients are made with.

        Where they do not check the values of a call, AWS alone says what is wrong with one.
        """
        if read_s is None:
            read_s = sign_of_life.LONGEST_S if endpoint.is_local else _READ_S
        # The administrator's credentials are named or come from the environment as for every AWS
        # tool.
        self.endpoint = endpoint
        self._config = Config(
            max_pool_connections=connections,
            connect_timeout=connect_s,
            read_timeout=read_s,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            # Path style: a bucket is not a host name on loopback.
            s3={"addressing_style": "path" if endpoint.url else "auto"},
            # A proxy would be handed the administrator's requests, and cannot reach this machine's
            # loopback anyway.
            proxies={} if endpoint.is_local else None,
            user_agent_extra=purpose,
            parameter_validation=checks_values,
        )
        self._checks_values = checks_values
        self.clock = clock or AwsClock()
        self._lock = threading.Lock()
        self._session: botocore.session.Session | None = None
        self._made: dict[str, object] = {}

    @property
    def iam(self) -> IAMClient:
        """The IAM client."""
        return self._client("iam")

    @property
    def sts(self) -> STSClient:
        """The STS client."""
        return self._client("sts")

    @property
    def s3(self) -> S3Client:
        """The S3 client."""
        return self._client("s3")

    @overload
    def _client(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def _client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    def _client(self, service: Literal["s3"]) -> S3Client: ...
    def _client(self, service: Service) -> object:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: Service) -> object:
        keys = self.endpoint.credentials
        if self._session is None:
            named = {"session_vars": isolated(self.endpoint)} if keys else {}
            self._session = new_session(**named)
        client: Any = self._session.create_client(  # pyright: ignore[reportCallIssue, reportUnknownMemberType, reportUnknownVariableType]
            service,  # pyright: ignore[reportArgumentType]
            region_name=self.endpoint.region,
            endpoint_url=self.endpoint.url,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key.reveal() if keys else None,
            aws_session_token=keys.session_token.reveal() if keys and keys.session_token else None,
            config=self._config,
        )
        client.meta.events.register("after-call", self.clock.hear)
        if not self._checks_values:
            event = f"before-parameter-build.{service}"
            client.meta.events.unregister(event, validate_bucket_name)
            client.meta.events.register(event, _require_whole_address)
        if self.endpoint.is_local:
            client.meta.events.register_first("needs-retry", _give_up_where_nobody_listens)
            sign_of_life.watch(client)
        return client


def _require_whole_address(params: Mapping[str, Any], model: Any, **_: Any) -> None:
    """Refuse a call of which a part of the address is empty: it would be another call.

    To delete an object without a name is to delete its bucket.

    Raises:
        AwsFailure: nothing was sent.
    """
    for name, shape in model.input_shape.members.items() if model.input_shape else ():
        if shape.serialization.get("location") == "uri" and not params.get(name):
            raise not_sent(model.name, f"{name} is empty, and a part of the address")


def _give_up_where_nobody_listens(
    attempts: int, caught_exception: Exception | None = None, **_: Any
) -> None:
    """Let a call fail soon where no process has the port: on this machine that does not pass."""
    if attempts > 1 and isinstance(caught_exception, EndpointConnectionError):
        raise caught_exception
