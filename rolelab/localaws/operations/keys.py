"""What users sign requests with: access keys, SSH keys, certificates, passwords for single services.

Source: IAM API Reference, CreateAccessKey …, UploadSSHPublicKey …, UploadSigningCertificate …,
CreateServiceSpecificCredential ….
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from rolelab.localaws import quotas
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common
from rolelab.localaws.operations.api_call import (
    Call,
    Handler,
    Result,
    access_key_id,
    secret_access_key,
    unique_id,
)

# -- access keys ----------------------------------------------------------------------------------------------------


def create(call: Call) -> Result:
    """CreateAccessKey: two a user."""
    name = common.user(call)["UserName"]
    quotas.require_below("AccessKeysPerUserQuota", len(call.store.keys_of(call.account, name)))
    record: Record = {
        "UserName": name,
        "AccessKeyId": access_key_id("AKIA"),
        "SecretAccessKey": secret_access_key(),
        "Status": "Active",
        "CreateDate": call.now(),
    }
    call.store.put_key(call.account, record)
    return {"AccessKey": record}


def list_keys(call: Call) -> Result:
    """ListAccessKeys."""
    name = common.user(call)["UserName"]
    page = common.page(
        call,
        "AccessKeyMetadata",
        call.store.keys_of(call.account, name),
        lambda one: one["AccessKeyId"],
    )
    shown = ("UserName", "AccessKeyId", "Status", "CreateDate")
    return page | {
        "AccessKeyMetadata": [
            {name: one[name] for name in shown} for one in page["AccessKeyMetadata"]
        ]
    }


def update(call: Call) -> None:
    """UpdateAccessKey: active or inactive."""
    _key(call)["Status"] = call.params["Status"]


def delete(call: Call) -> None:
    """DeleteAccessKey."""
    call.store.remove_key(call.account, _key(call)["AccessKeyId"])


def last_used(call: Call) -> Result:
    """GetAccessKeyLastUsed."""
    key_id = call.params["AccessKeyId"]
    record = call.store.key(key_id)
    if record is None or call.store.key_account(key_id) != call.account:
        raise _no_key(key_id)
    never = {"ServiceName": "N/A", "Region": "N/A"}
    return {"UserName": record["UserName"], "AccessKeyLastUsed": record.get("LastUsed") or never}


def _key(call: Call) -> Record:
    name, key_id = common.user(call)["UserName"], call.params["AccessKeyId"]
    record = call.store.key(key_id)
    if (
        record is None
        or call.store.key_account(key_id) != call.account
        or record["UserName"] != name
    ):
        raise _no_key(key_id)
    return record


def _no_key(key_id: str) -> AwsError:
    return common.no_such(f"The Access Key with id {key_id} cannot be found.")


# -- SSH keys, certificates, passwords for single services: lists on the user's record -------------------------------


def _listed(call: Call, field: str) -> list[Record]:
    return common.user(call).setdefault(field, [])


def _one(call: Call, field: str, key: str, message: str) -> Record:
    wanted = call.params[key]
    for record in _listed(call, field):
        if record[key] == wanted:
            return record
    raise common.no_such(message.format(wanted))


_NO_SSH = "The Public Key with id {} cannot be found."
_NO_CERTIFICATE = "The Certificate with id {} cannot be found."
_NO_CREDENTIAL = "Service specific credential {} does not exist."


def upload_ssh(call: Call) -> Result:
    """UploadSSHPublicKey."""
    keys = _listed(call, "SSHPublicKeys")
    body = call.params["SSHPublicKeyBody"].strip()
    if not re.match(r"(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) [A-Za-z0-9+/=]+|-----BEGIN ", body):
        raise AwsError("InvalidPublicKey", "The public key is malformed or otherwise invalid.")
    if any(one["SSHPublicKeyBody"] == body for one in keys):
        raise AwsError(
            "DuplicateSSHPublicKey",
            "The SSH public key is already associated with the specified user.",
        )
    quotas.require_below("SSHPublicKeysPerUserQuota", len(keys))
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    record: Record = {
        "UserName": common.user(call)["UserName"],
        "SSHPublicKeyId": unique_id("APKA"),
        "Fingerprint": ":".join(digest[i : i + 2] for i in range(0, 32, 2)),
        "SSHPublicKeyBody": body,
        "Status": "Active",
        "UploadDate": call.now(),
    }
    keys.append(record)
    return {"SSHPublicKey": record}


def get_ssh(call: Call) -> Result:
    """GetSSHPublicKey."""
    return {"SSHPublicKey": _one(call, "SSHPublicKeys", "SSHPublicKeyId", _NO_SSH)}


def list_ssh(call: Call) -> Result:
    """ListSSHPublicKeys."""
    return common.page(
        call, "SSHPublicKeys", _listed(call, "SSHPublicKeys"), lambda one: one["SSHPublicKeyId"]
    )


def update_ssh(call: Call) -> None:
    """UpdateSSHPublicKey."""
    _one(call, "SSHPublicKeys", "SSHPublicKeyId", _NO_SSH)["Status"] = call.params["Status"]


def delete_ssh(call: Call) -> None:
    """DeleteSSHPublicKey."""
    _listed(call, "SSHPublicKeys").remove(_one(call, "SSHPublicKeys", "SSHPublicKeyId", _NO_SSH))


def upload_certificate(call: Call) -> Result:
    """UploadSigningCertificate."""
    certificates = _listed(call, "SigningCertificates")
    body = call.params["CertificateBody"]
    if "-----BEGIN CERTIFICATE-----" not in body:
        raise AwsError("MalformedCertificate", "The certificate was malformed or expired.")
    if any(one["CertificateBody"] == body for one in certificates):
        raise AwsError(
            "DuplicateCertificate",
            "The same certificate is associated with an IAM user in the account.",
        )
    quotas.require_below("SigningCertificatesPerUserQuota", len(certificates))
    record: Record = {
        "UserName": common.user(call)["UserName"],
        "CertificateId": secrets.token_hex(16).upper(),
        "CertificateBody": body,
        "Status": "Active",
        "UploadDate": call.now(),
    }
    certificates.append(record)
    return {"Certificate": record}


def list_certificates(call: Call) -> Result:
    """ListSigningCertificates."""
    return common.page(
        call, "Certificates", _listed(call, "SigningCertificates"), lambda one: one["CertificateId"]
    )


def update_certificate(call: Call) -> None:
    """UpdateSigningCertificate."""
    _one(call, "SigningCertificates", "CertificateId", _NO_CERTIFICATE)["Status"] = call.params[
        "Status"
    ]


def delete_certificate(call: Call) -> None:
    """DeleteSigningCertificate."""
    _listed(call, "SigningCertificates").remove(
        _one(call, "SigningCertificates", "CertificateId", _NO_CERTIFICATE)
    )


def create_credential(call: Call) -> Result:
    """CreateServiceSpecificCredential."""
    credentials = _listed(call, "ServiceSpecificCredentials")
    service, name = call.params["ServiceName"], common.user(call)["UserName"]
    if not re.fullmatch(r"[a-z-]+\.amazonaws\.com", service):
        raise AwsError(
            "NotSupportedService",
            f"The service {service} is not supported for this operation.",
            404,
        )
    quotas.require_below(
        "ServiceSpecificCredentialsPerUserQuota",
        sum(one["ServiceName"] == service for one in credentials),
    )
    record: Record = {
        "CreateDate": call.now(),
        "ServiceName": service,
        "ServiceUserName": f"{name}-at-{call.account}",
        "ServicePassword": secret_access_key(),
        "ServiceSpecificCredentialId": unique_id("ACCA"),
        "UserName": name,
        "Status": "Active",
    }
    credentials.append(record)
    return {"ServiceSpecificCredential": record}


def list_credentials(call: Call) -> Result:
    """ListServiceSpecificCredentials."""
    service = call.params.get("ServiceName")
    hidden = ("ServicePassword",)
    shown: list[dict[str, Any]] = [
        {name: value for name, value in one.items() if name not in hidden}
        for one in _listed(call, "ServiceSpecificCredentials")
        if service in (None, one["ServiceName"])
    ]
    return {"ServiceSpecificCredentials": shown, "IsTruncated": False}


def reset_credential(call: Call) -> Result:
    """ResetServiceSpecificCredential."""
    record = _one(call, "ServiceSpecificCredentials", "ServiceSpecificCredentialId", _NO_CREDENTIAL)
    record["ServicePassword"] = secret_access_key()
    return {"ServiceSpecificCredential": record}


def update_credential(call: Call) -> None:
    """UpdateServiceSpecificCredential."""
    _one(call, "ServiceSpecificCredentials", "ServiceSpecificCredentialId", _NO_CREDENTIAL)[
        "Status"
    ] = call.params["Status"]


def delete_credential(call: Call) -> None:
    """DeleteServiceSpecificCredential."""
    record = _one(call, "ServiceSpecificCredentials", "ServiceSpecificCredentialId", _NO_CREDENTIAL)
    _listed(call, "ServiceSpecificCredentials").remove(record)


HANDLERS: dict[str, Handler] = {
    "CreateAccessKey": create,
    "ListAccessKeys": list_keys,
    "UpdateAccessKey": update,
    "DeleteAccessKey": delete,
    "GetAccessKeyLastUsed": last_used,
    "UploadSSHPublicKey": upload_ssh,
    "GetSSHPublicKey": get_ssh,
    "ListSSHPublicKeys": list_ssh,
    "UpdateSSHPublicKey": update_ssh,
    "DeleteSSHPublicKey": delete_ssh,
    "UploadSigningCertificate": upload_certificate,
    "ListSigningCertificates": list_certificates,
    "UpdateSigningCertificate": update_certificate,
    "DeleteSigningCertificate": delete_certificate,
    "CreateServiceSpecificCredential": create_credential,
    "ListServiceSpecificCredentials": list_credentials,
    "ResetServiceSpecificCredential": reset_credential,
    "UpdateServiceSpecificCredential": update_credential,
    "DeleteServiceSpecificCredential": delete_credential,
}
