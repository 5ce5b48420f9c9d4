"""aws:iam/rolePolicyAttachment:RolePolicyAttachment, aws:iam/userPolicyAttachment:…: on a user."""

from __future__ import annotations

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure, Kind
from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import Made, Property, ResourceType
from rolelab.engine.types.property_rules import arn


class PolicyAttachmentType(ResourceType):
    """A managed policy on a user or role.

    Attaching twice does no harm; but to attach a new one and then detach the "old" one, which is
    the same, would leave nothing attached: the old one goes first.
    """

    delete_before_replace = True

    def __init__(self, entity: removal.Entity) -> None:
        """Name what the policy is attached to."""
        self._entity: removal.Entity = entity
        self._owner = entity.lower()
        self.token = f"aws:iam/{self._owner}PolicyAttachment:{entity}PolicyAttachment"
        self.label = f"IAM {entity} Policy Attachment"
        self.properties = {
            "policyArn": Property(required=True, replaces=True, rule=arn),
            self._owner: Property(required=True, replaces=True),
        }

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        call(cloud.iam, f"Attach{self._entity}Policy", **self._which(inputs))
        return Made(self.identity(inputs), dict(inputs))

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        owner, policy = resource.inputs[self._owner], resource.inputs["policyArn"]
        try:
            attached = removal.attached_policies(cloud.iam, self._entity, owner)
        except AwsFailure as failure:
            if failure.kind is Kind.MISSING:
                return None
            raise
        return {self._owner: owner, "policyArn": policy} if policy in attached else None

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        which = self._which(resource.inputs)
        return call_if_there(cloud.iam, f"Detach{self._entity}Policy", **which) is not None

    @override
    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        inputs = pending.resource.inputs
        there = self.read(cloud, pending.resource)
        return Made(self.identity(inputs), dict(inputs)) if there else None

    @override
    def identity(self, inputs: Properties) -> str:
        return f"{inputs[self._owner]}/{inputs['policyArn']}"

    def _which(self, inputs: Properties) -> dict[str, str]:
        return {f"{self._entity}Name": inputs[self._owner], "PolicyArn": inputs["policyArn"]}
