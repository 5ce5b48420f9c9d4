"""What is asked for, and what AWS knows of it: the keys that conditions and variables read.

Source: IAM User Guide, "AWS global condition context keys", "IAM and AWS STS condition context
keys".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType

from rolelab.iam import arns
from rolelab.iam.principals import Principal, PrincipalKind, iso

OF_ONESELF = frozenset({
    "GetUser", "CreateAccessKey", "DeleteAccessKey", "ListAccessKeys", "UpdateAccessKey",
    "ListMFADevices", "GetMFADevice", "DeactivateMFADevice", "ChangePassword",
    "CreateLoginProfile", "DeleteLoginProfile", "GetLoginProfile",
    "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials",
    "CreateServiceSpecificCredential", "DeleteServiceSpecificCredential",
    "ResetServiceSpecificCredential", "UpdateServiceSpecificCredential",
    "DeleteSigningCertificate", "UpdateSigningCertificate", "UploadSigningCertificate",
})  # fmt: skip
"""Operations of IAM on the calling user, where no other is named.

Source: IAM API Reference, UserName.
"""
_OF_ONESELF = frozenset(f"iam:{name.lower()}" for name in OF_ONESELF)

ALWAYS_PRESENT = frozenset(
    {"aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:requestedregion", "aws:useragent"}
)
"""Keys that every request carries: one that was not given is unknown, not absent."""

ORGANIZATION_KEYS = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"}
)
"""Keys of an organization that is not known: to be given as `unknown` for a real account."""

_SINGLE_ENDPOINT = frozenset({"iam", "cloudfront", "organizations", "route53", "support"})
_REGION_OF_THESE = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

_TAGS_OF_RESOURCE = frozenset({"aws:resourcetag/*", "iam:resourcetag/*", "s3:existingobjecttag/*"})
_NO_CONTEXT: Mapping[str, str | Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to be decided."""

    principal: Principal
    action: str
    """Such as `s3:ListAllMyBuckets`: as policies call it, not always as the operation is called."""
    resource: str = "*"
    """ARN, or `*` for an action that is on no resource."""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=lambda: _NO_CONTEXT)
    """Further condition keys, such as `aws:SourceIp` or `s3:prefix`; they win over derived ones."""
    resource_account: str = ""
    """Account that owns the resource, where the ARN does not tell (S3); the caller's when empty."""
    now: datetime | None = None
    """`aws:CurrentTime`; not known when None."""
    unknown: frozenset[str] = frozenset()
    """Keys (any case; `aws:PrincipalTag/*` for all tags) of which nothing is known."""
    resource_tags: Mapping[str, str] | None = None
    """Tags of the resource (`aws:ResourceTag/…`); not known when None."""
    is_complete: bool = False
    """Everything is known, as to a service: a key that is not here is not in the request."""
    object_exists: bool = True
    """For `s3:GetObject`: whether it is there; if not, S3 says 403 to those who cannot list."""

    @property
    def account(self) -> str:
        """The account that owns the resource."""
        if self.resource_account:
            return self.resource_account
        account = arns.account_of(self.resource)
        return account if account.isdigit() else self.principal.account

    @property
    def is_cross_account(self) -> bool:
        """Whether the caller's account is not the resource's."""
        return bool(self.principal.account) and self.account != self.principal.account

    @property
    def asked_on(self) -> str:
        """What a `Resource` pattern is compared with.

        `s3:ListAllMyBuckets` names no bucket and is asked on `arn:aws:s3:::*` (IAM User Guide,
        "Policy evaluation logic", example policy); calls of IAM that leave the user's name out mean
        the caller (IAM API Reference, GetUser). Every other action on no resource is covered by `*`
        alone.
        """
        if self.resource != "*":
            return self.resource
        action = self.action.lower()
        if action.startswith("s3:"):
            return arns.bucket("*", partition=self.principal.partition)
        if action in _OF_ONESELF and self.principal.kind is PrincipalKind.USER:
            return self.principal.arn
        return self.resource

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
        is_complete: bool = False,
    ) -> Request:
        """Return an AssumeRole call, its parameters as condition keys; `mfa`: a code is sent."""
        keys: dict[str, str | Sequence[str]] = {"sts:RoleSessionName": session_name}
        keys |= {f"aws:RequestTag/{tag}": value for tag, value in (tags or {}).items()}
        if mfa:
            keys |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
        optional: dict[str, str | Sequence[str]] = {
            "sts:ExternalId": external_id,
            "sts:SourceIdentity": source_identity,
            "sts:TransitiveTagKeys": tuple(transitive_tags),
            "aws:TagKeys": tuple(tags or ()),
            "aws:SourceIp": source_ip,
            "aws:RequestedRegion": region,
        }
        keys |= {key: value for key, value in optional.items() if value}
        return cls(
            principal=principal,
            action="sts:AssumeRole",
            resource=role_arn,
            context=keys | dict(context or {}),
            now=now,
            unknown=unknown,
            resource_tags=role_tags,
            is_complete=is_complete,
        )


class Lack(Enum):
    """Why a key has no value: it is not in the request, or nobody knows whether it is."""

    ABSENT = "not in the request"
    UNKNOWN = "not known"


class Context:
    """The condition keys of one request, by name; made when asked for: many policies need none."""

    __slots__ = ("_keys", "_request", "_unknown", "_unknown_prefixes")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._keys: dict[str, tuple[str, ...]] = {}
        self._unknown = frozenset[str]()
        self._unknown_prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request, keys: Mapping[str, str | Sequence[str]]) -> Context:
        """Return these keys and no other, whatever the request: what a simulator is given."""
        context = cls(replace(request, is_complete=True))
        context._keys = _as_values(keys)
        return context

    def get(self, key: str) -> tuple[str, ...] | Lack:
        """Return a key's values, or why there are none."""
        if not self._keys:
            self._keys = _keys_of(self._request)
            self._unknown = _unknown_of(self._request)
            self._unknown_prefixes = tuple(key[:-1] for key in self._unknown if key[-1:] == "*")
        name = key.lower()
        values = self._keys.get(name)
        if values is not None:
            return values
        is_unknown = name in self._unknown or name.startswith(self._unknown_prefixes)
        return Lack.UNKNOWN if is_unknown else Lack.ABSENT


def _keys_of(request: Request) -> dict[str, tuple[str, ...]]:
    principal, now = request.principal, request.now
    keys = principal.keys() | _as_values(keys_of_any_request(now))
    keys["aws:resourceaccount"] = (request.account,)
    if now and principal.temporary and principal.mfa and principal.issued:
        age = int((now - principal.issued).total_seconds())
        keys["aws:multifactorauthage"] = (str(age),)
    for tag, value in (request.resource_tags or {}).items():
        keys[f"aws:resourcetag/{tag.lower()}"] = keys[f"iam:resourcetag/{tag.lower()}"] = (value,)
    keys |= _as_values(request.context)
    region = region_of_single_endpoint(request.action.partition(":")[0], principal.partition)
    if region:
        keys["aws:requestedregion"] = (region,)
    return keys


def region_of_single_endpoint(service: str, partition: str = "aws") -> str:
    """Return the region that all calls of a service are made to; empty where it has many.

    Source: IAM User Guide, "AWS global condition context keys" (aws:RequestedRegion); "AWS: Denies
    access to AWS based on the requested Region".
    """
    is_single = service.lower() in _SINGLE_ENDPOINT
    return _REGION_OF_THESE.get(partition, "") if is_single else ""


def keys_of_any_request(now: datetime | None) -> dict[str, str]:
    """Return the keys that every request has, whoever asks for whatever."""
    # IAM and STS answer HTTPS only; a caller of S3 by HTTP gives the key.
    keys = {"aws:securetransport": "true"}
    if now is not None:
        keys |= {"aws:currenttime": iso(now), "aws:epochtime": str(int(now.timestamp()))}
    return keys


def _as_values(keys: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value)
        for key, value in keys.items()
    }


def _unknown_of(request: Request) -> frozenset[str]:
    if request.is_complete:
        return frozenset()
    principal = request.principal
    unknown = {key.lower() for key in request.unknown} | ALWAYS_PRESENT
    if request.resource_tags is None and request.resource != "*":
        unknown |= _TAGS_OF_RESOURCE
    if principal.temporary and principal.mfa:
        unknown.add("aws:multifactorauthage")
    if principal.temporary and principal.issued is None:
        unknown.add("aws:tokenissuetime")
    if (
        principal.kind in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
        and not principal.unique_id
    ):
        unknown.add("aws:userid")
    return frozenset(unknown)
