"""IAM's quotas, each once: of an account, of one entity, of a policy's size.

A quota is one entry of `QUOTAS`; what it is called in GetAccountSummary is its key, and what
LimitExceeded calls it stands beside it. Those that the lab's program checks itself are taken from
`components.limits`.

Source: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference, GetAccountSummary; STS API
Reference, AssumeRole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components import limits


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota, as an account has it that nobody has asked an increase for."""

    most: int
    called: str = ""
    """What LimitExceeded calls it, where that is not its key without `Quota`."""
    in_summary: bool = True
    """Whether GetAccountSummary tells it."""


QUOTAS: Mapping[str, Quota] = {
    "UsersQuota": Quota(limits.USERS_PER_ACCOUNT, "UsersPerAccount"),
    "GroupsQuota": Quota(300, "GroupsPerAccount"),
    "RolesQuota": Quota(1000, "RolesPerAccount"),
    "PoliciesQuota": Quota(1500, "PoliciesPerAccount"),
    "InstanceProfilesQuota": Quota(1000, "InstanceProfilesPerAccount"),
    "GroupsPerUserQuota": Quota(10),
    "AccessKeysPerUserQuota": Quota(2),
    "MFADevicesPerUserQuota": Quota(8, in_summary=False),
    "SSHPublicKeysPerUserQuota": Quota(5, in_summary=False),
    "SigningCertificatesPerUserQuota": Quota(2, "CertificatesPerUser"),
    "ServiceSpecificCredentialsPerUserQuota": Quota(2, in_summary=False),
    "AttachedPoliciesPerUserQuota": Quota(10, "PoliciesPerUser"),
    "AttachedPoliciesPerRoleQuota": Quota(10, "PoliciesPerRole"),
    "AttachedPoliciesPerGroupQuota": Quota(10, "PoliciesPerGroup"),
    "VersionsPerPolicyQuota": Quota(5),
    "PolicyVersionsInUseQuota": Quota(10000),
    "PolicySizeQuota": Quota(6144, "PolicySize"),
    "UserPolicySizeQuota": Quota(limits.USER_INLINE_SIZE),
    "RolePolicySizeQuota": Quota(10240),
    "GroupPolicySizeQuota": Quota(5120),
    "AssumeRolePolicySizeQuota": Quota(limits.TRUST_POLICY_SIZE, "ACLSizePerRole"),
    "ServerCertificatesQuota": Quota(20, "ServerCertificatesPerAccount"),
    "ClientIdsPerOpenIdConnectProviderQuota": Quota(100, in_summary=False),
    "GlobalEndpointTokenVersion": Quota(1),
}
"""Key of GetAccountSummary -> quota. Sizes are characters without white space (see `limits`);
those of inline policies are for all inline policies of one user, role or group together."""

TAGS_PER_ENTITY = 50
SESSION_POLICY_SIZE = 2048
"""Characters with white space: inline session policy and ARNs of managed ones together."""
SESSION_POLICIES = 10
"""Managed policies that one session can be given."""


def most(key: str) -> int:
    """Return a quota by its key."""
    return QUOTAS[key].most
