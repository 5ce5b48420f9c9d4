"""Virtual MFA devices: a seed that any authenticator app takes, codes that are checked, and used once.

Source: IAM API Reference, CreateVirtualMFADevice, EnableMFADevice, DeactivateMFADevice, ResyncMFADevice …;
IAM User Guide, "Secure API access with MFA".
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from rolelab.localaws import quotas
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Caller
from rolelab.localaws.accounts.identities import Record, Store
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common, totp, users
from rolelab.localaws.operations.api_call import Call, Handler, Result

_DAY_STEPS = 24 * 3600 // totp.STEP_S


def create(call: Call) -> Result:
    """CreateVirtualMFADevice: the seed is told this once."""
    name, path = call.params["VirtualMFADeviceName"], call.params.get("Path", "/")
    serial = common.arn(call, "mfa", name, path)
    table = call.store.table("_mfa_devices", call.account)
    if any(one.rsplit("/", 1)[1].lower() == name.lower() for one, _ in table.items()):
        raise AwsError(
            "EntityAlreadyExists",
            f"MFADevice entity at the same path and name already exists: {name}",
        )
    seed = secrets.token_bytes(40)
    base32 = base64.b32encode(seed).decode()
    table[serial] = {
        "SerialNumber": serial,
        "Seed": seed.hex(),
        "User": None,
        "EnableDate": None,
        "UsedSteps": [],
        "Tags": common.new_tags(call),
    }
    # The model's blobs are base64 on the wire, and the seed is base32 inside of it.
    device = {"SerialNumber": serial, "Base32StringSeed": base32.encode()}
    return {"VirtualMFADevice": device | {"Tags": table.get(serial)["Tags"] or None}}


def enable(call: Call) -> None:
    """EnableMFADevice: two codes that follow one another."""
    name = common.entity(call, "user")["UserName"]
    device = _device(call)
    if device["User"] is not None:
        raise AwsError(
            "EntityAlreadyExists", f"MFA Device is already in use: {device['SerialNumber']}"
        )
    quotas.require_below("MFADevicesPerUserQuota", len(_of_user(call.store, call.account, name)))
    device["Shift"] = _two_codes(call, device)
    device |= {"User": name, "EnableDate": call.now(), "UsedSteps": []}


def resync(call: Call) -> None:
    """ResyncMFADevice: as far as a day off."""
    name = common.entity(call, "user")["UserName"]
    device = _device(call)
    if device["User"] != name:
        raise _no_device(device["SerialNumber"])
    device["Shift"] = _two_codes(call, device)


def deactivate(call: Call) -> None:
    """DeactivateMFADevice."""
    name = common.user(call)["UserName"]
    device = _device(call)
    if device["User"] != name:
        raise _no_device(device["SerialNumber"])
    device |= {"User": None, "EnableDate": None}


def delete(call: Call) -> None:
    """DeleteVirtualMFADevice: refused while it is a user's."""
    device = _device(call, virtual=True)
    if device["User"] is not None:
        raise AwsError("DeleteConflict", "Cannot delete entity, must deactivate MFA device first.")
    call.store.table("_mfa_devices", call.account).pop(device["SerialNumber"])


def get(call: Call) -> Result:
    """GetMFADevice."""
    device = _device(call)
    if call.params.get("UserName", device["User"]) != device["User"]:
        raise _no_device(device["SerialNumber"])
    return {
        "UserName": device["User"],
        "SerialNumber": device["SerialNumber"],
        "EnableDate": device["EnableDate"],
    }


def list_of_user(call: Call) -> Result:
    """ListMFADevices."""
    found = _of_user(call.store, call.account, common.user(call)["UserName"])
    page = common.page(call, "MFADevices", found, lambda one: one["SerialNumber"])
    shown = [
        {
            "UserName": one["User"],
            "SerialNumber": one["SerialNumber"],
            "EnableDate": one["EnableDate"],
        }
        for one in page["MFADevices"]
    ]
    return page | {"MFADevices": shown}


def list_virtual(call: Call) -> Result:
    """ListVirtualMFADevices."""
    status = call.params.get("AssignmentStatus", "Any")
    found = [
        one
        for one in call.store.table("_mfa_devices", call.account).values()
        if status == "Any" or (status == "Assigned") == (one["User"] is not None)
    ]
    page = common.page(call, "VirtualMFADevices", found, lambda one: one["SerialNumber"])
    return page | {"VirtualMFADevices": [_shown(call, one) for one in page["VirtualMFADevices"]]}


def tag(call: Call) -> None:
    """TagMFADevice."""
    common.tag(_device(call), call)


def untag(call: Call) -> None:
    """UntagMFADevice."""
    common.untag(_device(call), call)


def list_tags(call: Call) -> Result:
    """ListMFADeviceTags."""
    return common.page(call, "Tags", _device(call).get("Tags") or [], lambda one: one["Key"])


def check_code(store: Store, caller: Caller, serial: str | None, given: str | None) -> bool:
    """Tell whether a call brings a right code of the caller's own device; False where it brings none.

    Raises:
        AwsError: AccessDenied, for half of it, a wrong code, somebody else's device, or a code that was used before.
    """
    if serial is None and given is None:
        return False
    if serial is None or given is None:
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        )
    device = store.table("_mfa_devices", caller.account).get(serial)
    if device is None or device["User"] != caller.name or caller.kind.name != "USER":
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user.",
        )
    now = clock.now() + device.get("Shift", 0) * totp.STEP_S
    step = totp.step_of(bytes.fromhex(device["Seed"]), given, now)
    if step is None or step in _used(device):
        raise AwsError(
            "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "
        )
    device["UsedSteps"] = [one for one in _used(device) if one >= step - 2 * totp.DRIFT - 1] + [
        step
    ]
    return True


def _used(device: Record) -> list[int]:
    return device.get("UsedSteps", [])


def _two_codes(call: Call, device: Record) -> int:
    """Return by how many steps the device is ahead, from two codes in a row."""
    seed, now = bytes.fromhex(device["Seed"]), clock.now()
    first, second = call.params["AuthenticationCode1"], call.params["AuthenticationCode2"]
    step = totp.step_of(seed, first, now, drift=_DAY_STEPS)
    if step is None or totp.code(seed, step + 1) != second:
        raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.")
    ahead = step - int(now) // totp.STEP_S
    # Within the drift that is taken anyway, the device goes right.
    return 0 if -totp.DRIFT - 1 <= ahead <= totp.DRIFT else ahead


def _of_user(store: Store, account: str, name: str) -> list[Record]:
    return [one for one in store.table("_mfa_devices", account).values() if one.get("User") == name]


def _device(call: Call, *, virtual: bool = False) -> Record:
    serial = call.params["SerialNumber"]
    device = call.store.table("_mfa_devices", call.account).get(serial)
    if device is None:
        if virtual:
            raise common.no_such(f"VirtualMFADevice with serial number {serial} doesn't exist.")
        raise _no_device(serial)
    return device


def _no_device(serial: str) -> AwsError:
    return common.no_such(f"MFA Device with serial number {serial} does not exist.")


def _shown(call: Call, device: Record) -> Result:
    view: dict[str, Any] = {
        "SerialNumber": device["SerialNumber"],
        "EnableDate": device["EnableDate"],
    }
    owner = call.store.get("user", call.account, device["User"]) if device["User"] else None
    if owner:
        view["User"] = users.shown(owner, details=False)
    return view


HANDLERS: dict[str, Handler] = {
    "CreateVirtualMFADevice": create,
    "EnableMFADevice": enable,
    "ResyncMFADevice": resync,
    "DeactivateMFADevice": deactivate,
    "DeleteVirtualMFADevice": delete,
    "GetMFADevice": get,
    "ListMFADevices": list_of_user,
    "ListVirtualMFADevices": list_virtual,
    "TagMFADevice": tag,
    "UntagMFADevice": untag,
    "ListMFADeviceTags": list_tags,
}
