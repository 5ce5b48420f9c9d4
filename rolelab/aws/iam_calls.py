"""IAM's calls by the name of their operation: for what is the same for users, roles and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name

from rolelab.aws.failures import AwsFailure, Kind, translated

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def call(client: object, operation: str, part: str = "", /, **parameters: Any) -> Any:
    """Make a call, such as `GetUser`, of any service; return a part of its answer, or the whole.

    Raises:
        AwsFailure: it failed, or the answer lacks the part.
    """
    with translated(operation):
        answer = getattr(client, xform_name(operation))(**parameters)
        return answer[part] if part else answer


def call_if_there(iam: IAMClient, operation: str, part: str = "", /, **parameters: Any) -> Any:
    """Make a call; return None where what it is about does not exist.

    Raises:
        AwsFailure: it failed otherwise.
    """
    try:
        return call(iam, operation, part, **parameters)
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise


def listed(iam: IAMClient, operation: str, part: str, /, **parameters: Any) -> list[Any]:
    """Read a list to its end; a page without its list is a broken answer, not an empty list.

    Raises:
        AwsFailure: it could not be read.
    """
    entries: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        page = call(iam, operation, **parameters, **marker)
        with translated(operation):
            entries += page[part]
            if not page.get("IsTruncated"):
                return entries
            marker = {"Marker": page["Marker"]}
