"""What tests of the page that tells why share: the lesson's parts, questions, and what is said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode

import pytest

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from tests.console.plain import Answer, PlainBrowser
from tests.console.steps import PASSWORD

LIST = "s3:ListAllMyBuckets"
S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def learner(root: Clients, console: ConsoleServer) -> PlainBrowser:
    """A browser in which testuser is signed in."""
    make_user(root)
    browser = PlainBrowser(console)
    assert browser.sign_in("testuser").to == "/console/home"
    return browser


def make_user(root: Clients) -> None:
    """Make testuser, who may sign in and nothing else."""
    root.iam.create_user(UserName="testuser")
    root.iam.create_login_profile(
        UserName="testuser", Password=PASSWORD, PasswordResetRequired=False
    )


def document(*statements: Mapping[str, object]) -> str:
    """Return a document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def grant(root: Clients, role: str) -> None:
    """Let testuser assume a role, as far as their own policies go."""
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    root.iam.put_user_policy(
        UserName="testuser", PolicyName="grant", PolicyDocument=document(allow)
    )


def make_role(root: Clients, trusted: str, name: str = "s3Access") -> str:
    """Make a role without permissions that trusts somebody; return its ARN."""
    trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    role = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    return role["Role"]["Arn"]


def switch(browser: PlainBrowser, role: str) -> Answer:
    """Send the form of Switch role."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    form = {"do": "switch-role", "account": account, "roleName": name}
    return browser.post("/switchrole", form=form)


def ask(browser: PlainBrowser, action: str, resource: str = "", **more: str) -> Answer:
    """Ask the page why."""
    return browser.get(f"/why?{urlencode({'action': action, 'resource': resource, **more})}")


def said_on(page: Answer) -> str:
    """Return the answer on a page as text, its verdict first."""
    found = re.search(r'<section aria-label="The answer">(.*?)</section>', page.text, re.DOTALL)
    assert found, page.alert
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def why_of(browser: PlainBrowser, page: Answer) -> Answer:
    """Follow the link below a page's first alert."""
    found = re.search(r'<a href="(/why[^"]*)">Why was this refused\?', page.text)
    assert found, page.alert
    return browser.get(unescape(found[1]))
