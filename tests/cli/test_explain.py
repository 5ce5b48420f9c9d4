"""`rolelab explain`: what is proposed, what AWS does not have, and what is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from components import documents
from tests import labs
from tests.cli.conftest import ROOT, Run
from tests.e2e.test_printed_commands import commands_in

ACCOUNT_B = "444455556666"


def _said(run: subprocess.CompletedProcess[str], code: int = 0) -> str:
    """Return what a run says, in one line."""
    assert run.returncode == code, run.stdout + run.stderr
    return " ".join((run.stdout + run.stderr).split())


def test_what_the_role_is_allowed_is_done_by_switching_and_not_given_to_the_user(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """A learner who is given S3 needs no role any more: the lesson warns of it."""
    run = rolelab("explain", "s3:ListBucket")
    said = _said(run)
    assert "do: Switch to the role s3Access: its session is allowed to call s3:ListBucket." in said
    assert "statement" not in said.partition("do:")[2]
    assert "refused now" not in said
    # The command is complete: in a plain shell it is a shell with the role.
    (command,) = [line for line in run.stdout.splitlines() if line.startswith("rolelab exec")]
    words = command.replace("rolelab", f"{sys.executable} -m rolelab", 1)
    shell = subprocess.run(
        ["sh", "-c", f"{words} -- env"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **made.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AWS_SESSION_TOKEN=" in shell.stdout, shell.stderr


def test_a_switch_that_is_refused_itself_is_said_beside(rolelab: Run, made: labs.MadeLab) -> None:
    """Else the advice would lead from one refusal to the next."""
    made.root.iam.delete_user_policy(UserName="testuser", PolicyName=labs.GRANT)
    run = rolelab("explain", "s3:ListAllMyBuckets", "--as", "testuser")
    said = _said(run)
    assert said.index("do: Switch to the role") < said.index("The switch itself is refused now")
    assert run.stdout.splitlines()[-1].startswith("rolelab explain --outputs")
    assert run.stdout.splitlines()[-1].endswith("--as testuser")


def test_what_neither_is_allowed_is_proposed_for_who_asks(rolelab: Run) -> None:
    """The twin: the role has nothing to do with it."""
    user = "arn:aws:iam::{}:user/testuser"
    said = _said(rolelab("explain", "iam:GetAccountSummary"))
    assert "iam:GetAccountSummary is on no single resource" in said
    said = _said(rolelab("explain", "--role", "sqs:SendMessage", "arn:aws:sqs:us-east-1:1:queue"))
    assert "do: Give role s3Access an inline policy that allows sqs:SendMessage" in said
    assert user not in said


@pytest.mark.parametrize(
    ("action", "nearest"),
    [
        ("s3:Nonsense", "the nearest is s3:"),
        ("s3:ListBuckets", "the nearest is s3:ListAllMyBuckets"),
        ("s3:GetObjekt", "the nearest is s3:GetObject"),
        ("iam:ListUser", "the nearest is iam:ListUsers"),
        ("sts:AsumeRole", "the nearest is sts:AssumeRole"),
        ("ec3:RunInstances", "the nearest is ec2:RunInstances"),
        ("nosuchservice:Call", "name one such as"),
    ],
)
def test_an_action_that_aws_does_not_have_is_said_to_be_none(
    rolelab: Run, action: str, nearest: str
) -> None:
    """To grant it would help nobody; a slip of the keys is found by the nearest name."""
    run = rolelab("explain", action)
    said = _said(run, 2)
    assert f"error: AWS has no such action: {action} (ACTION): {nearest}" in said
    assert run.stdout == ""


def test_an_action_is_known_in_any_case(rolelab: Run) -> None:
    """IAM does not look at the case of actions."""
    said = _said(rolelab("explain", "--role", "s3:listbucket"))
    assert "is allowed to call s3:listbucket" in said


def test_an_action_on_resources_is_not_said_to_be_on_none(rolelab: Run) -> None:
    """What is missing is the resource in the question."""
    said = _said(rolelab("explain", "ec2:RunInstances"))
    assert "no single resource" not in said
    assert "name what ec2:RunInstances is to be called on (image, instance," in said


@pytest.mark.parametrize(
    ("action", "resource", "missing"),
    [
        ("sts:AssumeRole", "arn:aws:iam::{}:role/nobodys", "there is no role {}."),
        ("iam:GetRole", "arn:aws:iam::{}:role/nobodys", "There is no role {}."),
        ("iam:GetUser", "arn:aws:iam::{}:user/nobody", "There is no user {}."),
        ("iam:GetUser", "arn:aws:iam::{}:user/path/testuser", "There is no user {};"),
        ("iam:GetGroup", "arn:aws:iam::{}:group/nobodys", "There is no group {}."),
        ("iam:GetPolicy", "arn:aws:iam::{}:policy/none", "There is no policy {}."),
        ("iam:GetUser", "arn:aws:iam::{}:user/", "There is no user {}."),
        ("iam:GetUser", "arn:aws:iam::{}:user/an%20n", "There is no user {}."),
        ("sqs:SendMessage", "arn:aws:s3:::bucket%20of%20{}", "There is no bucket"),
    ],
)
def test_what_is_not_there_is_said_not_to_be_there(
    rolelab: Run, made: labs.MadeLab, action: str, resource: str, missing: str
) -> None:
    """No policy helps then, so none is proposed; it was found out, so it is not exit code 3."""
    arn = resource.format(made.account)
    said = _said(rolelab("explain", action, arn))
    assert missing.format(arn) in said
    assert "do:" not in said


def test_the_switch_is_proposed_for_what_is_not_there_yet(rolelab: Run) -> None:
    """With the role one can make it; no policy is proposed for it."""
    said = _said(rolelab("explain", "s3:ListBucket", "arn:aws:s3:::nobodys-bucket-yet"))
    assert "There is no bucket nobodys-bucket-yet. do: Switch to the role s3Access" in said
    assert "statement" not in said


def test_what_is_to_be_made_need_not_be_there(rolelab: Run, made: labs.MadeLab) -> None:
    """The twin of what is not there."""
    said = _said(rolelab("explain", "iam:CreateUser", f"arn:aws:iam::{made.account}:user/new"))
    assert "There is no" not in said
    assert "do:" in said


def test_another_role_is_explained_by_its_own_trust_policy(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """Of this account it can be read; of another one it cannot, and nothing is guessed."""
    trust = documents.as_json(labs.trust_of(made.account))
    made.root.iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust)
    second = f"arn:aws:iam::{made.account}:role/second"
    said = _said(rolelab("explain", "sts:AssumeRole", second))
    assert "no identity-based policy of user testuser allows it" in said
    grant = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    made.root.iam.put_user_policy(
        UserName="testuser",
        PolicyName="more",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    )
    assert "is allowed to call" in _said(rolelab("explain", "sts:AssumeRole", second))
    foreign = f"arn:aws:iam::{ACCOUNT_B}:role/second"
    said = _said(rolelab("explain", "sts:AssumeRole", foreign), 3)
    assert "It is not known whether user testuser is allowed" in said


def test_without_the_user_there_is_nobody_to_be_allowed_anything(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """The question is answered: it is not that it could not be found out."""
    _delete_user(made)
    for arguments in ([], ["s3:ListBucket"], ["iam:ListUsers"]):
        said = _said(rolelab("explain", *arguments))
        assert "does not exist any more" in said
        assert "Switch to the role" not in said


def test_without_the_role_there_is_no_session(rolelab: Run, made: labs.MadeLab) -> None:
    """Neither is a role without policies proposed new ones, nor a switch to what is not there."""
    iam = made.root.iam
    iam.detach_role_policy(
        RoleName=labs.ROLE, PolicyArn=documents.managed_policy("AmazonS3FullAccess")
    )
    iam.delete_role(RoleName=labs.ROLE)
    said = _said(rolelab("explain", "--role", "s3:ListBucket"))
    assert f"There is no role arn:aws:iam::{made.account}:role/s3Access" in said
    assert "aws iam create-role" in said
    assert "Switch to the role" not in _said(rolelab("explain", "s3:ListBucket"))
    said = _said(rolelab("explain"))
    assert f"there is no role arn:aws:iam::{made.account}:role/s3Access" in said


def _delete_user(made: labs.MadeLab) -> None:
    iam, name = made.root.iam, "testuser"
    iam.delete_user_policy(UserName=name, PolicyName=labs.GRANT)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key.get("AccessKeyId", ""))
    iam.delete_user(UserName=name)


# -- what is supposed of the request ---------------------------------------------------------------

_ACCEPTED = ("203.0.113.7", "203.0.113.9")


def _allow(action: str, condition: documents.Conditions) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("action", "condition", "fits", "fits_not"),
    [
        (
            "iam:ListUsers",
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            ["aws:MultiFactorAuthPresent=true"],
            ["aws:multifactorauthpresent=false"],
        ),
        (
            "iam:ListUsers",
            {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            ["AWS:sourceip=203.0.113.7"],
            ["aws:SourceIp=198.51.100.7"],
        ),
        (
            "iam:ListUsers",
            {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
            ["aws:CurrentTime=2029-12-31T23:59:59Z"],
            ["aws:CurrentTime=2030-01-01"],
        ),
        (
            "iam:ListUsers",
            {"NumericLessThan": {"aws:EpochTime": "1893456000"}},
            ["aws:CurrentTime=2029-12-31T23:59:59Z"],
            ["aws:CurrentTime=2030-01-01"],
        ),
        (
            "sqs:TagQueue",
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}},
            ["aws:TagKeys=team", "aws:TagKeys=cost"],
            ["aws:TagKeys=team", "aws:TagKeys=owner"],
        ),
        (
            "s3:ListBucket",
            {"StringLike": {"s3:prefix": "${aws:username}/*"}},
            ["s3:prefix=testuser/a"],
            ["s3:prefix=other/a"],
        ),
    ],
)
def test_what_is_supposed_of_a_request_decides(
    rolelab: Run,
    made: labs.MadeLab,
    action: str,
    condition: documents.Conditions,
    fits: list[str],
    fits_not: list[str],
) -> None:
    """A condition is understood by trying it: with one value allowed, with another refused."""
    made.root.iam.put_user_policy(
        UserName="testuser", PolicyName="some", PolicyDocument=_allow(action, condition)
    )
    words = {
        "allowed": [word for each in fits for word in ("--context", each)],
        "not allowed": [word for each in fits_not for word in ("--context", each)],
    }
    for verdict, context in words.items():
        said = _said(rolelab("explain", action, *context))
        assert f"User testuser is {verdict} to call {action}" in said


def test_a_switch_with_something_supposed_is_decided_and_not_tried(
    rolelab: Run, made: labs.MadeLab
) -> None:
    """AWS cannot be asked from another address; the policies can."""
    conditions = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    trust = documents.as_json(labs.trust_of(made.account, conditions))
    made.root.iam.update_assume_role_policy(RoleName=labs.ROLE, PolicyDocument=trust)
    said = _said(rolelab("explain", "--context", "aws:SourceIp=203.0.113.7"))
    assert "User testuser is allowed to call sts:AssumeRole" in said
    assert "It was not tried" in said
    said = _said(rolelab("explain", "--context", "aws:SourceIp=198.51.100.7"))
    assert "no statement in the role trust policy of role s3Access allows it" in said
    assert "wants 203.0.113.0/24, the request has 198.51.100.7" in said
    assert "It was not tried" in said
    # The twin: without a context it is.
    assert "not tried" not in _said(rolelab("explain"))


def test_a_session_of_another_time_begins_then(rolelab: Run, made: labs.MadeLab) -> None:
    """What revokes older sessions revokes it, and not the one that would begin now."""
    revoked = {"DateLessThan": {"aws:TokenIssueTime": "2025-01-01T00:00:00Z"}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": revoked}
    made.root.iam.put_role_policy(
        RoleName=labs.ROLE, PolicyName="AWSRevokeOlderSessions", PolicyDocument=_of(deny)
    )
    asked = ("explain", "--role", "s3:ListAllMyBuckets")
    assert "is allowed to call" in _said(rolelab(*asked))
    before = _said(rolelab(*asked, "--context", "aws:CurrentTime=2024-12-31T00:00:00Z"))
    assert "explicit deny in the identity-based policy AWSRevokeOlderSessions" in before


def test_an_external_id_that_is_sent_is_supposed(rolelab: Run, made: labs.MadeLab) -> None:
    """What is given wins over what the declared trust policy lets the lab send."""
    conditions = {"StringEquals": {"sts:ExternalId": "lab-42"}}
    trust = labs.trust_of(made.account, conditions)
    made.raw["role"]["trust"] = trust
    made.root.iam.update_assume_role_policy(
        RoleName=labs.ROLE, PolicyDocument=documents.as_json(trust)
    )
    allowed = _said(rolelab("explain", "--context", "sts:ExternalId=lab-42"))
    assert "is allowed to call sts:AssumeRole" in allowed
    refused = _said(rolelab("explain", "--context", "sts:ExternalId=lab-41"))
    assert "wants lab-42, the request has lab-41" in refused
    assert "Send the external id lab-42 (ExternalId)." in refused


@pytest.mark.parametrize(
    ("action", "context", "said"),
    [
        ("s3:ListBucket", "aws:SourceIp", "aws:SourceIp is not KEY=VALUE (context): give one such"),
        ("s3:ListBucket", "", "an empty entry is not KEY=VALUE (context): give one such"),
        ("s3:ListBucket", "=x", "nothing is not a condition key (context): name one such as"),
        ("s3:ListBucket", "SourceIp=::1", "a condition key (context): the nearest is aws:SourceIp"),
        ("sqs:TagQueue", "aws:RequestTag=a", "(context): the nearest is aws:RequestTag/"),
        ("sqs:TagQueue", "aws:RequestTag/=a", "aws:RequestTag/ is not a condition key (context)"),
        ("s3:ListBucket", "s3:prefx=a", "of s3: s3:prefx (context): the nearest is s3:prefix"),
        (
            "s3:ListBucket",
            "aws:MFAPresent=true",
            "AWS has no such condition key in requests of s3: aws:MFAPresent (context): the "
            "nearest is aws:MultiFactorAuthPresent",
        ),
        ("iam:ListUsers", "s3:prefix=a", "AWS has no such condition key in requests of iam"),
        ("sts:AssumeRole", "aws:MultiFactorAuthPresent=yes", "(context): give true or false"),
        ("sts:AssumeRole", "aws:CurrentTime=soon", "soon is not a value of aws:CurrentTime (cont"),
        ("sts:AssumeRole", "aws:CurrentTime=2026-02-30", "2026-02-30 is not a value of aws:Curre"),
        ("sts:AssumeRole", "aws:SourceIp=203.0.113.0/24", "give an address such as 203.0.113.7"),
        ("sts:AssumeRole", "aws:PrincipalArn=me", "(context): give an ARN"),
        ("s3:ListBucket", "s3:max-keys=many", "(context): give a number"),
        ("iam:ListUsers", "aws:RequestedRegion=eu-west-1", "are made in us-east-1, not in eu-we"),
    ],
)
def test_what_no_request_has_is_refused_in_one_line(
    rolelab: Run, action: str, context: str, said: str
) -> None:
    """A slip of the keys would else be an answer to another question."""
    run = rolelab("explain", action, "--context", context)
    assert said in _said(run, 2)
    assert (run.stdout, run.stderr.count("\n"), run.stderr.count("error:")) == ("", 1, 1)


def test_a_key_that_has_one_value_is_given_one(rolelab: Run) -> None:
    """The twin of aws:TagKeys: no request comes from two addresses."""
    context = [word for each in _ACCEPTED for word in ("--context", f"aws:SourceIp={each}")]
    said = _said(rolelab("explain", "s3:ListBucket", *context), 2)
    assert "a request has one aws:SourceIp, not 203.0.113.7 and 203.0.113.9 (context)" in said


# -- what is proposed is done as it is told --------------------------------------------------------

_OWN_KEYS = ("iam:ListAccessKeys", "arn:aws:iam::{}:user/testuser")
_DENY = {"Effect": "Deny", "Action": "iam:ListAccessKeys", "Resource": "*"}
_ALLOW = {"Effect": "Allow", "Action": ["iam:*", "s3:*"], "Resource": "*"}


def _put(made: labs.MadeLab, name: str, *statements: Mapping[str, object]) -> None:
    made.root.iam.put_user_policy(
        UserName="testuser", PolicyName=name, PolicyDocument=_of(*statements)
    )


def _of(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _nothing(made: labs.MadeLab) -> None:
    """The user has no permission of it."""


def _own_deny(made: labs.MadeLab) -> None:
    _put(made, "own", _ALLOW)
    _put(made, "no", _DENY)


def _bounded(made: labs.MadeLab) -> None:
    _put(made, "own", _ALLOW)
    arn = f"arn:aws:iam::{made.account}:policy/limit"
    limit = _of({"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    made.root.iam.create_policy(PolicyName="limit", PolicyDocument=limit)
    made.root.iam.put_user_permissions_boundary(UserName="testuser", PermissionsBoundary=arn)


def _managed_deny(made: labs.MadeLab) -> None:
    _put(made, "own", _ALLOW)
    arn = f"arn:aws:iam::{made.account}:policy/no"
    made.root.iam.create_policy(PolicyName="no", PolicyDocument=_of(_DENY))
    made.root.iam.attach_user_policy(UserName="testuser", PolicyArn=arn)


def _second_role(made: labs.MadeLab) -> None:
    trust = documents.as_json(labs.trust_of(ACCOUNT_B))
    made.root.iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust)


def _bucket_deny(made: labs.MadeLab) -> None:
    _put(made, "own", _ALLOW)
    bucket = f"lab-{made.account}"
    made.root.s3.create_bucket(Bucket=bucket)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket"}
    policy = _of({**deny, "Resource": f"arn:aws:s3:::{bucket}"})
    made.root.s3.put_bucket_policy(Bucket=bucket, Policy=policy)


@pytest.mark.parametrize(
    ("breaks", "action", "resource", "operation"),
    [
        (_nothing, *_OWN_KEYS, "iam put-user-policy"),
        (_own_deny, *_OWN_KEYS, "iam put-user-policy"),
        (_bounded, *_OWN_KEYS, "iam create-policy-version"),
        (_managed_deny, *_OWN_KEYS, "iam create-policy-version"),
        (_second_role, "sts:AssumeRole", "arn:aws:iam::{}:role/second", "iam update-assume-role-p"),
        (_bucket_deny, "s3:ListBucket", "arn:aws:s3:::lab-{}", "s3api delete-bucket-policy"),
    ],
)
def test_what_is_proposed_is_done_by_its_commands(
    rolelab: Run,
    made: labs.MadeLab,
    aws_cli: Path,
    breaks: Callable[[labs.MadeLab], None],
    action: str,
    resource: str,
    operation: str,
) -> None:
    """The first proposal, typed as it stands; the console's page is named before it."""
    breaks(made)
    asked = (action, resource.format(made.account))
    run = rolelab("explain", *asked)
    assert "is not allowed to call" in _said(run)
    first = run.stdout.partition("\nOr: ")[0]
    assert "As administrator, in the console: " in _said(run)
    commands = commands_in(first)
    assert operation in commands[0]
    for command in commands:
        words = command.replace("rolelab", f"{sys.executable} -m rolelab", 1)
        path = f"{aws_cli.parent}:/usr/bin:/bin"
        env = {"PATH": path, "PYTHONPATH": str(ROOT), **made.environment}
        done = subprocess.run(
            ["sh", "-c", words], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert "is allowed to call" in _said(rolelab("explain", *asked))
