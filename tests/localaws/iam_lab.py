"""What tests of IAM's answers share: documents, and what a call is refused with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

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
