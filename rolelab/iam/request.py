"""Who asks for what, and what AWS knows of it: the request context that conditions are compared with.

Source: IAM User Guide, "AWS global condition context keys", "IAM and AWS STS condition context keys",
"IAM policy elements: Variables and tags" (principal key values).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from types import MappingProxyType

from rolelab.iam.patterns import Lack


class PrincipalKind(Enum):
    """What kind of caller signs the request; the value is `aws:PrincipalType`'s where AWS has one."""

    USER = "User"
    ROOT = "Account"
    ROLE_SESSION = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    WEB_IDENTITY = "WebIdentity"
    """Not yet an AWS principal: a token of an OpenID Connect or SAML provider asks for a role."""
    SERVICE = "Service"
    ANONYMOUS = "Anonymous"


class CredentialState(Enum):
    """Whether the credentials still count; what is not ACTIVE is refused before any policy is read."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"
    EXPIRED = "expired"
    INCOMPLETE = "without its session token"
    ORPHANED = "of a role or user that no longer exists"


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller. Make one with `user`, `role_session`, `root`, `federated_user`, `service` or `web_identity`."""

    kind: PrincipalKind
    arn: str
    """As AWS's messages name the caller: of the user, the session, the root; the service or provider otherwise."""
    account: str = ""
    entity_arn: str = ""
    """The IAM entity behind it: the role (path included) of a session, the user of a federated user."""
    unique_id: str = ""
    """`AIDA…` of the user, `AROA…` of the session's role; empty when not known."""
    tags: Mapping[str, str] = field(default_factory=_none)
    """Principal tags: of the user, or of the role and the session (whose own win)."""
    temporary: bool = False
    mfa: bool = False
    """Whether the credentials were made with MFA (GetSessionToken)."""
    issued: datetime | None = None
    """When temporary credentials were made."""
    source_identity: str = ""
    credential: CredentialState = CredentialState.ACTIVE

    @property
    def partition(self) -> str:
        """Of the ARN, `aws` when it has none."""
        parts = self.arn.split(":", 2)
        return parts[1] if parts[0] == "arn" else "aws"

    @property
    def name(self) -> str:
        """The friendly name: of the user, the session or the federated user."""
        return self.arn.rsplit("/", 1)[-1] if "/" in self.arn else self.arn.rsplit(":", 1)[-1]

    @property
    def entity(self) -> str:
        """What its policies are attached to, in words: `user testuser`, `role s3Access`."""
        kind, _, path = (self.entity_arn or self.arn).rsplit(":", 1)[-1].partition("/")
        return f"{kind} {path.rsplit('/', 1)[-1]}" if path else kind

    @classmethod
    def user(
        cls,
        arn: str,
        unique_id: str = "",
        *,
        tags: Mapping[str, str] | None = None,
        session_token: bool = False,
        mfa: bool = False,
        issued: datetime | None = None,
        credential: CredentialState = CredentialState.ACTIVE,
    ) -> Principal:
        """Return an IAM user, by access key or (`session_token`) by credentials of GetSessionToken."""
        return cls(
            kind=PrincipalKind.USER,
            arn=arn,
            account=_account(arn),
            entity_arn=arn,
            unique_id=unique_id,
            tags=tags or _none(),
            temporary=session_token,
            mfa=mfa,
            issued=issued,
            credential=credential,
        )

    @classmethod
    def role_session(
        cls,
        role_arn: str,
        session_name: str,
        role_id: str = "",
        *,
        tags: Mapping[str, str] | None = None,
        issued: datetime | None = None,
        source_identity: str = "",
        credential: CredentialState = CredentialState.ACTIVE,
    ) -> Principal:
        """Return a session that AssumeRole gave; `tags` are the role's with the session's over them."""
        parts = role_arn.split(":", 5)
        role_name = parts[5].rsplit("/", 1)[-1]
        return cls(
            kind=PrincipalKind.ROLE_SESSION,
            arn=f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{role_name}/{session_name}",
            account=parts[4],
            entity_arn=role_arn,
            unique_id=role_id,
            tags=tags or _none(),
            temporary=True,
            issued=issued,
            source_identity=source_identity,
            credential=credential,
        )

    @classmethod
    def root(
        cls, account: str, *, partition: str = "aws", session_token: bool = False
    ) -> Principal:
        """Return the account's root user."""
        arn = f"arn:{partition}:iam::{account}:root"
        return cls(
            kind=PrincipalKind.ROOT,
            arn=arn,
            account=account,
            entity_arn=arn,
            unique_id=account,
            temporary=session_token,
        )

    @classmethod
    def federated_user(
        cls,
        user_arn: str,
        name: str,
        *,
        tags: Mapping[str, str] | None = None,
        issued: datetime | None = None,
    ) -> Principal:
        """Return what GetFederationToken gave to the user (or root) of `user_arn` under `name`."""
        parts = user_arn.split(":", 5)
        return cls(
            kind=PrincipalKind.FEDERATED_USER,
            arn=f"arn:{parts[1]}:sts::{parts[4]}:federated-user/{name}",
            account=parts[4],
            entity_arn=user_arn,
            tags=tags or _none(),
            temporary=True,
            issued=issued,
        )

    @classmethod
    def service(cls, name: str) -> Principal:
        """Return an AWS service, such as `ec2.amazonaws.com`."""
        return cls(kind=PrincipalKind.SERVICE, arn=name)

    @classmethod
    def web_identity(cls, provider: str) -> Principal:
        """Return somebody with a token of an identity provider: its ARN, or a name such as `accounts.google.com`."""
        return cls(kind=PrincipalKind.WEB_IDENTITY, arn=provider)

    @classmethod
    def anonymous(cls) -> Principal:
        """Return a caller without credentials, as S3 lets them ask."""
        return cls(kind=PrincipalKind.ANONYMOUS, arn="*")

    def keys(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that follow from who asks, in lower case."""
        keys: dict[str, tuple[str, ...]] = {}
        if self.kind in (
            PrincipalKind.SERVICE,
            PrincipalKind.WEB_IDENTITY,
            PrincipalKind.ANONYMOUS,
        ):
            if self.kind is PrincipalKind.ANONYMOUS:
                keys |= {"aws:principaltype": ("Anonymous",), "aws:userid": ("anonymous",)}
            if self.kind is PrincipalKind.WEB_IDENTITY:
                keys["aws:federatedprovider"] = (self.arn,)
            keys["aws:principalisawsservice"] = (
                "true" if self.kind is PrincipalKind.SERVICE else "false",
            )
            if self.kind is PrincipalKind.SERVICE:
                keys["aws:principalservicename"] = (self.arn,)
            return keys
        # For a session the key holds the role's ARN, not the session's.
        principal_arn = self.entity_arn if self.kind is PrincipalKind.ROLE_SESSION else self.arn
        keys["aws:principalarn"] = (principal_arn,)
        keys["aws:principalaccount"] = (self.account,)
        keys["aws:principaltype"] = (self.kind.value,)
        keys["aws:principalisawsservice"] = ("false",)
        keys["aws:viaawsservice"] = ("false",)
        if self.kind is PrincipalKind.USER:
            keys["aws:username"] = (self.name,)
        if self.kind is PrincipalKind.FEDERATED_USER:
            keys["aws:userid"] = (f"{self.account}:{self.name}",)
        elif self.kind is PrincipalKind.ROLE_SESSION and self.unique_id:
            keys["aws:userid"] = (f"{self.unique_id}:{self.name}",)
        elif self.unique_id:
            keys["aws:userid"] = (self.unique_id,)
        if self.temporary and self.kind in (PrincipalKind.USER, PrincipalKind.ROOT):
            # AssumeRole's credentials carry no MFA information, and access keys never do.
            keys["aws:multifactorauthpresent"] = ("true" if self.mfa else "false",)
        if self.issued is not None and self.temporary:
            keys["aws:tokenissuetime"] = (_iso(self.issued),)
        if self.source_identity:
            keys["aws:sourceidentity"] = (self.source_identity,)
        for tag, value in self.tags.items():
            keys[f"aws:principaltag/{tag.lower()}"] = (value,)
        return keys


ALWAYS_PRESENT = frozenset(
    {"aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:requestedregion", "aws:useragent"}
)
"""Keys that every request carries: one that was not given is unknown, not absent."""

ORGANIZATION_KEYS = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"}
)
"""Keys that depend on an organization nobody was told of: give them as `unknown` when asking about a real account."""

_NO_CONTEXT: Mapping[str, str | Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to be decided."""

    principal: Principal
    action: str
    """Such as `s3:ListAllMyBuckets`: the action of policies, not always the name of the operation."""
    resource: str = "*"
    """ARN, or `*` for an action that is on no resource."""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=lambda: _NO_CONTEXT)
    """Further condition keys, such as `aws:SourceIp` or `s3:prefix`; they win over derived ones."""
    resource_account: str = ""
    """Account that owns the resource, where the ARN does not say (S3); the caller's when empty."""
    now: datetime | None = None
    """`aws:CurrentTime`; not known when None."""
    unknown: frozenset[str] = frozenset()
    """Keys (any case; `aws:PrincipalTag/*` for all tags) of which nobody knows whether and what they are."""
    resource_tags: Mapping[str, str] | None = None
    """Tags of the resource (`aws:ResourceTag/…`); not known when None."""
    object_exists: bool = True
    """For `s3:GetObject`: whether the object is there; if not, S3 says 403 to whoever may not list the bucket."""

    @property
    def account(self) -> str:
        """The account that owns the resource."""
        if self.resource_account:
            return self.resource_account
        parts = self.resource.split(":", 5)
        return (
            parts[4] if len(parts) == 6 and parts[4].isdigit() else ""
        ) or self.principal.account

    @property
    def is_cross_account(self) -> bool:
        """Whether the caller's account is not the resource's."""
        return bool(self.principal.account) and self.account != self.principal.account

    @classmethod
    def assume_role(
        cls,
        principal: Principal,
        role_arn: str,
        session_name: str = "session",
        *,
        external_id: str = "",
        source_identity: str = "",
        tags: Mapping[str, str] | None = None,
        transitive_tags: Sequence[str] = (),
        mfa: bool = False,
        source_ip: str = "",
        region: str = "",
        now: datetime | None = None,
        unknown: frozenset[str] = frozenset(),
        role_tags: Mapping[str, str] | None = None,
        context: Mapping[str, str | Sequence[str]] | None = None,
    ) -> Request:
        """Return an AssumeRole call, its parameters as condition keys; `mfa`: serial number and right code are sent."""
        keys: dict[str, str | Sequence[str]] = {"sts:RoleSessionName": session_name}
        if external_id:
            keys["sts:ExternalId"] = external_id
        if source_identity:
            keys["sts:SourceIdentity"] = source_identity
        if mfa:
            keys["aws:MultiFactorAuthPresent"] = "true"
            keys["aws:MultiFactorAuthAge"] = "0"
        for tag, value in (tags or {}).items():
            keys[f"aws:RequestTag/{tag}"] = value
        if tags:
            keys["aws:TagKeys"] = tuple(tags)
        if transitive_tags:
            keys["sts:TransitiveTagKeys"] = tuple(transitive_tags)
        if source_ip:
            keys["aws:SourceIp"] = source_ip
        if region:
            keys["aws:RequestedRegion"] = region
        return cls(
            principal=principal,
            action="sts:AssumeRole",
            resource=role_arn,
            context=keys | dict(context or {}),
            now=now,
            unknown=unknown,
            resource_tags=role_tags,
        )


class Context:
    """The condition keys of one request, by lower-case name."""

    __slots__ = ("_keys", "_unknown", "_unknown_prefixes")

    def __init__(self, request: Request) -> None:
        keys = request.principal.keys()
        keys["aws:securetransport"] = (
            "true",
        )  # IAM and STS answer HTTPS only; a caller of S3 by HTTP says so
        keys["aws:resourceaccount"] = (request.account,)
        if request.now is not None:
            now = request.now.astimezone(timezone.utc)
            keys["aws:currenttime"] = (_iso(now),)
            keys["aws:epochtime"] = (str(int(now.timestamp())),)
        unknown = {key.lower() for key in request.unknown} | ALWAYS_PRESENT
        for tag, value in (request.resource_tags or {}).items():
            keys[f"aws:resourcetag/{tag.lower()}"] = keys[f"iam:resourcetag/{tag.lower()}"] = (
                value,
            )
        if request.resource_tags is None and request.resource != "*":
            unknown |= {"aws:resourcetag/*", "iam:resourcetag/*", "s3:existingobjecttag/*"}
        if request.principal.temporary and request.principal.mfa:
            if request.principal.issued is not None and request.now is not None:
                age = int((request.now - request.principal.issued).total_seconds())
                keys["aws:multifactorauthage"] = (str(age),)
            else:
                unknown.add("aws:multifactorauthage")
        for key, value in request.context.items():
            keys[key.lower()] = (value,) if isinstance(value, str) else tuple(value)
        if request.principal.temporary and request.principal.issued is None:
            unknown.add("aws:tokenissuetime")
        has_id = request.principal.kind in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
        if has_id and not request.principal.unique_id:
            unknown.add("aws:userid")
        self._keys = keys
        self._unknown = frozenset(unknown)
        self._unknown_prefixes = tuple(key[:-1] for key in unknown if key.endswith("*"))

    def get(self, key: str) -> tuple[str, ...] | Lack:
        """Return a key's values, or why there are none."""
        name = key.lower()
        values = self._keys.get(name)
        if values is not None:
            return values
        if name in self._unknown or (
            self._unknown_prefixes and name.startswith(self._unknown_prefixes)
        ):
            return Lack.UNKNOWN
        return Lack.ABSENT


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
