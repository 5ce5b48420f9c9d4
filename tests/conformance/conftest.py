"""Two emulators that know nothing of each other: the local AWS, and moto in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.engine.cloud import Cloud
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef


class MotoCloud(Cloud):
    """A Cloud whose clients are moto's.

    It answers in process, for requests to AWS's own addresses only.
    """

    def __init__(self) -> None:
        super().__init__(
            Endpoint(url="http://127.0.0.1:9", region="us-east-1", credentials=None), connections=1
        )
        nobody = Credentials(access_key_id="moto", secret_access_key=Secret("moto"))
        self._moto = Clients(
            Endpoint(url=None, region="us-east-1", credentials=nobody), connections=1
        )

    @property
    def iam(self) -> IAMClient:
        return self._moto.iam

    @property
    def iam_once(self) -> IAMClient:
        return self._moto.iam

    @property
    def identity(self) -> GetCallerIdentityResponseTypeDef:
        return self._moto.sts.get_caller_identity()


@pytest.fixture(params=["local AWS", "moto"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """One emulator, with an account in which nothing is."""
    if request.param == "moto":
        with mock_aws():
            yield MotoCloud()
    else:
        server: Instance = request.getfixturevalue("local_aws")
        yield Cloud(server.endpoint(request.getfixturevalue("account")), connections=4)
