"""One's own security credentials: password, access keys, MFA device."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from rolelab.console.one_call import does
from rolelab.console.user_pages import create_key
from rolelab.console.visit import Visit, go


def show(visit: Visit) -> Response:
    """Show what whoever is signed in proves with who they are."""
    session = visit.session
    values: dict[str, Any] = {"has_half": bool(visit.draft)}
    if not session.is_root and not visit.switched:
        own = {"UserName": session.name}
        values["keys"] = visit.listed("ListAccessKeys", "AccessKeyMetadata", **own)
        values["devices"] = visit.listed("ListMFADevices", "MFADevices", **own)
    return visit.page("security_credentials.html", "Security credentials", **values)


def _create_key(visit: Visit) -> Response:
    create_key(visit, visit.session.name)
    return go("/security-credentials")


def _create_device(visit: Visit) -> Response:
    """Create a virtual MFA device; its secret key goes into an authenticator app."""
    name = visit.required("device", "a device name")
    # One that was left half way is of no use to anybody: its secret key is shown only once.
    if before := visit.draft.pop("serial", ""):
        visit.ask("DeleteVirtualMFADevice", may_miss=True, SerialNumber=before)
    device = visit.call("CreateVirtualMFADevice", "VirtualMFADevice", VirtualMFADeviceName=name)
    visit.draft["serial"] = device["SerialNumber"]
    key = device["Base32StringSeed"].decode()
    visit.notice("Enter the secret key in an authenticator app.", {"Secret key": key})
    return go("/security-credentials")


def _enable_device(visit: Visit) -> Response:
    visit.call(
        "EnableMFADevice",
        UserName=visit.session.name,
        SerialNumber=str(visit.draft.get("serial", "")),
        AuthenticationCode1=visit.line("code-1"),
        AuthenticationCode2=visit.line("code-2"),
    )
    visit.draft.clear()
    visit.notice("The MFA device is in use: the next sign-in asks for a code.")
    return go("/security-credentials")


ACTIONS = {
    "create-key": _create_key,
    "delete-key": does(
        "DeleteAccessKey",
        "Access key {AccessKeyId} is deleted.",
        {"UserName": lambda visit: visit.session.name, "AccessKeyId": "key"},
    ),
    "create-device": _create_device,
    "enable-device": _enable_device,
}
