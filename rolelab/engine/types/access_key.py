"""aws:iam/accessKey:AccessKey."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import (
    HalfMadeError,
    Made,
    Property,
    ResourceType,
    came_from,
    one_of,
    timestamp,
)

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import AccessKeyMetadataTypeDef


class AccessKeyType(ResourceType):
    """An access key of a user; its secret is told once, when it is made."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105 - a type's token
    label = "IAM Access Key"
    properties: ClassVar[Mapping[str, Property]] = {
        "user": Property(required=True, replaces=True),
        "status": Property(default="Active", rule=one_of("Active", "Inactive")),
    }
    computed = ("createDate", "secret", "sesSmtpPasswordV4")
    exclusive = "user"
    secret = ("secret", "sesSmtpPasswordV4")

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        with translated("CreateAccessKey"):
            key = cloud.iam_once.create_access_key(UserName=inputs["user"])["AccessKey"]
        outputs = {
            **inputs,
            "createDate": timestamp(key["CreateDate"]) if "CreateDate" in key else "",
            "secret": key["SecretAccessKey"],
            "sesSmtpPasswordV4": _smtp_password(key["SecretAccessKey"], cloud.region),
        }
        made = Made(key["AccessKeyId"], outputs)
        if inputs["status"] != "Active":
            try:
                self._set_status(cloud, made.id, inputs)
            except AwsFailure as failure:
                raise HalfMadeError(made, failure) from None
        return made

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        for key in _keys(cloud, resource.inputs["user"]):
            if key.get("AccessKeyId") == resource.id:
                return {"user": resource.inputs["user"], "status": str(key.get("Status", "Active"))}
        return None

    @override
    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        self._set_status(cloud, resource.id, inputs)
        return Made(resource.id, {**resource.outputs, **inputs})

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        _delete(cloud, resource.inputs["user"], resource.id)

    @override
    def lost(self, cloud: Cloud, intent: PendingOperation, known: frozenset[str]) -> str | None:
        # The oldest only: a key that an administrator made later stays.
        keys = [
            (key["CreateDate"], str(key.get("AccessKeyId")))
            for key in _keys(cloud, intent.resource.inputs["user"])
            if key.get("AccessKeyId") not in known
            and "CreateDate" in key
            and came_from(intent, key["CreateDate"])
        ]
        return min(keys)[1] if keys else None

    def _set_status(self, cloud: Cloud, key: str, inputs: Properties) -> None:
        with translated("UpdateAccessKey"):
            cloud.iam.update_access_key(
                UserName=inputs["user"], AccessKeyId=key, Status=inputs["status"]
            )


def _keys(cloud: Cloud, user: str) -> list[AccessKeyMetadataTypeDef]:
    try:
        with translated("ListAccessKeys"):
            return cloud.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return []
        raise


def _delete(cloud: Cloud, user: str, key: str) -> None:
    try:
        with translated("DeleteAccessKey"):
            cloud.iam.delete_access_key(UserName=user, AccessKeyId=key)
    except AwsFailure as failure:
        if failure.kind is not Kind.MISSING:
            raise


def _smtp_password(secret: str, region: str) -> str:
    """Return the SES SMTP password that belongs to a secret.

    Source: Amazon SES Developer Guide, "Obtaining Amazon SES SMTP credentials by converting AWS credentials".
    """
    signature = f"AWS4{secret}".encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()
