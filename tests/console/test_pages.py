"""Every page: it loads nothing from elsewhere, and everybody can read it, in any light."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect
from starlette.routing import compile_path

from rolelab.aws.clients import Clients
from rolelab.console.app import PAGES
from rolelab.console.serving import ConsoleServer
from tests.console.plain import PlainBrowser
from tests.console.steps import PASSWORD, as_root, sign_in

_AXE = Axe()
_WHY = (
    "/why?who=arn:aws:iam::{account}:user/testuser&action=iam:DeleteGroup"
    "&resource=arn:aws:iam::{account}:group/team&context=aws:SourceIp=::1"
)
"""A question that has an answer, with a proposal."""
_PAGES = (
    "/console/home",
    "/switchrole",
    "/s3/buckets",
    "/s3/buckets/{bucket}",
    "/s3/buckets/{bucket}?tab=versions",
    "/s3/buckets/{bucket}?tab=permissions",
    "/iam/users",
    "/iam/create-user",
    "/iam/users/testuser",
    "/iam/users/testuser?tab=groups",
    "/iam/users/testuser?tab=tags",
    "/iam/users/testuser?tab=credentials",
    "/iam/users/testuser/attach",
    "/iam/users/testuser/inline",
    "/iam/users/testuser/inline?by=visual",
    "/iam/users/testuser/delete",
    "/iam/groups",
    "/iam/groups/team",
    "/iam/groups/team?tab=permissions",
    "/iam/roles",
    "/iam/create-role",
    "/iam/roles/s3Access",
    "/iam/roles/s3Access?tab=trust",
    "/iam/roles/s3Access?tab=tags",
    "/iam/roles/s3Access?tab=sessions",
    "/iam/roles/s3Access/trust",
    "/iam/roles/s3Access/delete",
    "/iam/policies",
    "/iam/create-policy",
    "/iam/policies/arn:aws:iam::{account}:policy/own",
    "/iam/account",
    "/security-credentials",
    "/events",
    "/why",
    _WHY,
    "/signin/change-password",
)
_WITHOUT_CALLS = (
    "/switchrole",
    "/iam/create-user",
    "/iam/users/testuser/inline",
    "/iam/users/testuser/inline?by=visual",
    "/iam/users/testuser/delete",
    "/iam/create-role",
    "/iam/roles/s3Access/delete",
    "/iam/create-policy",
    "/console/home",
    "/why",
    _WHY,
    "/signin/change-password",
)
"""Pages that ask AWS for nothing, or for nothing that can be refused."""


@dataclass(frozen=True)
class Lab:
    """What the pages show."""

    account: str
    bucket: str

    def at(self, page: str) -> str:
        """Return the address of a page."""
        return page.format(account=self.account, bucket=self.bucket)


@pytest.fixture
def lab(root: Clients, account: str) -> Lab:
    """One of everything."""
    bucket = f"lab-{account}"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    root.iam.create_user(UserName="testuser", Tags=[{"Key": "team", "Value": "blue"}])
    root.iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    root.iam.create_group(GroupName="team")
    root.iam.add_user_to_group(GroupName="team", UserName="testuser")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    root.iam.create_role(RoleName="s3Access", AssumeRolePolicyDocument=document)
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    root.iam.create_policy(PolicyName="own", PolicyDocument=document)
    root.iam.put_role_policy(RoleName="s3Access", PolicyName="inline", PolicyDocument=document)
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_object(Bucket=bucket, Key="folder/one.txt", Body=b"1")
    root.s3.put_object(Bucket=bucket, Key="two.txt", Body=b"2")
    return Lab(account, bucket)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(
    chromium: Browser, console: ConsoleServer, lab: Lab, scheme: str
) -> None:
    """Axe finds nothing serious on any page, light or dark."""
    context = chromium.new_context(
        base_url=console.around.address,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    window = context.new_page()
    window.goto("/signin")
    found = _serious(window, "/signin")
    as_root(window, console)
    for page in _PAGES:
        answer = window.goto(lab.at(page))
        assert answer is not None
        assert answer.status == 200, page
        found += _serious(window, page)
    window.goto("/iam/users/testuser/inline")
    window.get_by_label("Policy document").fill("{")
    expect(window.get_by_role("status").get_by_role("listitem")).to_be_visible()
    found += _serious(window, "a fault in the editor")
    window.goto("/events")
    window.get_by_text("Event record").first.click()
    found += _serious(window, "an event's record")
    context.close()
    assert found == []


def test_pages_fit_a_phone(chromium: Browser, console: ConsoleServer, lab: Lab) -> None:
    """At 360 points nothing is wider than the screen, and so half out of sight."""
    size: ViewportSize = {"width": 360, "height": 640}
    window = chromium.new_page(base_url=console.around.address, viewport=size)
    as_root(window, console)
    widths: dict[str, int] = {}
    for page in _PAGES:
        window.goto(lab.at(page))
        widths[page] = window.evaluate("document.documentElement.scrollWidth")
    window.close()
    assert {page: width for page, width in widths.items() if width > size["width"]} == {}


def _serious(window: Page, page: str) -> list[str]:
    result: Any = _AXE.run(window)  # pyright: ignore[reportUnknownMemberType]
    violations: list[dict[str, Any]] = result.response["violations"]
    return [
        f"{page}: {each['id']}: {each['nodes'][0]['html']}"
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]


def test_pages_of_somebody_without_permission(
    window: Page, console: ConsoleServer, lab: Lab
) -> None:
    """Each page says what AWS refused, in its words, and leads to why; none fails otherwise."""
    sign_in(window, lab.account, "testuser")
    for page in _PAGES:
        answer = window.goto(lab.at(page))
        assert answer is not None
        assert answer.status in (200, 403), page
        if page not in _WITHOUT_CALLS and "security-credentials" not in page:
            alert = window.get_by_role("alert")
            expect(alert).to_have_count(1)
            expect(alert).to_contain_text(f"User: arn:aws:iam::{lab.account}:user/testuser is not")
            expect(alert.get_by_role("link", name="Why was this refused?")).to_be_visible()


def test_nothing_is_loaded_from_elsewhere(window: Page, console: ConsoleServer, lab: Lab) -> None:
    """A page that needs the network is of no use offline, and tells others who looks."""
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    as_root(window, console)
    for page in _PAGES:
        window.goto(lab.at(page))
    assert [url for url in asked if not url.startswith((console.around.address, "data:"))] == []


def test_pages_work_without_javascript(chromium: Browser, console: ConsoleServer, lab: Lab) -> None:
    """Scripts are a help, and no more."""
    context = chromium.new_context(base_url=console.around.address, java_script_enabled=False)
    window = context.new_page()
    as_root(window, console)
    window.goto("/iam/users/testuser")
    window.get_by_role("button", name="Add permissions").click()
    window.get_by_role("link", name="Attach policies directly").click()
    window.get_by_role("checkbox", name="own", exact=True).check()
    window.get_by_role("button", name="Add permissions").click()
    expect(window.get_by_role("status")).to_contain_text("1 policy added.")
    context.close()


def test_a_version_is_deleted_and_not_only_said_to_be(
    window: Page, console: ConsoleServer, root: Clients, account: str
) -> None:
    """A browser changes line ends: what a form sends back must not be read by them."""
    bucket = f"versions-{account}"
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a\nnull"):
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    as_root(window, console)
    window.goto(f"/s3/buckets/{bucket}?tab=versions")
    for box in window.get_by_role("checkbox").all():
        box.check()
    window.get_by_role("button", name="Delete", exact=True).click()
    expect(window.get_by_text("2 deleted.")).to_be_visible()
    assert "Versions" not in root.s3.list_object_versions(Bucket=bucket)


def test_two_tabs_and_two_policies_are_not_mixed_up(
    window: Page, console: ConsoleServer, root: Clients, lab: Lab
) -> None:
    """What is entered in one tab is not what another creates; one policy is not another's text."""
    as_root(window, console)
    other = window.context.new_page()
    for page, name in ((window, "first"), (other, "second")):
        page.goto("/iam/create-user")
        page.get_by_label("User name").fill(name)
        page.get_by_role("button", name="Next").click()
    for page, name in ((window, "first"), (other, "second")):
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Create user").click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    for name in ("one", "two"):
        statement = {"Effect": "Allow", "Action": f"s3:{name}", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        root.iam.put_user_policy(UserName="first", PolicyName=name, PolicyDocument=document)
    for name in ("one", "two"):
        window.goto(f"/iam/users/first/inline?edit={name}")
        assert f"s3:{name}" in window.get_by_label("Policy document").input_value()


def test_every_button_does_something(console: ConsoleServer, lab: Lab) -> None:
    """What a page's button sends is something that the page it is sent to does."""
    browser = PlainBrowser(console).as_root()
    routes = [(compile_path(page.path)[0], page) for page in PAGES]
    wrong: list[str] = []
    for address in _PAGES:
        at = lab.at(address)
        text = browser.get(at).text or browser.get(browser.get(at).to).text
        for form in re.findall(r'<form method="post"(.*?)</form>', text, re.DOTALL):
            to = re.search(r'action="([^"]*)"', form.partition(">")[0])
            path = urlsplit(to[1] if to else at).path
            page = next(page for pattern, page in routes if pattern.match(path))
            sent = re.findall(r'name="do" value="([^"]*)"', form)
            wrong += [f"{at}: {do}" for do in sent if do not in page.actions]
    assert wrong == []


def test_long_names_fit_the_screen(
    chromium: Browser, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Letters without a place to break them: a role and a user of 64, a folder of 200."""
    name, bucket = "W" * 64, f"long-{account}"
    root.iam.create_user(UserName=name)
    root.iam.create_login_profile(UserName=name, Password=PASSWORD)
    root.iam.create_group(GroupName="W" * 128)
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    grant = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    root.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_object(Bucket=bucket, Key=f"{'W' * 200}/a", Body=b"1")
    size: ViewportSize = {"width": 360, "height": 640}
    window = chromium.new_page(base_url=console.around.address, viewport=size)
    as_root(window, console)
    widths: dict[str, int] = {}
    pages = [f"/iam/users/{name}?tab=groups", f"/s3/buckets/{bucket}?prefix={'W' * 200}/"]
    for page in pages:
        window.goto(page)
        widths[page] = window.evaluate("document.documentElement.scrollWidth")
    sign_in(window, account, name)
    window.goto(f"/switchrole?roleName={name}&displayName={'D' * 64}")
    window.get_by_role("button", name="Switch Role").click()
    window.get_by_role("button", name=f"{name}/{name}").click()
    expect(window.get_by_role("button", name="Switch back")).to_be_in_viewport()
    widths["switched"] = window.evaluate("document.documentElement.scrollWidth")
    window.close()
    assert {page: width for page, width in widths.items() if width > size["width"]} == {}


def test_what_is_refused_is_not_told_as_known(
    console: ConsoleServer, root: Clients, lab: Lab, account: str
) -> None:
    """Alias, password policy, versioning and public access: not known is not the default."""
    root.iam.create_account_alias(AccountAlias=f"alias-{account}")
    root.iam.update_account_password_policy(MinimumPasswordLength=14)
    browser = PlainBrowser(console)
    browser.sign_in("testuser")
    told = {
        "/iam/account": ("None: users sign in", "IAM default", 'value="8"'),
        f"/s3/buckets/{lab.bucket}?tab=versions": ("Versioning: Disabled", "Enable versioning"),
        f"/s3/buckets/{lab.bucket}?tab=permissions": ("Block new public ACLs",),
        "/iam/roles/s3Access?tab=sessions": ('name="hours" value="1"',),
    }
    for page, facts in told.items():
        text = browser.get(page).text
        assert [fact for fact in facts if fact in text] == [], page
        known = PlainBrowser(console).as_root().get(page).text
        assert facts[-1] in known or "iam/account" in page, page
