"""What must not work: other sites' forms, old cookies, scripts in names, secrets in addresses."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from starlette.types import Message, Send

from rolelab.aws.clients import Clients
from rolelab.console.guard import Guard
from rolelab.console.serving import ConsoleServer
from tests.console.plain import PlainBrowser
from tests.console.steps import PASSWORD

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def browser(console: ConsoleServer) -> PlainBrowser:
    """A browser."""
    return PlainBrowser(console)


@pytest.fixture
def learner(root: Clients, console: ConsoleServer) -> PlainBrowser:
    """A browser in which testuser is signed in."""
    root.iam.create_user(UserName="testuser")
    root.iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    signed_in = PlainBrowser(console)
    assert signed_in.sign_in("testuser").to == "/console/home"
    return signed_in


@pytest.mark.parametrize("page", ["/console/home", "/s3/buckets", "/iam/users", "/events", "/why"])
def test_nobody_sees_a_page(browser: PlainBrowser, page: str) -> None:
    """Without signing in there is the sign-in page, and nothing else."""
    assert browser.get(page).to.startswith("/signin?to=")
    assert browser.post("/signin", form={"do": "create-bucket"}).status == 400


def test_a_change_needs_the_token_of_the_session(
    browser: PlainBrowser, learner: PlainBrowser, root: Clients
) -> None:
    """Another site can make a browser post; it cannot know the token."""
    browser.as_root()
    form = {"do": "create-group", "name": "made"}
    foreign = learner.get("/iam/groups").csrf
    for token in ("wrong", foreign):
        assert browser.post("/iam/groups", token, form=form).status == 403
    assert root.iam.list_groups()["Groups"] == []
    assert browser.post("/iam/groups", form=form).to == "/iam/groups/made"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
)
def test_other_sites_are_refused(browser: PlainBrowser, root: Clients, origin: str) -> None:
    """The browser says whose page sent the form."""
    browser.as_root()
    form = {"do": "create-group", "name": "made"}
    assert browser.post("/iam/groups", form=form, origin=origin).status == 403
    assert root.iam.list_groups()["Groups"] == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
def test_a_rebound_name_is_refused(browser: PlainBrowser, host: str) -> None:
    """A name that another site lets point here is not this console's."""
    assert browser.get("/signin", host=host).status == 403


def test_a_cookie_of_before_is_worth_nothing(learner: PlainBrowser) -> None:
    """After signing out, and after signing in again, the old cookie is nobody's."""
    old = learner.cookie
    learner.sign_in("testuser")
    assert learner.cookie != old
    newer = learner.cookie
    learner.post("/console/home", form={"do": "sign-out"})
    for cookie in (old, newer):
        learner.cookie = cookie
        assert learner.get("/console/home").to.startswith("/signin")


def test_the_cookie_is_the_browsers_alone(learner: PlainBrowser) -> None:
    """No script reads it, no other site makes the browser send it."""
    answer = learner.sign_in("testuser")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_the_link_of_root_is_good_once(console: ConsoleServer) -> None:
    """Who reads it from a history later gets nothing."""
    link = console.root_link().removeprefix(console.around.address)
    assert PlainBrowser(console).get(link).to == "/console/home"
    second = PlainBrowser(console).get(link)
    assert second.status == 403
    assert "This link was used" in second.alert
    assert PlainBrowser(console).get("/signin/root?token=").status == 403
    assert PlainBrowser(console).get("/signin/root").status == 403


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "evil"]
)
def test_signing_in_leads_to_this_console_alone(
    learner: PlainBrowser, console: ConsoleServer, to: str
) -> None:
    """A link to the sign-in page cannot send whoever signs in elsewhere."""
    assert PlainBrowser(console).sign_in("testuser", to=to).to == "/console/home"
    inside = PlainBrowser(console).sign_in("testuser", to="/s3/buckets?search=a")
    assert inside.to == "/s3/buckets?search=a"


def test_scripts_are_text_everywhere(browser: PlainBrowser, root: Clients, account: str) -> None:
    """Names, tags, keys, policies, events: what others wrote is shown, and never run."""
    bucket = f"scripts-{account}"
    root.iam.create_user(UserName="u", Tags=[{"Key": "a", "Value": "=+-@"}])
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/{SCRIPT}",
        },
    }
    text = json.dumps(document)
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text)
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_object(Bucket=bucket, Key=SCRIPT, Body=SCRIPT.encode(), ContentType="text/html")
    browser.as_root()
    pages = [
        "/iam/users/u",
        "/iam/users/u?tab=tags",
        "/iam/users/u/inline?edit=p",
        f"/s3/buckets/{bucket}",
        f"/s3/buckets/{bucket}?tab=versions",
        f"/s3/buckets/{bucket}?prefix={SCRIPT}",
        "/events",
        f"/iam/users?search={SCRIPT}",
        f"/iam/users/{SCRIPT.replace('/', '%2F')}",
        f"/why?who={SCRIPT}&action=s3:GetObject&resource={SCRIPT}",
        f"/switchrole?account={SCRIPT}&roleName={SCRIPT}&displayName={SCRIPT}&color={SCRIPT}",
        f"/signin?account={SCRIPT}&username={SCRIPT}",
    ]
    for page in pages:
        answer = browser.get(page)
        assert "<script>alert" not in answer.text, page
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "&lt;script&gt;alert" in browser.get(f"/s3/buckets/{bucket}").text


def test_an_object_is_a_file_and_never_a_page(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """What somebody uploaded does not become a page of this console."""
    bucket = f"files-{account}"
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_object(Bucket=bucket, Key="a.html", Body=SCRIPT.encode(), ContentType="text/html")
    answer = browser.as_root().get(f"/s3/buckets/{bucket}/object?key=a.html")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_secrets_are_in_no_address_log_or_page(
    learner: PlainBrowser, root: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """The password typed, the session's keys and the instance's secret are told to nobody."""
    caplog.set_level(logging.INFO)
    session = next(iter(learner.console.around.sessions._sessions.values()))  # pyright: ignore[reportPrivateUsage]
    token = session.credentials.session_token
    assert token is not None
    secrets = [
        PASSWORD,
        session.credentials.secret_access_key.reveal(),
        token.reveal(),
        learner.console.around.instance.secret.reveal(),
    ]
    pages = ["/console/home", "/security-credentials", "/s3/buckets", "/switchrole", "/events"]
    shown = "".join(learner.get(page).text for page in pages)
    wrong = learner.sign_in("testuser", "Another-wrong-1")
    told = shown + wrong.text + wrong.to + caplog.text
    assert [secret for secret in (*secrets, "Another-wrong-1") if secret in told] == []


def test_pages_are_signed_by_whoever_is_signed_in(
    learner: PlainBrowser, browser: PlainBrowser, root: Clients, account: str
) -> None:
    """A page made with another's credentials would show what its reader must not see."""
    root.s3.create_bucket(Bucket=f"secret-{account}")
    assert f"secret-{account}" in browser.as_root().get("/s3/buckets").text
    page = learner.get("/s3/buckets")
    assert f"secret-{account}" not in page.text
    assert "user/testuser is not authorized to perform: s3:ListAllMyBuckets" in page.alert
    refused = learner.post("/iam/groups", form={"do": "create-group", "name": "made"})
    assert refused.status == 400
    assert "iam:CreateGroup" in refused.alert
    assert root.iam.list_groups()["Groups"] == []


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/iam/nonsense/x/attach", 400, "There are no nonsense"),
        ("/iam/users/none", 200, "NoSuchEntity"),
        ("/s3/buckets/none-of-that-name/object?key=a", 403, "NoSuchBucket"),
        ("/iam/policies/nonsense", 200, "ValidationError"),
        ("/why?action=nonsense", 200, "is not an action"),
    ],
)
def test_what_is_not_there_is_said(
    browser: PlainBrowser, path: str, status: int, said: str
) -> None:
    """A page for an address that makes no sense, and no failure of the console."""
    answer = browser.as_root().get(path)
    assert (answer.status, said in answer.alert) == (status, True), answer.alert


def test_what_was_refused_is_not_said_to_be_none(
    learner: PlainBrowser, browser: PlainBrowser
) -> None:
    """A refused list is not an empty one; an empty one is."""
    assert "Not known: see above." in learner.get("/iam/groups").text
    assert "No groups to show." in browser.as_root().get("/iam/groups").text
    assert browser.get("/no-such-page").status == 404


def test_nobody_signs_another_out(learner: PlainBrowser, browser: PlainBrowser) -> None:
    """However often somebody signs in, it is their own oldest sessions that end."""
    browser.as_root()
    others = [PlainBrowser(learner.console) for _ in range(25)]
    for other in others:
        other.sign_in("testuser")
    assert browser.get("/console/home").status == 200
    assert learner.get("/console/home").to.startswith("/signin")


def test_why_is_told_of_oneself_and_of_others_to_root(
    learner: PlainBrowser, browser: PlainBrowser, root: Clients, account: str
) -> None:
    """Another user's policies are nobody's business."""
    root.iam.create_user(UserName="other")
    arn = f"arn:aws:iam::{account}:user/other"
    page = f"/why?who={arn}&action=s3:ListAllMyBuckets"
    assert "user other" not in learner.get(page).text
    assert "user other" in browser.as_root().get(page).text


@pytest.mark.parametrize(
    "sent",
    [
        "/signin/root?token=\u00e9",
        "/iam/users?page=" + "9" * 5000,
        "/s3/buckets/arn%3Aaws%3As3%3Aus-east-1%3A111122223333%3Aaccesspoint%3Ax",
    ],
)
def test_what_makes_no_sense_is_no_failure(
    browser: PlainBrowser, console: ConsoleServer, sent: str
) -> None:
    """Odd addresses are answered, and never by a failure of the console's own."""
    console.root_link()
    path = quote(sent, safe="/?=%&")
    answers = browser.get(path), browser.as_root().get(path)
    assert all(answer.status < 500 for answer in answers)
    assert "did not expect" not in answers[1].text


def test_forms_that_make_no_sense_are_no_failure(browser: PlainBrowser) -> None:
    """A charset that is none, halves of letters, documents without end."""
    browser.as_root()
    kind = "multipart/form-data; boundary=b; charset=punycode"
    assert browser.post("/iam/groups", "x", form={"do": "x"}, **{"content-type": kind}).status < 500
    numbers = {"do": "check", "use": "managed", "document": "9" * 5000}
    csrf = browser.get("/iam/groups").csrf
    assert browser.post("/iam/check", csrf, form=numbers).status == 200
    assert browser.post("/s3/buckets/b", csrf, form={"do": "delete", "key": "x"}).status == 400
    assert browser.get("/iam/users/u/inline?draft=").status < 400
    deep = {"do": "check", "use": "managed", "document": "[" * 5000}
    assert "nested too deep" in browser.post("/iam/check", csrf, form=deep).text
    no_such = {"do": "add-tag", "key": "a", "value": "b"}
    assert browser.post("/iam/groups/x", csrf, form=no_such).status == 400


def test_pages_are_no_part_of_others(
    browser: PlainBrowser, console: ConsoleServer, root: Clients
) -> None:
    """What is shown once is shown to a person: no image of another page, no preview, uses it up."""
    root.iam.create_user(UserName="u")
    browser.as_root()
    browser.post("/iam/users/u?tab=credentials", form={"do": "create-key"})
    foreign = {"sec-fetch-site": "same-site", "sec-fetch-dest": "image"}
    assert browser.get("/iam/users/u", **foreign).status == 403
    assert "Secret access key" in browser.get("/iam/users/u").text
    link = console.root_link().removeprefix(console.around.address)
    preview = PlainBrowser(console)
    assert preview.head(link).status == 403
    assert preview.get(link).to == "/console/home"


def test_a_link_from_elsewhere_finds_whoever_is_signed_in(learner: PlainBrowser) -> None:
    """The cookie is strict: the first request comes without it, and the page asks again."""
    own, learner.cookie = learner.cookie, "another-programs=1"
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    again = learner.get("/switchrole?roleName=r", **followed)
    assert (again.status, 'http-equiv="refresh"' in again.text) == (200, True)
    learner.cookie = own
    assert "Switch Role" in learner.get("/switchrole?roleName=r", **followed).text


def test_what_is_written_is_judged_by_aws(browser: PlainBrowser, root: Clients) -> None:
    """A document is sent as it was written: two Effects are refused, and not the last one taken."""
    browser.as_root()
    written = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Deny",
        "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}"""
    form = {"do": "trust", "entity": "custom", "document": written}
    begun = browser.get("/iam/create-role").to
    review = browser.post(begun, form=form).to.replace("permissions", "review")
    refused = browser.post(review, form={"do": "create-role", "name": "r"})
    assert "MalformedPolicyDocument" in refused.alert
    assert root.iam.list_roles()["Roles"] == []


def test_a_form_that_is_lost_is_said_to_be(browser: PlainBrowser, root: Clients) -> None:
    """Too many others begun meanwhile: nothing is created, and that is told; twice sent is not."""
    browser.as_root()
    pages = [browser.get("/iam/create-user").to for _ in range(40)]
    for page in pages:
        browser.post(page, form={"do": "details", "name": "u"})
    csrf = browser.get("/console/home").csrf
    for page in (pages[0], pages[-1], pages[-1]):
        browser.post(f"{page}&step=review", csrf, form={"do": "create-user"})
        after = browser.get("/console/home")
        assert ("no longer here" in after.alert) is (page == pages[0])
    assert [user["UserName"] for user in root.iam.list_users()["Users"]] == ["u"]


def test_a_password_is_shown_whatever_else_fails(browser: PlainBrowser, root: Clients) -> None:
    """It was set before the group was found to be gone: nobody could ask for it again."""
    root.iam.create_group(GroupName="team")
    browser.as_root()
    page = browser.get("/iam/create-user").to
    form = {"do": "details", "name": "u", "console": "on", "password-kind": "auto"}
    browser.post(page, form=form)
    browser.post(f"{page}&step=permissions", form={"do": "permissions", "group": "team"})
    root.iam.delete_group(GroupName="team")
    created = browser.post(f"{page}&step=review", form={"do": "create-user"})
    shown = browser.get(created.to)
    assert "User u is created, but: NoSuchEntity" in shown.alert
    assert "Console password" in shown.text


def test_a_policy_in_use_keeps_its_versions(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """AWS refuses to delete it; what was refused must not have begun."""
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    document = document.replace("[]", '[{"Effect": "Deny", "Action": "*", "Resource": "*"}]')
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=document)["Policy"].get("Arn", "")
    root.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    root.iam.create_user(UserName="u")
    root.iam.attach_user_policy(UserName="u", PolicyArn=arn)
    page = f"/iam/policies/{quote(arn, safe='')}"
    assert "DeleteConflict" in browser.as_root().post(page, form={"do": "delete-policy"}).alert
    assert len(root.iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2
    root.iam.detach_user_policy(UserName="u", PolicyArn=arn)
    assert browser.post(page, form={"do": "delete-policy"}).to == "/iam/policies"


def test_a_usual_port_is_left_out() -> None:
    """Browsers name no port where it is 80: such a console answers, too."""
    sent: list[int] = []

    async def app(_: object, __: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        sent.append(message.get("status", 0))

    async def receive() -> Message:
        return {"type": "http.request"}

    for host in (b"127.0.0.1", b"evil.example"):
        scope = {"type": "http", "method": "GET", "headers": [(b"host", host)]}
        with ThreadPoolExecutor(1) as thread:  # that of this test may have a loop: the browser's
            guard = Guard(app, "http://127.0.0.1:80")
            thread.submit(asyncio.run, guard(scope, receive, send)).result()
    assert [status for status in sent if status] == [200, 403]


def test_every_key_can_be_deleted(browser: PlainBrowser, root: Clients, account: str) -> None:
    """Letters that XML has no room for, or changes, do not keep a bucket full."""
    bucket = f"odd-{account}"
    root.s3.create_bucket(Bucket=bucket)
    for key in ("a", "b\r", "c\x01", "d/e f+g", "\u202e"):
        root.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    browser.as_root()
    assert browser.get(f"/s3/buckets/{bucket}?tab=versions").alert == ""
    browser.post(f"/s3/buckets/{bucket}", form={"do": "empty"})
    assert "5 deleted." in browser.get(f"/s3/buckets/{bucket}").text
    assert browser.post(f"/s3/buckets/{bucket}", form={"do": "delete-bucket"}).to == "/s3/buckets"
