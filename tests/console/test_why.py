"""The page that tells why: for whoever is signed in, as they are now, with what they suppose."""

from __future__ import annotations

from html import unescape

import pytest

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from rolelab.console.visit import why_address
from rolelab.iam import messages
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from tests.console.asking import (
    LIST,
    S3_FULL,
    ask,
    document,
    grant,
    make_role,
    make_user,
    said_on,
    switch,
    why_of,
)
from tests.console.asking import learner as learner
from tests.console.plain import PlainBrowser
from tests.console.steps import enable_device, next_code

TEXTAREA = "Context (condition keys, one KEY=VALUE a line)"


# -- what is supposed ------------------------------------------------------------------------------


def test_what_is_supposed_of_a_request_decides(
    learner: PlainBrowser, root: Clients, account: str
) -> None:
    """Without a script: a form that is sent by GET, and its answer."""
    bucket = f"arn:aws:s3:::lab-{account}"
    root.s3.create_bucket(Bucket=f"lab-{account}")
    allow = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket,
        "Condition": {
            "StringLike": {"s3:prefix": "${aws:username}/*"},
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        },
    }
    root.iam.put_user_policy(UserName="testuser", PolicyName="own", PolicyDocument=document(allow))
    context = "s3:prefix=testuser/a\r\n\r\naws:SourceIp=203.0.113.7\r\n"
    page = ask(learner, "s3:ListBucket", bucket, context=context)
    assert said_on(page).startswith("Allowed")
    assert f'{TEXTAREA}\n<textarea name="context"' in page.text
    assert "s3:prefix=testuser/a" in page.text.partition("<textarea")[2].partition("</")[0]
    other = context.replace("testuser/a", "other/a")
    said = said_on(ask(learner, "s3:ListBucket", bucket, context=other))
    assert said.startswith("Refused")
    assert "wants ${aws:username}/*, the request has other/a" in said


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ("aws:SourceIp", "aws:SourceIp is not KEY=VALUE (context)"),
        ("aws:SourceIp=here", "here is not a value of aws:SourceIp (context): give an address"),
        ("s3:prefx=a", "of s3: s3:prefx (context): the nearest is s3:prefix"),
        ("<script>=a", "<script> is not a condition key (context): name one such as"),
    ],
)
def test_what_no_request_has_is_said(learner: PlainBrowser, context: str, said: str) -> None:
    """In the words of `rolelab explain`; what was entered stays to be corrected."""
    page = ask(learner, "s3:ListBucket", context=context)
    assert (page.status, said in page.alert) == (200, True), page.alert
    entered = unescape(page.text.partition("<textarea")[2].partition("</textarea>")[0])
    assert entered.endswith(f">{context}")
    assert "<script>" not in page.text


# -- what no policy decides ------------------------------------------------------------------------


@pytest.mark.parametrize("asks", ["root", "testuser"])
def test_a_policy_that_is_prevented_leads_to_block_public_access(
    learner: PlainBrowser, console: ConsoleServer, root: Clients, account: str, asks: str
) -> None:
    """Every policy allows it; that it is refused all the same is no riddle."""
    browser = PlainBrowser(console).as_root() if asks == "root" else learner
    root.iam.attach_user_policy(UserName="testuser", PolicyArn=S3_FULL)
    bucket = f"lab-{account}"
    root.s3.create_bucket(Bucket=bucket)
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = document(public | {"Resource": f"arn:aws:s3:::{bucket}/*"})
    form = {"do": "put-policy", "policy": policy}
    page = browser.post(f"/s3/buckets/{bucket}?tab=permissions", form=form)
    assert "prevented by the BlockPublicPolicy setting" in page.alert
    said = said_on(why_of(browser, page))
    assert said.startswith("It depends")
    assert f"S3 Block Public Access of bucket {bucket} refuses it all the same" in said
    root.s3.delete_public_access_block(Bucket=bucket)
    assert said_on(why_of(browser, page)).startswith("Allowed")


def test_a_public_acl_that_is_prevented_leads_there_too(
    learner: PlainBrowser, root: Clients, account: str
) -> None:
    """The refusal does not say which ACL it was; a call without any is not meant."""
    root.iam.attach_user_policy(UserName="testuser", PolicyArn=S3_FULL)
    bucket = f"lab-{account}"
    root.s3.create_bucket(Bucket=bucket)
    said = messages.render(
        messages.Refusal(
            principal=f"arn:aws:iam::{account}:user/testuser",
            action="s3:PutObject",
            resource=f"arn:aws:s3:::{bucket}/k",
            prevented_by="BlockPublicAcls",
        )
    )
    assert "BlockPublicAcls is on" in said_on(learner.get(why_address(said)))
    assert "BlockPublicAcls" not in said_on(
        ask(learner, "s3:PutObject", f"arn:aws:s3:::{bucket}/k")
    )


# -- whoever is signed in, as they are now ---------------------------------------------------------


def test_an_ended_session_is_told_nothing(learner: PlainBrowser) -> None:
    """Before any policy is read, with a question and without one."""
    assert said_on(ask(learner, LIST)).startswith("Refused")
    instance = learner.console.around.instance
    control.move_clock(instance, 13 * 3600)
    try:
        assert ask(learner, LIST).to.startswith("/signin?to=")
        assert learner.get("/why").to.startswith("/signin?to=")
    finally:
        control.reset_clock(instance)


def test_a_user_of_the_same_name_is_not_the_one_who_signed_in(
    learner: PlainBrowser, root: Clients
) -> None:
    """The user was deleted and made anew: what the new one may is not told to the old session."""
    root.iam.delete_login_profile(UserName="testuser")
    root.iam.delete_user(UserName="testuser")
    gone = "the user testuser, whose session it is, was deleted"
    assert f"{gone} (arn" in ask(learner, LIST).alert
    make_user(root)
    deny = {"Sid": "Hidden", "Effect": "Deny", "Action": "*", "Resource": "*"}
    root.iam.put_user_policy(UserName="testuser", PolicyName="no", PolicyDocument=document(deny))
    page = ask(learner, LIST)
    assert f"{gone}; another one has its name" in page.alert
    assert "Hidden" not in page.text


def test_in_a_role_of_another_account_that_role_is_meant(
    learner: PlainBrowser, root: Clients, account: str, local_aws: Instance
) -> None:
    """The home account may have one of the same name, which says nothing of this session."""
    other = f"{int(account) - 1}"
    there = Clients(local_aws.endpoint(other))
    role = make_role(there, account)
    there.iam.attach_role_policy(RoleName="s3Access", PolicyArn=S3_FULL)
    make_role(root, account)
    grant(root, role)
    assert switch(learner, role).to == "/console/home"
    said = said_on(ask(learner, LIST))
    assert said.startswith("Allowed")
    assert f"arn:aws:sts::{other}:assumed-role/s3Access/testuser" in ask(learner, LIST).text
    # The twin: at home that role has nothing.
    assert said_on(ask(learner, "iam:ListUsers")).startswith("Refused")


def test_in_a_role_one_asks_about_the_user_too(
    learner: PlainBrowser, root: Clients, account: str
) -> None:
    """What is refused to the user while in a role is the user's: to switch to another role."""
    role, second = make_role(root, account), make_role(root, account, "second")
    grant(root, role)
    assert switch(learner, role).to == "/console/home"
    page = why_of(learner, switch(learner, second))
    assert said_on(page).startswith("Refused User testuser is not allowed to call sts:AssumeRole")
    assert "Session testuser of role s3Access is not" in said_on(ask(learner, LIST))


def test_a_role_that_was_made_anew_is_not_that_of_the_session(
    learner: PlainBrowser, root: Clients, account: str
) -> None:
    """Its name and ARN are the same, its id is another one."""
    role = make_role(root, account)
    grant(root, role)
    switch(learner, role)
    root.iam.delete_role(RoleName="s3Access")
    make_role(root, account)
    root.iam.attach_role_policy(RoleName="s3Access", PolicyArn=S3_FULL)
    alert = ask(learner, LIST).alert
    assert "the role s3Access, whose session it is, was deleted; another one has" in alert


def test_a_code_that_was_given_at_the_sign_in_counts(
    root: Clients, console: ConsoleServer, account: str
) -> None:
    """The answer is for the session as it is; the twin is a sign-in by password alone."""
    make_user(root)
    with_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    allow = {"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": with_mfa}
    root.iam.put_user_policy(UserName="testuser", PolicyName="own", PolicyDocument=document(allow))
    without = PlainBrowser(console)
    without.sign_in("testuser")
    users = f"arn:aws:iam::{account}:user/"
    assert said_on(ask(without, "iam:ListUsers", users)).startswith("Refused")
    supposed = {"context": "aws:MultiFactorAuthPresent=true"}
    assert said_on(ask(without, "iam:ListUsers", users, **supposed)).startswith("Allowed")
    seed = enable_device(root)
    browser = PlainBrowser(console)
    assert browser.sign_in("testuser", code=next_code(seed)).to == "/console/home"
    assert said_on(ask(browser, "iam:ListUsers", users)).startswith("Allowed")


def test_root_asks_about_anybody_and_a_learner_about_themselves(
    learner: PlainBrowser, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Others' policies are no learner's business."""
    root.iam.create_user(UserName="other")
    other = f"arn:aws:iam::{account}:user/other"
    assert (
        ask(learner, LIST, who=other).alert
        == f"Only root is told about {other}: ask about yourself."
    )
    browser = PlainBrowser(console).as_root()
    assert "User other is not" in said_on(ask(browser, LIST, who=other))
    for wrong in ("me", "arn:aws:iam::12:user/a", "arn:aws:sts::111122223333:assumed-role"):
        assert (
            "is not the ARN of a user, a role or a session (who)"
            in ask(browser, LIST, who=wrong).alert
        )
