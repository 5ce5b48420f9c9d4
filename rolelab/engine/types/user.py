"""aws:iam/user:User."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

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
    came_from,
    from_tags,
    given,
    iam_name,
    iam_path,
    tags_of,
)

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef, UserTypeDef


class UserType(ResourceType):
    """An IAM user; name and path change in place."""

    token = "aws:iam/user:User"  # noqa: S105 - a type's token
    label = "IAM User"
    properties: ClassVar[Mapping[str, Property]] = {
        "name": Property(rule=iam_name(64), computed=True),
        "path": Property(default="/", rule=iam_path),
        "permissionsBoundary": Property(rule=arn),
        "forceDestroy": Property(kind=bool, default=False),
        "tags": Property(kind=dict),
    }
    computed = ("arn", "uniqueId", "tagsAll")
    tells = frozenset({"permissionsBoundary"})
    exclusive = "name"
    auto_name = AutoName()

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        with translated("CreateUser"):
            user = cloud.iam_once.create_user(
                UserName=inputs["name"],
                Path=inputs["path"],
                **given(
                    PermissionsBoundary=inputs.get("permissionsBoundary"),
                    Tags=as_tags(tags_of(inputs)),
                ),
            )["User"]
        return _made(user["Arn"], user["UserId"], inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        return self._read(cloud, resource.id)

    def _read(self, cloud: Cloud, name: str) -> Properties | None:
        try:
            with translated("GetUser"):
                user = cloud.iam.get_user(UserName=name)["User"]
        except AwsFailure as failure:
            if failure.kind is Kind.MISSING:
                return None
            raise
        return _properties(user)

    @override
    def read_listed(
        self, users: Mapping[str, UserDetailTypeDef], resource: Resource
    ) -> Properties | None:
        if resource.inputs.get("permissionsBoundary"):
            # Not every emulator puts boundaries into the list.
            raise LookupError(resource.id)
        return _properties(users[resource.id]) if resource.id in users else None

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        old, id_ = resource.inputs, resource.id
        boundary = inputs.get("permissionsBoundary")
        if boundary and (resource.stale or boundary != old.get("permissionsBoundary")):
            with translated("PutUserPermissionsBoundary"):
                cloud.iam.put_user_permissions_boundary(UserName=id_, PermissionsBoundary=boundary)
        elif not boundary and (resource.stale or old.get("permissionsBoundary")):
            removal.remove_user_boundary(cloud.iam, id_)
        tags, before = tags_of(inputs), tags_of(old)
        if resource.stale:
            before = tags_of(self._read(cloud, id_) or {})
        if gone := sorted(before.keys() - tags.keys()):
            with translated("UntagUser"):
                cloud.iam.untag_user(UserName=id_, TagKeys=gone)
        if changed := as_tags(dict(tags.items() - before.items())):
            with translated("TagUser"):
                cloud.iam.tag_user(UserName=id_, Tags=changed)
        # The name last: until then the user is found by its id, whatever fails.
        user: Properties | None = None
        if resource.stale or (old["name"], old["path"]) != (inputs["name"], inputs["path"]):
            renamed = given(NewUserName=inputs["name"] if inputs["name"] != id_ else None)
            with translated("UpdateUser"):
                cloud.iam_once.update_user(UserName=id_, NewPath=inputs["path"], **renamed)
            user = self._read(cloud, inputs["name"])
        known = user or resource.outputs
        return _made(known["arn"], known["uniqueId"], inputs)

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        removal.remove_user(cloud.iam, resource.id, force=bool(resource.inputs.get("forceDestroy")))

    @override
    def find(self, cloud: Cloud, intent: PendingOperation) -> Made | None:
        wanted = intent.resource.inputs
        try:
            with translated("GetUser"):
                user = cloud.iam.get_user(UserName=wanted["name"])["User"]
        except AwsFailure as failure:
            if failure.kind is Kind.MISSING:
                return None
            raise
        # A user of that name that somebody else made must not be adopted: it would be destroyed with the lab.
        same = user["Path"] == wanted["path"] and from_tags(user.get("Tags")) == tags_of(wanted)
        if not same or not came_from(intent, user["CreateDate"]):
            return None
        return _made(user["Arn"], user["UserId"], wanted)

    @override
    def moved(self, cloud: Cloud, resource: Resource, intent: PendingOperation) -> str:
        new = str(intent.resource.inputs["name"])
        if new == resource.id:
            return new
        found = self._read(cloud, new)
        return (
            new if found and found["uniqueId"] == resource.outputs.get("uniqueId") else resource.id
        )


def _properties(user: UserTypeDef | UserDetailTypeDef) -> Properties:
    boundary = user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    tags = from_tags(user.get("Tags"))
    return {
        "arn": user.get("Arn"),
        "name": user.get("UserName"),
        "path": user.get("Path"),
        "uniqueId": user.get("UserId"),
        "tags": tags,
        "tagsAll": tags,
        **given(permissionsBoundary=boundary),
    }


def _made(arn_: str, unique_id: str, inputs: Properties) -> Made:
    tags = tags_of(inputs)
    return Made(inputs["name"], {**inputs, "arn": arn_, "uniqueId": unique_id, "tagsAll": tags})
