"""aws:iam/policy:Policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types import parts
from rolelab.engine.types.base import AutoName, Listing, Made, Property, ResourceType, text_of
from rolelab.engine.types.property_rules import iam_name, iam_path, policy
from rolelab.iam import spelling


class PolicyType(ResourceType):
    """A customer managed policy.

    A change of its text is a new default version, of which five may be kept.
    """

    token = "aws:iam/policy:Policy"  # noqa: S105 - a type's token
    label = "IAM Policy"
    properties = {  # noqa: RUF012
        "description": Property(replaces=True),
        "name": Property(replaces=True, computed=True, rule=iam_name(128)),
        "namePrefix": Property(replaces=True, computed=True, rule=iam_name(102)),
        "path": Property(default="/", replaces=True, rule=iam_path),
        "policy": Property(required=True, document=True, rule=policy),
        "tags": Property(kind=dict),
    }
    computed = ("arn", "policyId", "attachmentCount", "tagsAll")
    exclusive = "name"
    auto_name = AutoName(longest=128)
    listing = Listing(
        operation="ListPolicies",
        part="Policies",
        unique_id="PolicyId",
        id="Arn",
        name="PolicyName",
        output="policyId",
        parameters={"Scope": "Local"},
    )

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        made = call(
            cloud.iam_once,
            "CreatePolicy",
            "Policy",
            PolicyName=inputs["name"],
            Path=inputs["path"],
            PolicyDocument=inputs["policy"],
            **parts.optional(inputs),
        )
        return _made(made, inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        there = _get(cloud, resource.id)
        if there is None:
            return None
        version = {"PolicyArn": resource.id, "VersionId": there.get("DefaultVersionId", "v1")}
        text = call(cloud.iam, "GetPolicyVersion", "PolicyVersion", **version)
        tags = parts.from_tags(there.get("Tags"))
        return {
            "arn": resource.id,
            "name": there.get("PolicyName", ""),
            "path": there.get("Path", "/"),
            "policyId": there.get("PolicyId", ""),
            "attachmentCount": there.get("AttachmentCount", 0),
            "policy": text_of(text.get("Document")),
            "tags": tags,
            "tagsAll": tags,
            **parts.given(description=there.get("Description")),
        }

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        id_ = resource.id
        there = self.read(cloud, resource) if resource.stale else None
        before = there or resource.inputs
        if not spelling.equal(before["policy"], inputs["policy"]):
            removal.make_room_for_version(cloud.iam, id_)
            version = {"PolicyDocument": inputs["policy"], "SetAsDefault": True}
            call(cloud.iam_once, "CreatePolicyVersion", PolicyArn=id_, **version)
        parts.update_tags(cloud.iam, "Policy", before, inputs, PolicyArn=id_)
        return Made(id_, self.outputs_after(resource.outputs, inputs))

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        return removal.remove_policy(cloud.iam, resource.id)

    @override
    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        inputs = pending.resource.inputs
        name = f"policy{inputs['path']}{inputs['name']}"
        there = _get(cloud, f"arn:{cloud.partition}:iam::{cloud.account_id}:{name}")
        return _made(there, inputs) if there and parts.is_ours(there, pending) else None


def _get(cloud: Cloud, arn: str) -> Mapping[str, Any] | None:
    return call_if_there(cloud.iam, "GetPolicy", "Policy", PolicyArn=arn)


def _made(made: Mapping[str, Any], inputs: Properties) -> Made:
    arn = made.get("Arn", "")
    outputs = {
        **inputs,
        "arn": arn,
        "policyId": made.get("PolicyId", ""),
        "attachmentCount": 0,
        "tagsAll": parts.tags_of(inputs),
    }
    return Made(arn, outputs)
