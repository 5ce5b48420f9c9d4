"""What the role is meant to be allowed: decided from the managed policies declared for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from components import documents
from rolelab.diagnosis.administrator import NoAnswer, NotLookedAt
from rolelab.diagnosis.reasons import Need
from rolelab.iam import Layer, Policies, Policy, Principal, Request, arns, decide
from rolelab.outputs import Lab

_BUCKET = "arn:{partition}:s3:::rolelab-verify-example"
_OBJECT = f"{_BUCKET}/rolelab/proof"
LIST_BUCKETS = (Need("s3:ListAllMyBuckets"),)
CREATE_BUCKET = (Need("s3:CreateBucket", _BUCKET),)
PUT_OBJECT = (Need("s3:PutObject", _OBJECT),)
GET_OBJECT = (Need("s3:GetObject", _OBJECT),)
COPY_OBJECT = (*GET_OBJECT, Need("s3:PutObject", f"{_OBJECT}-copy"))
EMPTY_BUCKET = (Need("s3:ListBucket", _BUCKET), Need("s3:DeleteObject", _OBJECT))
DELETE_BUCKET = (Need("s3:DeleteBucket", _BUCKET),)
LIST_USERS = (Need("iam:ListUsers"),)


def _allow(*actions: str) -> Mapping[str, object]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": documents.VERSION, "Statement": [statement]}


# Well known, so that they need not be read. Source: AWS Managed Policy Reference Guide.
_KNOWN: Mapping[str, Mapping[str, object]] = {
    "AmazonS3FullAccess": _allow("s3:*", "s3-object-lambda:*"),
    "AmazonS3ReadOnlyAccess": _allow(
        "s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*"
    ),
    "AdministratorAccess": _allow("*"),
}

Expected = Callable[[Need], "bool | None"]
"""Whether the role is meant to be allowed something; None where that is not known."""


def expected_of(lab: Lab, document: Callable[[str], object]) -> Expected:
    """Return what decides it; `document` reads managed policies that nothing else tells of."""
    partition = arns.partition_of(lab.role.arn)
    attached = lab.role.managed_policies
    if attached is None:
        # Outputs that do not tell are of the lab's own program with its default.
        attached = (documents.managed_policy("AmazonS3FullAccess", partition),)
    try:
        identity = tuple(
            Policy.read(
                lab.role.policy_documents.get(arn) or _known(arn) or document(arn),
                arns.name_of(arn),
                arn=arn,
            )
            for arn in attached
        )
    except (NotLookedAt, NoAnswer):
        return lambda _: None
    session = Principal.role_session(lab.role.arn, "verification")

    def is_allowed(need: Need) -> bool | None:
        resource = need.resource.format(partition=partition)
        request = Request(principal=session, action=need.action, resource=resource)
        return decide(request, Policies({Layer.IDENTITY: identity})).allowed

    return is_allowed


def _known(arn: str) -> Mapping[str, object] | None:
    return _KNOWN.get(arns.name_of(arn)) if arns.is_aws_policy(arn) else None
