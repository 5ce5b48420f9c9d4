"""Every call of IAM and STS that is answered here: one entry each.

An entry names the function that answers, and what its caller is asked for: by default permission on
what the call names. What is not here and MiniStack has is answered by MiniStack, on the same terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolelab.localaws.operations import (
    access_keys,
    account,
    boundaries,
    groups,
    inline_policies,
    lookup,
    mfa,
    other_credentials,
    passwords,
    policies,
    profiles,
    roles,
    simulator,
    sts,
    tagging,
    users,
)
from rolelab.localaws.operations.api_call import Handler
from rolelab.localaws.operations.other_credentials import CERTIFICATE, SERVICE_PASSWORD, SSH_KEY
from rolelab.localaws.operations.permissions import (
    ResourceOf,
    by_parameters,
    new_device,
    paths_of,
    the,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: what answers it, and on which resource its caller must be allowed to call it."""

    handler: Handler | None
    """None: MiniStack's own."""
    on: ResourceOf | None = by_parameters
    """None: it needs no permission, or asks for it itself."""
    passes_role: bool = False
    """Whether the caller must also be allowed to pass the role that the call names."""
    signed: bool = True
    """Whether it is called with an access key; else with a provider's token."""


IAM: Mapping[str, Operation] = {
    # users
    "CreateUser": Operation(users.create),
    "GetUser": Operation(users.get),
    "ListUsers": Operation(users.list_all, paths_of("user")),
    "UpdateUser": Operation(users.update),
    "DeleteUser": Operation(users.delete),
    "TagUser": Operation(tagging.add(lookup.user)),
    "UntagUser": Operation(tagging.remove(lookup.user)),
    "ListUserTags": Operation(tagging.listed(lookup.user)),
    "PutUserPolicy": Operation(inline_policies.put("user")),
    "GetUserPolicy": Operation(inline_policies.get("user")),
    "DeleteUserPolicy": Operation(inline_policies.delete("user")),
    "ListUserPolicies": Operation(inline_policies.listed("user")),
    "AttachUserPolicy": Operation(policies.attach("user")),
    "DetachUserPolicy": Operation(policies.detach("user")),
    "ListAttachedUserPolicies": Operation(policies.list_attached("user")),
    "PutUserPermissionsBoundary": Operation(boundaries.put("user")),
    "DeleteUserPermissionsBoundary": Operation(boundaries.delete("user")),
    # groups
    "CreateGroup": Operation(groups.create),
    "GetGroup": Operation(groups.get),
    "ListGroups": Operation(groups.list_all, paths_of("group")),
    "ListGroupsForUser": Operation(groups.list_for_user),
    "UpdateGroup": Operation(groups.update),
    "DeleteGroup": Operation(groups.delete),
    "AddUserToGroup": Operation(groups.add_user, the("group")),
    "RemoveUserFromGroup": Operation(groups.remove_user, the("group")),
    "PutGroupPolicy": Operation(inline_policies.put("group")),
    "GetGroupPolicy": Operation(inline_policies.get("group")),
    "DeleteGroupPolicy": Operation(inline_policies.delete("group")),
    "ListGroupPolicies": Operation(inline_policies.listed("group")),
    "AttachGroupPolicy": Operation(policies.attach("group")),
    "DetachGroupPolicy": Operation(policies.detach("group")),
    "ListAttachedGroupPolicies": Operation(policies.list_attached("group")),
    # roles
    "CreateRole": Operation(roles.create),
    "GetRole": Operation(roles.get),
    "ListRoles": Operation(roles.list_all, paths_of("role")),
    "UpdateRole": Operation(roles.update),
    "UpdateRoleDescription": Operation(roles.update_description),
    "UpdateAssumeRolePolicy": Operation(roles.update_trust),
    "DeleteRole": Operation(roles.delete),
    "TagRole": Operation(tagging.add(lookup.role)),
    "UntagRole": Operation(tagging.remove(lookup.role)),
    "ListRoleTags": Operation(tagging.listed(lookup.role)),
    "PutRolePolicy": Operation(inline_policies.put("role")),
    "GetRolePolicy": Operation(inline_policies.get("role")),
    "DeleteRolePolicy": Operation(inline_policies.delete("role")),
    "ListRolePolicies": Operation(inline_policies.listed("role")),
    "AttachRolePolicy": Operation(policies.attach("role")),
    "DetachRolePolicy": Operation(policies.detach("role")),
    "ListAttachedRolePolicies": Operation(policies.list_attached("role")),
    "PutRolePermissionsBoundary": Operation(boundaries.put("role")),
    "DeleteRolePermissionsBoundary": Operation(boundaries.delete("role")),
    # instance profiles
    "CreateInstanceProfile": Operation(profiles.create),
    "GetInstanceProfile": Operation(profiles.get),
    "DeleteInstanceProfile": Operation(profiles.delete),
    "ListInstanceProfiles": Operation(profiles.list_all, paths_of("instance-profile")),
    "ListInstanceProfilesForRole": Operation(profiles.list_for_role),
    "AddRoleToInstanceProfile": Operation(
        profiles.add_role, the("instance-profile"), passes_role=True
    ),
    "RemoveRoleFromInstanceProfile": Operation(profiles.remove_role, the("instance-profile")),
    "TagInstanceProfile": Operation(tagging.add(lookup.profile)),
    "UntagInstanceProfile": Operation(tagging.remove(lookup.profile)),
    "ListInstanceProfileTags": Operation(tagging.listed(lookup.profile)),
    # managed policies
    "CreatePolicy": Operation(policies.create),
    "GetPolicy": Operation(policies.get),
    "ListPolicies": Operation(policies.list_all, paths_of("policy")),
    "DeletePolicy": Operation(policies.delete),
    "TagPolicy": Operation(tagging.add(policies.own_policy)),
    "UntagPolicy": Operation(tagging.remove(policies.own_policy)),
    "ListPolicyTags": Operation(tagging.listed(policies.policy)),
    "CreatePolicyVersion": Operation(policies.create_version),
    "GetPolicyVersion": Operation(policies.get_version),
    "ListPolicyVersions": Operation(policies.list_versions),
    "SetDefaultPolicyVersion": Operation(policies.set_default_version),
    "DeletePolicyVersion": Operation(policies.delete_version),
    "ListEntitiesForPolicy": Operation(policies.list_entities),
    # what users sign requests with
    "CreateAccessKey": Operation(access_keys.create),
    "ListAccessKeys": Operation(access_keys.list_all),
    "UpdateAccessKey": Operation(access_keys.update),
    "DeleteAccessKey": Operation(access_keys.delete),
    "GetAccessKeyLastUsed": Operation(access_keys.last_used),
    "UploadSSHPublicKey": Operation(other_credentials.upload_ssh_key),
    "GetSSHPublicKey": Operation(SSH_KEY.get),
    "ListSSHPublicKeys": Operation(SSH_KEY.list_all),
    "UpdateSSHPublicKey": Operation(SSH_KEY.update),
    "DeleteSSHPublicKey": Operation(SSH_KEY.delete),
    "UploadSigningCertificate": Operation(other_credentials.upload_certificate),
    "ListSigningCertificates": Operation(CERTIFICATE.list_all),
    "UpdateSigningCertificate": Operation(CERTIFICATE.update),
    "DeleteSigningCertificate": Operation(CERTIFICATE.delete),
    "CreateServiceSpecificCredential": Operation(other_credentials.create_password),
    "ListServiceSpecificCredentials": Operation(other_credentials.list_passwords),
    "ResetServiceSpecificCredential": Operation(other_credentials.reset_password),
    "UpdateServiceSpecificCredential": Operation(SERVICE_PASSWORD.update),
    "DeleteServiceSpecificCredential": Operation(SERVICE_PASSWORD.delete),
    # passwords
    "CreateLoginProfile": Operation(passwords.create),
    "GetLoginProfile": Operation(passwords.get),
    "UpdateLoginProfile": Operation(passwords.update),
    "DeleteLoginProfile": Operation(passwords.delete),
    "ChangePassword": Operation(passwords.change),
    "GetAccountPasswordPolicy": Operation(passwords.get_policy),
    "UpdateAccountPasswordPolicy": Operation(passwords.update_policy),
    "DeleteAccountPasswordPolicy": Operation(passwords.delete_policy),
    # MFA devices
    "CreateVirtualMFADevice": Operation(mfa.create, new_device),
    "EnableMFADevice": Operation(mfa.enable),
    "ResyncMFADevice": Operation(mfa.resync),
    "DeactivateMFADevice": Operation(mfa.deactivate),
    "DeleteVirtualMFADevice": Operation(mfa.delete),
    "GetMFADevice": Operation(mfa.get),
    "ListMFADevices": Operation(mfa.list_of_user),
    "ListVirtualMFADevices": Operation(mfa.list_virtual, paths_of("mfa")),
    "TagMFADevice": Operation(tagging.add(mfa.device)),
    "UntagMFADevice": Operation(tagging.remove(mfa.device)),
    "ListMFADeviceTags": Operation(tagging.listed(mfa.device)),
    # the account
    "GetAccountSummary": Operation(account.summary),
    "GetAccountAuthorizationDetails": Operation(account.authorization_details),
    "SimulatePrincipalPolicy": Operation(simulator.simulate_principal),
    "SimulateCustomPolicy": Operation(simulator.simulate_custom),
    # MiniStack's own, asked on a path
    "ListOpenIDConnectProviders": Operation(None, paths_of("oidc-provider")),
    "ListSAMLProviders": Operation(None, paths_of("saml-provider")),
}

STS: Mapping[str, Operation] = {
    "GetCallerIdentity": Operation(sts.get_caller_identity, on=None),
    "AssumeRole": Operation(sts.assume_role, on=None),
    "AssumeRoleWithSAML": Operation(None, on=None, signed=False),
    "AssumeRoleWithWebIdentity": Operation(None, on=None, signed=False),
    "GetSessionToken": Operation(sts.get_session_token, on=None),
    "GetFederationToken": Operation(sts.get_federation_token, on=None),
    "GetAccessKeyInfo": Operation(sts.get_access_key_info),
    "DecodeAuthorizationMessage": Operation(sts.decode_authorization_message),
}
