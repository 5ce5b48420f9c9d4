"""What the accounts hold, in the form in which MiniStack keeps, saves and restores it.

The records are dictionaries of MiniStack's: some of its own operations write them, and its
persistence reads them. So they are typed where they are, and not copied into classes of our own;
what MiniStack does not know of is kept in the same record and saved with it.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict


class TagRecord(TypedDict):
    """A tag of an entity or a session."""

    Key: str
    Value: str


class Tagged(TypedDict):
    """What tags can be put on."""

    Tags: NotRequired[list[TagRecord]]


class EntityRecord(Tagged):
    """What has a name, a path and an ARN: users, groups, roles, policies, instance profiles."""

    Path: str
    Arn: str
    CreateDate: str


class HolderRecord(EntityRecord):
    """What policies are attached to."""

    AttachedPolicies: list[str]
    """ARNs."""


class LastUse(TypedDict):
    """When a role or key was last used."""

    LastUsedDate: str
    Region: str
    ServiceName: NotRequired[str]


class PrincipalRecord(HolderRecord):
    """A user or a role."""

    PermissionsBoundary: NotRequired[str | None]
    """ARN of a managed policy."""
    Accessed: NotRequired[dict[str, LastUse]]
    """When each service was last called, by its namespace."""


class UserRecord(PrincipalRecord):
    """A user; their keys, inline policies, password and devices have records of their own."""

    UserName: str
    UserId: str
    PasswordLastUsed: NotRequired[str]
    SSHPublicKeys: NotRequired[list[dict[str, str]]]
    SigningCertificates: NotRequired[list[dict[str, str]]]
    ServiceSpecificCredentials: NotRequired[list[dict[str, str]]]


class RoleRecord(PrincipalRecord):
    """A role."""

    RoleName: str
    RoleId: str
    AssumeRolePolicyDocument: NotRequired[str]
    """The trust policy as it was saved."""
    TrustIds: NotRequired[dict[str, str]]
    """ARN -> unique id of the users and roles that it names."""
    Description: NotRequired[str]
    MaxSessionDuration: NotRequired[int]
    InlinePolicies: NotRequired[dict[str, str]]
    RoleLastUsed: NotRequired[LastUse]


class GroupRecord(HolderRecord):
    """A group."""

    GroupName: str
    GroupId: str
    Users: list[str]


class ProfileRecord(EntityRecord):
    """An instance profile."""

    InstanceProfileName: str
    InstanceProfileId: str
    Roles: list[str]


class ServerCertificateRecord(EntityRecord):
    """A certificate of a server; CreateDate is when it was uploaded."""

    ServerCertificateName: str
    ServerCertificateId: str
    CertificateBody: str
    CertificateChain: NotRequired[str]
    Expiration: str


class OidcRecord(Tagged):
    """An OpenID Connect provider."""

    Arn: str
    Url: str
    """With its scheme, as it was given."""
    ClientIDList: list[str]
    ThumbprintList: list[str]
    CreateDate: str


class SamlRecord(Tagged):
    """A SAML provider."""

    Arn: str
    Name: str
    SAMLMetadataDocument: str
    SAMLProviderUUID: NotRequired[str]
    AssertionEncryptionMode: NotRequired[str]
    PrivateKeyList: NotRequired[list[dict[str, str]]]
    CreateDate: str
    ValidUntil: str


class VersionRecord(TypedDict):
    """A version of a managed policy."""

    Document: str
    VersionId: str
    IsDefaultVersion: bool
    CreateDate: str


class PolicyRecord(EntityRecord):
    """A managed policy."""

    PolicyName: str
    PolicyId: str
    AttachmentCount: NotRequired[int]
    """MiniStack's, as IsAttachable: the API's answer counts by itself."""
    IsAttachable: NotRequired[bool]
    Description: NotRequired[str]
    UpdateDate: str
    DefaultVersionId: str
    Versions: dict[str, VersionRecord]
    NextVersion: NotRequired[int]
    """Number of the version to come: a deleted version's is not used again."""


class KeyRecord(TypedDict):
    """A user's access key."""

    UserName: str
    AccessKeyId: str
    SecretAccessKey: str
    Status: str
    CreateDate: str
    LastUsed: NotRequired[LastUse]


class LoginRecord(TypedDict):
    """A user's password."""

    UserName: str
    CreateDate: str
    PasswordResetRequired: bool
    PasswordSalt: NotRequired[str]
    PasswordHash: NotRequired[str]
    PasswordDate: NotRequired[str]
    """When it was set."""
    FormerPasswords: NotRequired[list[tuple[str, str]]]
    """Salt and hash of those before, the latest first."""


class DeviceRecord(Tagged):
    """A virtual MFA device."""

    SerialNumber: str
    Seed: str
    """In hexadecimal."""
    User: str | None
    """Name of the user whose device it is."""
    EnableDate: str | None
    UsedSteps: NotRequired[list[int]]
    Shift: NotRequired[int]
    """By how many steps it is ahead."""


class PassedPolicies(TypedDict):
    """The session policies that were passed when a session was made."""

    Policy: str | None
    PolicyArns: list[str]


class SessionRecord(TypedDict):
    """What temporary credentials stand for."""

    Arn: str
    UserId: str
    """As GetCallerIdentity gives it: `AROA…:name` for a role's session."""
    AccountId: str
    PrincipalType: Literal["Root", "User", "AssumedRole", "FederatedUser"]
    PrincipalName: NotRequired[str]
    """The user's; empty where root asked."""
    RoleArn: NotRequired[str]
    RoleId: NotRequired[str]
    ParentId: NotRequired[str]
    """Unique id of the user that a federated user comes from."""
    IsConsole: NotRequired[bool]
    """Whether it was made by signing in to the console: it is the user, not GetSessionToken's."""
    MfaAt: NotRequired[float | None]
    """When a code of an MFA device was given for it."""
    SessionTags: NotRequired[list[TagRecord]]
    TransitiveTagKeys: NotRequired[list[str]]
    SourceIdentity: NotRequired[str | None]
    SessionPolicies: NotRequired[PassedPolicies | None]
    SecretAccessKey: NotRequired[str]
    SessionToken: NotRequired[str]
    Expiration: NotRequired[float]
    """Seconds since 1970, by the local AWS's clock; so is IssuedAt."""
    IssuedAt: NotRequired[float]
    SourceAccessKeyId: NotRequired[str]
    SourcePrincipalArn: NotRequired[str]
