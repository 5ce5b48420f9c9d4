"""IAM's quotas, as GetAccountSummary tells them and LimitExceeded enforces them.

Source: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference, GetAccountSummary.
"""

from __future__ import annotations

from rolelab.localaws.wire import AwsError

QUOTAS = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "RolesQuota": 1000,
    "PoliciesQuota": 1500,
    "InstanceProfilesQuota": 1000,
    "GroupsPerUserQuota": 10,
    "AccessKeysPerUserQuota": 2,
    "MFADevicesPerUserQuota": 8,
    "SSHPublicKeysPerUserQuota": 5,
    "SigningCertificatesPerUserQuota": 2,
    "ServiceSpecificCredentialsPerUserQuota": 2,
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "VersionsPerPolicyQuota": 5,
    "PolicyVersionsInUseQuota": 10000,
    "PolicySizeQuota": 6144,
    "UserPolicySizeQuota": 2048,
    "RolePolicySizeQuota": 10240,
    "GroupPolicySizeQuota": 5120,
    "AssumeRolePolicySizeQuota": 2048,
    "ServerCertificatesQuota": 20,
    "GlobalEndpointTokenVersion": 1,
}
TAGS = 50

_NAMES = {
    "UsersQuota": "UsersPerAccount",
    "GroupsQuota": "GroupsPerAccount",
    "RolesQuota": "RolesPerAccount",
    "PoliciesQuota": "PoliciesPerAccount",
    "InstanceProfilesQuota": "InstanceProfilesPerAccount",
    "AttachedPoliciesPerUserQuota": "PoliciesPerUser",
    "AttachedPoliciesPerRoleQuota": "PoliciesPerRole",
    "AttachedPoliciesPerGroupQuota": "PoliciesPerGroup",
    "AssumeRolePolicySizeQuota": "ACLSizePerRole",
    "PolicySizeQuota": "PolicySize",
}
"""What LimitExceeded calls a quota, where that is not its name without `Quota`."""


def require_below(quota: str, count: int) -> None:
    """Refuse one more of what there are `count` of already.

    Raises:
        AwsError: LimitExceeded.
    """
    require_at_most(quota, count + 1)


def require_at_most(quota: str, size: int) -> None:
    """Refuse what is larger than a quota.

    Raises:
        AwsError: LimitExceeded.
    """
    if size > QUOTAS[quota]:
        raise AwsError(
            "LimitExceeded",
            f"Cannot exceed quota for {_NAMES.get(quota, quota.removesuffix('Quota'))}: {QUOTAS[quota]}",
        )
