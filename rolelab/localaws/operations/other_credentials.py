"""SSH keys, signing certificates and passwords for single services: lists on the user's record.

Source: IAM API Reference, UploadSSHPublicKey …, UploadSigningCertificate …,
CreateServiceSpecificCredential ….
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal, cast

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.operations import lookup, pages, requirements
from rolelab.localaws.operations.api_call import ApiCall, Result, access_key_id, secret_access_key

_Held = Literal["SSHPublicKeys", "SigningCertificates", "ServiceSpecificCredentials"]
Fields = dict[str, str]
"""Any of the three records: all their fields are texts."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One of the three kinds."""

    held: str
    """The field of the user's record that holds the list."""
    key: str
    """The field that tells one from another."""
    shown: str
    """What answers call one of them."""
    missing: str
    """What AWS answers where there is none with that id."""

    def of_user(self, call: ApiCall) -> list[Fields]:
        """Return what the user has that the call names, or who calls: to be read and changed."""
        user = cast("dict[str, list[Fields]]", lookup.user_or_caller(call))
        return user.setdefault(self.held, [])

    def find(self, call: ApiCall) -> Fields:
        """Return the one that the call names.

        Raises:
            AwsError: NoSuchEntity.
        """
        key = call.text(self.key)
        for record in self.of_user(call):
            if record[self.key] == key:
                return record
        raise lookup.no_such(self.missing.format(key))

    def get(self, call: ApiCall) -> Result:
        """GetSSHPublicKey."""
        return {self.shown: self.find(call)}

    def list_all(self, call: ApiCall) -> Result:
        """ListSSHPublicKeys, ListSigningCertificates."""
        return pages.listing(
            call, f"{self.shown}s", self.of_user(call), lambda record: record[self.key]
        )

    def update(self, call: ApiCall) -> None:
        """UpdateSSHPublicKey and its like: active or inactive."""
        self.find(call)["Status"] = call.text("Status")

    def delete(self, call: ApiCall) -> None:
        """DeleteSSHPublicKey and its like."""
        self.of_user(call).remove(self.find(call))


SSH_KEY = Credential(
    "SSHPublicKeys",
    "SSHPublicKeyId",
    "SSHPublicKey",
    "The Public Key with id {} cannot be found.",
)
CERTIFICATE = Credential(
    "SigningCertificates",
    "CertificateId",
    "Certificate",
    "The Certificate with id {} cannot be found.",
)
SERVICE_PASSWORD = Credential(
    "ServiceSpecificCredentials",
    "ServiceSpecificCredentialId",
    "ServiceSpecificCredential",
    "No such credential {} exists",
)
HELD: tuple[_Held, ...] = ("SSHPublicKeys", "SigningCertificates", "ServiceSpecificCredentials")
"""The fields of a user's record that hold them."""
_SERVICES = frozenset({
    "codecommit.amazonaws.com", "cassandra.amazonaws.com",
    "bedrock.amazonaws.com", "logs.amazonaws.com",
})  # fmt: skip
"""Services that take such a password.

Source: IAM User Guide, "Service-specific credentials for IAM users".
"""


def upload_ssh_key(call: ApiCall) -> Result:
    """UploadSSHPublicKey."""
    keys = SSH_KEY.of_user(call)
    body = call.text("SSHPublicKeyBody").strip()
    if not re.match(r"(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) [A-Za-z0-9+/=]+|-----BEGIN ", body):
        raise AwsError("InvalidPublicKey", "The public key is malformed or otherwise invalid.")
    if any(key["SSHPublicKeyBody"] == body for key in keys):
        raise AwsError(
            "DuplicateSSHPublicKey",
            "The SSH public key is already associated with the specified user.",
        )
    requirements.require_below("SSHPublicKeysPerUserQuota", len(keys))
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    record = {
        "UserName": lookup.user_or_caller(call)["UserName"],
        "SSHPublicKeyId": access_key_id("APKA"),
        "Fingerprint": ":".join(digest[i : i + 2] for i in range(0, 32, 2)),
        "SSHPublicKeyBody": body,
        "Status": "Active",
        "UploadDate": clock.iso(),
    }
    keys.append(record)
    return {"SSHPublicKey": record}


def upload_certificate(call: ApiCall) -> Result:
    """UploadSigningCertificate."""
    certificates = CERTIFICATE.of_user(call)
    body = call.text("CertificateBody")
    if "-----BEGIN CERTIFICATE-----" not in body:
        raise AwsError("MalformedCertificate", f"Certificate {body} is malformed.")
    if any(certificate["CertificateBody"] == body for certificate in certificates):
        raise AwsError(
            "DuplicateCertificate",
            "The same certificate is associated with an IAM user in the account.",
        )
    requirements.require_below("SigningCertificatesPerUserQuota", len(certificates))
    record = {
        "UserName": lookup.user_or_caller(call)["UserName"],
        "CertificateId": secrets.token_hex(16).upper(),
        "CertificateBody": body,
        "Status": "Active",
        "UploadDate": clock.iso(),
    }
    certificates.append(record)
    return {"Certificate": record}


def create_password(call: ApiCall) -> Result:
    """CreateServiceSpecificCredential."""
    passwords = SERVICE_PASSWORD.of_user(call)
    service, name = call.text("ServiceName"), lookup.user_or_caller(call)["UserName"]
    _require_service(service)
    requirements.require_below(
        "ServiceSpecificCredentialsPerUserQuota",
        sum(password["ServiceName"] == service for password in passwords),
    )
    record = {
        "CreateDate": clock.iso(),
        "ServiceName": service,
        "ServiceUserName": f"{name}-at-{call.account}",
        "ServicePassword": secret_access_key(),
        "ServiceSpecificCredentialId": access_key_id("ACCA"),
        "UserName": name,
        "Status": "Active",
    }
    passwords.append(record)
    return {"ServiceSpecificCredential": record}


def _require_service(service: str) -> None:
    """Refuse a service that has no passwords of its own.

    Raises:
        AwsError: NoSuchEntity.
    """
    if service not in _SERVICES:
        raise lookup.no_such(
            f"No such service {service} is supported for Service Specific Credentials"
        )


def list_passwords(call: ApiCall) -> Result:
    """ListServiceSpecificCredentials."""
    service = call.text("ServiceName")
    if service:
        _require_service(service)
    shown = [
        {name: value for name, value in password.items() if name != "ServicePassword"}
        for password in SERVICE_PASSWORD.of_user(call)
        if service in ("", password["ServiceName"])
    ]
    return {"ServiceSpecificCredentials": shown, "IsTruncated": False}


def reset_password(call: ApiCall) -> Result:
    """ResetServiceSpecificCredential."""
    record = SERVICE_PASSWORD.find(call)
    record["ServicePassword"] = secret_access_key()
    return {"ServiceSpecificCredential": record}
