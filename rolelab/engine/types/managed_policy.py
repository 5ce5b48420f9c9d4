"""aws:iam/policy:Policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine import documents
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import (
    AutoName,
    Made,
    Property,
    ResourceType,
    as_tags,
    came_from,
    from_tags,
    given,
    iam_name,
    iam_path,
    policy,
    tags_of,
    text_of,
)

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import PolicyTypeDef


class PolicyType(ResourceType):
    """A customer managed policy; a change of its text is a new default version, of which five may be kept."""

    token = "aws:iam/policy:Policy"  # noqa: S105 - a type's token
    label = "IAM Policy"
    properties: ClassVar[Mapping[str, Property]] = {
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

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        with translated("CreatePolicy"):
            made = cloud.iam_once.create_policy(
                PolicyName=inputs["name"],
                Path=inputs["path"],
                PolicyDocument=inputs["policy"],
                **given(Description=inputs.get("description"), Tags=as_tags(tags_of(inputs))),
            )["Policy"]
        return _made(made, inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        there = _get(cloud, resource.id)
        if there is None:
            return None
        version = there.get("DefaultVersionId", "v1")
        with translated("GetPolicyVersion"):
            text = cloud.iam.get_policy_version(PolicyArn=resource.id, VersionId=version)[
                "PolicyVersion"
            ]
        tags = from_tags(there.get("Tags"))
        return {
            "arn": resource.id,
            "name": there.get("PolicyName", ""),
            "path": there.get("Path", "/"),
            "policyId": there.get("PolicyId", ""),
            "attachmentCount": there.get("AttachmentCount", 0),
            "policy": text_of(text.get("Document")),
            "tags": tags,
            "tagsAll": tags,
            **given(description=there.get("Description")),
        }

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        old, id_ = resource.inputs, resource.id
        there = self.read(cloud, resource) if resource.stale else None
        current = there["policy"] if there else old["policy"]
        if not documents.same(current, inputs["policy"]):
            removal.make_room_for_version(cloud.iam, id_)
            with translated("CreatePolicyVersion"):
                cloud.iam_once.create_policy_version(
                    PolicyArn=id_, PolicyDocument=inputs["policy"], SetAsDefault=True
                )
        tags, before = tags_of(inputs), tags_of(there or old)
        if gone := sorted(before.keys() - tags.keys()):
            with translated("UntagPolicy"):
                cloud.iam.untag_policy(PolicyArn=id_, TagKeys=gone)
        if changed := as_tags(dict(tags.items() - before.items())):
            with translated("TagPolicy"):
                cloud.iam.tag_policy(PolicyArn=id_, Tags=changed)
        return Made(id_, self.outputs_after(resource.outputs, inputs))

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        removal.remove_policy(cloud.iam, resource.id)

    @override
    def find(self, cloud: Cloud, intent: PendingOperation) -> Made | None:
        wanted = intent.resource.inputs
        arn = (
            f"arn:{cloud.partition}:iam::{cloud.account_id}:policy{wanted['path']}{wanted['name']}"
        )
        there = _get(cloud, arn)
        if there is None or "CreateDate" not in there or not came_from(intent, there["CreateDate"]):
            return None
        same = from_tags(there.get("Tags")) == tags_of(wanted)
        return _made(there, wanted) if same else None


def _get(cloud: Cloud, arn: str) -> PolicyTypeDef | None:
    try:
        with translated("GetPolicy"):
            return cloud.iam.get_policy(PolicyArn=arn)["Policy"]
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise


def _made(made: PolicyTypeDef, inputs: Properties) -> Made:
    arn = made.get("Arn", "")
    outputs = {
        **inputs,
        "arn": arn,
        "policyId": made.get("PolicyId", ""),
        "attachmentCount": 0,
        "tagsAll": tags_of(inputs),
    }
    return Made(arn, outputs)
