"""Signing in to the console: who may, and the temporary credentials that they get.

Console credentials are the user itself: unlike GetSessionToken's they may call all of IAM and STS.
What is wrong with a try is never told: whether the user exists, has a password, or whether the
password or the code was wrong is the same to whoever tries.

Source: IAM User Guide, "How IAM users sign in to your AWS account", "Use MFA devices with your IAM
sign-in page", "AWS global condition context keys" (aws:MultiFactorAuthPresent); CloudTrail User
Guide, "AWS Management Console sign-in events".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from rolelab.iam import arns, names
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import DeviceRecord, LoginRecord, SessionRecord, UserRecord
from rolelab.localaws.operations import mfa, passwords, sessions
from rolelab.localaws.operations.wrong_tries import WrongTries, too_many

CONSOLE_S = 12 * 3600
"""How long a sign-in lasts."""
_EXPIRED = "Your password has expired. Ask an administrator to set a new one."
WRONG = "Your authentication information is incorrect. Please try again."
_NOBODY: LoginRecord = {
    "UserName": "",
    "CreateDate": "",
    "PasswordResetRequired": False,
    "PasswordSalt": "00" * 16,
    "PasswordHash": "",
}
"""Takes as long to refuse as a user's own record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that succeeded."""

    account: str
    arn: str
    name: str
    """Of the user; empty for root."""
    access_key_id: str
    credentials: dict[str, str]
    """As AssumeRole gives them."""
    with_mfa: bool = False
    must_change: bool = False
    """Whether a new password has to be chosen before anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSignedIn:
    """A sign-in that did not succeed."""

    kind: Literal["wrong", "code", "wait", "expired"]
    """`code`: the password is right, and a code of the MFA device is wanted; `expired`: all was
    right, and only an administrator can set a new password."""
    message: str
    account: str = ""
    user: UserRecord | None = None


@dataclass(slots=True)
class SignIn:
    """The sign-in service of all accounts."""

    _store: IdentityStore
    _wrong: WrongTries = field(default_factory=WrongTries)

    def by_password(
        self, account: str, name: str, password: str, code: str
    ) -> SignedIn | NotSignedIn:
        """Sign a user in; `account` is 12 digits or an alias, `code` of the user's device or ""."""
        number = self._account(account)
        tried, now = (number, name), time.monotonic()
        wait_s = self._wrong.wait_s(tried, now)
        if wait_s > 0:
            return NotSignedIn(kind="wait", message=too_many(wait_s), account=number)
        user = self._store.users.get(number, name)
        login = self._store.logins.get(number, name) if user else None
        right = passwords.is_password(login or _NOBODY, password)
        devices = self._devices(number, name) if right else []
        if right and devices and not code:
            message = "Enter the code of your MFA device."
            return NotSignedIn(kind="code", message=message, account=number, user=user)
        if user is None or login is None or not right or not _is_code(devices, code):
            self._wrong.add(tried, now)
            return NotSignedIn(kind="wrong", message=WRONG, account=number, user=user)
        self._wrong.forget(tried)
        expiry = passwords.expiry(self._store, number, login)
        if expiry == "expired for good":
            return NotSignedIn(kind="expired", message=_EXPIRED, account=number, user=user)
        user["PasswordLastUsed"] = clock.iso()
        return self._session(
            {
                "Arn": user["Arn"],
                "UserId": user["UserId"],
                "AccountId": number,
                "PrincipalType": "User",
                "PrincipalName": name,
                "MfaAt": clock.now() if devices else None,
            },
            must_change=login["PasswordResetRequired"] or expiry == "expired",
        )

    def as_root(self, account: str) -> SignedIn:
        """Sign the root user of an account in."""
        return self._session(
            {
                "Arn": arns.account_root(account),
                "UserId": account,
                "AccountId": account,
                "PrincipalType": "Root",
                "MfaAt": None,
            }
        )

    def _session(self, session: SessionRecord, *, must_change: bool = False) -> SignedIn:
        session["IsConsole"] = True
        credentials = sessions.issue_to_nobody(self._store.sessions, CONSOLE_S, session)
        return SignedIn(
            account=session["AccountId"],
            arn=session["Arn"],
            name=session.get("PrincipalName", ""),
            access_key_id=credentials["AccessKeyId"],
            credentials=credentials,
            with_mfa=bool(session.get("MfaAt")),
            must_change=must_change,
        )

    def _account(self, text: str) -> str:
        """Return the account of 12 digits or an alias; what is neither is nobody's."""
        if names.ACCOUNT_ID.fullmatch(text):
            return text
        return self._store.account_of_alias(text) or ""

    def _devices(self, account: str, name: str) -> list[DeviceRecord]:
        return [each for each in self._store.devices.all(account) if each["User"] == name]


def _is_code(devices: list[DeviceRecord], code: str) -> bool:
    """Return whether the code is one of a device's; without devices none is wanted."""
    return not devices or any(mfa.take_code(device, code) for device in devices)
