"""aws:iam/userLoginProfile:UserLoginProfile."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rolelab.aws.iam_calls import call, call_if_there
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import Made, Property, ResourceType
from rolelab.engine.types.parts import came_from
from rolelab.engine.types.property_rules import between

_SYMBOLS = "!@#$%^&*()_+-=[]{}|'"


class UserLoginProfileType(ResourceType):
    """A user's password for the console, made up here as AWS's own provider does."""

    token = "aws:iam/userLoginProfile:UserLoginProfile"  # noqa: S105 - a type's token
    label = "IAM User Login Profile"
    properties = {  # noqa: RUF012
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
        profile = {"Password": password, "PasswordResetRequired": reset}
        call(cloud.iam_once, "CreateLoginProfile", UserName=inputs["user"], **profile)
        outputs = {**inputs, "passwordResetRequired": reset, "password": password}
        return Made(inputs["user"], outputs)

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
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        owner = resource.inputs["user"]
        return call_if_there(cloud.iam, "DeleteLoginProfile", UserName=owner) is not None

    @override
    def claim(self, inputs: Properties) -> str:
        return str(inputs["user"])

    @override
    def lost(self, cloud: Cloud, pending: PendingOperation, known: frozenset[str]) -> str | None:
        user = str(pending.resource.inputs["user"])
        profile = None if user in known else _profile(cloud, user)
        return user if profile and came_from(pending, profile["CreateDate"]) else None


def _profile(cloud: Cloud, user: str) -> Mapping[str, Any] | None:
    return call_if_there(cloud.iam, "GetLoginProfile", "LoginProfile", UserName=user)


def new_password(length: int) -> str:
    """Return a random password with at least one letter of either case, a digit and a symbol."""
    chance = random.SystemRandom()
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    letters = [chance.choice(kind) for kind in kinds]
    letters += [chance.choice("".join(kinds)) for _ in range(length - len(letters))]
    chance.shuffle(letters)
    return "".join(letters)
