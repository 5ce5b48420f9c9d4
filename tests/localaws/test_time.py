"""What time does: sessions end, keys and roles show their last use, codes are good once."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.localaws.operations import totp
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret

TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock is every test's: it has the real time again afterwards."""
    yield
    control.reset_clock(request.getfixturevalue("local_aws"))


def _as(local_aws: Instance, key: str, secret: str, token: str | None = None) -> Clients:
    held = Credentials(
        access_key_id=key,
        secret_access_key=Secret(secret),
        session_token=Secret(token) if token else None,
    )
    return Clients(
        Endpoint(url=local_aws.url, region=local_aws.region, credentials=held), attempts=1
    )


def _user(local_aws: Instance, root: Clients, name: str = "anna") -> Clients:
    root.iam.create_user(UserName=name)
    key = root.iam.create_access_key(UserName=name)["AccessKey"]
    return _as(local_aws, key["AccessKeyId"], key["SecretAccessKey"])


def _switched(local_aws: Instance, user: Clients, account: str, *, seconds: int = 900) -> Clients:
    told = user.sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/r", RoleSessionName="lab", DurationSeconds=seconds
    )["Credentials"]
    return _as(local_aws, told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))


def test_a_session_ends_when_it_ends(
    local_aws: Instance, root: Clients, account: str, own: None
) -> None:
    """The lesson's limited time can be seen without waiting for it."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    session = _switched(local_aws, _user(local_aws, root), account)
    assert control.move_clock(local_aws, 899) == pytest.approx(899)  # pyright: ignore[reportUnknownMemberType]
    try:
        assert session.sts.get_caller_identity()["Arn"].endswith("assumed-role/r/lab")
        control.move_clock(local_aws, 2)
        for ask, code in (
            (session.sts.get_caller_identity, "ExpiredToken"),
            (session.iam.list_users, "ExpiredToken"),
            (session.s3.list_buckets, "ExpiredToken"),
        ):
            with pytest.raises(ClientError) as refused:
                ask()
            assert _code(refused.value) == code
        # A learner's own key has no end, and the real time of its signature is what counts.
        assert root.sts.get_caller_identity()["Account"] == account
    finally:
        control.reset_clock(local_aws)
    assert session.sts.get_caller_identity()["Arn"].endswith("assumed-role/r/lab")


def test_the_clock_is_what_policies_see(
    local_aws: Instance, root: Clients, account: str, own: None
) -> None:
    """A class that ends on Friday can be tried on Monday."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    user = _user(local_aws, root)
    tomorrow = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    root.iam.put_user_policy(
        UserName="anna",
        PolicyName="ends",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Action": "*",
                        "Resource": "*",
                        "Condition": {"DateGreaterThan": {"aws:CurrentTime": tomorrow}},
                    }
                ],
            }
        ),
    )
    assert _switched(local_aws, user, account)
    try:
        control.move_clock(local_aws, 7200)
        with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
            _switched(local_aws, user, account)
    finally:
        control.reset_clock(local_aws)


def test_keys_and_roles_tell_when_they_were_last_used(
    local_aws: Instance, root: Clients, account: str
) -> None:
    """Who has not yet tried is what an instructor looks for."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    user = _user(local_aws, root)
    key = root.iam.list_access_keys(UserName="anna")["AccessKeyMetadata"][0].get("AccessKeyId", "")
    never = root.iam.get_access_key_last_used(AccessKeyId=key)
    assert never["AccessKeyLastUsed"].get("LastUsedDate") is None
    assert never["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert "LastUsedDate" not in root.iam.get_role(RoleName="r")["Role"].get("RoleLastUsed", {})

    session = _switched(local_aws, user, account)
    used = root.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "us-east-1")
    assert abs(used["LastUsedDate"].timestamp() - time.time()) < 60  # pyright: ignore[reportTypedDictNotRequiredAccess]
    session.sts.get_caller_identity()
    assert "LastUsedDate" in root.iam.get_role(RoleName="r")["Role"].get("RoleLastUsed", {})
    with pytest.raises(ClientError):
        user.s3.list_buckets()
    assert (
        root.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]["ServiceName"]
        == "s3"
    )


def test_a_code_is_good_once(local_aws: Instance, root: Clients, account: str, own: None) -> None:
    """Whoever looked over the shoulder is too late; the next code works."""
    user = _user(local_aws, root)
    device = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="anna")["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], base64.b32decode(device.get("Base32StringSeed", b""))
    now = int(time.time()) // totp.STEP_S
    first, second = totp.code(seed, now - 1), totp.code(seed, now)
    root.iam.enable_mfa_device(
        UserName="anna", SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    assert [
        one["SerialNumber"] for one in root.iam.list_mfa_devices(UserName="anna")["MFADevices"]
    ] == [serial]

    code = totp.code(seed, int(time.time()) // totp.STEP_S)
    assert user.sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"][
        "AccessKeyId"
    ].startswith("ASIA")
    with pytest.raises(
        ClientError, match="MultiFactorAuthentication failed with invalid MFA one time pass code"
    ):
        user.sts.get_session_token(SerialNumber=serial, TokenCode=code)
    try:
        control.move_clock(local_aws, 10 * totp.STEP_S)
        fresh = totp.code(seed, int(time.time()) // totp.STEP_S + 10)
        assert user.sts.get_session_token(SerialNumber=serial, TokenCode=fresh)
        old = totp.code(seed, now)
        with pytest.raises(ClientError, match="MultiFactorAuthentication failed"):
            user.sts.get_session_token(SerialNumber=serial, TokenCode=old)
    finally:
        control.reset_clock(local_aws)


def test_codes_are_those_of_every_authenticator_app() -> None:
    """RFC 6238, appendix B: the last six digits of its eight."""
    seed = b"12345678901234567890"
    known = {
        59: "287082",
        1111111109: "081804",
        1111111111: "050471",
        1234567890: "005924",
        2000000000: "279037",
    }
    assert {at: totp.code(seed, at // totp.STEP_S) for at in known} == known
