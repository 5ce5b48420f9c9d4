"""Find the managed policy that a call names, with AWS's words where it is not there.

Of AWS's own policies the local AWS has those that its file has: what is not there may exist on AWS,
so it says no more than that it does not have it, and which name is nearest.
"""

from __future__ import annotations

from rolelab.iam import arns
from rolelab.iam.arns import Arn
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import PolicyRecord
from rolelab.localaws.operations.api_call import ApiCall

NOT_FOUND = "was not found"
NOT_ATTACHABLE = "does not exist or is not attachable"


def find(call: ApiCall, arn: str) -> PolicyRecord | None:
    """Return the managed policy with an ARN, if it is there.

    Raises:
        AwsError: ValidationError, for what is not an ARN of IAM.
    """
    parsed = Arn.read(arn)
    if parsed is None or parsed.service != "iam":
        raise AwsError("ValidationError", f"ARN {arn} is not valid.")
    return call.store.managed_policy(call.account, arn)


def get(call: ApiCall, arn: str, *, otherwise: str = NOT_FOUND) -> PolicyRecord:
    """Return the managed policy with an ARN; `otherwise` is what AWS says of one that is not there.

    Raises:
        AwsError: NoSuchEntity; ValidationError.
    """
    record = find(call, arn)
    if record is None:
        raise missing(call, arn, f"Policy {arn} {otherwise}.")
    return record


def missing(call: ApiCall, arn: str, sentence: str) -> AwsError:
    """Return what is answered of a policy that is not there: AWS's sentence, but of AWS's own."""
    return AwsError("NoSuchEntity", lacking(call, arn) if arns.is_aws_policy(arn) else sentence)


def lacking(call: ApiCall, arn: str) -> str:
    """Return what is said of a policy of AWS's that is not there."""
    nearest = call.store.aws_policies.nearest(arn)
    hint = f" The nearest that it has is {nearest}." if nearest else ""
    return f"Policy {arn} cannot be found: the local AWS does not have it.{hint}"


def require_own(call: ApiCall, arn: str, what: str) -> None:
    """Refuse to change what belongs to AWS, or to another account.

    Raises:
        AwsError: AccessDenied, ValidationError.
    """
    find(call, arn)
    if arns.account_of(arn) != call.account:
        raise AwsError("AccessDenied", f"Cannot {what} outside your own account.")


def named(call: ApiCall) -> PolicyRecord:
    """Return the policy that the call names.

    Raises:
        AwsError: NoSuchEntity, ValidationError.
    """
    return get(call, call.text("PolicyArn"))


def own(call: ApiCall, what: str) -> PolicyRecord:
    """Return the policy of the account that the call names, which it is about to change.

    Raises:
        AwsError: AccessDenied, NoSuchEntity, ValidationError.
    """
    arn = call.text("PolicyArn")
    require_own(call, arn, what)
    return get(call, arn)


def tagged(call: ApiCall) -> PolicyRecord:
    """Return the policy of the account whose tags the call changes."""
    return own(call, "untag policies" if call.operation == "UntagPolicy" else "tag policies")
