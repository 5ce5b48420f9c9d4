"""Passwords of users, and the account's rules for them.

Source: IAM API Reference, CreateLoginProfile …, ChangePassword, UpdateAccountPasswordPolicy; IAM
User Guide, "Set an account password policy for IAM users".
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind
from rolelab.localaws.accounts.identities import PASSWORD_RULES, IdentityStore
from rolelab.localaws.accounts.records import LoginRecord
from rolelab.localaws.operations import lookup
from rolelab.localaws.operations.api_call import ApiCall, Result

_KINDS = {
    "RequireUppercaseCharacters": ("[A-Z]", "uppercase letter"),
    "RequireLowercaseCharacters": ("[a-z]", "lowercase letter"),
    "RequireNumbers": ("[0-9]", "number"),
    "RequireSymbols": (r"[!@#$%^&*()_+\-=\[\]{}|']", "symbol"),
}
_DEFAULTS: Mapping[str, object] = {
    "MinimumPasswordLength": 6,
    **dict.fromkeys(_KINDS, False),
    "AllowUsersToChangePassword": False,
}
"""What an account's own policy has where UpdateAccountPasswordPolicy leaves it out."""
_LEAST = 8
_LEAST_KINDS = 3
_MOST_FORMER = 24
"""As many as an account's policy can prevent from being used again."""


def create(call: ApiCall) -> Result:
    """CreateLoginProfile."""
    name = lookup.user_or_caller(call)["UserName"]
    if call.store.logins.get(call.account, name):
        raise AwsError("EntityAlreadyExists", f"Login Profile for user {name} already exists.")
    record: LoginRecord = {
        "UserName": name,
        "CreateDate": clock.iso(),
        "PasswordResetRequired": call.flag("PasswordResetRequired"),
    }
    if "Password" in call.params:
        _set_password(call, record, call.text("Password"))
    call.store.logins.put(call.account, name, record)
    return {"LoginProfile": _shown(record)}


def get(call: ApiCall) -> Result:
    """GetLoginProfile."""
    return {"LoginProfile": _shown(_login(call))}


def update(call: ApiCall) -> None:
    """UpdateLoginProfile."""
    record = _login(call)
    if "Password" in call.params:
        _set_password(call, record, call.text("Password"))
    if "PasswordResetRequired" in call.params:
        record["PasswordResetRequired"] = call.flag("PasswordResetRequired")


def delete(call: ApiCall) -> None:
    """DeleteLoginProfile."""
    call.store.logins.pop(call.account, _login(call)["UserName"])


def change(call: ApiCall) -> None:
    """ChangePassword, by the user themselves."""
    record = call.store.logins.get(call.account, call.caller.name)
    if call.caller.kind is not Kind.USER or record is None:
        raise AwsError("InvalidUserType", "Only an IAM user with a password can change it.")
    if not is_password(record, call.text("OldPassword")):
        raise AwsError("AccessDenied", "The old password was incorrect.")
    _set_password(call, record, call.text("NewPassword"))
    record["PasswordResetRequired"] = False


def is_password(record: LoginRecord, password: str) -> bool:
    """Return whether it is the password of a login profile."""
    digest = _digest(password, bytes.fromhex(record.get("PasswordSalt", "")))
    return hmac.compare_digest(digest, record.get("PasswordHash", ""))


def _digest(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1).hex()


def _login(call: ApiCall) -> LoginRecord:
    name = lookup.user_or_caller(call)["UserName"]
    record = call.store.logins.get(call.account, name)
    if record is None:
        raise lookup.no_such(f"Login Profile for User {name} cannot be found.")
    return record


def _shown(record: LoginRecord) -> Result:
    return {name: record[name] for name in ("UserName", "CreateDate", "PasswordResetRequired")}


def _set_password(call: ApiCall, record: LoginRecord, password: str) -> None:
    """Keep a password's hash, if the account's password policy takes it.

    Source: IAM User Guide, "Set an account password policy for IAM users" (default: 8 to 128
    characters, three of the four kinds).
    """
    rules = call.store.password_rules.get(call.account, PASSWORD_RULES)
    _check(password, rules)
    _require_new(password, record, rules)
    if "PasswordHash" in record:
        replaced = (record.get("PasswordSalt", ""), record["PasswordHash"])
        record["FormerPasswords"] = [replaced, *record.get("FormerPasswords", [])][:_MOST_FORMER]
    salt = secrets.token_bytes(16)
    record["PasswordSalt"], record["PasswordHash"] = salt.hex(), _digest(password, salt)
    record["PasswordDate"] = clock.iso()


def _check(password: str, policy: Mapping[str, object] | None) -> None:
    """Refuse a password that the account's policy, or without one AWS's own, does not take.

    Raises:
        AwsError: PasswordPolicyViolation.
    """
    missing = [name for name, (pattern, _) in _KINDS.items() if not re.search(pattern, password)]
    least = int(str(policy["MinimumPasswordLength"])) if policy else _LEAST
    if len(password) < least:
        raise _violation(f"have a minimum length of {least}")
    if policy is None and len(_KINDS) - len(missing) < _LEAST_KINDS:
        raise _violation(
            "have at least three of uppercase letter, lowercase letter, number, symbol"
        )
    for name in missing:
        if policy and policy.get(name):
            raise _violation(f"have at least one {_KINDS[name][1]}")


def _require_new(password: str, record: LoginRecord, policy: Mapping[str, object] | None) -> None:
    """Refuse one of the last passwords; the present one is the first of them.

    Raises:
        AwsError: PasswordPolicyViolation.
    """
    count = (policy or {}).get("PasswordReusePrevention")
    if not isinstance(count, int):
        return
    present = (record.get("PasswordSalt", ""), record.get("PasswordHash", ""))
    for salt, digest in [present, *record.get("FormerPasswords", [])][:count]:
        if hmac.compare_digest(_digest(password, bytes.fromhex(salt)), digest):
            raise _violation(f"not be one of the last {count} passwords")


def next_rotation(call: ApiCall, changed: str) -> str:
    """Return when a password of then expires by the account's policy; `N/A` if it does not."""
    end = _end(call.store.password_rules.get(call.account, PASSWORD_RULES), changed)
    return "N/A" if end is None else clock.iso(end.timestamp())


def expiry(
    store: IdentityStore, account: str, record: LoginRecord
) -> Literal["valid", "expired", "expired for good"]:
    """Return whether a password is too old; `expired for good`: only an administrator helps.

    Source: IAM API Reference, PasswordPolicy (MaxPasswordAge, HardExpiry); IAM User Guide, "Set an
    account password policy for IAM users" (it is enforced at once, on passwords that there are).
    """
    rules = store.password_rules.get(account, PASSWORD_RULES) or {}
    end = _end(rules, record.get("PasswordDate") or record["CreateDate"])
    if end is None or clock.moment() < end:
        return "valid"
    return "expired for good" if rules.get("HardExpiry") is True else "expired"


def _end(policy: Mapping[str, object] | None, changed: str) -> datetime | None:
    days = (policy or {}).get("MaxPasswordAge")
    if not isinstance(days, int):
        return None
    return datetime.fromisoformat(changed.replace("Z", "+00:00")) + timedelta(days=days)


def _violation(rule: str) -> AwsError:
    return AwsError("PasswordPolicyViolation", f"Password should {rule}")


# -- the account's policy --------------------------------------------------------------------------


def get_policy(call: ApiCall) -> Result:
    """GetAccountPasswordPolicy."""
    policy = call.store.password_rules.get(call.account, PASSWORD_RULES)
    if policy is None:
        raise lookup.no_such(
            f"The Password Policy with domain name {call.account} cannot be found."
        )
    expires = {"ExpirePasswords": "MaxPasswordAge" in policy}
    return {"PasswordPolicy": {**_DEFAULTS, **policy, **expires}}


def update_policy(call: ApiCall) -> None:
    """UpdateAccountPasswordPolicy: what is not given goes back to its default."""
    call.store.password_rules.put(call.account, PASSWORD_RULES, {**_DEFAULTS, **call.params})


def delete_policy(call: ApiCall) -> None:
    """DeleteAccountPasswordPolicy."""
    if call.store.password_rules.pop(call.account, PASSWORD_RULES) is None:
        raise lookup.no_such("The account policy with name PasswordPolicy cannot be found.")
