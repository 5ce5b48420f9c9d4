"""One IAM user or role as it exists: everything that bears on what it may do, read only.

Source: IAM API Reference, GetUser, GetRole and the List… and Get… operations of their policies, groups and keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind, translated

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

Documents = Mapping[str, Any]
"""Name of a policy -> its document: a mapping, or text where it is no JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualGroup:
    """A group that a user is in."""

    name: str
    inline: Documents
    attached: tuple[str, ...]
    """ARNs of managed policies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualUser:
    """A user with its own policies, groups and keys."""

    name: str
    arn: str
    unique_id: str
    """`AIDA…`: another one for a user made anew under the same name."""
    boundary: str
    """ARN of the permissions boundary; empty without one."""
    tags: Mapping[str, str]
    inline: Documents
    attached: tuple[str, ...]
    groups: tuple[ActualGroup, ...]
    keys: Mapping[str, str]
    """Access key id -> `Active`, `Inactive` (or whatever else IAM says)."""
    has_password: bool
    """Whether it has a login profile: a password for the console."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A user that is not there under its name, while its key belongs to one of another name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualRole:
    """A role with both its halves: who may assume it, and what it may do."""

    name: str
    arn: str
    unique_id: str
    trust: Any
    """The trust policy: a mapping, or text where it is no JSON object."""
    boundary: str
    tags: Mapping[str, str]
    inline: Documents
    attached: tuple[str, ...]
    max_session_duration: int
    """Seconds."""


@dataclass(slots=True)
class ManagedPolicies:
    """Documents of managed policies, each read once; safe between threads, where the worst is to read one twice."""

    clients: Clients
    _read: dict[str, Any] = field(default_factory=dict[str, Any])

    def document(self, arn: str) -> Any:
        """Return the document of the default version.

        Raises:
            AwsFailure: it cannot be read.
        """
        if arn not in self._read:
            with translated("GetPolicy"):
                version = self.clients.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
            with translated("GetPolicyVersion"):
                got = self.clients.iam.get_policy_version(PolicyArn=arn, VersionId=version)
                self._read[arn] = got["PolicyVersion"]["Document"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        return self._read[arn]


def read_user(clients: Clients, name: str) -> ActualUser | None:
    """Read a user; None where there is none.

    Raises:
        AwsFailure: it cannot be read.
    """
    iam = clients.iam
    try:
        with translated("GetUser"):
            user = cast("dict[str, Any]", iam.get_user(UserName=name)["User"])
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise
    inline = _pages(iam, "list_user_policies", "PolicyNames", UserName=name)
    attached = _pages(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name)
    groups = _pages(iam, "list_groups_for_user", "Groups", UserName=name)
    keys = _pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=name)
    has_password = _has_password(iam, name)
    with translated("ReadUser"):
        return ActualUser(
            name=user["UserName"],
            arn=user["Arn"],
            unique_id=user["UserId"],
            boundary=_boundary(user),
            tags=_tags(user),
            inline={policy: _inline(iam, "user", name, policy) for policy in inline},
            attached=tuple(policy["PolicyArn"] for policy in attached),
            groups=tuple(_group(iam, group["GroupName"]) for group in groups),
            keys={key["AccessKeyId"]: key["Status"] for key in keys},
            has_password=has_password,
        )


def owner_of(clients: Clients, access_key_id: str) -> str:
    """Return the name of the user whose access key it is now; empty where it is nobody's, or may not be asked.

    Source: IAM API Reference, GetAccessKeyLastUsed.

    Raises:
        AwsFailure: AWS did not answer.
    """
    try:
        with translated("GetAccessKeyLastUsed"):
            return str(
                clients.iam.get_access_key_last_used(AccessKeyId=access_key_id).get("UserName", "")
            )
    except AwsFailure as failure:
        if failure.kind in (Kind.THROTTLED, Kind.UNREACHABLE):
            raise
        return ""


def read_role(clients: Clients, name: str) -> ActualRole | None:
    """Read a role; None where there is none.

    Raises:
        AwsFailure: it cannot be read.
    """
    iam = clients.iam
    try:
        with translated("GetRole"):
            role = cast("dict[str, Any]", iam.get_role(RoleName=name)["Role"])
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return None
        raise
    inline = _pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    attached = _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    with translated("ReadRole"):
        return ActualRole(
            name=role["RoleName"],
            arn=role["Arn"],
            unique_id=role["RoleId"],
            trust=role["AssumeRolePolicyDocument"],
            boundary=_boundary(role),
            tags=_tags(role),
            inline={policy: _inline(iam, "role", name, policy) for policy in inline},
            attached=tuple(policy["PolicyArn"] for policy in attached),
            max_session_duration=int(role["MaxSessionDuration"]),
        )


def _has_password(iam: IAMClient, name: str) -> bool:
    try:
        with translated("GetLoginProfile"):
            # Not only that there is an answer: a cut-off one can parse as an empty success.
            return bool(iam.get_login_profile(UserName=name)["LoginProfile"]["UserName"])
    except AwsFailure as failure:
        if failure.kind is Kind.MISSING:
            return False
        raise


def _group(iam: IAMClient, name: str) -> ActualGroup:
    inline = _pages(iam, "list_group_policies", "PolicyNames", GroupName=name)
    attached = _pages(iam, "list_attached_group_policies", "AttachedPolicies", GroupName=name)
    return ActualGroup(
        name=name,
        inline={policy: _inline(iam, "group", name, policy) for policy in inline},
        attached=tuple(policy["PolicyArn"] for policy in attached),
    )


def _inline(iam: IAMClient, of: Literal["user", "role", "group"], name: str, policy: str) -> Any:
    operation = f"get_{of}_policy"
    with translated(operation):
        got: dict[str, Any] = getattr(iam, operation)(
            **{f"{of.capitalize()}Name": name, "PolicyName": policy}
        )
        return got["PolicyDocument"]


def _pages(iam: IAMClient, operation: str, listed: str, **of: str) -> list[Any]:
    """Read a list to its end; a page without its list is a broken answer, not an empty list."""
    found: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        with translated(operation):
            page: dict[str, Any] = getattr(iam, operation)(**of, **marker)
            found += page[listed]
            if not page.get("IsTruncated"):
                return found
            marker = {"Marker": page["Marker"]}


def _boundary(entity: Mapping[str, Any]) -> str:
    return str(entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


def _tags(entity: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in entity.get("Tags", [])}
