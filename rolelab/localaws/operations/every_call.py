"""Every call of IAM and STS that is answered here: one entry each.

An entry names the function that answers, and what its caller is asked for: by default permission on
what the call names. What is not here is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolelab.localaws.operations import (
    access_advisor,
    access_keys,
    account,
    boundaries,
    credential_report,
    groups,
    inline_policies,
    instance_profiles,
    lookup,
    managed_policies,
    mfa,
    other_credentials,
    passwords,
    permissions,
    policy_lookup,
    policy_versions,
    providers,
    roles,
    server_certificates,
    service_roles,
    simulator,
    sts,
    tagging,
    users,
)
from rolelab.localaws.operations.api_call import Handler
from rolelab.localaws.operations.other_credentials import CERTIFICATE, SERVICE_PASSWORD, SSH_KEY
from rolelab.localaws.operations.permissions import (
    Further,
    ResourceOf,
    by_parameters,
    moving,
    paths_of,
    tagging_with,
    the,
)


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call: what answers it, and on which resource its caller must be allowed to call it."""

    handler: Handler | None
    """None: it is called with a provider's token instead of an access key; none is taken here."""
    on: ResourceOf | None = by_parameters
    """None: it needs no permission, or asks for it itself."""
    further: Further | None = None
    """What else the caller must be allowed."""


IAM: Mapping[str, CallEntry] = {
    # users
    "CreateUser": CallEntry(users.create, further=tagging_with("TagUser")),
    "GetUser": CallEntry(users.get),
    "ListUsers": CallEntry(users.list_all, paths_of("user")),
    "UpdateUser": CallEntry(users.update, further=moving("user")),
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
    "UpdateGroup": CallEntry(groups.update, further=moving("group")),
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
    "CreateRole": CallEntry(roles.create, further=tagging_with("TagRole")),
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
    "CreateInstanceProfile": CallEntry(
        instance_profiles.create, further=tagging_with("TagInstanceProfile")
    ),
    "GetInstanceProfile": CallEntry(instance_profiles.get),
    "DeleteInstanceProfile": CallEntry(instance_profiles.delete),
    "ListInstanceProfiles": CallEntry(instance_profiles.list_all, paths_of("instance-profile")),
    "ListInstanceProfilesForRole": CallEntry(instance_profiles.list_for_role),
    "AddRoleToInstanceProfile": CallEntry(
        instance_profiles.add_role, the("instance-profile"), permissions.passing_role
    ),
    "RemoveRoleFromInstanceProfile": CallEntry(
        instance_profiles.remove_role, the("instance-profile")
    ),
    "TagInstanceProfile": CallEntry(tagging.add(lookup.profile, case_counts=True)),
    "UntagInstanceProfile": CallEntry(tagging.remove(lookup.profile, case_counts=True)),
    "ListInstanceProfileTags": CallEntry(tagging.listed(lookup.profile, case_counts=True)),
    # managed policies
    "CreatePolicy": CallEntry(managed_policies.create, further=tagging_with("TagPolicy")),
    "GetPolicy": CallEntry(managed_policies.get),
    "ListPolicies": CallEntry(managed_policies.list_all, paths_of("policy")),
    "DeletePolicy": CallEntry(managed_policies.delete),
    "TagPolicy": CallEntry(tagging.add(policy_lookup.tagged, case_counts=True)),
    "UntagPolicy": CallEntry(tagging.remove(policy_lookup.tagged, case_counts=True)),
    "ListPolicyTags": CallEntry(tagging.listed(policy_lookup.named, case_counts=True)),
    "CreatePolicyVersion": CallEntry(policy_versions.create),
    "GetPolicyVersion": CallEntry(policy_versions.get),
    "ListPolicyVersions": CallEntry(policy_versions.list_all),
    "SetDefaultPolicyVersion": CallEntry(policy_versions.set_default),
    "DeletePolicyVersion": CallEntry(policy_versions.delete),
    "ListEntitiesForPolicy": CallEntry(managed_policies.list_entities),
    # what users sign requests with
    "CreateAccessKey": CallEntry(access_keys.create),
    "ListAccessKeys": CallEntry(access_keys.list_all),
    "UpdateAccessKey": CallEntry(access_keys.update),
    "DeleteAccessKey": CallEntry(access_keys.delete),
    "GetAccessKeyLastUsed": CallEntry(access_keys.last_used, permissions.owner_of_key),
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
    "CreateVirtualMFADevice": CallEntry(
        mfa.create, permissions.new_device, tagging_with("TagMFADevice")
    ),
    "EnableMFADevice": CallEntry(mfa.enable),
    "ResyncMFADevice": CallEntry(mfa.resync),
    "DeactivateMFADevice": CallEntry(mfa.deactivate),
    "DeleteVirtualMFADevice": CallEntry(mfa.delete, permissions.device),
    "GetMFADevice": CallEntry(mfa.get),
    "ListMFADevices": CallEntry(mfa.list_of_user),
    "ListVirtualMFADevices": CallEntry(mfa.list_virtual, paths_of("mfa")),
    "TagMFADevice": CallEntry(tagging.add(mfa.named_device, case_counts=True), permissions.device),
    "UntagMFADevice": CallEntry(
        tagging.remove(mfa.named_device, case_counts=True), permissions.device
    ),
    "ListMFADeviceTags": CallEntry(
        tagging.listed(mfa.named_device, case_counts=True), permissions.device
    ),
    # the account
    "GetAccountSummary": CallEntry(account.summary),
    "GetAccountAuthorizationDetails": CallEntry(account.authorization_details),
    "SimulatePrincipalPolicy": CallEntry(simulator.simulate_principal),
    "SimulateCustomPolicy": CallEntry(simulator.simulate_custom),
    "CreateAccountAlias": CallEntry(account.create_alias),
    "ListAccountAliases": CallEntry(account.list_aliases),
    "DeleteAccountAlias": CallEntry(account.delete_alias),
    "GenerateCredentialReport": CallEntry(credential_report.generate),
    "GetCredentialReport": CallEntry(credential_report.get),
    "GenerateServiceLastAccessedDetails": CallEntry(
        access_advisor.generate, permissions.arn_itself
    ),
    "GetServiceLastAccessedDetails": CallEntry(access_advisor.get),
    # service-linked roles
    "CreateServiceLinkedRole": CallEntry(service_roles.create, service_roles.new_role),
    "DeleteServiceLinkedRole": CallEntry(service_roles.delete),
    "GetServiceLinkedRoleDeletionStatus": CallEntry(
        service_roles.deletion_status, service_roles.role_of_task
    ),
    # identity providers
    "CreateOpenIDConnectProvider": CallEntry(
        providers.create_oidc, providers.oidc_arn, tagging_with("TagOpenIDConnectProvider")
    ),
    "GetOpenIDConnectProvider": CallEntry(providers.get_oidc),
    "ListOpenIDConnectProviders": CallEntry(providers.list_oidc, paths_of("oidc-provider")),
    "DeleteOpenIDConnectProvider": CallEntry(providers.delete_oidc),
    "UpdateOpenIDConnectProviderThumbprint": CallEntry(providers.update_thumbprints),
    "AddClientIDToOpenIDConnectProvider": CallEntry(providers.add_client),
    "RemoveClientIDFromOpenIDConnectProvider": CallEntry(providers.remove_client),
    "TagOpenIDConnectProvider": CallEntry(tagging.add(providers.oidc, case_counts=True)),
    "UntagOpenIDConnectProvider": CallEntry(tagging.remove(providers.oidc, case_counts=True)),
    "ListOpenIDConnectProviderTags": CallEntry(tagging.listed(providers.oidc, case_counts=True)),
    "CreateSAMLProvider": CallEntry(
        providers.create_saml, providers.saml_arn, tagging_with("TagSAMLProvider")
    ),
    "GetSAMLProvider": CallEntry(providers.get_saml),
    "ListSAMLProviders": CallEntry(providers.list_saml, paths_of("saml-provider")),
    "UpdateSAMLProvider": CallEntry(providers.update_saml),
    "DeleteSAMLProvider": CallEntry(providers.delete_saml),
    "TagSAMLProvider": CallEntry(tagging.add(providers.saml, case_counts=True)),
    "UntagSAMLProvider": CallEntry(tagging.remove(providers.saml, case_counts=True)),
    "ListSAMLProviderTags": CallEntry(tagging.listed(providers.saml, case_counts=True)),
    # server certificates
    "UploadServerCertificate": CallEntry(
        server_certificates.upload, further=tagging_with("TagServerCertificate")
    ),
    "GetServerCertificate": CallEntry(server_certificates.get),
    "ListServerCertificates": CallEntry(
        server_certificates.list_all, paths_of("server-certificate")
    ),
    "UpdateServerCertificate": CallEntry(
        server_certificates.update, further=moving("server-certificate")
    ),
    "DeleteServerCertificate": CallEntry(server_certificates.delete),
    "TagServerCertificate": CallEntry(tagging.add(lookup.server_certificate)),
    "UntagServerCertificate": CallEntry(tagging.remove(lookup.server_certificate)),
    "ListServerCertificateTags": CallEntry(tagging.listed(lookup.server_certificate)),
}

STS: Mapping[str, CallEntry] = {
    "GetCallerIdentity": CallEntry(sts.get_caller_identity, on=None),
    "AssumeRole": CallEntry(sts.assume_role, on=None),
    "AssumeRoleWithSAML": CallEntry(None, on=None),
    "AssumeRoleWithWebIdentity": CallEntry(None, on=None),
    "GetSessionToken": CallEntry(sts.get_session_token, on=None),
    "GetFederationToken": CallEntry(sts.get_federation_token, on=None),
    "GetAccessKeyInfo": CallEntry(sts.get_access_key_info),
    "DecodeAuthorizationMessage": CallEntry(sts.decode_authorization_message),
}
