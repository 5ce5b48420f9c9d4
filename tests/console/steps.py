"""What somebody does in the console, step by step, as the lesson tells it."""

from __future__ import annotations

import time
from base64 import b32decode

from playwright.sync_api import Page, expect

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from rolelab.localaws.operations import totp

PASSWORD = "Correct-horse-7"


def enable_device(root: Clients) -> bytes:
    """Give testuser a device; return the key of its codes."""
    device = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed, now = b32decode(device.get("Base32StringSeed", b"")), int(time.time()) // totp.STEP_S
    root.iam.enable_mfa_device(
        UserName="testuser",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.code(seed, now - 2),
        AuthenticationCode2=totp.code(seed, now - 1),
    )
    return seed


def next_code(seed: bytes) -> str:
    """Return a code of a device that has not been used."""
    return totp.code(seed, int(time.time()) // totp.STEP_S + 1)


def as_root(window: Page, console: ConsoleServer) -> None:
    """Sign root in, by the link."""
    window.goto(console.root_link())
    expect(window.get_by_role("heading", name="Console Home")).to_be_visible()


def create_user(window: Page, name: str) -> None:
    """Create a user with a console password and no permissions."""
    window.goto("/iam/users")
    window.get_by_role("button", name="Create user").click()
    window.get_by_label("User name").fill(name)
    window.get_by_label("Provide user access to the AWS Management Console").check()
    window.get_by_label("Custom password").check()
    window.get_by_label("Console password", exact=True).fill(PASSWORD)
    window.get_by_label("Users must create a new password at next sign-in").uncheck()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("button", name="Create user").click()
    expect(window.get_by_role("heading", name=name, exact=True)).to_be_visible()


def create_role(window: Page, name: str) -> str:
    """Create a role that trusts this account and has S3; return its ARN."""
    window.goto("/iam/roles")
    window.get_by_role("button", name="Create role").click()
    window.get_by_label("AWS account", exact=True).check()
    window.get_by_label("This account").check()
    window.get_by_role("button", name="Next").click()
    window.get_by_role("searchbox").fill("s3")
    window.get_by_role("button", name="Search").click()
    window.get_by_role("checkbox", name="AmazonS3FullAccess").check()
    window.get_by_role("button", name="Next").click()
    window.get_by_label("Role name").fill(name)
    window.get_by_role("button", name="Create role").click()
    expect(window.get_by_role("heading", name=name, exact=True)).to_be_visible()
    return window.locator("code", has_text=":role/").first.inner_text()


def grant(window: Page, user: str, role_arn: str) -> None:
    """Give the user permission to assume the role, as an inline policy."""
    window.goto(f"/iam/users/{user}")
    window.get_by_role("button", name="Add permissions").click()
    window.get_by_role("link", name="Create inline policy").click()
    window.get_by_role("tab", name="JSON").click()
    window.get_by_label("Policy document").fill(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Action": "sts:AssumeRole", "Resource": "{role_arn}"}}]}}'
    )
    window.get_by_role("button", name="Next").click()
    window.get_by_label("Policy name").fill("AssumeRole")
    window.get_by_role("button", name="Create policy").click()
    expect(window.get_by_role("heading", name=user, exact=True)).to_be_visible()


def sign_in(window: Page, account: str, name: str, password: str = PASSWORD) -> None:
    """Sign a user in with the password."""
    window.goto("/signin")
    window.get_by_label("Account ID or account alias").fill(account)
    window.get_by_label("IAM username").fill(name)
    window.get_by_label("Password").fill(password)
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("button", name=f"{name} @ {account}")).to_be_visible()


def switch_role(window: Page, account: str, role: str) -> None:
    """Switch to a role by the account menu."""
    window.get_by_role("button", name=account).click()
    window.get_by_role("link", name="Switch role").click()
    window.get_by_label("Account ID").fill(account)
    window.get_by_label("IAM role name").fill(role)
    window.get_by_label("Display name").fill("the lab's role")
    window.get_by_label("Display color").select_option("Green")
    window.get_by_role("button", name="Switch Role").click()
