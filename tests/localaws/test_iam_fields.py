"""Which fields IAM's answers have, as it was recorded from AWS; each with its twin."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta

import segno
from mypy_boto3_iam.type_defs import TagTypeDef

from rolelab.aws.clients import Clients
from tests.localaws.iam_lab import DOCUMENT, TRUST, as_user, refused


def test_a_role_is_told_in_full_by_get_role_only(root: Clients) -> None:
    """Whoever reads MaxSessionDuration off CreateRole finds nothing there on AWS either."""
    made = root.iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200
    )["Role"]
    assert not {"Description", "MaxSessionDuration", "RoleLastUsed"} & set(made)
    role = root.iam.get_role(RoleName="r")["Role"]
    assert (role.get("Description"), role.get("MaxSessionDuration")) == ("d", 7200)
    assert role.get("RoleLastUsed") == {}
    listed = root.iam.list_roles()["Roles"][0]
    assert (listed.get("MaxSessionDuration"), "RoleLastUsed" in listed) == (7200, False)
    described = root.iam.update_role_description(RoleName="r", Description="e")["Role"]
    assert described.get("Description") == "e"
    assert not {"MaxSessionDuration", "RoleLastUsed"} & set(described)


def test_a_role_in_an_instance_profile_has_no_session_duration(root: Clients) -> None:
    """Nor a description: the profile tells which role it is, and whom it trusts."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Description="d")
    root.iam.create_instance_profile(InstanceProfileName="p")
    root.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    (role,) = root.iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Roles"]
    assert set(role) == {
        "Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument",
    }  # fmt: skip
    (listed,) = root.iam.list_instance_profiles()["InstanceProfiles"]
    assert "Tags" not in listed


def test_where_there_are_no_tags_some_answers_say_so(root: Clients) -> None:
    """GetPolicy and GetInstanceProfile have an empty list, GetUser and GetRole nothing."""
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"].get("Arn", "")
    root.iam.create_instance_profile(InstanceProfileName="i")
    root.iam.create_user(UserName="u")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    assert root.iam.get_policy(PolicyArn=arn)["Policy"].get("Tags") == []
    profile = root.iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    assert profile.get("Tags") == []
    assert "Tags" not in root.iam.get_user(UserName="u")["User"]
    assert "Tags" not in root.iam.get_role(RoleName="r")["Role"]
    details = root.iam.get_account_authorization_details()
    (user,), (role,) = details["UserDetailList"], details["RoleDetailList"]
    assert (user.get("Tags"), role.get("Tags")) == ([], [])
    assert "UserPolicyList" not in user
    assert role.get("RolePolicyList") == []
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=DOCUMENT)
    (user,) = root.iam.get_account_authorization_details()["UserDetailList"]
    assert [one.get("PolicyName") for one in user.get("UserPolicyList", [])] == ["p"]


def test_a_policy_is_described_by_get_policy_only(root: Clients) -> None:
    """CreatePolicy tells its tags, and not its description."""
    tags = [{"Key": "a", "Value": "b"}]
    made = root.iam.create_policy(
        PolicyName="p", PolicyDocument=DOCUMENT, Description="d", Tags=[{"Key": "a", "Value": "b"}]
    )["Policy"]
    assert ("Description" in made, made.get("Tags")) == (False, tags)
    read = root.iam.get_policy(PolicyArn=made.get("Arn", ""))["Policy"]
    assert (read.get("Description"), read.get("Tags")) == ("d", tags)


def test_an_account_named_by_its_digits_is_shown_by_its_arn(root: Clients) -> None:
    """CreateRole gives back what it was sent; from then on the principal is the account's ARN."""
    sent = TRUST.replace('"Service":"ec2.amazonaws.com"', '"AWS":["444455556666","*"]')
    made = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=sent)["Role"]
    assert made.get("AssumeRolePolicyDocument") == json.loads(sent)
    shown = root.iam.get_role(RoleName="r")["Role"].get("AssumeRolePolicyDocument")
    expected = sent.replace('"444455556666"', '"arn:aws:iam::444455556666:root"')
    assert shown == json.loads(expected)
    of_condition = (
        '{"Version": "2012-10-17",  "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"Service": "ec2.amazonaws.com"}, "Condition": {"StringEquals":'
        ' {"aws:SourceAccount": "444455556666"}}}]}'
    )
    root.iam.update_assume_role_policy(RoleName="r", PolicyDocument=of_condition)
    assert root.iam.get_role(RoleName="r")["Role"].get("AssumeRolePolicyDocument") == json.loads(
        of_condition
    )
    root.iam.update_assume_role_policy(RoleName="r", PolicyDocument=expected)
    assert root.iam.get_role(RoleName="r")["Role"].get("AssumeRolePolicyDocument") == shown


def test_the_password_policy_tells_hard_expiry_where_it_was_set(root: Clients) -> None:
    """An expiry that nobody has set is not told."""
    root.iam.update_account_password_policy(MinimumPasswordLength=10)
    policy = root.iam.get_account_password_policy()["PasswordPolicy"]
    assert ("HardExpiry" in policy, policy.get("ExpirePasswords")) == (False, False)
    root.iam.update_account_password_policy(MaxPasswordAge=90, HardExpiry=False)
    policy = root.iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy.get("HardExpiry"), policy.get("ExpirePasswords")) == (False, True)


def test_the_summary_tells_the_quota_of_a_roles_inline_policies(root: Clients) -> None:
    """With those of users and groups; providers and certificates are counted."""
    root.iam.create_open_id_connect_provider(Url="https://token.example.com")
    summary = root.iam.get_account_summary()["SummaryMap"]
    expected = {
        "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120,
        "RolePolicySizeQuota": 10240,
        "Providers": 1,
        "ServerCertificates": 0,
    }
    assert {key: value for key, value in summary.items() if key in expected} == expected


def test_a_federated_user_without_policies_has_packed_nothing(root: Clients) -> None:
    """The figure is there, and 0."""
    assert root.sts.get_federation_token(Name="bob").get("PackedPolicySize") == 0


def test_access_advisor_tells_what_is_allowed_and_what_was_used(
    root: Clients, account: str
) -> None:
    """Of a user, a group and a policy: the services that are allowed, and by whom each was used."""
    root.iam.create_user(UserName="anna")
    root.iam.create_group(GroupName="class")
    root.iam.add_user_to_group(UserName="anna", GroupName="class")
    arn = root.iam.create_policy(
        PolicyName="p", PolicyDocument=DOCUMENT.replace("s3:ListAllMyBuckets", "iam:Get*")
    )["Policy"].get("Arn", "")
    root.iam.attach_group_policy(GroupName="class", PolicyArn=arn)
    root.iam.put_user_policy(UserName="anna", PolicyName="p", PolicyDocument=DOCUMENT)
    as_user(root, "anna").iam.get_user()
    user = f"arn:aws:iam::{account}:user/anna"
    for about, allowed in (
        (user, {"iam": user, "s3": None}),
        (f"arn:aws:iam::{account}:group/class", {"iam": user}),
        (arn, {"iam": user}),
    ):
        job = root.iam.generate_service_last_accessed_details(Arn=about)["JobId"]
        report = root.iam.get_service_last_accessed_details(JobId=job)
        assert report["JobStatus"] == "COMPLETED"
        used = {
            one["ServiceNamespace"]: one.get("LastAuthenticatedEntity")
            for one in report["ServicesLastAccessed"]
        }
        assert used == allowed
    gone = f"arn:aws:iam::{account}:role/gone"
    assert refused(lambda: root.iam.generate_service_last_accessed_details(Arn=gone))[0] == (
        "NoSuchEntity"
    )


def test_tags_of_users_are_listed_by_name_and_of_policies_by_length(root: Clients) -> None:
    """Where the case of a key counts, shorter keys come first."""
    keys = ["Team", "abc", "Environment", "b", "z"]
    tags: list[TagTypeDef] = [{"Key": key, "Value": "x"} for key in keys]
    root.iam.create_user(UserName="u", Tags=tags)
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT, Tags=tags)["Policy"]
    listed = root.iam.list_user_tags(UserName="u")["Tags"]
    assert [tag["Key"] for tag in listed] == ["abc", "b", "Environment", "Team", "z"]
    listed = root.iam.list_policy_tags(PolicyArn=arn.get("Arn", ""))["Tags"]
    assert [tag["Key"] for tag in listed] == ["b", "z", "abc", "Team", "Environment"]


def test_an_mfa_device_is_shown_as_a_picture_once(root: Clients, account: str) -> None:
    """An authenticator app reads the seed from it; no list shows either of them."""
    device = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = device.get("Base32StringSeed", b"").decode()
    expected = io.BytesIO()
    uri = f"otpauth://totp/phone@{account}?secret={seed}"
    segno.make(uri, micro=False).save(expected, kind="png", scale=4)
    assert device.get("QRCodePNG") == expected.getvalue()
    (listed,) = root.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert set(listed) == {"SerialNumber"}


def test_the_credential_report_is_generated_and_kept_for_four_hours(root: Clients) -> None:
    """The first call starts it, the next says that it is there."""
    code, message = refused(root.iam.get_credential_report)
    assert (code, message) == ("ReportNotPresent", "")
    root.iam.create_user(UserName="anna")
    root.iam.create_login_profile(UserName="anna", Password="Correct-horse-1")
    first = root.iam.create_access_key(UserName="anna")["AccessKey"]["AccessKeyId"]
    root.iam.update_access_key(UserName="anna", AccessKeyId=first, Status="Inactive")
    root.iam.create_access_key(UserName="anna")
    started = root.iam.generate_credential_report()
    assert started.get("State") == "STARTED"
    assert started.get("Description") == "No report exists. Starting a new report generation task"
    complete = root.iam.generate_credential_report()
    assert (complete.get("State"), "Description" in complete) == ("COMPLETE", False)
    content = root.iam.get_credential_report()["Content"].decode()
    account, anna = csv.DictReader(io.StringIO(content))
    assert (account["user"], account["password_enabled"]) == ("<root_account>", "not_supported")
    assert (anna["password_enabled"], anna["password_last_used"]) == ("true", "no_information")
    assert anna["password_last_changed"].endswith("Z")
    assert anna["password_next_rotation"] == "N/A"
    assert (anna["access_key_1_active"], anna["access_key_2_active"]) == ("true", "false")
    assert (anna["access_key_1_last_used_date"], anna["cert_1_active"]) == ("N/A", "false")


def test_a_password_that_expires_is_told_in_the_report(root: Clients) -> None:
    """By the account's own rules."""
    root.iam.update_account_password_policy(MaxPasswordAge=10)
    root.iam.create_user(UserName="anna")
    root.iam.create_login_profile(UserName="anna", Password="Correct-horse-1")
    root.iam.create_user(UserName="bob")
    root.iam.generate_credential_report()
    content = root.iam.get_credential_report()["Content"].decode()
    _, anna, bob = csv.DictReader(io.StringIO(content))
    changed, due = (
        datetime.fromisoformat(anna[f"password_{what}"].replace("Z", "+00:00"))
        for what in ("last_changed", "next_rotation")
    )
    assert due - changed == timedelta(days=10)
    assert (bob["password_enabled"], bob["password_last_used"], bob["password_next_rotation"]) == (
        "false",
        "N/A",
        "N/A",
    )
