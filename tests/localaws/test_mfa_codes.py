"""Which codes of an MFA device count: each once, and none from before one that was used."""

from __future__ import annotations

import time
from base64 import b32decode
from dataclasses import dataclass
from functools import partial

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.operations import totp
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from tests.localaws.iam_lab import as_user, refused

WRONG = ("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")


@dataclass
class Phone:
    """A device of a user, and that user."""

    anna: Clients
    seed: bytes
    serial: str
    present: int
    """The step of now."""

    def use(self, step: int) -> None:
        """Use the code of so many steps from now on."""
        code = totp.code(self.seed, self.present + step)
        self.anna.sts.get_session_token(SerialNumber=self.serial, TokenCode=code)


@pytest.fixture
def phone(root: Clients) -> Phone:
    """A device that the codes of the last two steps have enabled."""
    root.iam.create_user(UserName="anna")
    device = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = b32decode(device.get("Base32StringSeed", b""))
    # As long as a test lasts, the step may end, and no second one.
    present = int(time.time()) // totp.STEP_S
    root.iam.enable_mfa_device(
        UserName="anna",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.code(seed, present - 1),
        AuthenticationCode2=totp.code(seed, present),
    )
    return Phone(as_user(root, "anna"), seed, device["SerialNumber"], present)


def test_a_code_from_before_one_that_was_used_is_refused(phone: Phone) -> None:
    """Whoever has seen a code that was typed in too late gets nowhere with it."""
    phone.use(1)
    for step in (1, 0, -1):
        assert refused(partial(phone.use, step)) == WRONG
    phone.use(2)
    assert refused(partial(phone.use, 1)) == WRONG


def test_the_codes_that_enabled_the_device_are_good_in_their_order(phone: Phone) -> None:
    """A lesson that has just enabled one need not wait for the next code."""
    phone.use(-1)
    phone.use(0)
    assert refused(partial(phone.use, -1)) == WRONG


def test_a_clock_that_was_moved_back_leaves_the_device_good(
    phone: Phone, local_aws: Instance
) -> None:
    """What was used a day ahead is no reason to refuse a day of codes; what was used now is."""
    phone.use(0)
    control.move_clock(local_aws, 24 * 3600)
    try:
        phone.use(24 * 3600 // totp.STEP_S)
    finally:
        control.reset_clock(local_aws)
    assert refused(partial(phone.use, 0)) == WRONG
    phone.use(1)
