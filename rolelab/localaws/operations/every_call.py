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
    instance_profiles,
    lookup,
    managed_policies,
    mfa,
    other_credentials,
    passwords,
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
class CallEntry:
    """One call: what answers it, and on which resource its caller must be allowed to call it."""

    handler: Handler | None
    """None: MiniStack's own."""
    on: ResourceOf | None = by_parameters
    """None: it needs no permission, or asks for it itself."""
    passes_role: bool = False
    """Whether the caller must also be allowed to pass the role that the call names."""
    signed: bool = True
    """Whether it is called with an access key; else with a provider's token."""


IAM: Mapping[str, CallEntry] = {
    # users
    "CreateUser": CallEntry(users.create),
    "GetUser": CallEntry(users.get),
    "ListUsers": CallEntry(users.list_all, paths_of("user")),
    "UpdateUser": CallEntry(users.update),
    "DeleteUser": CallEntry(users.delete),
    "TagUser": CallEntry(tagging.add(lookup.user)),
    "UntagUser": CallEntry(tagging.remove(lookup.user)),
    "ListUserTags": CallEntry(tagging.listed(lookup.user)),
    "PutUserPolicy": CallEntry(inline_policies.put("user")),
    "GetUserPolicy": CallEntry(inline_policies.get("user")),
    "DeleteUserPolicy": CallEntry(inline_policies.delete("user")),
    "ListUserPolicies": CallEntry(inline_policies.listed("user")),
    "AttachUserPolicy": CallEntry(managed_policies.attach("user")),
    "DetachUserPolicy": CallEntry(managed_policies.detach("user")),
    "ListAttachedUserPolicies": CallEntry(managed_policies.list_attached("user")),
    "PutUserPermissionsBoundary": CallEntry(boundaries.put("user")),
    "DeleteUserPermissionsBoundary": CallEntry(boundaries.delete("user")),
    # groups
    "CreateGroup": CallEntry(groups.create),
    "GetGroup": CallEntry(groups.get),
    "ListGroups": CallEntry(groups.list_all, paths_of("group")),
    "ListGroupsForUser": CallEntry(groups.list_for_user),
    "UpdateGroup": CallEntry(groups.update),
    "DeleteGroup": CallEntry(groups.delete),
    "AddUserToGroup": CallEntry(groups.add_user, the("group")),
    "RemoveUserFromGroup": CallEntry(groups.remove_user, the("group")),
    "PutGroupPolicy": CallEntry(inline_policies.put("group")),
    "GetGroupPolicy": CallEntry(inline_policies.get("group")),
    "DeleteGroupPolicy": CallEntry(inline_policies.delete("group")),
    "ListGroupPolicies": CallEntry(inline_policies.listed("group")),
    "AttachGroupPolicy": CallEntry(managed_policies.attach("group")),
    "DetachGroupPolicy": CallEntry(managed_policies.detach("group")),
    "ListAttachedGroupPolicies": CallEntry(managed_policies.list_attached("group")),
    # roles
    "CreateRole": CallEntry(roles.create),
    "GetRole": CallEntry(roles.get),
    "ListRoles": CallEntry(roles.list_all, paths_of("role")),
    "UpdateRole": CallEntry(roles.update),
    "UpdateRoleDescription": CallEntry(roles.update_description),
    "UpdateAssumeRolePolicy": CallEntry(roles.update_trust),
    "DeleteRole": CallEntry(roles.delete),
    "TagRole": CallEntry(tagging.add(lookup.role)),
    "UntagRole": CallEntry(tagging.remove(lookup.role)),
    "ListRoleTags": CallEntry(tagging.listed(lookup.role)),
    "PutRolePolicy": CallEntry(inline_policies.put("role")),
    "GetRolePolicy": CallEntry(inline_policies.get("role")),
    "DeleteRolePolicy": CallEntry(inline_policies.delete("role")),
    "ListRolePolicies": CallEntry(inline_policies.listed("role")),
    "AttachRolePolicy": CallEntry(managed_policies.attach("role")),
    "DetachRolePolicy": CallEntry(managed_policies.detach("role")),
    "ListAttachedRolePolicies": CallEntry(managed_policies.list_attached("role")),
    "PutRolePermissionsBoundary": CallEntry(boundaries.put("role")),
    "DeleteRolePermissionsBoundary": CallEntry(boundaries.delete("role")),
    # instance profiles
    "CreateInstanceProfile": CallEntry(instance_profiles.create),
    "GetInstanceProfile": CallEntry(instance_profiles.get),
    "DeleteInstanceProfile": CallEntry(instance_profiles.delete),
    "ListInstanceProfiles": CallEntry(instance_profiles.list_all, paths_of("instance-profile")),
    "ListInstanceProfilesForRole": CallEntry(instance_profiles.list_for_role),
    "AddRoleToInstanceProfile": CallEntry(
        instance_profiles.add_role, the("instance-profile"), passes_role=True
    ),
    "RemoveRoleFromInstanceProfile": CallEntry(
        instance_profiles.remove_role, the("instance-profile")
    ),
    "TagInstanceProfile": CallEntry(tagging.add(lookup.profile)),
    "UntagInstanceProfile": CallEntry(tagging.remove(lookup.profile)),
    "ListInstanceProfileTags": CallEntry(tagging.listed(lookup.profile)),
    # managed policies
    "CreatePolicy": CallEntry(managed_policies.create),
    "GetPolicy": CallEntry(managed_policies.get),
    "ListPolicies": CallEntry(managed_policies.list_all, paths_of("policy")),
    "DeletePolicy": CallEntry(managed_policies.delete),
    "TagPolicy": CallEntry(tagging.add(managed_policies.own_policy)),
    "UntagPolicy": CallEntry(tagging.remove(managed_policies.own_policy)),
    "ListPolicyTags": CallEntry(tagging.listed(managed_policies.policy)),
    "CreatePolicyVersion": CallEntry(managed_policies.create_version),
    "GetPolicyVersion": CallEntry(managed_policies.get_version),
    "ListPolicyVersions": CallEntry(managed_policies.list_versions),
    "SetDefaultPolicyVersion": CallEntry(managed_policies.set_default_version),
    "DeletePolicyVersion": CallEntry(managed_policies.delete_version),
    "ListEntitiesForPolicy": CallEntry(managed_policies.list_entities),
    # what users sign requests with
    "CreateAccessKey": CallEntry(access_keys.create),
    "ListAccessKeys": CallEntry(access_keys.list_all),
    "UpdateAccessKey": CallEntry(access_keys.update),
    "DeleteAccessKey": CallEntry(access_keys.delete),
    "GetAccessKeyLastUsed": CallEntry(access_keys.last_used),
    "UploadSSHPublicKey": CallEntry(other_credentials.upload_ssh_key),
    "GetSSHPublicKey": CallEntry(SSH_KEY.get),
    "ListSSHPublicKeys": CallEntry(SSH_KEY.list_all),
    "UpdateSSHPublicKey": CallEntry(SSH_KEY.update),
    "DeleteSSHPublicKey": CallEntry(SSH_KEY.delete),
    "UploadSigningCertificate": CallEntry(other_credentials.upload_certificate),
    "ListSigningCertificates": CallEntry(CERTIFICATE.list_all),
    "UpdateSigningCertificate": CallEntry(CERTIFICATE.update),
    "DeleteSigningCertificate": CallEntry(CERTIFICATE.delete),
    "CreateServiceSpecificCredential": CallEntry(other_credentials.create_password),
    "ListServiceSpecificCredentials": CallEntry(other_credentials.list_passwords),
    "ResetServiceSpecificCredential": CallEntry(other_credentials.reset_password),
    "UpdateServiceSpecificCredential": CallEntry(SERVICE_PASSWORD.update),
    "DeleteServiceSpecificCredential": CallEntry(SERVICE_PASSWORD.delete),
    # passwords
    "CreateLoginProfile": CallEntry(passwords.create),
    "GetLoginProfile": CallEntry(passwords.get),
    "UpdateLoginProfile": CallEntry(passwords.update),
    "DeleteLoginProfile": CallEntry(passwords.delete),
    "ChangePassword": CallEntry(passwords.change),
    "GetAccountPasswordPolicy": CallEntry(passwords.get_policy),
    "UpdateAccountPasswordPolicy": CallEntry(passwords.update_policy),
    "DeleteAccountPasswordPolicy": CallEntry(passwords.delete_policy),
    # MFA devices
    "CreateVirtualMFADevice": CallEntry(mfa.create, new_device),
    "EnableMFADevice": CallEntry(mfa.enable),
    "ResyncMFADevice": CallEntry(mfa.resync),
    "DeactivateMFADevice": CallEntry(mfa.deactivate),
    "DeleteVirtualMFADevice": CallEntry(mfa.delete),
    "GetMFADevice": CallEntry(mfa.get),
    "ListMFADevices": CallEntry(mfa.list_of_user),
    "ListVirtualMFADevices": CallEntry(mfa.list_virtual, paths_of("mfa")),
    "TagMFADevice": CallEntry(tagging.add(mfa.named_device)),
    "UntagMFADevice": CallEntry(tagging.remove(mfa.named_device)),
    "ListMFADeviceTags": CallEntry(tagging.listed(mfa.named_device)),
    # the account
    "GetAccountSummary": CallEntry(account.summary),
    "GetAccountAuthorizationDetails": CallEntry(account.authorization_details),
    "SimulatePrincipalPolicy": CallEntry(simulator.simulate_principal),
    "SimulateCustomPolicy": CallEntry(simulator.simulate_custom),
    # MiniStack's own, asked on a path
    "ListOpenIDConnectProviders": CallEntry(None, paths_of("oidc-provider")),
    "ListSAMLProviders": CallEntry(None, paths_of("saml-provider")),
}

STS: Mapping[str, CallEntry] = {
    "GetCallerIdentity": CallEntry(sts.get_caller_identity, on=None),
    "AssumeRole": CallEntry(sts.assume_role, on=None),
    "AssumeRoleWithSAML": CallEntry(None, on=None, signed=False),
    "AssumeRoleWithWebIdentity": CallEntry(None, on=None, signed=False),
    "GetSessionToken": CallEntry(sts.get_session_token, on=None),
    "GetFederationToken": CallEntry(sts.get_federation_token, on=None),
    "GetAccessKeyInfo": CallEntry(sts.get_access_key_info),
    "DecodeAuthorizationMessage": CallEntry(sts.decode_authorization_message),
}
