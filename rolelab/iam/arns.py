"""Amazon Resource Names of IAM, STS and S3: written, read, taken apart.

    arns.iam("111122223333", "user", "ann", path="/a/")   arn:aws:iam::111122223333:user/a/ann
    arns.partition_of(arn), account_of, name_of, path_of  parts of one that is known to be an ARN
    Arn.read(text)                                        all parts, or None if it is not an ARN

Those that the lab's program needs itself (an account's root, a role before it exists, a managed
policy) are written by `components.documents`; they are here under the same names.

Source: IAM User Guide, "IAM identifiers"; AWS General Reference, "Amazon Resource Names (ARNs)".
"""

from __future__ import annotations

from dataclasses import dataclass

from components.documents import account_root, managed_policy, role_arn

__all__ = [
    "CHANGE_PASSWORD",
    "PARTITIONS",
    "Arn",
    "account_of",
    "account_root",
    "assumed_role",
    "bucket",
    "bucket_of",
    "federated_user",
    "iam",
    "is_aws_policy",
    "managed_policy",
    "name_of",
    "partition_of",
    "path_of",
    "role_arn",
]

PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)


CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"  # noqa: S105 - a policy
"""AWS's policy that the console attaches to whoever has to change their password."""


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN's parts; `str` puts them together again."""

    partition: str
    service: str
    region: str
    account: str
    """12 digits, `aws` for AWS's own policies, empty for S3."""
    resource: str
    """All behind the fifth colon, such as `role/path/name` or `bucket/key`."""

    @classmethod
    def read(cls, text: str) -> Arn | None:
        """Return the parts of an ARN, or None where the text is not one."""
        parts = text.split(":", 5)
        return cls(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None

    @property
    def kind(self) -> str:
        """What comes before the first slash: `user`, `role`, `assumed-role`, `policy`, `root`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """What comes after the last slash: the name of a user or role, or of a session."""
        return self.resource.rpartition("/")[2]

    @property
    def path(self) -> str:
        """Path of a user, role, group or policy: `/`, or such as `/class/2026/`."""
        middle = self.resource.split("/")[1:-1]
        return f"/{'/'.join(middle)}/" if middle else "/"

    def __str__(self) -> str:
        parts = (self.partition, self.service, self.region, self.account, self.resource)
        return f"arn:{':'.join(parts)}"


def iam(account: str, kind: str, name: str, *, path: str = "/", partition: str = "aws") -> str:
    """Return the ARN of a user, role, group, policy, instance-profile or mfa."""
    return f"arn:{partition}:iam::{account}:{kind}{path}{name}"


def assumed_role(account: str, role: str, session: str, partition: str = "aws") -> str:
    """Return the ARN of a session; of the role its name stands there, and not its path."""
    return f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}"


def federated_user(account: str, name: str, partition: str = "aws") -> str:
    """Return the ARN of what GetFederationToken gives."""
    return f"arn:{partition}:sts::{account}:federated-user/{name}"


def bucket(name: str, key: str = "", partition: str = "aws") -> str:
    """Return the ARN of a bucket, or of an object in it."""
    return f"arn:{partition}:s3:::{name}{f'/{key}' if key else ''}"


def bucket_of(arn: str) -> str:
    """Return the bucket of an ARN of S3, also of its objects; empty for other ARNs and patterns."""
    parsed = Arn.read(arn)
    if parsed is None or (parsed.service, parsed.region, parsed.account) != ("s3", "", ""):
        return ""
    name = parsed.resource.partition("/")[0]
    return "" if "*" in name or "?" in name else name


def partition_of(arn: str) -> str:
    """Return the partition, such as `aws`; `aws` where the text is not an ARN."""
    parts = arn.split(":", 2)
    return parts[1] if parts[0] == "arn" and len(parts) == 3 else "aws"


def account_of(arn: str) -> str:
    """Return the account's id; empty where the ARN has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def name_of(arn: str) -> str:
    """Return what comes after the last slash, or else after the last colon (`root`)."""
    return arn.rpartition("/")[2] if "/" in arn else arn.rpartition(":")[2]


def path_of(arn: str) -> str:
    """Return the path of a user's, role's, group's or policy's ARN, `/` where it has none."""
    parsed = Arn.read(arn)
    return parsed.path if parsed else "/"


def is_aws_policy(arn: str) -> bool:
    """Return whether a managed policy belongs to AWS: nobody can change it."""
    return ":iam::aws:policy/" in arn
