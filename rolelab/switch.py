"""A switch to a role as one value: what a call of AssumeRole asks for, in each tool's form.

Source: STS API Reference, AssumeRole; AWS CLI User Guide, "Using an IAM role in the AWS CLI".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from rolelab.iam import Principal, Request

SHORTEST_S = 900
"""The shortest session that AWS gives: what was only tried opens no doors for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaProof:
    """A device of the caller, and the code that it shows now."""

    serial_number: str
    """ARN of a virtual device, or the serial number of a device that one holds."""
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Which role is assumed, and how; what is not set is sent nowhere."""

    role_arn: str
    session_name: str
    seconds: int | None = None
    """AWS gives an hour where nothing is asked for; every role allows that."""
    external_id: str = ""
    source_identity: str = ""
    mfa: MfaProof | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the session."""

    @property
    def session_arn(self) -> str:
        """Whom AWS takes the session for: the role's path is not part of it."""
        # Loaded where it is used: `exec` and `profiles` neither compare nor decide.
        from rolelab.iam import arns

        role = self.role_arn
        account, partition = arns.account_of(role), arns.partition_of(role)
        return arns.assumed_role(account, arns.name_of(role), self.session_name, partition)

    @property
    def parameters(self) -> AssumeRoleRequestTypeDef:
        """Parameters of AssumeRole, as boto3 takes them."""
        asked: AssumeRoleRequestTypeDef = {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
        }
        if self.seconds is not None:
            asked["DurationSeconds"] = self.seconds
        if self.external_id:
            asked["ExternalId"] = self.external_id
        if self.source_identity:
            asked["SourceIdentity"] = self.source_identity
        if self.mfa:
            asked["SerialNumber"] = self.mfa.serial_number
            asked["TokenCode"] = self.mfa.code
        if self.tags:
            asked["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return asked

    @property
    def command(self) -> str:
        """The same as a command of the AWS CLI."""
        words = ["aws", "sts", "assume-role"]
        for name, value in self.parameters.items():
            option = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
            words += [f"--{option}", value if isinstance(value, str) else json.dumps(value)]
        return shlex.join(words)

    def request(self, principal: Principal) -> Request:
        """Return the same as a request to hold policies against; time and place are not in it."""
        from rolelab.iam import Request

        return Request.assume_role(
            principal,
            self.role_arn,
            self.session_name,
            external_id=self.external_id,
            source_identity=self.source_identity,
            tags=self.tags,
            mfa=self.mfa is not None,
        )

    def profile(self, source: str) -> list[str]:
        """Lines of an AWS CLI profile that switches by itself with the keys of profile `source`.

        It asks for an MFA code when it needs one, and knows neither source identity nor tags.
        """
        settings = {
            "role_arn": self.role_arn,
            "source_profile": source,
            "role_session_name": self.session_name,
            "duration_seconds": self.seconds,
            "external_id": self.external_id,
            "mfa_serial": self.mfa.serial_number if self.mfa else "",
        }
        return [f"{name} = {value}" for name, value in settings.items() if value]
