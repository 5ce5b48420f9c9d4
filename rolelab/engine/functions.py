"""The functions (invokes) that a program may call: who and where it is."""

from __future__ import annotations

from collections.abc import Callable

from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import Properties


def _caller_identity(cloud: Cloud) -> Properties:
    who = cloud.identity
    return {
        "accountId": who["Account"],
        "arn": who["Arn"],
        "userId": who["UserId"],
        "id": who["Account"],
    }


def _partition(cloud: Cloud) -> Properties:
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


def _region(cloud: Cloud) -> Properties:
    region = cloud.region
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


FUNCTIONS: dict[str, Callable[[Cloud], Properties]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
"""Token -> what it returns; none of them takes an argument."""
