"""MiniStack's tables of IAM and STS, handed to the store of what the accounts hold."""

from __future__ import annotations

from rolelab.localaws.accounts.identities import Rows, Tables
from rolelab.localaws.accounts.records import ServerCertificateRecord
from rolelab.localaws.ministack.emulator import module


def tables() -> Tables:
    """Return the tables of the MiniStack that is loaded; they stay the same as long as it is."""
    iam, sts = module("services.iam"), module("services.sts")
    # MiniStack has no table of them: they are saved beside the sessions.
    certificates: Rows[ServerCertificateRecord] = {}

    def reset() -> None:
        iam.reset()
        sts.reset()
        certificates.clear()

    return Tables(
        users=iam._users._data,
        roles=iam._roles._data,
        groups=iam._groups._data,
        policies=iam._policies._data,
        profiles=iam._instance_profiles._data,
        keys=iam._access_keys._data,
        user_policies=iam._user_inline_policies._data,
        group_policies=iam._group_inline_policies._data,
        devices=iam._mfa_devices._data,
        logins=iam._login_profiles._data,
        password_rules=iam._account_password_policy._data,
        oidc_providers=iam._oidc_providers._data,
        saml_providers=iam._saml_providers._data,
        server_certificates=certificates,
        aliases=iam._account_aliases._data,
        reports=iam._credential_reports._data,
        jobs=iam._sla_jobs._data,
        deletions=iam._service_linked_role_deletion_tasks._data,
        aws_policies=iam._aws_managed_policies,
        sessions=sts._sessions,
        reset=reset,
    )
