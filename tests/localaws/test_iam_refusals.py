"""What IAM accepts, and in which words it refuses, as it was recorded from AWS."""

from __future__ import annotations

import pytest

from rolelab.aws.clients import Clients
from tests.localaws.iam_lab import DOCUMENT, TRUST, refused

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq anna"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


def test_a_user_who_is_not_in_a_group_can_be_removed_from_it(root: Clients) -> None:
    """What is so already is no error; a user or a group that does not exist is."""
    root.iam.create_user(UserName="anna")
    root.iam.create_group(GroupName="class")
    root.iam.remove_user_from_group(UserName="anna", GroupName="class")
    remove = root.iam.remove_user_from_group
    assert refused(lambda: remove(UserName="bob", GroupName="gone")) == (
        "NoSuchEntity",
        "The user with name bob cannot be found.",
    )
    assert refused(lambda: remove(UserName="anna", GroupName="gone")) == (
        "NoSuchEntity",
        "The group with name gone cannot be found.",
    )


def test_what_a_renamed_user_holds_goes_by_the_new_name(root: Clients) -> None:
    """SSH keys, certificates, service passwords as well as access keys."""
    root.iam.create_user(UserName="anna")
    root.iam.upload_ssh_public_key(UserName="anna", SSHPublicKeyBody=SSH_KEY)
    root.iam.upload_signing_certificate(UserName="anna", CertificateBody=CERTIFICATE)
    root.iam.create_service_specific_credential(
        UserName="anna", ServiceName="codecommit.amazonaws.com"
    )
    root.iam.create_access_key(UserName="anna")
    root.iam.update_user(UserName="anna", NewUserName="anne")
    held = [
        *root.iam.list_ssh_public_keys(UserName="anne").get("SSHPublicKeys", []),
        *root.iam.list_signing_certificates(UserName="anne")["Certificates"],
        *root.iam.list_service_specific_credentials(UserName="anne").get(
            "ServiceSpecificCredentials", []
        ),
        *root.iam.list_access_keys(UserName="anne")["AccessKeyMetadata"],
    ]
    assert [one.get("UserName") for one in held] == ["anne"] * 4


@pytest.mark.parametrize("service", ["lambda.amazonaws.com", "nonsense", "x.amazonaws.com"])
def test_a_service_without_passwords_of_its_own_is_refused(root: Clients, service: str) -> None:
    """Where one is made, and where they are listed."""
    root.iam.create_user(UserName="anna")
    error = (
        "NoSuchEntity",
        f"No such service {service} is supported for Service Specific Credentials",
    )
    make = root.iam.create_service_specific_credential
    assert refused(lambda: make(UserName="anna", ServiceName=service)) == error
    show = root.iam.list_service_specific_credentials
    assert refused(lambda: show(UserName="anna", ServiceName=service)) == error
    make(UserName="anna", ServiceName="cassandra.amazonaws.com")
    other = show(UserName="anna", ServiceName="codecommit.amazonaws.com")
    assert other.get("ServiceSpecificCredentials") == []


def test_the_case_of_a_tags_key_counts_on_policies_and_not_on_users(root: Clients) -> None:
    """Two keys on the one, and the same key on the other."""
    upper, lower = {"Key": "A", "Value": "1"}, {"Key": "a", "Value": "2"}
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"].get("Arn", "")
    root.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "A", "Value": "1"}])
    root.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == [upper, lower]
    root.iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == [upper]
    root.iam.create_user(UserName="u", Tags=[{"Key": "A", "Value": "1"}])
    root.iam.tag_user(UserName="u", Tags=[{"Key": "a", "Value": "2"}])
    assert root.iam.list_user_tags(UserName="u")["Tags"] == [lower]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    for call, more in (
        (lambda: root.iam.tag_policy(PolicyArn=arn, Tags=[*twice]), ""),  # pyright: ignore[reportArgumentType]
        (
            lambda: root.iam.tag_user(UserName="u", Tags=[*twice]),  # pyright: ignore[reportArgumentType]
            " Please note that Tag keys are case insensitive.",
        ),
    ):
        assert refused(call) == ("InvalidInput", f"Duplicate tag keys found.{more}")


def test_a_boundary_that_is_no_policys_arn_is_invalid(root: Clients) -> None:
    """And one that no policy has does not exist."""
    root.iam.create_user(UserName="u")
    put = root.iam.put_user_permissions_boundary
    for arn in ("arn:aws:iam::123456789012:user/somebody", "arn:aws:s3:::a-bucket-of-mine"):
        assert refused(lambda arn=arn: put(UserName="u", PermissionsBoundary=arn)) == (
            "InvalidInput",
            f"ARN {arn} is not valid.",
        )
    gone = "arn:aws:iam::123456789012:policy/gone"
    assert refused(lambda: put(UserName="u", PermissionsBoundary=gone)) == (
        "NoSuchEntity",
        f"Scope ARN: {gone} does not exist or is not attachable.",
    )


def test_who_or_what_is_missing_is_named_in_aws_words(root: Clients) -> None:
    """Programs and people look for these sentences."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    root.iam.create_instance_profile(InstanceProfileName="p")
    root.iam.create_user(UserName="u")
    serial = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]
    gone = serial["SerialNumber"].replace("/m", "/gone")
    nobodys = "ACCANONEATALLABCDEFG"
    said = {
        "Role r in Instance Profile p cannot be found.": lambda: (
            root.iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
        ),
        "The account policy with name PasswordPolicy cannot be found.": (
            root.iam.delete_account_password_policy
        ),
        "MFA device already exists.": lambda: root.iam.create_virtual_mfa_device(
            VirtualMFADeviceName="m"
        ),
        f"MFA Device with serial number {gone} does not exist.": lambda: (
            root.iam.delete_virtual_mfa_device(SerialNumber=gone)
        ),
        "Invalid Marker.": lambda: root.iam.list_users(Marker="nonsense"),
        f"No such credential {nobodys} exists": lambda: root.iam.reset_service_specific_credential(
            UserName="u", ServiceSpecificCredentialId=nobodys
        ),
        "Certificate x is malformed.": lambda: root.iam.upload_signing_certificate(
            UserName="u", CertificateBody="x"
        ),
        "The specified value for path is invalid. It must begin and end with / "
        "and contain only alphanumeric characters and/or / characters.": lambda: (
            root.iam.create_virtual_mfa_device(VirtualMFADeviceName="n", Path="no-slash/")
        ),
    }
    assert {words: refused(call)[1] for words, call in said.items()} == {
        words: words for words in said
    }


def test_awss_own_policies_are_outside_of_every_account(root: Clients) -> None:
    """Each refusal says what cannot be done to them."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    said = {
        "delete policies": lambda: root.iam.delete_policy(PolicyArn=arn),
        "delete policy versions for policies": lambda: root.iam.delete_policy_version(
            PolicyArn=arn, VersionId="v1"
        ),
        "update policies": lambda: root.iam.set_default_policy_version(
            PolicyArn=arn, VersionId="v1"
        ),
    }
    for what, call in said.items():
        assert refused(call) == ("AccessDenied", f"Cannot {what} outside your own account.")
