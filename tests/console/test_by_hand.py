"""`rolelab console` and `rolelab verify --user --role`: a lab that somebody made by hand."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import Browser, expect

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from rolelab.localaws.process import probe
from rolelab.localaws.process.record import DEFAULT_ACCOUNT
from tests.console.conftest import new_window, serving
from tests.console.steps import PASSWORD, sign_in, switch_role
from tests.e2e.conftest import Folder
from tests.e2e.conftest import folder as folder

BY_HAND = ("--user", "testuser", "--role", "s3Access")


@pytest.fixture
def administrator(folder: Folder) -> Clients:
    """Root of a folder's own local AWS, on which testuser and s3Access were made by hand."""
    folder.rolelab("local", "start")
    instance = probe.find(folder.path / ".rolelab" / "local").instance
    assert instance is not None
    clients = Clients(instance.endpoint())
    iam = clients.iam
    iam.create_user(UserName="testuser")
    iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    trusted = {"AWS": "arn:aws:iam::000000000000:root"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="s3Access", AssumeRolePolicyDocument=document(trust))["Role"]
    s3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    iam.attach_role_policy(RoleName="s3Access", PolicyArn=s3)
    grant = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role["Arn"]}
    iam.put_user_policy(UserName="testuser", PolicyName="mine", PolicyDocument=document(grant))
    return clients


def document(statement: object) -> str:
    """Return a document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_lab_made_by_hand_is_verified(folder: Folder, administrator: Clients) -> None:
    """By the console password, or by an access key; neither is on the command line."""
    # The console attaches it where the password must be changed at the next sign-in.
    change = "arn:aws:iam::aws:policy/IAMUserChangePassword"
    administrator.iam.attach_user_policy(UserName="testuser", PolicyArn=change)
    done = folder.rolelab("verify", *BY_HAND, stdin=f"{PASSWORD}\n")
    assert (done.exit_code, "37 of 37 checks passed" in done.out) == (0, True), done.out + done.err
    key = administrator.iam.create_access_key(UserName="testuser")["AccessKey"]
    secret = key["SecretAccessKey"]
    done = folder.rolelab("verify", *BY_HAND, "--key", key["AccessKeyId"], stdin=f"{secret}\n")
    assert done.exit_code == 0, done.out
    assert secret not in done.out + done.err


def test_only_awss_own_policy_is_taken_for_the_consoles(
    folder: Folder, administrator: Clients
) -> None:
    """The other twin: one of that name that somebody wrote may say anything."""
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    own = administrator.iam.create_policy(
        PolicyName="IAMUserChangePassword", PolicyDocument=everything
    )["Policy"]
    administrator.iam.attach_user_policy(UserName="testuser", PolicyArn=own.get("Arn", ""))
    done = folder.rolelab("verify", *BY_HAND, stdin=f"{PASSWORD}\n")
    assert done.exit_code == 1
    assert re.search(r"FAIL +declared.user-managed", done.out)


def test_what_is_missing_of_it_is_found(folder: Folder, administrator: Clients) -> None:
    """The twin: without the grant the same lab does not work."""
    administrator.iam.delete_user_policy(UserName="testuser", PolicyName="mine")
    done = folder.rolelab("verify", *BY_HAND, stdin=f"{PASSWORD}\n")
    assert done.exit_code == 1
    assert re.search(r"FAIL +assume.role", done.out)
    assert re.search(r"FAIL +declared.grant", done.out)


@pytest.mark.parametrize(
    ("options", "entered", "said"),
    [
        (BY_HAND, "wrong\n", "Your authentication information is incorrect"),
        (BY_HAND, "", "Console password of testuser is wanted"),
        (BY_HAND[:2], "", "give --user and --role"),
        (
            ("--user", "testusr", *BY_HAND[2:]),
            "",
            "no user testusr (--user): did you mean testuser?",
        ),
        (
            (*BY_HAND[:2], "--role", "s3Acess"),
            "",
            "no role s3Acess (--role): did you mean s3Access?",
        ),
        ((*BY_HAND[:2], "--role", "zz"), "", "no role zz (--role): make it first"),
        ((*BY_HAND, "--pulumi"), "", "leave --pulumi and --outputs out"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Folder, administrator: Clients, options: tuple[str, ...], entered: str, said: str
) -> None:
    """Usage, exit code 2."""
    done = folder.rolelab("verify", *options, stdin=entered)
    assert done.exit_code == 2
    assert said in done.err
    assert done.err.count("error:") == 1


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_password_that_is_no_text_is_one_line(
    folder: Folder, administrator: Clients, errors: str
) -> None:
    """A file of another encoding; Python takes it as it is, or not at all, as the locale says."""
    assert administrator.iam.get_user(UserName="testuser")
    env = {"PYTHONIOENCODING": f"utf-8:{errors}"}
    done = folder.rolelab("verify", *BY_HAND, stdin="caf\udce9\n", env=env)
    assert (done.exit_code, done.out) == (2, "")
    assert "Console password of testuser: what was entered is not UTF-8" in done.err
    assert "Traceback" not in done.err
    assert "caf" not in done.err


def test_a_lab_that_was_made_by_up_is_signed_in_to(folder: Folder, chromium: Browser) -> None:
    """The password is among the outputs; refused as the user, allowed as the role."""
    assert folder.rolelab("up", "--yes").exit_code == 0
    told = folder.rolelab("outputs", "learners", "--show-secrets", "--json").out
    password = json.loads(told)["testuser"]["consolePassword"]
    instance = probe.find(folder.path / ".rolelab" / "local").instance
    assert instance is not None
    with serving(ConsoleServer(instance, DEFAULT_ACCOUNT)) as console:
        window = new_window(chromium, console).new_page()
        sign_in(window, DEFAULT_ACCOUNT, "testuser", password)
        window.goto("/s3/buckets")
        expect(window.get_by_role("alert")).to_contain_text("s3:ListAllMyBuckets")
        switch_role(window, DEFAULT_ACCOUNT, "s3Access")
        window.goto("/s3/buckets")
        expect(window.get_by_role("alert")).to_have_count(0)
        window.context.close()
    assert folder.rolelab("verify").exit_code == 0
    assert folder.rolelab("destroy", "--yes").exit_code == 0


def test_without_a_lab_what_was_made_by_hand_is_pointed_at(
    folder: Folder, administrator: Clients
) -> None:
    """The commands that are told can be typed, and `destroy` says what it leaves alone."""
    done = folder.rolelab("exec")
    for command in ("verify", "explain"):
        done = folder.rolelab(command)
        assert done.exit_code == 2
        assert done.err.startswith("error: there is no lab (stack dev): run `rolelab up` first; ")
        assert done.err.count("\n") == 1
    verify, explain = (shlex.split(told)[1:] for told in re.findall("`([^`]*)`", done.err)[1:])
    assert folder.rolelab(*verify, stdin=f"{PASSWORD}\n").exit_code == 0
    assert "is allowed to call sts:AssumeRole" in " ".join(folder.rolelab(*explain).out.split())
    left = folder.rolelab("destroy", "--yes").out
    assert "made by hand, and left: user/testuser, role/s3Access; `rolelab local reset`" in left


def test_what_another_stack_has_made_is_not_made_by_hand(folder: Folder) -> None:
    """The twin: its users and roles have the tags of a lab."""
    assert folder.rolelab("up", "--yes", "-s", "other", "--create").exit_code == 0
    assert folder.rolelab("verify").err.rstrip().endswith("run `rolelab up` first")
    assert "by hand" not in folder.rolelab("destroy", "--yes").out


def test_a_lab_made_by_hand_is_explained(folder: Folder, administrator: Clients) -> None:
    """By ARN, since no outputs say who the learner is: the user, and the role's session."""
    user, role = (
        f"arn:aws:iam::000000000000:{name}" for name in ("user/testuser", "role/s3Access")
    )
    done = folder.rolelab("explain", "--who", user, "s3:ListAllMyBuckets")
    assert done.exit_code == 0
    assert "no identity-based policy of user" in " ".join(done.out.split())
    session = "arn:aws:sts::000000000000:assumed-role/s3Access/testuser"
    for who in (role, session):
        done = folder.rolelab("explain", "--who", who, "s3:ListAllMyBuckets")
        assert (done.exit_code, "is allowed to call" in done.out) == (0, True), done.out + done.err
    done = folder.rolelab("explain", "--who", "nobody", "s3:ListAllMyBuckets")
    assert (done.exit_code, done.err.count("error:")) == (2, 1)


def test_what_is_supposed_of_a_request_counts_for_anybody(
    folder: Folder, administrator: Clients
) -> None:
    """Also the time, which is that of the local AWS where nothing else is supposed."""
    now = datetime.now(timezone.utc)
    limit, before = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (24, 23))
    limited = {
        "Effect": "Allow",
        "Action": "iam:ListUsers",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:CurrentTime": limit}},
    }
    administrator.iam.put_user_policy(
        UserName="testuser", PolicyName="until", PolicyDocument=document(limited)
    )
    ask = ("explain", "--who", "arn:aws:iam::000000000000:user/testuser", "iam:ListUsers")
    late = ("--context", f"aws:CurrentTime={limit}")
    early = ("--context", f"aws:CurrentTime={before}")
    assert "is allowed to call" in folder.rolelab(*ask).out
    assert "is not allowed to call" in folder.rolelab(*ask, *late).out
    wrong = folder.rolelab(*ask, "--context", "aws:CurrentTime=late")
    assert (wrong.exit_code, wrong.err.count("error:"), wrong.err.count("\n")) == (2, 1, 1)
    folder.rolelab("local", "clock", "--forward", "2d")
    assert "is not allowed to call" in folder.rolelab(*ask).out
    assert "is allowed to call" in folder.rolelab(*ask, *early).out
