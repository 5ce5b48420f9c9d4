"""Policy documents as each operation that takes one reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from tests.iam.builders import allow, doc, trusts

POLICY, TRUST = json.dumps(doc(allow())), json.dumps(doc(trusts()))
POLICY_ARN = "arn:aws:iam::{account}:policy/lab"

TAKES_ONE: list[tuple[str, str, str, dict[str, Any]]] = [
    (*("iam", "put_user_policy", POLICY), {"UserName": "lab", "PolicyName": "p"}),
    (*("iam", "put_role_policy", POLICY), {"RoleName": "lab", "PolicyName": "p"}),
    (*("iam", "put_group_policy", POLICY), {"GroupName": "lab", "PolicyName": "p"}),
    (*("iam", "create_policy", POLICY), {"PolicyName": "other"}),
    (*("iam", "create_policy_version", POLICY), {"PolicyArn": POLICY_ARN}),
    (*("iam", "create_role", TRUST), {"RoleName": "other"}),
    (*("iam", "update_assume_role_policy", TRUST), {"RoleName": "lab"}),
    (*("sts", "get_federation_token", POLICY), {"Name": "lab"}),
]
"""(service, operation, a document that is right, the other parameters)."""
_PARAMETER = {
    "create_role": "AssumeRolePolicyDocument",
    "get_federation_token": "Policy",
}


@pytest.fixture
def put(root: Clients) -> Callable[[str, str, str, dict[str, Any]], object]:
    """Return what calls an operation with a document, beside a user, group, role and policy."""
    account = root.sts.get_caller_identity()["Account"]
    root.iam.create_user(UserName="lab")
    root.iam.create_group(GroupName="lab")
    root.iam.create_role(RoleName="lab", AssumeRolePolicyDocument=TRUST)
    root.iam.create_policy(PolicyName="lab", PolicyDocument=POLICY)

    def call(service: str, operation: str, document: str, params: dict[str, Any]) -> object:
        params = {
            name: value.format(account=account) if isinstance(value, str) else value
            for name, value in params.items()
        }
        parameter = _PARAMETER.get(operation, "PolicyDocument")
        return getattr(getattr(root, service), operation)(**params, **{parameter: document})

    return call


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("service", "operation", "document", "params"), TAKES_ONE, ids=[each[1] for each in TAKES_ONE]
)
def test_a_document_begins_with_its_brace(
    put: Callable[..., object],
    service: str,
    operation: str,
    document: str,
    params: dict[str, Any],
    space: str,
) -> None:
    """Indented heredocs are the usual slip, and AWS refuses them."""
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        put(service, operation, space + document, params)
    put(service, operation, document.replace(" ", space) + space, params)
