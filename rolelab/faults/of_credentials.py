"""Faults of the learner's user: ways to act as the user that nobody declared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timezone

from rolelab.faults.scene import Fault, Scene

_STEP_S = 30


def _add_ssh_key(scene: Scene) -> None:
    # Of a random number nobody has the other half.
    parts = (b"ssh-rsa", b"\x01\x00\x01", b"\x00\x80" + secrets.token_bytes(255))
    body = base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts))
    scene.iam.upload_ssh_public_key(
        UserName=scene.user, SSHPublicKeyBody=f"ssh-rsa {body.decode()} somebody"
    )


def _add_certificate(scene: Scene) -> None:
    body = base64.b64encode(b"\x30\x82\x01\x00" + secrets.token_bytes(256)).decode()
    scene.iam.upload_signing_certificate(
        UserName=scene.user,
        CertificateBody=f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----",
    )


def _add_service_password(scene: Scene) -> None:
    scene.iam.create_service_specific_credential(
        UserName=scene.user, ServiceName="codecommit.amazonaws.com"
    )


def _add_mfa_device(scene: Scene) -> None:
    """Give the user a virtual device whose seed is forgotten here."""
    # AWS's time, not ours: the local one can be moved.
    made = scene.iam.create_virtual_mfa_device(
        VirtualMFADeviceName=f"somebodys-{secrets.token_hex(4)}"
    )
    device, headers = made["VirtualMFADevice"], made["ResponseMetadata"]["HTTPHeaders"]
    at = datetime.strptime(headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(
        tzinfo=timezone.utc
    )
    seed = device.get("Base32StringSeed", b"")
    step = int(at.timestamp()) // _STEP_S
    scene.iam.enable_mfa_device(
        UserName=scene.user,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=_code(seed, step - 1),
        AuthenticationCode2=_code(seed, step),
    )


def _code(seed: bytes, step: int) -> str:
    """Return the code of a time step.

    Source: RFC 4226, section 5.3, and RFC 6238.
    """
    digest = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


CREDENTIAL_FAULTS = (
    Fault(
        name="ssh-key-added",
        does="gives the user an SSH public key",
        apply=_add_ssh_key,
        fails=("declared.user-key",),
        because="has SSH public key APKA",
    ),
    Fault(
        name="certificate-added",
        does="gives the user a signing certificate",
        apply=_add_certificate,
        fails=("declared.user-key",),
        because="has signing certificate",
    ),
    Fault(
        name="service-password-added",
        does="gives the user a password for a single service",
        apply=_add_service_password,
        fails=("declared.user-key",),
        because="has password for a single service ACCA",
    ),
    Fault(
        name="mfa-device-added",
        does="gives the user an MFA device",
        apply=_add_mfa_device,
        fails=("declared.user-key",),
        because="has MFA device arn:",
    ),
)
