"""aws:iam/user:User."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types import parts
from rolelab.engine.types.base import AutoName, Listing, Made, Property, ResourceType
from rolelab.engine.types.property_rules import arn, iam_name, iam_path

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef


class UserType(ResourceType):
    """An IAM user; name and path change in place."""

    token = "aws:iam/user:User"  # noqa: S105 - a type's token
    label = "IAM User"
    properties = {  # noqa: RUF012
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
    listing = Listing(operation="ListUsers", part="Users", unique_id="UserId", id="UserName")

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        which = {"UserName": inputs["name"], "Path": inputs["path"]}
        user = call(cloud.iam_once, "CreateUser", "User", **which, **parts.optional(inputs))
        return _made(user["Arn"], user["UserId"], inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        return _read(cloud, resource.id)

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
        old, id_, stale = resource.inputs, resource.id, resource.stale
        parts.update_boundary(cloud.iam, "User", id_, None if stale else old, inputs)
        before = _read(cloud, id_) or {} if stale else old
        parts.update_tags(cloud.iam, "User", before, inputs, UserName=id_)
        # The name last: until then the user is found by its id, whatever fails.
        user: Properties | None = None
        if stale or (old["name"], old["path"]) != (inputs["name"], inputs["path"]):
            renamed = parts.given(NewUserName=inputs["name"] if inputs["name"] != id_ else None)
            call(cloud.iam_once, "UpdateUser", UserName=id_, NewPath=inputs["path"], **renamed)
            user = _read(cloud, inputs["name"])
        known = user or resource.outputs
        return _made(known["arn"], known["uniqueId"], inputs)

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        force = bool(resource.inputs.get("forceDestroy"))
        return removal.remove_user(cloud.iam, resource.id, force=force)

    @override
    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        inputs = pending.resource.inputs
        user = call_if_there(cloud.iam, "GetUser", "User", UserName=inputs["name"])
        if not parts.is_ours(user, pending):
            return None
        return _made(user["Arn"], user["UserId"], inputs)

    @override
    def moved(self, cloud: Cloud, resource: Resource, pending: PendingOperation) -> str:
        new = str(pending.resource.inputs["name"])
        user = _read(cloud, new) if new != resource.id else None
        renamed = user and user["uniqueId"] == resource.outputs.get("uniqueId")
        return new if renamed else resource.id


def _read(cloud: Cloud, name: str) -> Properties | None:
    user = call_if_there(cloud.iam, "GetUser", "User", UserName=name)
    return None if user is None else _properties(user)


def _properties(user: Mapping[str, Any]) -> Properties:
    tags = parts.from_tags(user.get("Tags"))
    return {
        "arn": user.get("Arn"),
        "name": user.get("UserName"),
        "path": user.get("Path"),
        "uniqueId": user.get("UserId"),
        "tags": tags,
        "tagsAll": tags,
        **parts.boundary_of(user),
    }


def _made(arn: str, unique_id: str, inputs: Properties) -> Made:
    tags = parts.tags_of(inputs)
    return Made(inputs["name"], {**inputs, "arn": arn, "uniqueId": unique_id, "tagsAll": tags})
