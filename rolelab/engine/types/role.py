"""aws:iam/role:Role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import (
    AutoName,
    Made,
    Property,
    ResourceType,
    arn,
    as_tags,
    between,
    came_from,
    from_tags,
    given,
    iam_name,
    iam_path,
    policy,
    tags_of,
    text_of,
    timestamp,
)

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import RoleTypeDef


class RoleType(ResourceType):
    """An IAM role; another name or path is another role."""

    token = "aws:iam/role:Role"  # noqa: S105 - a type's token
    label = "IAM Role"
    properties: ClassVar[Mapping[str, Property]] = {
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

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        with translated("CreateRole"):
            role = cloud.iam_once.create_role(
                RoleName=inputs["name"],
                Path=inputs["path"],
                AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
                MaxSessionDuration=inputs["maxSessionDuration"],
                **given(
                    Description=inputs.get("description"),
                    PermissionsBoundary=inputs.get("permissionsBoundary"),
                    Tags=as_tags(tags_of(inputs)),
                ),
            )["Role"]
        return _made(role, inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        return _read(cloud, resource.id)

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        old, id_, stale = resource.inputs, resource.id, resource.stale
        if stale or old["assumeRolePolicy"] != inputs["assumeRolePolicy"]:
            with translated("UpdateAssumeRolePolicy"):
                cloud.iam.update_assume_role_policy(
                    RoleName=id_, PolicyDocument=inputs["assumeRolePolicy"]
                )
        description, limit = inputs.get("description", ""), inputs["maxSessionDuration"]
        if stale or (old.get("description", ""), old["maxSessionDuration"]) != (description, limit):
            with translated("UpdateRole"):
                cloud.iam.update_role(
                    RoleName=id_, Description=description, MaxSessionDuration=limit
                )
        boundary = inputs.get("permissionsBoundary")
        if boundary and (stale or boundary != old.get("permissionsBoundary")):
            with translated("PutRolePermissionsBoundary"):
                cloud.iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=boundary)
        elif not boundary and (stale or old.get("permissionsBoundary")):
            removal.remove_role_boundary(cloud.iam, id_)
        tags, before = tags_of(inputs), tags_of(old)
        if stale:
            before = tags_of(_read(cloud, id_) or {})
        if gone := sorted(before.keys() - tags.keys()):
            with translated("UntagRole"):
                cloud.iam.untag_role(RoleName=id_, TagKeys=gone)
        if changed := as_tags(dict(tags.items() - before.items())):
            with translated("TagRole"):
                cloud.iam.tag_role(RoleName=id_, Tags=changed)
        outputs = self.outputs_after(resource.outputs, inputs)
        return Made(id_, {**outputs, "description": description})

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        removal.remove_role(
            cloud.iam, resource.id, force=bool(resource.inputs.get("forceDetachPolicies"))
        )

    @override
    def find(self, cloud: Cloud, intent: PendingOperation) -> Made | None:
        wanted = intent.resource.inputs
        role = _get(cloud, wanted["name"])
        if role is None or not came_from(intent, role["CreateDate"]):
            return None
        # A role of that name that somebody else made must not be adopted: it would be destroyed with the lab.
        same = role["Path"] == wanted["path"] and from_tags(role.get("Tags")) == tags_of(wanted)
        return _made(role, wanted) if same else None


def _get(cloud: Cloud, name: str) -> RoleTypeDef | None:
    try:
        with translated("GetRole"):
            return cloud.iam.get_role(RoleName=name)["Role"]
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise


def _read(cloud: Cloud, name: str) -> Properties | None:
    role = _get(cloud, name)
    if role is None:
        return None
    tags = from_tags(role.get("Tags"))
    boundary = cast("dict[str, str]", role.get("PermissionsBoundary", {})).get(
        "PermissionsBoundaryArn"
    )
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
        **given(permissionsBoundary=boundary),
    }


def _made(role: RoleTypeDef, inputs: Properties) -> Made:
    outputs: Properties = {
        **inputs,
        "arn": role["Arn"],
        "uniqueId": role["RoleId"],
        "createDate": timestamp(role["CreateDate"]),
        "description": inputs.get("description", ""),
        "inlinePolicies": [],
        "managedPolicyArns": [],
        "tagsAll": tags_of(inputs),
    }
    return Made(inputs["name"], outputs)
