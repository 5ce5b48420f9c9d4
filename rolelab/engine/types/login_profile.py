"""aws:iam/userLoginProfile:UserLoginProfile."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import Made, Property, ResourceType, between, came_from

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import LoginProfileTypeDef

_SYMBOLS = "!@#$%^&*()_+-=[]{}|'"


class UserLoginProfileType(ResourceType):
    """A user's password for the console, made up here as AWS's own provider does."""

    token = "aws:iam/userLoginProfile:UserLoginProfile"  # noqa: S105 - a type's token
    label = "IAM User Login Profile"
    properties: ClassVar[Mapping[str, Property]] = {
        "user": Property(required=True, replaces=True),
        "passwordLength": Property(kind=int, default=20, replaces=True, rule=between(5, 128)),
        "passwordResetRequired": Property(kind=bool, replaces=True, computed=True),
    }
    computed = ("password",)
    secret = ("password",)
    delete_before_replace = True

    @override
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        password = new_password(inputs["passwordLength"])
        reset = bool(inputs.get("passwordResetRequired"))
        with translated("CreateLoginProfile"):
            cloud.iam_once.create_login_profile(
                UserName=inputs["user"], Password=password, PasswordResetRequired=reset
            )
        return Made(
            inputs["user"], {**inputs, "passwordResetRequired": reset, "password": password}
        )

    @override
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        profile = _profile(cloud, resource.inputs["user"])
        if profile is None:
            return None
        return {
            "user": profile["UserName"],
            "passwordResetRequired": profile.get("PasswordResetRequired", False),
        }

    @override
    def delete(self, cloud: Cloud, resource: Resource) -> None:
        try:
            with translated("DeleteLoginProfile"):
                cloud.iam.delete_login_profile(UserName=resource.inputs["user"])
        except AwsFailure as failure:
            if failure.kind is not Kind.MISSING:
                raise

    @override
    def lost(self, cloud: Cloud, intent: PendingOperation, known: frozenset[str]) -> str | None:
        user = str(intent.resource.inputs["user"])
        profile = None if user in known else _profile(cloud, user)
        return user if profile and came_from(intent, profile["CreateDate"]) else None


def _profile(cloud: Cloud, user: str) -> LoginProfileTypeDef | None:
    try:
        with translated("GetLoginProfile"):
            return cloud.iam.get_login_profile(UserName=user)["LoginProfile"]
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise


def new_password(length: int) -> str:
    """Return a random password with at least one letter of either case, a digit and a symbol."""
    chance = random.SystemRandom()
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    letters = [chance.choice(kind) for kind in kinds]
    letters += [chance.choice("".join(kinds)) for _ in range(length - len(letters))]
    chance.shuffle(letters)
    return "".join(letters)
