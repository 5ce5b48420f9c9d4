"""aws:iam/userPolicy:UserPolicy and aws:iam/rolePolicy:RolePolicy: inline policies."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine import documents
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import (
    AutoName,
    Made,
    Property,
    ResourceType,
    iam_name,
    policy,
    text_of,
)

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef


class _InlinePolicy(ResourceType):
    """An inline policy; it has no identity of its own, and putting it twice does no harm."""

    owner: ClassVar[str]
    """The property that names whose policy it is."""
    auto_name = AutoName(longest=128)

    @abstractmethod
    def put(self, cloud: Cloud, owner: str, name: str, document: str) -> None:
        """Write the policy."""

    @abstractmethod
    def get(self, cloud: Cloud, owner: str, name: str) -> Any:
        """Return the policy's document."""

    @abstractmethod
    def remove(self, cloud: Cloud, owner: str, name: str) -> None:
        """Delete the policy."""

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        self.put(cloud, inputs[self.owner], inputs["name"], inputs["policy"])
        return self._made(inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        owner, name = resource.inputs[self.owner], resource.inputs["name"]
        try:
            document = self.get(cloud, owner, name)
        except AwsFailure as failure:
            if failure.kind is Kind.MISSING:
                return None
            raise
        return {self.owner: owner, "name": name, "policy": text_of(document)}

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        return self.create(cloud, inputs)

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        owner, name = resource.inputs[self.owner], resource.inputs["name"]
        try:
            self.remove(cloud, owner, name)
        except AwsFailure as failure:
            if failure.kind is not Kind.MISSING:
                raise

    @override
    def find(self, cloud: Cloud, intent: PendingOperation) -> Made | None:
        # It has no date; but a policy of that name with that meaning is what was asked for.
        made = self._made(intent.resource.inputs)
        there = self.read(cloud, intent.resource)
        return made if there and documents.same(there["policy"], made.outputs["policy"]) else None

    @override
    def identity(self, inputs: Properties) -> str:
        return f"{inputs[self.owner]}:{inputs['name']}"

    def _made(self, inputs: Properties) -> Made:
        return Made(self.identity(inputs), dict(inputs))


class UserPolicyType(_InlinePolicy):
    """An inline policy of a user."""

    token = "aws:iam/userPolicy:UserPolicy"  # noqa: S105 - a type's token
    label = "IAM User Policy"
    owner = "user"
    properties: ClassVar[Mapping[str, Property]] = {
        "name": Property(replaces=True, computed=True, rule=iam_name(128)),
        "namePrefix": Property(replaces=True, computed=True, rule=iam_name(102)),
        "policy": Property(required=True, document=True, rule=policy),
        "user": Property(required=True, replaces=True),
    }

    @override
    def read_listed(
        self, users: Mapping[str, UserDetailTypeDef], resource: Resource
    ) -> Properties | None:
        owner, name = resource.inputs["user"], resource.inputs["name"]
        for one in users[owner].get("UserPolicyList", []) if owner in users else []:
            if one.get("PolicyName") == name:
                return {"user": owner, "name": name, "policy": text_of(one.get("PolicyDocument"))}
        return None

    @override
    def put(self, cloud: Cloud, owner: str, name: str, document: str) -> None:
        with translated("PutUserPolicy"):
            cloud.iam.put_user_policy(UserName=owner, PolicyName=name, PolicyDocument=document)

    @override
    def get(self, cloud: Cloud, owner: str, name: str) -> Any:
        with translated("GetUserPolicy"):
            return cloud.iam.get_user_policy(UserName=owner, PolicyName=name)["PolicyDocument"]

    @override
    def remove(self, cloud: Cloud, owner: str, name: str) -> None:
        with translated("DeleteUserPolicy"):
            cloud.iam.delete_user_policy(UserName=owner, PolicyName=name)


class RolePolicyType(_InlinePolicy):
    """An inline policy of a role."""

    token = "aws:iam/rolePolicy:RolePolicy"  # noqa: S105 - a type's token
    label = "IAM Role Policy"
    owner = "role"
    properties: ClassVar[Mapping[str, Property]] = {
        "name": Property(replaces=True, computed=True, rule=iam_name(128)),
        "namePrefix": Property(replaces=True, computed=True, rule=iam_name(102)),
        "policy": Property(required=True, document=True, rule=policy),
        "role": Property(required=True, replaces=True),
    }

    @override
    def put(self, cloud: Cloud, owner: str, name: str, document: str) -> None:
        with translated("PutRolePolicy"):
            cloud.iam.put_role_policy(RoleName=owner, PolicyName=name, PolicyDocument=document)

    @override
    def get(self, cloud: Cloud, owner: str, name: str) -> Any:
        with translated("GetRolePolicy"):
            return cloud.iam.get_role_policy(RoleName=owner, PolicyName=name)["PolicyDocument"]

    @override
    def remove(self, cloud: Cloud, owner: str, name: str) -> None:
        with translated("DeleteRolePolicy"):
            cloud.iam.delete_role_policy(RoleName=owner, PolicyName=name)
