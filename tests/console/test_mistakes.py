"""The mistakes that learners make: each is refused in AWS's words, and the page says why."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from tests.console.steps import PASSWORD, sign_in, switch_role

OTHER = "999988887777"


def made_by_hand(root: Clients, account: str, *, trusts: str, grant_on: str) -> None:
    """Make user, role and grant, as somebody did who got one of them wrong."""
    root.iam.create_user(UserName="testuser")
    root.iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{trusts}:root"},
        "Action": "sts:AssumeRole",
    }
    root.iam.create_role(RoleName="s3Access", AssumeRolePolicyDocument=policy(trust))
    s3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    root.iam.attach_role_policy(RoleName="s3Access", PolicyArn=s3)
    grant = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": f"arn:aws:iam::{account}:role/{grant_on}",
    }
    root.iam.put_user_policy(
        UserName="testuser", PolicyName="AssumeRole", PolicyDocument=policy(grant)
    )


def policy(statement: object) -> str:
    """Return a document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("trusts", "grant_on", "role", "why"),
    [
        ("", "s3Access", "s3access", "there is no role"),
        (OTHER, "s3Access", "s3Access", "trust policy"),
        ("", "another", "s3Access", "no identity-based policy of user testuser allows it"),
    ],
    ids=["wrong role name", "trust of another account", "grant on another role"],
)
def test_a_switch_that_is_refused(
    window: Page,
    console: ConsoleServer,
    root: Clients,
    account: str,
    trusts: str,
    grant_on: str,
    role: str,
    why: str,
) -> None:
    """AWS gives no reason; the link beside its words does."""
    made_by_hand(root, account, trusts=trusts or account, grant_on=grant_on)
    sign_in(window, account, "testuser")
    switch_role(window, account, role)
    refusal = window.get_by_role("alert").last
    expect(refusal).to_contain_text(
        f"User: arn:aws:iam::{account}:user/testuser is not authorized to perform: "
        f"sts:AssumeRole on resource: arn:aws:iam::{account}:role/{role}"
    )
    expect(window.get_by_label("IAM role name")).to_have_value(role)
    refusal.get_by_role("link", name="Why was this refused?").click()
    answer = window.get_by_label("The answer")
    expect(answer.get_by_role("heading", name="Refused")).to_be_visible()
    expect(answer).to_contain_text(why)


def test_s3_before_the_switch_and_after_it(
    window: Page, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Forgetting to switch is refused; the same page works as the role, and not after it."""
    made_by_hand(root, account, trusts=account, grant_on="s3Access")
    sign_in(window, account, "testuser")
    window.goto("/s3/buckets")
    window.get_by_label("Bucket name").fill(f"early-{account}")
    window.get_by_role("button", name="Create bucket").click()
    expect(window.get_by_role("alert").first).to_contain_text("s3:CreateBucket")
    expect(window.get_by_label("Bucket name")).to_have_value(f"early-{account}")
    switch_role(window, account, "s3Access")
    window.goto("/s3/buckets")
    expect(window.get_by_role("alert")).to_have_count(0)
    window.get_by_role("button", name="s3Access/testuser").click()
    window.get_by_role("button", name="Switch back").click()
    window.goto("/s3/buckets")
    expect(window.get_by_role("alert")).to_contain_text("s3:ListAllMyBuckets")
    # The last role is offered in the menu.
    window.get_by_role("button", name=f"testuser @ {account}").click()
    window.get_by_role("button", name="the lab's role").click()
    expect(window.get_by_role("button", name="s3Access/testuser")).to_be_visible()


def test_the_editor_says_what_aws_would_refuse(
    window: Page, console: ConsoleServer, root: Clients
) -> None:
    """While one types, with the place; what is right has nothing said about it."""
    root.iam.create_user(UserName="testuser")
    window.goto(console.root_link())
    window.goto("/iam/users/testuser/inline")
    said = window.get_by_role("status", name="What AWS would refuse")
    window.get_by_label("Policy document").fill('{"Version": "2012-10-17",\n "Statement": [}')
    expect(said).to_contain_text("line 2")
    wrong = policy({"Effect": "Alow", "Action": "s3:GetObject", "Resource": "*"})
    window.get_by_label("Policy document").fill(wrong)
    expect(said).to_contain_text("statement 1, Effect")
    window.get_by_label("Policy document").fill(wrong.replace("Alow", "Allow"))
    expect(said.get_by_role("listitem")).to_have_count(0)
    window.get_by_role("button", name="Next").click()
    window.get_by_label("Policy name").fill("p")
    window.get_by_role("button", name="Create policy").click()
    expect(window.get_by_role("status").first).to_contain_text("The inline policy p is saved.")


def test_the_editor_knows_what_s3_refuses(
    window: Page, console: ConsoleServer, root: Clients, account: str
) -> None:
    """A bucket policy has S3's grammar and words, which look at the bucket's own name, too."""
    root.s3.create_bucket(Bucket=f"lab-{account}")
    window.goto(console.root_link())
    window.goto(f"/s3/buckets/lab-{account}?tab=permissions")
    said = window.get_by_role("status", name="What AWS would refuse")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    of_another = policy({**statement, "Resource": "arn:aws:s3:::another/*"})
    window.get_by_label("Policy", exact=True).fill(of_another)
    expect(said).to_contain_text("Policy has invalid resource")
    window.get_by_label("Policy", exact=True).fill(of_another.replace("another", f"lab-{account}"))
    expect(said.get_by_role("listitem")).to_have_count(0)


def test_what_was_chosen_is_there_as_json(
    window: Page, console: ConsoleServer, root: Clients
) -> None:
    """Whoever turns to JSON goes on from what the other way has made."""
    root.iam.create_user(UserName="testuser")
    window.goto(console.root_link())
    window.goto("/iam/users/testuser/inline")
    window.get_by_role("tab", name="Visual").click()
    window.get_by_label("AssumeRole").check()
    window.get_by_label("Resource ARN").fill("arn:aws:iam::111122223333:role/r")
    window.get_by_role("tab", name="JSON").click()
    expect(window.get_by_label("Policy document")).to_have_value(re.compile("sts:AssumeRole"))
    window.get_by_label("Policy document").fill('{"half": ')
    window.get_by_role("tab", name="Visual").click()
    window.get_by_role("tab", name="JSON").click()
    expect(window.get_by_label("Policy document")).to_have_value('{"half": ')
    window.get_by_role("tab", name="Visual").click()
    window.get_by_label("AssumeRole").check()
    window.get_by_label("Resource ARN").fill("*")
    window.get_by_label("Resource ARN").press("Enter")
    expect(window.get_by_text("sts:AssumeRole")).to_be_visible()
    window.get_by_label("Policy name").fill("p")
    window.get_by_role("button", name="Create policy").click()
    expect(window.get_by_role("row", name="p Inline")).to_be_visible()


def test_searching_keeps_what_is_chosen(
    window: Page, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Policies of several searches are attached together, to a new user and to an old one."""
    window.goto(console.root_link())
    window.goto("/iam/create-user")
    window.get_by_label("User name").fill("testuser")
    window.get_by_role("button", name="Next").click()
    for name in ("AmazonS3FullAccess", "IAMReadOnlyAccess"):
        window.get_by_role("searchbox").fill(name)
        window.get_by_role("searchbox").press("Enter")
        window.get_by_role("checkbox", name=name, exact=True).check()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("button", name="Create user").click()
    expect(window.get_by_role("heading", name="testuser", exact=True)).to_be_visible()
    window.goto("/iam/users/testuser/attach")
    window.get_by_role("button", name="2", exact=True).click()
    window.get_by_role("checkbox").first.check()
    window.get_by_role("button", name="1", exact=True).click()
    window.get_by_role("checkbox").first.check()
    window.get_by_role("button", name="Add permissions").click()
    expect(window.get_by_role("status")).to_contain_text("2 policies added.")
    attached = root.iam.list_attached_user_policies(UserName="testuser")["AttachedPolicies"]
    names = {policy.get("PolicyName") for policy in attached}
    assert len(names) == 4
    assert names > {"AmazonS3FullAccess", "IAMReadOnlyAccess"}


def test_going_back_keeps_whom_a_role_trusts(
    window: Page, console: ConsoleServer, root: Clients
) -> None:
    """A role for another account that asks for MFA must not become one for this account."""
    window.goto(console.root_link())
    window.goto("/iam/create-role")
    window.get_by_label("Another AWS account").check()
    window.get_by_label("Account ID of the other account").fill("111122223333")
    window.get_by_label("Require external ID").check()
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_role("alert")).to_contain_text("Enter an external ID")
    window.get_by_label("External ID", exact=True).fill("class-7")
    window.get_by_label("Require MFA").check()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("link", name="Previous").click()
    expect(window.get_by_label("Require MFA")).to_be_checked()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("button", name="Next").click()
    window.get_by_label("Role name").fill("theirs")
    window.get_by_role("button", name="Create role").click()
    expect(window.get_by_role("heading", name="theirs", exact=True)).to_be_visible()
    trust = json.dumps(root.iam.get_role(RoleName="theirs")["Role"].get("AssumeRolePolicyDocument"))
    assert [part in trust for part in ("111122223333:root", "class-7", "MultiFactorAuth")] == [
        True
    ] * 3
