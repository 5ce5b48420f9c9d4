"""Services that the local AWS lacks are refused in the protocol that their client reads."""

from __future__ import annotations

import contextlib
import http.client
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import REGION


def _client(local_aws: Instance, service: str, **config: Any) -> Any:
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=local_aws.url,
        region_name=REGION,
        aws_access_key_id="111122223333",
        aws_secret_access_key=local_aws.secret.reveal(),
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("dynamodb", "list_tables", "dynamodb"),  # JSON 1.0
        ("kms", "list_keys", "kms"),  # JSON 1.1
        ("sns", "list_topics", "sns"),  # query
        ("ec2", "describe_instances", "ec2"),  # EC2's query
        ("lambda", "list_functions", "lambda"),  # REST, JSON
        ("sesv2", "list_email_identities", "ses"),  # REST, JSON; signed as an older one of queries
        ("route53", "list_hosted_zones", "route53"),  # REST, XML
        ("cloudwatch", "list_metrics", "monitoring"),  # CBOR
    ],
)
def test_the_client_reads_which_service_is_not_here(
    local_aws: Instance, service: str, operation: str, name: str
) -> None:
    """Whoever tests a program against it sees at once what is missing, and not a parser's error."""
    with pytest.raises(ClientError) as caught:
        getattr(_client(local_aws, service), operation)()
    told = caught.value.response.get("Error", {})
    assert told.get("Message") == f"this local AWS has IAM, STS and S3, not {name}"
    assert told.get("Code") == "NotImplemented"


def test_one_that_is_not_signed_is_told_too(local_aws: Instance) -> None:
    """Its protocol shows that it is none of S3's."""
    cognito = _client(local_aws, "cognito-idp", signature_version=UNSIGNED)
    with pytest.raises(ClientError, match="has IAM, STS and S3, not AWSCognitoIdentityProvider"):
        cognito.initiate_auth(ClientId="c", AuthFlow="USER_AUTH")


def test_a_service_that_is_none_opens_no_file(local_aws: Instance) -> None:
    """The name in a signature is text that anybody sends."""
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=20)
    scope = "Credential=AKIA/20261128/us-east-1/../aws4_request"
    with contextlib.closing(connection):
        connection.request("GET", "/x", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
        response = connection.getresponse()
        assert (response.status, b"has IAM, STS and S3" in response.read()) == (400, True)
