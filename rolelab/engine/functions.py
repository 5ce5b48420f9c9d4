"""The functions (invokes) that a program may call: who and where it is, what a policy says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from rolelab.aws.failures import AwsFailure
from rolelab.aws.iam_calls import call
from rolelab.aws.iam_entities import policy_version
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import Properties
from rolelab.errors import LabError


def _caller_identity(cloud: Cloud, _: Properties) -> Properties:
    who = cloud.identity
    return {
        "accountId": who["Account"],
        "arn": who["Arn"],
        "userId": who["UserId"],
        "id": who["Account"],
    }


def _partition(cloud: Cloud, _: Properties) -> Properties:
    suffix = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}.get(
        cloud.partition, "amazonaws.com"
    )
    reverse = ".".join(reversed(suffix.split(".")))
    return {
        "partition": cloud.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": reverse,
        "id": cloud.partition,
    }


def _region(cloud: Cloud, _: Properties) -> Properties:
    region = cloud.region
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def _policy(cloud: Cloud, asked: Properties) -> Properties:
    arn = asked["arn"]
    try:
        policy = call(cloud.iam, "GetPolicy", "Policy", PolicyArn=arn)
        document = policy_version(cloud.iam, arn, policy["DefaultVersionId"])
    except AwsFailure as failure:
        raise LabError(
            f"the managed policy {arn} cannot be read: {failure.said or failure.code}",
            where="getPolicy",
            do="make it first, or name another",
        ) from None
    return {
        "arn": arn,
        "id": arn,
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policy": json.dumps(document),
        "policyId": policy["PolicyId"],
        "description": policy.get("Description", ""),
        "attachmentCount": policy["AttachmentCount"],
        "tags": {tag["Key"]: tag["Value"] for tag in policy.get("Tags", [])},
    }


@dataclass(frozen=True, slots=True)
class Function:
    """What a program may call."""

    answer: Callable[[Cloud, Properties], Properties]
    """The function of the arguments.

    Raises LabError where AWS refuses it.
    """
    arguments: frozenset[str] = frozenset()
    """All that it takes, and needs."""


FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": Function(_caller_identity),
    "aws:index/getPartition:getPartition": Function(_partition),
    "aws:index/getRegion:getRegion": Function(_region),
    "aws:iam/getPolicy:getPolicy": Function(_policy, frozenset({"arn"})),
}
"""Token -> what it is."""
