"""aws:iam/accessKey:AccessKey."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from typing_extensions import override

from rolelab.aws.failures import AwsFailure
from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import HalfMadeError, Made, Property, ResourceType, timestamp
from rolelab.engine.types.parts import came_from
from rolelab.engine.types.property_rules import one_of


class AccessKeyType(ResourceType):
    """An access key of a user; its secret is told once, when it is made."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105 - a type's token
    label = "IAM Access Key"
    properties = {  # noqa: RUF012
        "user": Property(required=True, replaces=True),
        "status": Property(default="Active", rule=one_of("Active", "Inactive")),
    }
    computed = ("createDate", "secret", "sesSmtpPasswordV4")
    exclusive = "user"
    secret = ("secret", "sesSmtpPasswordV4")

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        key = call(cloud.iam_once, "CreateAccessKey", "AccessKey", UserName=inputs["user"])
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
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        which = {"UserName": resource.inputs["user"], "AccessKeyId": resource.id}
        return call_if_there(cloud.iam, "DeleteAccessKey", **which) is not None

    @override
    def lost(self, cloud: Cloud, pending: PendingOperation, known: frozenset[str]) -> str | None:
        # The oldest only: a key that an administrator made later stays.
        keys = [
            (key["CreateDate"], str(key.get("AccessKeyId")))
            for key in _keys(cloud, pending.resource.inputs["user"])
            if key.get("AccessKeyId") not in known
            and "CreateDate" in key
            and came_from(pending, key["CreateDate"])
        ]
        return min(keys)[1] if keys else None

    def _set_status(self, cloud: Cloud, key: str, inputs: Properties) -> None:
        which = {"UserName": inputs["user"], "AccessKeyId": key}
        call(cloud.iam, "UpdateAccessKey", **which, Status=inputs["status"])


def _keys(cloud: Cloud, user: str) -> list[Any]:
    keys = call_if_there(cloud.iam, "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    return keys or []


def _smtp_password(secret: str, region: str) -> str:
    """Return the SES SMTP password that belongs to a secret.

    Source: Amazon SES Developer Guide, "Obtaining Amazon SES SMTP credentials by converting AWS
    credentials".
    """
    signature = f"AWS4{secret}".encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()
