"""aws:iam/userPolicy:UserPolicy and aws:iam/rolePolicy:RolePolicy: inline policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import override

from rolelab.aws.iam_calls import call, call_if_there
from rolelab.aws.removal import Entity
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import AutoName, Made, Property, ResourceType, text_of
from rolelab.engine.types.property_rules import iam_name, policy
from rolelab.iam import spelling

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef


class InlinePolicyType(ResourceType):
    """An inline policy; it has no identity of its own, and putting it twice does no harm."""

    auto_name = AutoName(longest=128)

    def __init__(self, entity: Entity) -> None:
        """Name what the policy is in."""
        self._entity = entity
        self._owner = entity.lower()
        self.token = f"aws:iam/{self._owner}Policy:{entity}Policy"
        self.label = f"IAM {entity} Policy"
        self.properties = {
            "name": Property(replaces=True, computed=True, rule=iam_name(128)),
            "namePrefix": Property(replaces=True, computed=True, rule=iam_name(102)),
            "policy": Property(required=True, document=True, rule=policy),
            self._owner: Property(required=True, replaces=True),
        }

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        document = inputs["policy"]
        call(cloud.iam, f"Put{self._entity}Policy", **self._which(inputs), PolicyDocument=document)
        return Made(self.identity(inputs), dict(inputs))

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        inputs = resource.inputs
        which, get = self._which(inputs), f"Get{self._entity}Policy"
        document = call_if_there(cloud.iam, get, "PolicyDocument", **which)
        return None if document is None else self._properties(inputs, document)

    @override
    def read_listed(
        self, users: Mapping[str, UserDetailTypeDef], resource: Resource
    ) -> Properties | None:
        if self._entity != "User":
            raise LookupError(self.token)
        inputs = resource.inputs
        user = users.get(inputs["user"], {})
        for entry in user.get("UserPolicyList", []):
            if entry.get("PolicyName") == inputs["name"]:
                return self._properties(inputs, entry.get("PolicyDocument"))
        return None

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        return self.create(cloud, inputs)

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        which = self._which(resource.inputs)
        return call_if_there(cloud.iam, f"Delete{self._entity}Policy", **which) is not None

    @override
    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        # It has no date; but a policy of that name with that meaning is what was asked for.
        inputs = pending.resource.inputs
        there = self.read(cloud, pending.resource)
        if there is None or not spelling.equal(there["policy"], inputs["policy"]):
            return None
        return Made(self.identity(inputs), dict(inputs))

    @override
    def identity(self, inputs: Properties) -> str:
        return f"{inputs[self._owner]}:{inputs['name']}"

    def _which(self, inputs: Properties) -> dict[str, str]:
        return {f"{self._entity}Name": inputs[self._owner], "PolicyName": inputs["name"]}

    def _properties(self, inputs: Properties, document: object) -> Properties:
        owner = inputs[self._owner]
        return {self._owner: owner, "name": inputs["name"], "policy": text_of(document)}
