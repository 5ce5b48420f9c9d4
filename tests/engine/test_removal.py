"""`destroy` takes along whatever a learner or an instructor has hung on a user, role or policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mypy_boto3_iam import IAMClient

from rolelab.aws import removal
from rolelab.aws.failures import AwsFailure, Kind
from tests.engine.stacks import StackRunner

S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
USER = 'aws.iam.User("u", name="ada", force_destroy=True)'
ROLE = 'aws.iam.Role("r", name="reader", assume_role_policy=TRUST, force_detach_policies=True)'


def _in_group(iam: IAMClient) -> None:
    iam.create_group(GroupName="learners")
    iam.add_user_to_group(GroupName="learners", UserName="ada")


def _mfa(iam: IAMClient) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]
    seed = device.get("Base32StringSeed", b"")
    iam.enable_mfa_device(
        UserName="ada",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=_code(seed, 0),
        AuthenticationCode2=_code(seed, 1),
    )


def _code(seed: bytes, later: int) -> str:
    """Return the code that an authenticator shows now (RFC 6238), or so many half minutes later."""
    import base64
    import hashlib
    import hmac
    import struct
    import time

    digest = hmac.new(
        base64.b32decode(seed), struct.pack(">Q", int(time.time()) // 30 + later), hashlib.sha1
    ).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


ADDED_TO_A_USER: dict[str, Callable[[IAMClient], object]] = {
    "nothing": lambda _: None,
    "access key": lambda iam: iam.create_access_key(UserName="ada"),
    "password": lambda iam: iam.create_login_profile(UserName="ada", Password="Wq3!long-enough"),
    "inline policy": lambda iam: iam.put_user_policy(
        UserName="ada", PolicyName="p", PolicyDocument=ALLOW
    ),
    "attached policy": lambda iam: iam.attach_user_policy(UserName="ada", PolicyArn=S3),
    "group": _in_group,
    "boundary": lambda iam: iam.put_user_permissions_boundary(
        UserName="ada", PermissionsBoundary=S3
    ),
    "SSH key": lambda iam: iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=SSH_KEY),
    "service credential": lambda iam: iam.create_service_specific_credential(
        UserName="ada", ServiceName="codecommit.amazonaws.com"
    ),
    "MFA device": _mfa,
}
ADDED_TO_A_ROLE: dict[str, Callable[[IAMClient], object]] = {
    "nothing": lambda _: None,
    "inline policy": lambda iam: iam.put_role_policy(
        RoleName="reader", PolicyName="p", PolicyDocument=ALLOW
    ),
    "attached policy": lambda iam: iam.attach_role_policy(RoleName="reader", PolicyArn=S3),
    "instance profile": lambda iam: (
        iam.create_instance_profile(InstanceProfileName="i"),
        iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="reader"),
    ),
}
SSH_KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA0W0u4lJ3uQz3d1b5p9gkqz1i1kT0l8cYp"
    "0m0vJm2v0dUQ3Z4m1q6w0rX2xk"
    "3Gm1oJ8n2sF5vV0hJ0k0ZbH1Yv7uQ0tYw8eK5b8m0 learner"
)


@pytest.mark.parametrize("what", ADDED_TO_A_USER)
def test_a_user_goes_with_all_that_was_added_to_it(stack: StackRunner, what: str) -> None:
    stack.up(USER)
    ADDED_TO_A_USER[what](stack.clients.iam)
    assert stack.destroy().errors == []
    assert stack.left() == {}
    assert stack.clients.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    # A recreated user must not get the old rights back.
    stack.up()
    assert stack.clients.iam.list_user_policies(UserName="ada")["PolicyNames"] == []
    assert stack.clients.iam.list_access_keys(UserName="ada")["AccessKeyMetadata"] == []
    assert stack.clients.iam.list_groups_for_user(UserName="ada")["Groups"] == []


@pytest.mark.parametrize("what", ADDED_TO_A_ROLE)
def test_a_role_goes_with_all_that_was_added_to_it(stack: StackRunner, what: str) -> None:
    stack.up(ROLE)
    ADDED_TO_A_ROLE[what](stack.clients.iam)
    assert stack.destroy().errors == []
    assert stack.left() == {}


def test_without_force_what_was_added_keeps_the_user(stack: StackRunner) -> None:
    """`forceDestroy` is what allows it: without, AWS's refusal is the answer, as with Pulumi."""
    stack.up('aws.iam.User("u", name="ada")')
    stack.clients.iam.create_access_key(UserName="ada")
    ran = stack.destroy()
    assert not ran.ok
    assert "DeleteConflict" in ran.failures[0]
    # What counts is the flag in the state: an `up` that sets it frees the user.
    stack.up(USER)
    assert stack.destroy().ok


def test_old_versions_of_a_policy_go_and_six_changes_fit_into_five(stack: StackRunner) -> None:
    """IAM keeps five versions: the oldest makes room."""
    text = 'aws.iam.Policy("p", name="p", policy=allow("s3:Get{}"))'
    for number in range(7):
        assert stack.up(text.format(number)).ok
    assert stack.destroy().ok
    assert stack.left() == {}


def test_removal_tells_whether_it_was_there(stack: StackRunner) -> None:
    iam = stack.clients.iam
    iam.create_user(UserName="ada")
    assert removal.remove_user(iam, "ada", force=True)
    assert not removal.remove_user(iam, "ada", force=True)
    assert not removal.remove_role(iam, "nobody", force=True)
    with pytest.raises(AwsFailure) as caught:
        removal.attached_policies(iam, "User", "ada")
    assert caught.value.kind is Kind.MISSING
