"""One IAM user or role as it exists: everything that bears on its permissions, read only.

Source: IAM API Reference, GetUser, GetRole and the List… and Get… operations of their policies,
groups and keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.aws.iam_calls import call, call_if_there, listed
from rolelab.aws.removal import CREDENTIALS
from rolelab.iam.arns import is_aws_policy

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

Documents = Mapping[str, Any]
"""Name of a policy -> its document: a mapping, or text where it is not a JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualGroup:
    """A group that a user is in."""

    name: str
    inline: Documents
    attached: tuple[str, ...]
    """ARNs of managed policies."""


@dataclass(frozen=True, slots=True)
class OtherCredential:
    """What a user has beside access keys and a console password, and what counts."""

    kind: str
    """A key of `removal.CREDENTIALS`."""
    id: str


@dataclass(frozen=True, slots=True)
class ActualPolicy:
    """A customer managed policy: anybody with the permission can change what it says."""

    default: str
    """Id of the version that counts."""
    versions: Documents
    """Id of a version -> its document; the oldest first."""

    @property
    def document(self) -> Any:
        """What it says."""
        return self.versions[self.default]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualUser:
    """A user with its own policies, groups and keys."""

    name: str
    arn: str
    unique_id: str
    """`AIDA…`: another one for a user recreated under the same name."""
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
    credentials: tuple[OtherCredential, ...]
    """All others that are active."""


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
    """The trust policy: a mapping, or text where it is not a JSON object."""
    boundary: str
    tags: Mapping[str, str]
    inline: Documents
    attached: tuple[str, ...]
    policies: Mapping[str, ActualPolicy]
    """ARN -> policy, of those attached that are not AWS's own."""
    max_session_duration: int
    """Seconds."""


@dataclass(slots=True)
class ManagedPolicies:
    """Documents of managed policies, each read once.

    Safe between threads, where the worst is to read one twice.
    """

    clients: Clients
    _read: dict[str, Any] = field(default_factory=dict[str, Any])

    def document(self, arn: str) -> Any:
        """Return the document of the default version.

        Raises:
            AwsFailure: it cannot be read.
        """
        if arn not in self._read:
            iam = self.clients.iam
            policy = call(iam, "GetPolicy", "Policy", PolicyArn=arn)
            with translated("GetPolicy"):
                version = policy["DefaultVersionId"]
            self._read[arn] = policy_version(iam, arn, version)
        return self._read[arn]


def read_user(clients: Clients, name: str) -> ActualUser | None:
    """Read a user; None where there is none.

    Raises:
        AwsFailure: it cannot be read.
    """
    iam = clients.iam
    user = call_if_there(iam, "GetUser", "User", UserName=name)
    if user is None:
        return None
    groups = listed(iam, "ListGroupsForUser", "Groups", UserName=name)
    keys = listed(iam, "ListAccessKeys", "AccessKeyMetadata", UserName=name)
    profile = call_if_there(iam, "GetLoginProfile", "LoginProfile", UserName=name)
    with translated("ReadUser"):
        return ActualUser(
            name=user["UserName"],
            arn=user["Arn"],
            unique_id=user["UserId"],
            boundary=_boundary(user),
            tags=_tags(user),
            inline=_inline(iam, "User", name),
            attached=_attached(iam, "User", name),
            groups=tuple(_group(iam, group["GroupName"]) for group in groups),
            keys={key["AccessKeyId"]: key["Status"] for key in keys},
            # Not only that there is an answer: a cut-off one can parse as an empty success.
            has_password=profile is not None and bool(profile["UserName"]),
            credentials=_credentials(iam, name),
        )


def owner_of(clients: Clients, access_key_id: str) -> str:
    """Return the name of the user whose access key it is now.

    Empty where it is nobody's, or where asking is not allowed.

    Source: IAM API Reference, GetAccessKeyLastUsed.

    Raises:
        AwsFailure: AWS did not answer.
    """
    try:
        used = call(clients.iam, "GetAccessKeyLastUsed", AccessKeyId=access_key_id)
        return str(used.get("UserName", ""))
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
    role = call_if_there(iam, "GetRole", "Role", RoleName=name)
    if role is None:
        return None
    attached = _attached(iam, "Role", name)
    with translated("ReadRole"):
        return ActualRole(
            name=role["RoleName"],
            arn=role["Arn"],
            unique_id=role["RoleId"],
            trust=role["AssumeRolePolicyDocument"],
            boundary=_boundary(role),
            tags=_tags(role),
            inline=_inline(iam, "Role", name),
            attached=attached,
            policies={arn: _policy(iam, arn) for arn in attached if not is_aws_policy(arn)},
            max_session_duration=int(role["MaxSessionDuration"]),
        )


def _credentials(iam: IAMClient, user: str) -> tuple[OtherCredential, ...]:
    return tuple(
        OtherCredential(kind, entry[hanging.id])
        for kind, hanging in CREDENTIALS.items()
        for entry in listed(iam, hanging.listing, hanging.part, UserName=user)
        if entry.get("Status", "Active") == "Active"
    )


def _policy(iam: IAMClient, arn: str) -> ActualPolicy:
    entries = listed(iam, "ListPolicyVersions", "Versions", PolicyArn=arn)
    default = next(entry["VersionId"] for entry in entries if entry["IsDefaultVersion"])
    ids = [entry["VersionId"] for entry in sorted(entries, key=itemgetter("CreateDate"))]
    return ActualPolicy(default, {id_: policy_version(iam, arn, id_) for id_ in ids})


def policy_version(iam: IAMClient, arn: str, id_: str) -> Any:
    """Return the document of one version of a managed policy.

    Raises:
        AwsFailure: it cannot be read.
    """
    version = call(iam, "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=id_)
    with translated("GetPolicyVersion"):
        return version["Document"]


def _group(iam: IAMClient, name: str) -> ActualGroup:
    return ActualGroup(
        name=name, inline=_inline(iam, "Group", name), attached=_attached(iam, "Group", name)
    )


def _inline(iam: IAMClient, entity: str, name: str) -> Documents:
    owner = {f"{entity}Name": name}
    names = listed(iam, f"List{entity}Policies", "PolicyNames", **owner)
    get = f"Get{entity}Policy"
    return {
        policy: call(iam, get, "PolicyDocument", **owner, PolicyName=policy) for policy in names
    }


def _attached(iam: IAMClient, entity: str, name: str) -> tuple[str, ...]:
    owner = {f"{entity}Name": name}
    policies = listed(iam, f"ListAttached{entity}Policies", "AttachedPolicies", **owner)
    return tuple(policy["PolicyArn"] for policy in policies)


def _boundary(entity: Mapping[str, Any]) -> str:
    return str(entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


def _tags(entity: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in entity.get("Tags", [])}
