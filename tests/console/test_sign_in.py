"""Signing in: passwords, codes, passwords to be changed, and what stands in the events."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from rolelab.localaws.operations import signing_in, wrong_tries
from rolelab.localaws.process import control
from tests.console.plain import PlainBrowser
from tests.console.steps import PASSWORD, enable_device, next_code

WRONG = "Your authentication information is incorrect. Please try again."


@pytest.fixture
def browser(console: ConsoleServer) -> PlainBrowser:
    """A browser."""
    return PlainBrowser(console)


def make_user(root: Clients, name: str = "testuser", *, must_change: bool = False) -> None:
    """Make a user with a password."""
    root.iam.create_user(UserName=name)
    root.iam.create_login_profile(
        UserName=name, Password=PASSWORD, PasswordResetRequired=must_change
    )


def test_what_is_wrong_is_not_told(browser: PlainBrowser, root: Clients) -> None:
    """A wrong password, a user without one and no such user look the same."""
    make_user(root)
    root.iam.create_user(UserName="without")
    said = {browser.sign_in(name, "Wrong-pass-1").alert for name in ("testuser", "without", "none")}
    assert said == {WRONG}


def _stop_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass for who counts wrong tries: a busy machine takes seconds between two."""
    now = time.monotonic()
    monkeypatch.setattr(signing_in, "time", SimpleNamespace(monotonic=lambda: now))


def test_five_wrong_in_a_row_slow_down(
    browser: PlainBrowser, root: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guessing takes longer and longer, for names that do not exist as well."""
    _stop_the_watch(monkeypatch)
    make_user(root)
    for name in ("testuser", "nobody"):
        said = [browser.sign_in(name, f"Wrong-pass-{number}").alert for number in range(6)]
        assert said[:5] == [WRONG] * 5
        assert said[5] == "Too many wrong tries. Try again in 1 second."
    assert browser.sign_in("testuser").alert.startswith("Too many wrong tries.")


def test_the_account_has_an_alias(browser: PlainBrowser, root: Clients, account: str) -> None:
    """Users sign in by the account's id or its alias."""
    make_user(root)
    alias = f"class-{account}"
    root.iam.create_account_alias(AccountAlias=alias)
    assert browser.sign_in("testuser", account=alias).to == "/console/home"
    assert browser.sign_in("testuser", account="another-alias").alert == WRONG


def test_a_device_asks_for_a_code(browser: PlainBrowser, root: Clients, account: str) -> None:
    """The code is asked for after the password, is good once, and counts as MFA from then on."""
    make_user(root)
    seed = enable_device(root)
    _allow(root, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    asked = browser.sign_in("testuser")
    assert asked.status == 401
    assert "MFA code" in asked.text
    assert PASSWORD not in asked.text
    assert browser.sign_in("testuser", code="000000").alert == WRONG
    code = next_code(seed)
    assert browser.sign_in("testuser", code=code).to == "/console/home"
    assert browser.get("/iam/groups").alert == ""
    assert PlainBrowser(browser.console).sign_in("testuser", code=code).alert == WRONG


def test_the_code_is_asked_for_alone(
    window: Page, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Who has given the right password gives it once; a wrong code is a new try at the code."""
    make_user(root)
    seed = enable_device(root)
    window.goto("/signin?to=/switchrole")
    window.get_by_label("IAM username").fill("testuser")
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    for code in ("000000", next_code(seed)):
        expect(window.get_by_label("Password")).to_have_count(0)
        assert PASSWORD not in window.content()
        window.get_by_label("MFA code").fill(code)
        window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("heading", name="Switch Role")).to_be_visible()


def test_the_last_roles_are_remembered(browser: PlainBrowser, root: Clients, account: str) -> None:
    """The menu offers them at the next sign-in, too: to the same user, and to no other."""
    _sign_in_and_switch(browser, root, account)
    make_user(root, "other")
    assert browser.sign_in("testuser").to == "/console/home"
    offered = f">work @ {account}</button>"
    assert offered in browser.get("/console/home").text
    browser.sign_in("other")
    assert offered not in browser.get("/console/home").text


def test_a_link_of_awss_console_brings_its_color(browser: PlainBrowser, root: Clients) -> None:
    """AWS's links name colors by their value."""
    make_user(root)
    browser.sign_in("testuser")
    page = browser.get("/switchrole?roleName=r&color=b7ca9d").text
    assert '<option value="green" selected>' in page
    assert '<option value="none" selected>' in browser.get("/switchrole?color=nonsense").text


def test_the_events_are_filtered(browser: PlainBrowser, root: Clients, account: str) -> None:
    """By the beginning of the name; refused are those that lacked a permission, with why."""
    make_user(root)
    browser.sign_in("testuser")
    browser.get("/iam/users")
    browser.as_root()
    browser.get("/iam/users/none")
    refused = browser.get("/events?refused=1").text
    assert "AccessDenied" in refused
    assert "NoSuchEntity" not in refused
    assert f"who=arn%3Aaws%3Aiam%3A%3A{account}%3Auser%2Ftestuser" in refused
    assert "NoSuchEntity" in browser.get("/events?event=getuser").text
    assert "GetUser" not in browser.get("/events?event=user").text.partition("<table")[2]


def test_without_a_code_there_is_no_mfa(browser: PlainBrowser, root: Clients) -> None:
    """The twin: the same policy, a sign-in by password alone."""
    make_user(root)
    _allow(root, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    assert browser.sign_in("testuser").to == "/console/home"
    assert "iam:ListGroups" in browser.get("/iam/groups").alert


def test_a_password_to_be_changed_comes_first(browser: PlainBrowser, root: Clients) -> None:
    """Nothing else is shown before; changing it needs its permission, as on AWS."""
    make_user(root, must_change=True)
    browser.sign_in("testuser")
    assert browser.get("/s3/buckets").to == "/signin/change-password"
    new = {"do": "change-password", "old": PASSWORD, "new": "Another-word-9"}
    differs = browser.post("/signin/change-password", form=new | {"again": "Other-word-9"})
    assert differs.alert == "The new passwords are not the same."
    form = new | {"again": "Another-word-9"}
    assert "iam:ChangePassword" in browser.post("/signin/change-password", form=form).alert
    arn = "arn:aws:iam::aws:policy/IAMUserChangePassword"
    root.iam.attach_user_policy(UserName="testuser", PolicyArn=arn)
    assert browser.post("/signin/change-password", form=form).to == "/console/home"
    assert PlainBrowser(browser.console).sign_in("testuser").alert == WRONG
    assert PlainBrowser(browser.console).sign_in("testuser", "Another-word-9").to == "/console/home"


def test_events_tell_who_signed_in_and_switched(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """ConsoleLogin, SwitchRole and ExitRole, in CloudTrail's fields."""
    make_user(root)
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    arn = root.iam.create_role(RoleName="work", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    _allow(root, {}, action="sts:AssumeRole", resource=arn)
    browser.sign_in("testuser", "Wrong-pass-1")
    browser.sign_in("nobody", "Wrong-pass-1")
    browser.sign_in("testuser")
    form = {"do": "switch-role", "account": account, "roleName": "work", "color": "red"}
    assert browser.post("/switchrole", form=form).to == "/console/home"
    assert "work/testuser" in browser.get("/console/home").text
    browser.post("/console/home", form={"do": "switch-back"})
    events = [
        event
        for event in control.events(browser.console.around.instance, account=account)
        if event["eventSource"] == "signin.amazonaws.com"
    ]
    assert [event["eventName"] for event in events] == [
        *["ConsoleLogin"] * 3,
        "SwitchRole",
        "ExitRole",
    ]
    results = [event.get("responseElements", {}).get("ConsoleLogin") for event in events[:3]]
    assert results == ["Failure", "Failure", "Success"]
    where = f"{browser.console.around.address}/console/home"
    more = {"LoginTo": where, "MobileVersion": "No", "MFAUsed": "No"}
    assert [event.get("additionalEventData") for event in events[:3]] == [more] * 3
    assert events[0]["userIdentity"]["userName"] == "testuser"
    assert events[1]["userIdentity"]["userName"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert events[3]["userIdentity"]["arn"] == f"arn:aws:sts::{account}:assumed-role/work/testuser"
    user = root.iam.get_user(UserName="testuser")["User"]
    assert "PasswordLastUsed" in user


def test_root_cannot_switch_roles(browser: PlainBrowser, account: str) -> None:
    """As on AWS; it is said, and nothing is asked."""
    browser.as_root()
    form = {"do": "switch-role", "account": account, "roleName": "any"}
    answer = browser.post("/switchrole", form=form)
    assert "You cannot switch roles when you sign in as the AWS account root user." in answer.alert


def test_a_user_who_is_gone_is_signed_out(browser: PlainBrowser, root: Clients) -> None:
    """A session of a deleted user shows no page."""
    make_user(root)
    browser.sign_in("testuser")
    root.iam.delete_login_profile(UserName="testuser")
    root.iam.delete_user(UserName="testuser")
    root.iam.create_user(UserName="testuser")
    page = browser.get("/s3/buckets")
    assert page.to.startswith("/signin") or "not authorized" in page.alert


def _allow(
    root: Clients, condition: object, action: str = "iam:ListGroups", resource: str = "*"
) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    root.iam.put_user_policy(UserName="testuser", PolicyName="own", PolicyDocument=document)


def _sign_in_and_switch(browser: PlainBrowser, root: Clients, account: str) -> None:
    make_user(root)
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    arn = root.iam.create_role(RoleName="work", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    root.iam.attach_role_policy(
        RoleName="work", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    _allow(root, {}, action="sts:AssumeRole", resource=arn)
    browser.sign_in("testuser")
    _switch(browser, account)


def _switch(browser: PlainBrowser, account: str) -> None:
    form = {"do": "switch-role", "account": account, "roleName": "work"}
    assert browser.post("/switchrole", form=form).to == "/console/home"


def test_revoked_sessions_of_a_role_are_allowed_nothing(
    browser: PlainBrowser, console: ConsoleServer, root: Clients, account: str
) -> None:
    """Sessions until now, by AWS's clock; one that is begun afterwards is as before."""
    control.move_clock(console.around.instance, 86_400)
    try:
        _sign_in_and_switch(browser, root, account)
        assert browser.get("/s3/buckets").alert == ""
        administrator = PlainBrowser(console).as_root()
        administrator.post("/iam/roles/work", form={"do": "revoke"})
        assert "with an explicit deny" in browser.get("/s3/buckets").alert
        control.move_clock(console.around.instance, 5)
        _switch(browser, account)
        assert browser.get("/s3/buckets").alert == ""
    finally:
        control.reset_clock(console.around.instance)


def test_a_role_session_that_has_ended_leads_back_to_the_user(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """The user's own session lasts longer than the role's hour, and goes on."""
    _sign_in_and_switch(browser, root, account)
    instance = browser.console.around.instance
    control.move_clock(instance, 3700)
    try:
        assert browser.get("/s3/buckets").to == "/console/home"
        home = browser.get("/console/home")
        assert "The session of the role work has ended" in home.alert
        assert f"testuser @ {account}" in home.text
        control.move_clock(instance, 12 * 3600)
        assert browser.get("/s3/buckets").to.startswith("/signin?to=")
    finally:
        control.reset_clock(instance)


def test_a_device_that_was_left_half_way_does_not_stand_in_the_way(
    browser: PlainBrowser, root: Clients
) -> None:
    """Its secret key was shown once; beginning anew with the same name works."""
    make_user(root)
    _allow(root, {}, action="iam:*")
    browser.sign_in("testuser")
    form = {"do": "create-device", "device": "phone"}
    for _ in range(2):
        assert browser.post("/security-credentials", form=form).to == "/security-credentials"
    assert len(root.iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 1


def test_other_names_do_not_end_a_wait(
    root: Clients, browser: PlainBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever guesses cannot have what is counted forgotten by trying many other names."""
    monkeypatch.setattr(wrong_tries, "MOST_NAMES", 20)
    _stop_the_watch(monkeypatch)
    make_user(root)
    for number in range(20):
        for guess in range(6):
            browser.sign_in(f"other{number}", f"Wrong-pass-{guess}")
    said: list[str] = []
    for number in range(4):
        said += [browser.sign_in("testuser", f"Wrong-pass-{guess}").alert for guess in range(4)]
        browser.sign_in(f"new{number}", "Wrong-pass-1")
    assert said.count(WRONG) < 7


def test_who_must_change_the_password_may_leave(browser: PlainBrowser, root: Clients) -> None:
    """Signing out is always possible, from every page's menu."""
    make_user(root, must_change=True)
    browser.sign_in("testuser")
    csrf = browser.get("/signin/change-password").csrf
    for page, token in (("/s3/buckets", csrf), ("/console/home", "wrong")):
        # No other page is shown before: not as what becomes of a form that fails, either.
        answer = browser.post(page, token, form={"do": "sign-out"})
        assert answer.to == "/signin/change-password"
    assert browser.post("/console/home", csrf, form={"do": "sign-out"}).to == "/signin"
    assert browser.get("/signin/change-password").to.startswith("/signin?to=")


def test_a_role_of_another_account_works_in_that_account(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """What a page calls this account is the role's, as are its link and the menu."""
    make_user(root)
    theirs = str(10**12 - int(account)).zfill(12)
    other_account = Clients(browser.console.around.instance.endpoint(theirs))
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = other_account.iam.create_role(RoleName="x", AssumeRolePolicyDocument=document)["Role"]
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    other_account.iam.attach_role_policy(RoleName="x", PolicyArn=everything)
    _allow(root, {}, action="sts:AssumeRole", resource=role["Arn"])
    browser.sign_in("testuser")
    form = {"do": "switch-role", "account": theirs, "roleName": "x"}
    browser.post("/switchrole", form=form)
    assert f"x/testuser @ {theirs}" in browser.get("/console/home").text
    assert f"account={theirs}&amp;roleName=x" in browser.get("/iam/roles/x").text
    page = browser.get("/iam/create-role").to
    assert f"This account ({theirs})" in browser.get(page).text
    review = browser.post(page, form={"do": "trust"}).to.replace("permissions", "review")
    browser.post(review, form={"do": "create-role", "name": "made"})
    made = other_account.iam.get_role(RoleName="made")["Role"]
    assert f"arn:aws:iam::{theirs}:root" in json.dumps(made.get("AssumeRolePolicyDocument"))
