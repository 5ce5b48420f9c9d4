"""What clients read faster, or less of, than botocore does by itself: with the same result."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.utils import parse_timestamp

from rolelab.aws import clients


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T10:20:30Z",
        "2026-11-28T10:20:30.123Z",
        "2026-11-28T10:20:30+02:00",
        "Sat, 28 Nov 2026 10:20:30 GMT",
        "1795861230",
    ],
)
def test_times_are_botocores(text: str) -> None:
    """IAM's form is read by Python itself, every other one by botocore."""
    assert clients._moment(text) == parse_timestamp(text)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("service", ["iam", "sts", "s3"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_endpoints_are_botocores(service: str, region: str) -> None:
    """What is left of the endpoints leads to the same addresses."""
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    sessions = clients.new_session(), botocore.session.Session()
    ours, theirs = (
        session.create_client(service, region_name=region, **keys).meta  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownMemberType]
        for session in sessions
    )
    assert (ours.endpoint_url, ours.region_name) == (theirs.endpoint_url, theirs.region_name)
