"""Virtual MFA devices: a seed that any authenticator app takes, codes that are used once.

Source: IAM API Reference, CreateVirtualMFADevice, EnableMFADevice, DeactivateMFADevice,
ResyncMFADevice …; IAM User Guide, "Secure API access with MFA".
"""

from __future__ import annotations

import base64
import io
import secrets
from urllib.parse import quote

from rolelab.iam import arns
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind
from rolelab.localaws.accounts.records import DeviceRecord
from rolelab.localaws.operations import lookup, pages, requirements, tagging, totp, users
from rolelab.localaws.operations.api_call import ApiCall, Result

_NO_DEVICE = "MFA Device with serial number {} does not exist."
_LONGEST_SERIAL = 256
"""Source: IAM API Reference, EnableMFADevice (SerialNumber): a longer one could not be named."""
_MOST_USED = 20
_DAY_STEPS = 24 * 3600 // totp.STEP_S


def create(call: ApiCall) -> Result:
    """CreateVirtualMFADevice: the seed is told this once."""
    name, path = call.text("VirtualMFADeviceName"), call.text("Path", "/")
    serial = arns.iam(call.account, "mfa", name, path=path)
    if len(serial) > _LONGEST_SERIAL:
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'virtualMFADeviceName' failed to satisfy "
            "constraint: Member must have length less than or equal to "
            f"{_LONGEST_SERIAL - len(serial) + len(name)}",
        )
    serials = (device["SerialNumber"] for device in call.store.devices.all(call.account))
    if any(arns.name_of(other).lower() == name.lower() for other in serials):
        raise AwsError("EntityAlreadyExists", "MFA device already exists.")
    seed = secrets.token_bytes(40)
    device: DeviceRecord = {
        "SerialNumber": serial,
        "Seed": seed.hex(),
        "User": None,
        "EnableDate": None,
        "UsedSteps": [],
        "Tags": tagging.new(call, case_counts=True),
    }
    call.store.devices.put(call.account, serial, device)
    # The model's blobs are base64 on the wire, and the seed is base32 inside of it.
    base32 = base64.b32encode(seed)
    shown = {
        "SerialNumber": serial,
        "Base32StringSeed": base32,
        "QRCodePNG": _picture(call, name, base32.decode()),
    }
    return {"VirtualMFADevice": shown | {"Tags": device.get("Tags") or None}}


def _picture(call: ApiCall, name: str, seed: str) -> bytes:
    """Return the QR code that an authenticator app reads a seed from, as a PNG.

    Source: IAM API Reference, VirtualMFADevice (QRCodePNG).
    """
    # Read when it is needed: few labs have a device.
    import segno

    picture = io.BytesIO()
    content = f"otpauth://totp/{quote(name)}@{call.account}?secret={seed}"
    segno.make(content, micro=False).save(picture, kind="png", scale=4)
    return picture.getvalue()


def enable(call: ApiCall) -> None:
    """EnableMFADevice: two codes that follow one another."""
    name, device = lookup.user(call)["UserName"], named_device(call)
    if device["User"] is not None:
        raise AwsError("EntityAlreadyExists", "MFA Device is already in use.")
    requirements.require_below("MFADevicesPerUserQuota", len(lookup.devices_of(call, name)))
    device["Shift"] = _two_codes(call, device)
    device["User"], device["EnableDate"], device["UsedSteps"] = name, clock.iso(), []


def resync(call: ApiCall) -> None:
    """ResyncMFADevice: as far as a day off."""
    name = lookup.user(call)["UserName"]
    device = _device_of(call, name)
    device["Shift"] = _two_codes(call, device)


def deactivate(call: ApiCall) -> None:
    """DeactivateMFADevice."""
    device = _device_of(call, lookup.user_or_caller(call)["UserName"])
    device["User"] = device["EnableDate"] = None


def delete(call: ApiCall) -> None:
    """DeleteVirtualMFADevice: refused while it is a user's."""
    device = named_device(call)
    lookup.require_empty((device["User"] is not None, "deactivate MFA device first"))
    call.store.devices.pop(call.account, device["SerialNumber"])


def get(call: ApiCall) -> Result:
    """GetMFADevice."""
    device = named_device(call)
    if "UserName" in call.params and call.text("UserName") != device["User"]:
        raise _no_device(device["SerialNumber"])
    return _shown(device)


def list_of_user(call: ApiCall) -> Result:
    """ListMFADevices."""
    name = lookup.user_or_caller(call)["UserName"]
    devices = lookup.devices_of(call, name)
    return pages.listing(call, "MFADevices", devices, _serial, _shown)


def list_virtual(call: ApiCall) -> Result:
    """ListVirtualMFADevices."""
    status = call.text("AssignmentStatus", "Any")
    devices = [
        device
        for device in call.store.devices.all(call.account)
        if status == "Any" or (status == "Assigned") == (device["User"] is not None)
    ]
    return pages.listing(
        call, "VirtualMFADevices", devices, _serial, lambda device: _virtual_shown(call, device)
    )


def named_device(call: ApiCall) -> DeviceRecord:
    """Return the device that the call names.

    Raises:
        AwsError: NoSuchEntity.
    """
    return lookup.named(call, call.store.devices, "SerialNumber", _NO_DEVICE)


def check_code(call: ApiCall) -> bool:
    """Return whether a call brings a right code of the caller's own device, if it brings one.

    Raises:
        AwsError: AccessDenied, for half of it, a wrong code, somebody else's device, or a code that
            was used before.
    """
    if "SerialNumber" not in call.params and "TokenCode" not in call.params:
        return False
    if "SerialNumber" not in call.params or "TokenCode" not in call.params:
        raise _refused(", must provide both MFA serial number and one time pass code.")
    caller = call.caller
    device = call.store.devices.get(caller.account, call.text("SerialNumber"))
    if device is None or device["User"] != caller.name or caller.kind is not Kind.USER:
        raise _refused(
            ", unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
    if not take_code(device, call.text("TokenCode")):
        raise _refused(" with invalid MFA one time pass code. ")
    return True


def take_code(device: DeviceRecord, code: str) -> bool:
    """Return whether it is a code of the device, and newer than any that was used; it is now.

    What was used in a time that is still to come says nothing: the clock has been moved back.
    """
    now = clock.now() + device.get("Shift", 0) * totp.STEP_S
    step = totp.step_of(bytes.fromhex(device["Seed"]), code, now)
    used, newest = device.get("UsedSteps", []), int(now) // totp.STEP_S + totp.DRIFT
    if step is None or any(step <= before <= newest for before in used):
        return False
    device["UsedSteps"] = [*used, step][-_MOST_USED:]
    return True


def _refused(why: str) -> AwsError:
    return AwsError("AccessDenied", f"MultiFactorAuthentication failed{why}")


def _two_codes(call: ApiCall, device: DeviceRecord) -> int:
    """Return by how many steps the device is ahead, from two codes in a row."""
    seed, now = bytes.fromhex(device["Seed"]), clock.now()
    step = totp.step_of(seed, call.text("AuthenticationCode1"), now, drift=_DAY_STEPS)
    if step is None or totp.code(seed, step + 1) != call.text("AuthenticationCode2"):
        raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.")
    ahead = step - int(now) // totp.STEP_S
    # Within the drift that is taken anyway, the device goes right.
    return 0 if -totp.DRIFT - 1 <= ahead <= totp.DRIFT else ahead


def _device_of(call: ApiCall, user: str) -> DeviceRecord:
    device = named_device(call)
    if device["User"] != user:
        raise _no_device(device["SerialNumber"])
    return device


def _no_device(serial: str) -> AwsError:
    return lookup.no_such(_NO_DEVICE.format(serial))


def _serial(device: DeviceRecord) -> str:
    return device["SerialNumber"]


def _shown(device: DeviceRecord) -> Result:
    return {
        "UserName": device["User"],
        "SerialNumber": device["SerialNumber"],
        "EnableDate": device["EnableDate"],
    }


def _virtual_shown(call: ApiCall, device: DeviceRecord) -> Result:
    view: dict[str, object] = {
        "SerialNumber": device["SerialNumber"],
        "EnableDate": device["EnableDate"],
    }
    owner = call.store.users.get(call.account, device["User"]) if device["User"] else None
    return view | {"User": users.in_list(owner)} if owner else view
