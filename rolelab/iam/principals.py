"""Who signs a request, and the condition keys that follow from it.

Source: IAM User Guide, "AWS global condition context keys", "IAM policy elements: Variables and
tags" (principal key values), "IAM identifiers" (unique IDs), "Compare AWS STS credentials".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from types import MappingProxyType

from rolelab.iam import arns


class PrincipalKind(Enum):
    """What kind of caller signs the request; the value is that of `aws:PrincipalType`."""

    USER = "User"
    ROOT = "Account"
    ROLE_SESSION = "AssumedRole"
    FEDERATED = "FederatedUser"
    WEB_IDENTITY = "WebIdentity"
    """Not yet an AWS principal: a token of an OpenID Connect or SAML provider asks for a role."""
    SERVICE = "Service"
    ANONYMOUS = "Anonymous"


OUTSIDE = (PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY, PrincipalKind.ANONYMOUS)
"""Kinds that no identity-based policy is attached to."""


class CredentialState(Enum):
    """Whether the credentials count; if not ACTIVE they are refused before any policy is read."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"
    EXPIRED = "expired"
    INCOMPLETE = "without its session token"
    ORPHANED = "of a role or user that no longer exists"


def _no_tags() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller; made by `user`, `role_session`, `root`, `federated_user`, `service`, …."""

    kind: PrincipalKind
    arn: str
    """As AWS's messages name the caller; of a service or provider its name."""
    account: str = ""
    entity_arn: str = ""
    """The IAM entity behind it: a session's role (with its path), a federated user's user."""
    unique_id: str = ""
    """`AIDA…` of the user, `AROA…` of the session's role; empty when not known."""
    tags: Mapping[str, str] = field(default_factory=_no_tags)
    """Principal tags: of the user, or of the role and the session, whose own come last and win."""
    temporary: bool = False
    is_console: bool = False
    """Whether the temporary credentials are a console sign-in's: they may call all of IAM."""
    mfa: bool = False
    """Whether the credentials were made with MFA (GetSessionToken)."""
    issued: datetime | None = None
    """When temporary credentials were made."""
    source_identity: str = ""
    credential: CredentialState = CredentialState.ACTIVE

    @property
    def partition(self) -> str:
        """Of the ARN, `aws` when it has none."""
        return arns.partition_of(self.arn)

    @property
    def name(self) -> str:
        """The friendly name: of the user, the session or the federated user."""
        return arns.name_of(self.arn)

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
        is_console: bool = False,
        mfa: bool = False,
        issued: datetime | None = None,
        credential: CredentialState = CredentialState.ACTIVE,
    ) -> Principal:
        """Return an IAM user, by access key or (`session_token`) by what GetSessionToken gave."""
        return cls(
            kind=PrincipalKind.USER,
            arn=arn,
            account=arns.account_of(arn),
            entity_arn=arn,
            unique_id=unique_id,
            tags=tags or _no_tags(),
            temporary=session_token or is_console,
            is_console=is_console,
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
        """Return a session of AssumeRole; `tags` are the role's, with the session's over them."""
        account, partition = arns.account_of(role_arn), arns.partition_of(role_arn)
        return cls(
            kind=PrincipalKind.ROLE_SESSION,
            arn=arns.assumed_role(account, arns.name_of(role_arn), session_name, partition),
            account=account,
            entity_arn=role_arn,
            unique_id=role_id,
            tags=tags or _no_tags(),
            temporary=True,
            issued=issued,
            source_identity=source_identity,
            credential=credential,
        )

    @classmethod
    def root(
        cls,
        account: str,
        *,
        partition: str = "aws",
        session_token: bool = False,
        is_console: bool = False,
        mfa: bool = False,
        issued: datetime | None = None,
    ) -> Principal:
        """Return the account's root user."""
        arn = arns.account_root(account, partition)
        return cls(
            kind=PrincipalKind.ROOT,
            arn=arn,
            account=account,
            entity_arn=arn,
            unique_id=account,
            temporary=session_token or is_console,
            is_console=is_console,
            mfa=mfa,
            issued=issued,
        )

    @classmethod
    def federated_user(
        cls,
        user_arn: str,
        name: str,
        *,
        tags: Mapping[str, str] | None = None,
        issued: datetime | None = None,
        credential: CredentialState = CredentialState.ACTIVE,
    ) -> Principal:
        """Return what GetFederationToken gave to the user (or root) of `user_arn` under `name`."""
        account, partition = arns.account_of(user_arn), arns.partition_of(user_arn)
        return cls(
            kind=PrincipalKind.FEDERATED,
            arn=arns.federated_user(account, name, partition),
            account=account,
            entity_arn=user_arn,
            tags=tags or _no_tags(),
            temporary=True,
            issued=issued,
            credential=credential,
        )

    @classmethod
    def service(cls, name: str) -> Principal:
        """Return an AWS service, such as `ec2.amazonaws.com`."""
        return cls(kind=PrincipalKind.SERVICE, arn=name)

    @classmethod
    def web_identity(cls, provider: str) -> Principal:
        """Return somebody with an identity provider's token: an ARN, or `accounts.google.com`."""
        return cls(kind=PrincipalKind.WEB_IDENTITY, arn=provider)

    @classmethod
    def anonymous(cls) -> Principal:
        """Return a caller without credentials, as S3 lets them ask."""
        return cls(kind=PrincipalKind.ANONYMOUS, arn="*")

    @property
    def user_id(self) -> str:
        """What `aws:userid` holds and GetCallerIdentity calls UserId; empty when not known."""
        if self.kind is PrincipalKind.FEDERATED:
            return f"{self.account}:{self.name}"
        if self.kind is PrincipalKind.ROLE_SESSION and self.unique_id:
            return f"{self.unique_id}:{self.name}"
        return self.unique_id

    def keys(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that follow from who asks, in lower case."""
        keys = _keys_from_outside(self) if self.kind in OUTSIDE else self._own_keys()
        if self.temporary:
            # With temporary credentials the key is there, with an access key it never is.
            keys["aws:multifactorauthpresent"] = ("true" if self.mfa else "false",)
            if self.issued is not None:
                keys["aws:tokenissuetime"] = (iso(self.issued),)
        if self.source_identity:
            keys["aws:sourceidentity"] = (self.source_identity,)
        for tag, value in self.tags.items():
            keys[f"aws:principaltag/{tag.lower()}"] = (value,)
        return keys

    def _own_keys(self) -> dict[str, tuple[str, ...]]:
        is_session = self.kind is PrincipalKind.ROLE_SESSION
        keys: dict[str, tuple[str, ...]] = {
            # Of a session the key holds the role's ARN, not the session's.
            "aws:principalarn": (self.entity_arn if is_session else self.arn,),
            "aws:principalaccount": (self.account,),
            "aws:principaltype": (self.kind.value,),
            "aws:principalisawsservice": ("false",),
            "aws:viaawsservice": ("false",),
        }
        if self.kind is PrincipalKind.USER:
            keys["aws:username"] = (self.name,)
        if self.user_id:
            keys["aws:userid"] = (self.user_id,)
        return keys


def _keys_from_outside(principal: Principal) -> dict[str, tuple[str, ...]]:
    if principal.kind is PrincipalKind.ANONYMOUS:
        keys = {"aws:principaltype": ("Anonymous",), "aws:userid": ("anonymous",)}
        return keys | {"aws:principalisawsservice": ("false",)}
    if principal.kind is PrincipalKind.WEB_IDENTITY:
        keys = {"aws:federatedprovider": (principal.arn,)}
        return keys | {"aws:principalisawsservice": ("false",)}
    keys = {"aws:principalservicename": (principal.arn,)}
    return keys | {"aws:principalisawsservice": ("true",)}


def iso(moment: datetime) -> str:
    """Return a time as AWS writes it: 2026-01-31T12:00:00Z."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
