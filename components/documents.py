"""Policy documents as plain data: no policy of the lab is written as a string by hand."""

import json
from collections.abc import Mapping
from typing import Union

# Condition operator -> condition key -> value or values:
# {"Bool": {"aws:MultiFactorAuthPresent": "true"}}.
Conditions = Mapping[str, Mapping[str, Union[str, list[str]]]]  # noqa: UP007 - the component host reads this shape

VERSION = "2012-10-17"
"""The policy language's current version; only this one knows policy variables.

Source: IAM User Guide, "IAM JSON policy elements: Version".
"""

Document = dict[str, object]


def account_root(account_id: str, partition: str = "aws") -> str:
    """Return the ARN that stands for every principal of an account.

    Source: IAM User Guide, "AWS JSON policy elements: Principal", AWS account principals.
    """
    return f"arn:{partition}:iam::{account_id}:root"


def role_arn(account_id: str, name: str, *, path: str = "/", partition: str = "aws") -> str:
    """Return the ARN of a role before it is made: AWS builds it from account, path and name."""
    return f"arn:{partition}:iam::{account_id}:role{path}{name}"


def managed_policy(name: str, partition: str = "aws") -> str:
    """Return the ARN of an AWS managed policy by its name; an ARN is returned as it is."""
    return name if name.startswith("arn:") else f"arn:{partition}:iam::aws:policy/{name}"


def trust(principal_arn: str, conditions: Conditions | None = None) -> Document:
    """Return the role's half of role assumption: who may assume it, on which conditions."""
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": principal_arn},
        "Action": "sts:AssumeRole",
    }
    if conditions:
        statement["Condition"] = {operator: dict(keys) for operator, keys in conditions.items()}
    return {"Version": VERSION, "Statement": [statement]}


def grant(role_arn: str) -> Document:
    """Return the user's half of role assumption: permission to assume this role, and no other."""
    return {
        "Version": VERSION,
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn}],
    }


def as_json(document: Mapping[str, object]) -> str:
    """Return a document as the JSON text that AWS takes."""
    return json.dumps(document)
