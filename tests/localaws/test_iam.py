"""IAM as its clients see it: pages, the summary, XML, everything that a user can hold."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.localaws.http.shapes import model
from rolelab.localaws.operations import every_call

TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


def test_lists_come_in_pages(root: Clients) -> None:
    """A class is read page by page; nobody twice, nobody left out, though users go in between."""
    names = [f"learner{number:03d}" for number in range(7)]
    for name in names:
        root.iam.create_user(UserName=name)
    seen: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = root.iam.list_users(MaxItems=3, **marker)
        seen += [one["UserName"] for one in page["Users"]]
        if not page["IsTruncated"]:
            break
        assert len(page["Users"]) == 3
        root.iam.delete_user(UserName=page["Users"][0]["UserName"])
        marker = {"Marker": page.get("Marker", "")}
    assert seen == names
    pages = root.iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert len([one for page in pages for one in page["Users"]]) == 5
    with pytest.raises(ClientError, match="ValidationError"):
        root.iam.list_users(Marker="nonsense")


def test_the_account_is_read_in_pages_too(root: Clients) -> None:
    """GetAccountAuthorizationDetails is how a thousand learners are read at once."""
    for number in range(5):
        root.iam.create_user(UserName=f"u{number}", Tags=[{"Key": "Lab", "Value": "x"}])
        root.iam.put_user_policy(
            UserName=f"u{number}",
            PolicyName="p",
            PolicyDocument=TRUST.replace('"Principal":{"AWS":"*"}', '"Resource":"*"'),
        )
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    root.iam.attach_role_policy(
        RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    pages = list(
        root.iam.get_paginator("get_account_authorization_details").paginate(
            PaginationConfig={"PageSize": 2}
        )
    )
    users = [one for page in pages for one in page.get("UserDetailList", [])]
    assert [one.get("UserName") for one in users] == [f"u{number}" for number in range(5)]
    document = users[0].get("UserPolicyList", [])[0].get("PolicyDocument", {})
    assert isinstance(document, dict)
    assert users[0].get("Tags") == [{"Key": "Lab", "Value": "x"}]
    role = next(one for page in pages for one in page.get("RoleDetailList", []))
    assert [one.get("PolicyName") for one in role.get("AttachedManagedPolicies", [])] == [
        "AmazonS3FullAccess"
    ]
    only = root.iam.get_account_authorization_details(Filter=["Role"])
    assert (len(only.get("RoleDetailList", [])), only.get("UserDetailList")) == (1, [])


def test_the_summary_counts_and_tells_the_quotas(root: Clients) -> None:
    """What the lab asks before it makes a class."""
    root.iam.create_user(UserName="anna")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    summary = root.iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["Groups"], summary["MFADevices"]) == (
        1,
        1,
        0,
        0,
    )
    assert (
        summary["UsersQuota"],
        summary["AccessKeysPerUserQuota"],
        summary["AttachedPoliciesPerRoleQuota"],
    ) == (
        5000,
        2,
        10,
    )


@pytest.mark.parametrize(
    "text", ["a & b < c > d \"e\" 'f'", "<script>", "]]>", "&amp;", "tab\there", "é ÿ"]
)
def test_what_was_written_is_read_back(root: Clients, text: str) -> None:
    """Any description that IAM takes comes back as it was."""
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Description=text)
    assert root.iam.get_role(RoleName="r")["Role"].get("Description") == text
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        '"Action":"s3:*","Resource":"arn:aws:s3:::a&b<c>/%"}]}'
    )
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document)
    read: Any = root.iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"]
    assert read["Statement"][0]["Resource"] == "arn:aws:s3:::a&b<c>/%"


def test_a_path_with_strange_signs_is_kept(root: Clients, account: str) -> None:
    """A path may hold any sign from ! to ~."""
    arn = root.iam.create_user(UserName="anna", Path="/a&b<c>/")["User"]["Arn"]
    assert arn == f"arn:aws:iam::{account}:user/a&b<c>/anna"
    assert root.iam.list_users(PathPrefix="/a&b")["Users"][0]["Arn"] == arn


def test_a_user_made_anew_has_nothing_of_the_old_one(root: Clients) -> None:
    """Neither policies nor the password nor the id."""
    old = root.iam.create_user(UserName="anna")["User"].get("UserId")
    root.iam.put_user_policy(
        UserName="anna",
        PolicyName="p",
        PolicyDocument=TRUST.replace('"Principal":{"AWS":"*"}', '"Resource":"*"'),
    )
    root.iam.delete_user_policy(UserName="anna", PolicyName="p")
    root.iam.delete_user(UserName="anna")
    assert root.iam.create_user(UserName="anna")["User"]["UserId"] != old
    assert root.iam.list_user_policies(UserName="anna")["PolicyNames"] == []


def test_a_renamed_user_keeps_what_it_has(root: Clients) -> None:
    """The unique id stays, and with it keys, policies, groups, password and device."""
    root.iam.create_user(UserName="anna")
    root.iam.create_group(GroupName="g")
    root.iam.add_user_to_group(GroupName="g", UserName="anna")
    key = root.iam.create_access_key(UserName="anna")["AccessKey"]["AccessKeyId"]
    root.iam.create_login_profile(UserName="anna", Password="Correct-horse-1")
    root.iam.put_user_policy(
        UserName="anna",
        PolicyName="p",
        PolicyDocument=TRUST.replace('"Principal":{"AWS":"*"}', '"Resource":"*"'),
    )
    root.iam.update_user(UserName="anna", NewUserName="berta")
    assert [
        one.get("AccessKeyId")
        for one in root.iam.list_access_keys(UserName="berta")["AccessKeyMetadata"]
    ] == [key]
    assert root.iam.get_group(GroupName="g")["Users"][0]["UserName"] == "berta"
    assert root.iam.get_login_profile(UserName="berta")["LoginProfile"]["UserName"] == "berta"
    assert root.iam.list_user_policies(UserName="berta")["PolicyNames"] == ["p"]
    root.iam.create_user(UserName="anna")


def test_a_trust_policy_shows_the_id_of_who_is_gone(root: Clients) -> None:
    """As in AWS's console: a principal that begins with AIDA is a user that was deleted."""
    user = root.iam.create_user(UserName="anna")["User"]
    trust = TRUST.replace('"*"', f'"{user["Arn"]}"')
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    root.iam.delete_user(UserName="anna")
    root.iam.create_user(UserName="anna")
    shown: Any = root.iam.get_role(RoleName="r")["Role"].get("AssumeRolePolicyDocument")
    assert shown["Statement"][0]["Principal"] == {"AWS": user["UserId"]}
    with pytest.raises(ClientError, match="Invalid principal in policy"):
        root.iam.update_assume_role_policy(
            RoleName="r", PolicyDocument=trust.replace(user["Arn"], user["UserId"])
        )


def test_everything_else_that_a_user_can_hold(root: Clients) -> None:
    """Clients that delete a user ask for all of it, and delete it first."""
    root.iam.create_user(UserName="anna")
    key = root.iam.upload_ssh_public_key(
        UserName="anna", SSHPublicKeyBody="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq anna"
    )["SSHPublicKey"]
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    root.iam.upload_signing_certificate(UserName="anna", CertificateBody=certificate)
    made = root.iam.create_service_specific_credential(
        UserName="anna", ServiceName="codecommit.amazonaws.com"
    )
    for remedy, undo in (
        (
            "delete certificates",
            lambda: root.iam.delete_signing_certificate(
                UserName="anna",
                CertificateId=root.iam.list_signing_certificates(UserName="anna")["Certificates"][
                    0
                ]["CertificateId"],
            ),
        ),
        (
            "remove referenced objects",
            lambda: root.iam.delete_ssh_public_key(
                UserName="anna", SSHPublicKeyId=key["SSHPublicKeyId"]
            ),
        ),
        (
            "remove referenced objects",
            lambda: root.iam.delete_service_specific_credential(
                UserName="anna",
                ServiceSpecificCredentialId=made["ServiceSpecificCredential"][
                    "ServiceSpecificCredentialId"
                ],
            ),
        ),
    ):
        with pytest.raises(ClientError, match=f"DeleteConflict.*must {remedy} first"):
            root.iam.delete_user(UserName="anna")
        undo()
    root.iam.delete_user(UserName="anna")


def test_a_password_is_checked_and_can_be_changed(root: Clients, local_aws: object) -> None:
    """By the account's own rules, where it has some."""
    root.iam.create_user(UserName="anna")
    root.iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True)
    with pytest.raises(ClientError, match="PasswordPolicyViolation"):
        root.iam.create_login_profile(UserName="anna", Password="Correcthorse1")
    root.iam.create_login_profile(
        UserName="anna", Password="Correct-horse-battery", PasswordResetRequired=True
    )
    assert root.iam.get_login_profile(UserName="anna")["LoginProfile"].get("PasswordResetRequired")


def test_the_simulator_decides_as_the_layer_does(root: Clients, account: str) -> None:
    """Boundary, groups and given context included."""
    root.iam.create_user(
        UserName="anna", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    root.iam.attach_user_policy(
        UserName="anna", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    told = root.iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{account}:user/anna",
        ActionNames=["s3:GetObject", "s3:PutObject", "iam:ListUsers"],
    )
    assert [one["EvalDecision"] for one in told.get("EvaluationResults", [])] == [
        "allowed",
        "implicitDeny",
        "implicitDeny",
    ]


def test_the_account_has_one_alias(root: Clients, account: str) -> None:
    """A new one takes the place of the old one; one that it does not have is not there."""
    root.iam.create_account_alias(AccountAlias=f"old-{account}")
    root.iam.create_account_alias(AccountAlias=f"lab-{account}")
    assert root.iam.list_account_aliases()["AccountAliases"] == [f"lab-{account}"]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        root.iam.delete_account_alias(AccountAlias=f"old-{account}")
    root.iam.delete_account_alias(AccountAlias=f"lab-{account}")
    assert root.iam.list_account_aliases()["AccountAliases"] == []


def test_every_operation_of_the_layer_is_one_of_iams() -> None:
    """A misspelt entry would never be called."""
    assert [name for name in every_call.IAM if name not in model("iam")] == []
    assert [name for name in every_call.STS if name not in model("sts")] == []


def test_what_is_not_there_says_so(root: Clients) -> None:
    """In AWS's form, which every client can show."""
    with pytest.raises(
        ClientError, match=r"InvalidAction.*ListOrganizationsFeatures is not part of this local AWS"
    ):
        root.iam.list_organizations_features()
