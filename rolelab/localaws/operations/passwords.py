"""Passwords of users, and the account's rules for them.

Source: IAM API Reference, CreateLoginProfile …, ChangePassword, UpdateAccountPasswordPolicy; IAM User Guide, "Set an
account password policy for IAM users".
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations import common
from rolelab.localaws.operations.api_call import Call, Handler, Result

_KINDS = {
    "RequireUppercaseCharacters": ("[A-Z]", "uppercase letter"),
    "RequireLowercaseCharacters": ("[a-z]", "lowercase letter"),
    "RequireNumbers": ("[0-9]", "number"),
    "RequireSymbols": (r"[!@#$%^&*()_+\-=\[\]{}|']", "symbol"),
}
_DEFAULTS: dict[str, Any] = {
    "MinimumPasswordLength": 6,
    **dict.fromkeys(_KINDS, False),
    "AllowUsersToChangePassword": False,
    "HardExpiry": False,
}
"""What an account's own policy has where UpdateAccountPasswordPolicy says nothing of it."""
_LEAST = 8
_LEAST_KINDS = 3


def create(call: Call) -> Result:
    """CreateLoginProfile."""
    name = common.user(call)["UserName"]
    table = call.store.table("_login_profiles", call.account)
    if name in table:
        raise AwsError("EntityAlreadyExists", f"Login Profile for user {name} already exists.")
    record: Record = {
        "UserName": name,
        "CreateDate": call.now(),
        "PasswordResetRequired": call.params.get("PasswordResetRequired", False),
    }
    if "Password" in call.params:
        _set_password(call, record, call.params["Password"])
    table[name] = record
    return {"LoginProfile": _login_shown(record)}


def get(call: Call) -> Result:
    """GetLoginProfile."""
    return {"LoginProfile": _login_shown(_login(call))}


def update(call: Call) -> None:
    """UpdateLoginProfile."""
    record = _login(call)
    if "Password" in call.params:
        _set_password(call, record, call.params["Password"])
    if "PasswordResetRequired" in call.params:
        record["PasswordResetRequired"] = call.params["PasswordResetRequired"]


def delete(call: Call) -> None:
    """DeleteLoginProfile."""
    name = _login(call)["UserName"]
    call.store.table("_login_profiles", call.account).pop(name)


def change(call: Call) -> None:
    """ChangePassword, by the user themselves."""
    record = call.store.table("_login_profiles", call.account).get(call.caller.name)
    if call.caller.kind.name != "USER" or record is None:
        raise AwsError("InvalidUserType", "Only an IAM user with a password can change it.")
    if not is_password(record, call.params["OldPassword"]):
        raise AwsError("AccessDenied", "The old password was incorrect.")
    _set_password(call, record, call.params["NewPassword"])
    record["PasswordResetRequired"] = False


def is_password(record: Record, password: str) -> bool:
    """Tell whether it is the password of a login profile."""
    salt = bytes.fromhex(record.get("PasswordSalt", ""))
    given = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1).hex()
    return hmac.compare_digest(given, record.get("PasswordHash", ""))


def _login(call: Call) -> Record:
    name = common.user(call)["UserName"]
    record = call.store.table("_login_profiles", call.account).get(name)
    if record is None:
        raise common.no_such(f"Login Profile for User {name} cannot be found.")
    return record


def _login_shown(record: Record) -> Result:
    return {name: record[name] for name in ("UserName", "CreateDate", "PasswordResetRequired")}


def _set_password(call: Call, record: Record, password: str) -> None:
    """Keep a password's hash, if the account's password policy takes it.

    Source: IAM User Guide, "Set an account password policy for IAM users" (default: 8 to 128 characters, three of the
    four kinds).
    """
    _check(password, call.store.table("_account_password_policy", call.account).get("policy"))
    salt = secrets.token_bytes(16)
    record["PasswordSalt"] = salt.hex()
    record["PasswordHash"] = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1).hex()


def _check(password: str, policy: Record | None) -> None:
    """Refuse a password that the account's policy, or without one AWS's own, does not take.

    Raises:
        AwsError: PasswordPolicyViolation.
    """
    missing = [name for name, (pattern, _) in _KINDS.items() if not re.search(pattern, password)]
    least = policy["MinimumPasswordLength"] if policy else _LEAST
    if len(password) < least:
        raise _violation(f"have a minimum length of {least}")
    if policy is None and len(_KINDS) - len(missing) < _LEAST_KINDS:
        raise _violation(
            "have at least three of uppercase letter, lowercase letter, number, symbol"
        )
    for name in missing:
        if policy and policy.get(name):
            raise _violation(f"have at least one {_KINDS[name][1]}")


def _violation(rule: str) -> AwsError:
    return AwsError("PasswordPolicyViolation", f"Password should {rule}")


# -- the account's policy


def get_policy(call: Call) -> Result:
    """GetAccountPasswordPolicy."""
    policy = _policy(call)
    return {
        "PasswordPolicy": {**_DEFAULTS, **policy, "ExpirePasswords": "MaxPasswordAge" in policy}
    }


def update_policy(call: Call) -> None:
    """UpdateAccountPasswordPolicy: what is not given goes back to its default."""
    call.store.table("_account_password_policy", call.account)["policy"] = {
        **_DEFAULTS,
        **call.params,
    }


def delete_policy(call: Call) -> None:
    """DeleteAccountPasswordPolicy."""
    _policy(call)
    call.store.table("_account_password_policy", call.account).pop("policy")


def _policy(call: Call) -> Record:
    policy = call.store.table("_account_password_policy", call.account).get("policy")
    if policy is None:
        raise common.no_such(
            f"The Password Policy with domain name {call.account} cannot be found."
        )
    return policy


HANDLERS: dict[str, Handler] = {
    "CreateLoginProfile": create,
    "GetLoginProfile": get,
    "UpdateLoginProfile": update,
    "DeleteLoginProfile": delete,
    "ChangePassword": change,
    "GetAccountPasswordPolicy": get_policy,
    "UpdateAccountPasswordPolicy": update_policy,
    "DeleteAccountPasswordPolicy": delete_policy,
}
