"""aws:iam/role:Role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types import parts
from rolelab.engine.types.base import (
    AutoName,
    Listing,
    Made,
    Property,
    ResourceType,
    text_of,
    timestamp,
)
from rolelab.engine.types.property_rules import arn, between, iam_name, iam_path, policy


class RoleType(ResourceType):
    """An IAM role; another name or path is another role."""

    token = "aws:iam/role:Role"  # noqa: S105 - a type's token
    label = "IAM Role"
    properties = {  # noqa: RUF012
        "assumeRolePolicy": Property(required=True, document=True, rule=policy),
        "description": Property(),
        "forceDetachPolicies": Property(kind=bool, default=False),
        "maxSessionDuration": Property(kind=int, default=3600, rule=between(3600, 43200)),
        "name": Property(replaces=True, computed=True, rule=iam_name(64)),
        "namePrefix": Property(replaces=True, computed=True, rule=iam_name(38)),
        "path": Property(default="/", replaces=True, rule=iam_path),
        "permissionsBoundary": Property(rule=arn),
        "tags": Property(kind=dict),
    }
    computed = ("arn", "createDate", "uniqueId", "tagsAll", "inlinePolicies", "managedPolicyArns")
    tells = frozenset({"permissionsBoundary"})
    exclusive = "name"
    auto_name = AutoName()
    listing = Listing(operation="ListRoles", part="Roles", unique_id="RoleId", id="RoleName")

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        role = call(
            cloud.iam_once,
            "CreateRole",
            "Role",
            RoleName=inputs["name"],
            Path=inputs["path"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            **parts.optional(inputs),
        )
        return _made(role, inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        return _read(cloud, resource.id)

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        iam, old, id_, stale = cloud.iam, resource.inputs, resource.id, resource.stale
        trust = inputs["assumeRolePolicy"]
        if stale or old["assumeRolePolicy"] != trust:
            call(iam, "UpdateAssumeRolePolicy", RoleName=id_, PolicyDocument=trust)
        description, limit = inputs.get("description", ""), inputs["maxSessionDuration"]
        if stale or (old.get("description", ""), old["maxSessionDuration"]) != (description, limit):
            changed = {"Description": description, "MaxSessionDuration": limit}
            call(iam, "UpdateRole", RoleName=id_, **changed)
        parts.update_boundary(iam, "Role", id_, None if stale else old, inputs)
        before = _read(cloud, id_) or {} if stale else old
        parts.update_tags(iam, "Role", before, inputs, RoleName=id_)
        outputs = self.outputs_after(resource.outputs, inputs)
        return Made(id_, {**outputs, "description": description})

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        force = bool(resource.inputs.get("forceDetachPolicies"))
        return removal.remove_role(cloud.iam, resource.id, force=force)

    @override
    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        inputs = pending.resource.inputs
        role = call_if_there(cloud.iam, "GetRole", "Role", RoleName=inputs["name"])
        return _made(role, inputs) if parts.is_ours(role, pending) else None


def _read(cloud: Cloud, name: str) -> Properties | None:
    role = call_if_there(cloud.iam, "GetRole", "Role", RoleName=name)
    if role is None:
        return None
    tags = parts.from_tags(role.get("Tags"))
    return {
        "arn": role["Arn"],
        "name": role["RoleName"],
        "path": role["Path"],
        "uniqueId": role["RoleId"],
        "createDate": timestamp(role["CreateDate"]),
        "assumeRolePolicy": text_of(role.get("AssumeRolePolicyDocument")),
        "description": role.get("Description", ""),
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "tags": tags,
        "tagsAll": tags,
        **parts.boundary_of(role),
    }


def _made(role: Mapping[str, Any], inputs: Properties) -> Made:
    outputs: Properties = {
        **inputs,
        "arn": role["Arn"],
        "uniqueId": role["RoleId"],
        "createDate": timestamp(role["CreateDate"]),
        "description": inputs.get("description", ""),
        "inlinePolicies": [],
        "managedPolicyArns": [],
        "tagsAll": parts.tags_of(inputs),
    }
    return Made(inputs["name"], outputs)
