"""What the role is meant to be allowed: decided from the managed policies that were declared for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components import documents
from rolelab.diagnosis.administrator import NoAnswer, NotLookedAt
from rolelab.iam import Policies, Policy, Principal, Request, decide
from rolelab.outputs import Lab

_EVERYWHERE = "*"


def _allow(*actions: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": _EVERYWHERE}
    return {"Version": documents.VERSION, "Statement": [statement]}


# Well known, so that they need not be read. Source: AWS Managed Policy Reference Guide.
_KNOWN: Mapping[str, Mapping[str, Any]] = {
    "AmazonS3FullAccess": _allow("s3:*", "s3-object-lambda:*"),
    "AmazonS3ReadOnlyAccess": _allow(
        "s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*"
    ),
    "AdministratorAccess": _allow("*"),
}

Leave = Callable[[str, str], "bool | None"]
"""Action and resource -> whether the role is meant to be allowed it; None where that is not known."""


def declared_leave(lab: Lab, document: Callable[[str], Any]) -> Leave:
    """Return what decides it; `document` reads a managed policy by its ARN, and is asked for unknown ones only."""
    arns = lab.role.managed_policies
    if arns is None:
        # Outputs that do not tell are of the lab's own program with its default.
        arns = (documents.managed_policy("AmazonS3FullAccess", lab.role.arn.split(":")[1]),)
    policies: list[Policy] = []
    for arn in arns:
        found = _known(arn)
        if found is None:
            try:
                found = document(arn)
            except (NotLookedAt, NoAnswer):
                return lambda _action, _resource: None
        policies.append(Policy.read(found, arn.rsplit("/", 1)[-1], arn=arn))
    given = Policies(identity=tuple(policies))
    session = Principal.role_session(lab.role.arn, "verification")

    def may(action: str, resource: str) -> bool | None:
        return decide(Request(principal=session, action=action, resource=resource), given).allowed

    return may


def _known(arn: str) -> Mapping[str, Any] | None:
    return _KNOWN.get(arn.rsplit("/", 1)[-1]) if ":iam::aws:policy/" in arn else None
