"""What tests of IAM's answers share: documents, and what a call is refused with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.secret import Credentials, Secret

TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
    '"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)
"""Of a role that machines assume."""
DOCUMENT = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
)


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Return code and message of what a call is refused with."""
    with pytest.raises(ClientError) as refusal:
        call()
    error = refusal.value.response.get("Error", {})
    return error.get("Code", ""), error.get("Message", "")


def as_user(root: Clients, user: str) -> Clients:
    """Return the clients of a user with a new access key."""
    key = root.iam.create_access_key(UserName=user)["AccessKey"]
    credentials = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"])
    )
    return Clients(replace(root.endpoint, credentials=credentials))
