"""Managed policies: AWS's many, the account's own, and what is said of one that is not there."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.iam.grammar import PolicyUse, faults
from rolelab.localaws.accounts.aws_policies import DATA, AwsPolicies
from rolelab.secret import Credentials, Secret
from tests.iam.builders import allow, doc, trusts
from tools.managed_policies import policies_of_moto, written

AWS = "arn:aws:iam::aws:policy"
READ_ONLY, ADMINISTRATOR = f"{AWS}/ReadOnlyAccess", f"{AWS}/job-function/SystemAdministrator"
POLICY, TRUST = json.dumps(doc(allow("iam:ListUsers", "*"))), json.dumps(doc(trusts()))


def said(call: Callable[..., object], **params: Any) -> tuple[str | None, str | None]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    told = refused.value.response.get("Error", {})
    return told.get("Code"), told.get("Message")


def test_the_file_is_what_the_pinned_source_has() -> None:
    """Who moves the pin runs `make policies`, else the two tell different stories."""
    assert gzip.decompress(DATA.read_bytes()).decode() == written(policies_of_moto())


def test_the_grammar_takes_every_policy_of_awss() -> None:
    """What AWS has published, AWS takes: a fault found in one of them is a fault of the grammar."""
    policies = AwsPolicies({})
    assert len(policies.arns()) > 1500
    for arn in policies.arns():
        record = policies.get(arn)
        assert record is not None
        document = record["Versions"][record["DefaultVersionId"]]["Document"]
        wrong = [fault for fault in faults(document, PolicyUse.MANAGED) if "has" not in fault.what]
        assert wrong == [], arn


def test_nothing_of_it_is_read_before_it_is_asked_for() -> None:
    """A command that needs no managed policy does not wait for 1,500 of them."""
    code = (
        "import rolelab.localaws.process.server, sys;"
        "from rolelab.localaws.accounts.aws_policies import AwsPolicies;"
        "assert '_lines' not in vars(AwsPolicies({})); assert 'moto' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_awss_policies_are_listed_read_and_attached(root: Clients) -> None:
    """With their paths, versions and dates; the list has none of the account's."""
    root.iam.create_policy(PolicyName="own", PolicyDocument=POLICY)
    pages = root.iam.get_paginator("list_policies").paginate(
        Scope="AWS", PathPrefix="/job-function/", PaginationConfig={"PageSize": 5}
    )
    listed = {
        str(policy.get("PolicyName")): policy for page in pages for policy in page["Policies"]
    }
    assert {"SystemAdministrator", "ViewOnlyAccess", "Billing"} <= set(listed)
    assert "own" not in listed
    policy = root.iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert listed["SystemAdministrator"].get("PolicyId") == policy.get("PolicyId")
    assert (policy.get("Path"), policy.get("Tags")) == ("/job-function/", [])
    version = policy.get("DefaultVersionId", "")
    assert int(version[1:]) > 1
    (only,) = root.iam.list_policy_versions(PolicyArn=ADMINISTRATOR)["Versions"]
    assert (only.get("VersionId"), only.get("IsDefaultVersion")) == (version, True)
    document = root.iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=version)
    assert "s3:*" in unquote(str(document["PolicyVersion"].get("Document")))

    root.iam.create_role(RoleName="lab", AssumeRolePolicyDocument=TRUST)
    root.iam.attach_role_policy(RoleName="lab", PolicyArn=ADMINISTRATOR)
    attached = root.iam.list_policies(OnlyAttached=True)["Policies"]
    assert [(each.get("Arn"), each.get("AttachmentCount")) for each in attached] == [
        (ADMINISTRATOR, 1)
    ]
    details = root.iam.get_account_authorization_details(Filter=["AWSManagedPolicy"])
    assert [each.get("Arn") for each in details["Policies"]] == [ADMINISTRATOR]


def test_awss_policies_decide(root: Clients) -> None:
    """As permissions, as a boundary, and in the simulator."""
    root.iam.create_user(UserName="ann", PermissionsBoundary=READ_ONLY)
    root.iam.attach_user_policy(UserName="ann", PolicyArn=f"{AWS}/IAMFullAccess")
    user = root.iam.get_user(UserName="ann")["User"]["Arn"]
    simulated = root.iam.simulate_principal_policy(
        PolicySourceArn=user, ActionNames=["iam:GetUser", "iam:CreateUser", "s3:GetObject"]
    )
    decided = {
        each["EvalActionName"]: each["EvalDecision"]
        for each in simulated.get("EvaluationResults", [])
    }
    assert decided == {
        "iam:GetUser": "allowed",
        "iam:CreateUser": "implicitDeny",
        "s3:GetObject": "implicitDeny",
    }
    key = root.iam.create_access_key(UserName="ann")["AccessKey"]
    own = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"])
    )
    ann = Clients(replace(root.endpoint, credentials=own))
    assert ann.iam.get_user()["User"]["UserName"] == "ann"
    with pytest.raises(ClientError, match="permissions boundary"):
        ann.iam.create_user(UserName="bob")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("AmazonS3FullAcess", "AmazonS3FullAccess"),
        ("AWSLambdaBasicExecutionRole", "service-role/AWSLambdaBasicExecutionRole"),
        ("amazons3fullaccess", "AmazonS3FullAccess"),
        ("S3FullAccess", "AmazonS3FullAccess"),
    ],
)
def test_a_policy_of_awss_that_is_not_there_is_said_to_be_lacking(
    root: Clients, name: str, nearest: str
) -> None:
    """It may exist on AWS; a slip is seen at once by the name that is nearest."""
    root.iam.create_role(RoleName="lab", AssumeRolePolicyDocument=TRUST)
    message = (
        f"Policy {AWS}/{name} cannot be found: the local AWS does not have it."
        f" The nearest that it has is {AWS}/{nearest}."
    )
    arn = f"{AWS}/{name}"
    iam = root.iam
    assert said(iam.attach_role_policy, RoleName="lab", PolicyArn=arn) == ("NoSuchEntity", message)
    assert said(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", message)
    refused = said(iam.create_user, UserName="ann", PermissionsBoundary=arn)
    assert refused == ("NoSuchEntity", message)
    token = said(root.sts.get_federation_token, Name="ann", PolicyArns=[{"arn": arn}])
    assert token[0] == "ValidationError"
    assert message in str(token[1])


def test_what_is_like_nothing_has_no_nearest(root: Clients) -> None:
    """A wrong guess helps less than none."""
    told = said(root.iam.get_policy, PolicyArn=f"{AWS}/Xyzzy-Plugh-42")[1]
    assert str(told).endswith("the local AWS does not have it.")
    version = said(root.iam.get_policy_version, PolicyArn=ADMINISTRATOR, VersionId="v1")[1]
    assert str(version).startswith("The local AWS has version v")


def test_awss_policies_belong_to_aws(root: Clients) -> None:
    """Nobody changes them, nor those of other accounts."""
    iam, denied = root.iam, "AccessDenied"
    for arn in (READ_ONLY, "arn:aws:iam::999999999999:policy/theirs"):
        assert said(iam.delete_policy, PolicyArn=arn) == (
            denied,
            "Cannot delete policies outside your own account.",
        )
        assert said(iam.set_default_policy_version, PolicyArn=arn, VersionId="v1") == (
            denied,
            "Cannot update policies outside your own account.",
        )
        assert said(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == (
            denied,
            "Cannot delete policy versions for policies outside your own account.",
        )
        assert said(iam.create_policy_version, PolicyArn=arn, PolicyDocument=POLICY) == (
            denied,
            "Cannot create versions for policies outside your own account.",
        )


def test_an_own_policy_that_is_not_there_is_told_in_awss_words(root: Clients, account: str) -> None:
    """Read by itself it was not found; named for a use it does not exist or is not attachable."""
    iam, missing = root.iam, "NoSuchEntity"
    arn = f"arn:aws:iam::{account}:policy/none"
    unusable = "does not exist or is not attachable."
    iam.create_user(UserName="ann")
    for read in (iam.get_policy, iam.delete_policy, iam.list_policy_versions):
        assert said(read, PolicyArn=arn) == (missing, f"Policy {arn} was not found.")
    attach = said(iam.attach_user_policy, UserName="ann", PolicyArn=arn)
    assert attach == (missing, f"Policy {arn} {unusable}")
    entities = said(iam.list_entities_for_policy, PolicyArn=arn)
    assert entities == (missing, f"Policy {arn} {unusable}")
    for version in (iam.get_policy_version, iam.set_default_policy_version):
        told = said(version, PolicyArn=arn, VersionId="v1")
        assert told == (missing, f"Policy {arn} version v1 {unusable}")
    detach = said(iam.detach_user_policy, UserName="ann", PolicyArn=f"{AWS}/Nonexistent")
    assert detach == (missing, f"Policy {AWS}/Nonexistent was not found.")


def test_a_boundary_is_a_policys_arn(root: Clients, account: str) -> None:
    """Else AWS calls it invalid input; a policy that is not there is told as one."""
    arn = f"arn:aws:iam::{account}:user/somebody"
    refused = said(root.iam.create_user, UserName="ann", PermissionsBoundary=arn)
    assert refused == ("InvalidInput", f"ARN {arn} is not valid.")
    arn = f"arn:aws:iam::{account}:policy/none"
    root.iam.create_user(UserName="ann")
    put = said(root.iam.put_user_permissions_boundary, UserName="ann", PermissionsBoundary=arn)
    unusable = f"Scope ARN: {arn} does not exist or is not attachable."
    assert put == ("NoSuchEntity", unusable)


def test_a_new_policy_is_shown_without_what_only_reading_shows(root: Clients) -> None:
    """CreatePolicy and lists leave the description out; GetPolicy has tags, be there none."""
    made = root.iam.create_policy(PolicyName="own", PolicyDocument=POLICY, Description="ours")
    assert {"Description", "Tags"}.isdisjoint(made["Policy"])
    (listed,) = root.iam.list_policies(Scope="Local")["Policies"]
    assert {"Description", "Tags"}.isdisjoint(listed)
    read = root.iam.get_policy(PolicyArn=made["Policy"].get("Arn", ""))["Policy"]
    assert (read.get("Description"), read.get("Tags")) == ("ours", [])


def test_lists_are_in_awss_order(root: Clients) -> None:
    """A first page is what people look at: AWS's oldest policies, attached ones without case."""
    root.iam.create_policy(PolicyName="zz", PolicyDocument=POLICY)
    first = root.iam.list_policies(MaxItems=4)["Policies"]
    names = [policy.get("PolicyName") for policy in first]
    assert names == ["zz", "AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"]
    root.iam.create_user(UserName="ann")
    for name in ("AWSCloudTrail_FullAccess", "AmazonSQSFullAccess"):
        root.iam.attach_user_policy(UserName="ann", PolicyArn=f"{AWS}/{name}")
    attached = root.iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"]
    listed = [policy.get("PolicyName") for policy in attached]
    assert listed == ["AmazonSQSFullAccess", "AWSCloudTrail_FullAccess"]
