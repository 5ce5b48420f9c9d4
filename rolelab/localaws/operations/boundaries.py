"""Permissions boundaries of users and roles.

Source: IAM API Reference, PutUserPermissionsBoundary … DeleteRolePermissionsBoundary.
"""

from __future__ import annotations

from collections.abc import Callable

from rolelab.iam.arns import Arn
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import PrincipalRecord
from rolelab.localaws.operations import lookup, policy_lookup
from rolelab.localaws.operations.api_call import ApiCall, Result


def shown(record: PrincipalRecord) -> Result | None:
    """Return a permissions boundary as the API shows it."""
    arn = record.get("PermissionsBoundary")
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def given(call: ApiCall) -> str | None:
    """Return the ARN of the policy that the call names as a boundary, if it names one.

    Raises:
        AwsError: InvalidInput, NoSuchEntity.
    """
    if "PermissionsBoundary" not in call.params:
        return None
    arn = call.text("PermissionsBoundary")
    parsed = Arn.read(arn)
    if parsed is None or (parsed.service, parsed.kind) != ("iam", "policy"):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    if call.store.managed_policy(call.account, arn) is None:
        sentence = f"Scope ARN: {arn} {policy_lookup.NOT_ATTACHABLE}."
        raise policy_lookup.missing(call, arn, sentence)
    return arn


def put(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that sets a user's or role's permissions boundary."""

    def operation(call: ApiCall) -> None:
        lookup.principal(call, kind)["PermissionsBoundary"] = given(call)

    return operation


def delete(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that removes a permissions boundary."""

    def operation(call: ApiCall) -> None:
        record = lookup.principal(call, kind)
        if not record.get("PermissionsBoundary"):
            unique_id = call.store.of_kind[kind].id_of(record)
            raise lookup.no_such(f"Principal {unique_id} does not have scope")
        record["PermissionsBoundary"] = None

    return operation
