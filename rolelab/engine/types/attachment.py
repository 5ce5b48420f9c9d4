"""aws:iam/rolePolicyAttachment:RolePolicyAttachment and aws:iam/userPolicyAttachment:UserPolicyAttachment."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import override

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import Made, Property, ResourceType, arn


class _Attachment(ResourceType):
    """A managed policy on a user or role.

    Attaching twice does no harm; but to attach a new one and then detach the "old" one, which is the same, would
    leave nothing attached: the old one goes first.
    """

    owner: ClassVar[str]
    """The property that names what the policy is attached to."""
    delete_before_replace = True

    @abstractmethod
    def attach(self, cloud: Cloud, owner: str, policy: str) -> None:
        """Attach the policy."""

    @abstractmethod
    def attached(self, cloud: Cloud, owner: str) -> set[str]:
        """Return the ARNs of what is attached."""

    @abstractmethod
    def detach(self, cloud: Cloud, owner: str, policy: str) -> None:
        """Detach the policy."""

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        self.attach(cloud, inputs[self.owner], inputs["policyArn"])
        return self._made(inputs)

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        owner, policy = resource.inputs[self.owner], resource.inputs["policyArn"]
        try:
            there = policy in self.attached(cloud, owner)
        except AwsFailure as failure:
            if failure.kind is Kind.MISSING:
                return None
            raise
        return {self.owner: owner, "policyArn": policy} if there else None

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        try:
            self.detach(cloud, resource.inputs[self.owner], resource.inputs["policyArn"])
        except AwsFailure as failure:
            if failure.kind is not Kind.MISSING:
                raise

    @override
    def find(self, cloud: Cloud, intent: PendingOperation) -> Made | None:
        made = self._made(intent.resource.inputs)
        return made if self.read(cloud, intent.resource) else None

    @override
    def identity(self, inputs: Properties) -> str:
        return f"{inputs[self.owner]}/{inputs['policyArn']}"

    def _made(self, inputs: Properties) -> Made:
        return Made(self.identity(inputs), dict(inputs))


class RolePolicyAttachmentType(_Attachment):
    """A managed policy on a role."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # noqa: S105 - a type's token
    label = "IAM Role Policy Attachment"
    owner = "role"
    properties: ClassVar[Mapping[str, Property]] = {
        "policyArn": Property(required=True, replaces=True, rule=arn),
        "role": Property(required=True, replaces=True),
    }

    @override
    def attach(self, cloud: Cloud, owner: str, policy: str) -> None:
        with translated("AttachRolePolicy"):
            cloud.iam.attach_role_policy(RoleName=owner, PolicyArn=policy)

    @override
    def attached(self, cloud: Cloud, owner: str) -> set[str]:
        return removal.policies_of_role(cloud.iam, owner)

    @override
    def detach(self, cloud: Cloud, owner: str, policy: str) -> None:
        with translated("DetachRolePolicy"):
            cloud.iam.detach_role_policy(RoleName=owner, PolicyArn=policy)


class UserPolicyAttachmentType(_Attachment):
    """A managed policy on a user."""

    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"  # noqa: S105 - a type's token
    label = "IAM User Policy Attachment"
    owner = "user"
    properties: ClassVar[Mapping[str, Property]] = {
        "policyArn": Property(required=True, replaces=True, rule=arn),
        "user": Property(required=True, replaces=True),
    }

    @override
    def attach(self, cloud: Cloud, owner: str, policy: str) -> None:
        with translated("AttachUserPolicy"):
            cloud.iam.attach_user_policy(UserName=owner, PolicyArn=policy)

    @override
    def attached(self, cloud: Cloud, owner: str) -> set[str]:
        return removal.policies_of_user(cloud.iam, owner)

    @override
    def detach(self, cloud: Cloud, owner: str, policy: str) -> None:
        with translated("DetachUserPolicy"):
            cloud.iam.detach_user_policy(UserName=owner, PolicyArn=policy)
