"""One's own security credentials: password, access keys, MFA device."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from rolelab.console.user_pages import create_key
from rolelab.console.visit import Visit, WrongInput, go


def show(visit: Visit) -> Response:
    """Show what whoever is signed in proves with who they are."""
    session = visit.session
    keys: list[Any] = []
    devices: list[Any] = []
    if not session.is_root and not session.switched:
        keys = visit.listed("ListAccessKeys", "AccessKeyMetadata", UserName=session.name)
        devices = visit.listed("ListMFADevices", "MFADevices", UserName=session.name)
    title = "Security credentials"
    half = bool(visit.draft("mfa"))
    return visit.page("security_credentials.html", title, keys=keys, devices=devices, has_half=half)


def _create_key(visit: Visit) -> Response:
    create_key(visit, visit.session.name)
    return go("/security-credentials")


def _delete_key(visit: Visit) -> Response:
    key = visit.text("key")
    visit.call("DeleteAccessKey", UserName=visit.session.name, AccessKeyId=key)
    visit.notice(f"Access key {key} is deleted.")
    return go("/security-credentials")


def _create_device(visit: Visit) -> Response:
    """Create a virtual MFA device; its secret key goes into an authenticator app."""
    name = visit.text("device").strip()
    if not name:
        raise WrongInput("Enter a device name.")
    # One that was left half way is of no use to anybody: its secret key is shown only once.
    if before := visit.draft("mfa").pop("serial", ""):
        visit.ask_if_there("DeleteVirtualMFADevice", SerialNumber=before)
    device = visit.call("CreateVirtualMFADevice", "VirtualMFADevice", VirtualMFADeviceName=name)
    key = device["Base32StringSeed"].decode()
    visit.draft("mfa")["serial"] = device["SerialNumber"]
    visit.notice("Enter the secret key in an authenticator app.", {"Secret key": key})
    return go("/security-credentials")


def _enable_device(visit: Visit) -> Response:
    serial = str(visit.draft("mfa").get("serial", ""))
    visit.call(
        "EnableMFADevice",
        UserName=visit.session.name,
        SerialNumber=serial,
        AuthenticationCode1=visit.text("code-1").strip(),
        AuthenticationCode2=visit.text("code-2").strip(),
    )
    visit.forget_draft("mfa")
    visit.notice("The MFA device is in use: the next sign-in asks for a code.")
    return go("/security-credentials")


ACTIONS = {
    "create-key": _create_key,
    "delete-key": _delete_key,
    "create-device": _create_device,
    "enable-device": _enable_device,
}
