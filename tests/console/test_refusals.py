"""Each refusal that the lesson brings is explained: by which statement, and where to change it."""

from __future__ import annotations

import pytest

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from tests.console.asking import (
    LIST,
    S3_FULL,
    ask,
    document,
    grant,
    make_role,
    said_on,
    switch,
    why_of,
)
from tests.console.asking import learner as learner
from tests.console.plain import Answer, PlainBrowser
from tests.console.steps import PASSWORD


@pytest.fixture
def role(learner: PlainBrowser, root: Clients, account: str) -> str:
    """The lesson's role with both halves: testuser may switch to it, and work in S3."""
    arn = make_role(root, account)
    root.iam.attach_role_policy(RoleName="s3Access", PolicyArn=S3_FULL)
    grant(root, arn)
    return arn


def _is_told(page: Answer, first: str, *more: str) -> None:
    """The page's first sentence is the reason; the rest is on it as well."""
    said = said_on(page)
    assert said.startswith(f"Refused {first}"), said
    for each in more:
        assert each in said, said


def _trust(root: Clients, trusted: str, **condition: object) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    trust = document(statement | ({"Condition": condition} if condition else {}))
    root.iam.update_assume_role_policy(RoleName="s3Access", PolicyDocument=trust)


def test_without_the_grant(learner: PlainBrowser, root: Clients, role: str) -> None:
    """The lesson's first refusal of the switch: AWS itself gives no reason."""
    root.iam.delete_user_policy(UserName="testuser", PolicyName="grant")
    _is_told(
        why_of(learner, switch(learner, role)),
        f"User testuser is not allowed to call sts:AssumeRole on {role}: no identity-based policy "
        "of user testuser allows it.",
        f"Give user testuser an inline policy that allows sts:AssumeRole on {role}.",
        "IAM → Users → testuser → Permissions → Add permissions → Create inline policy → JSON.",
    )
    lesson = "Or, as the lesson does it: let a role be allowed it that trusts the account, and give"
    assert lesson in said_on(why_of(learner, learner.get("/s3/buckets")))
    assert lesson not in said_on(ask(learner, "iam:ListUsers"))


def test_with_a_grant_on_another_role(learner: PlainBrowser, root: Clients, role: str) -> None:
    """The statement that nearly fits is named, and the element that does not."""
    grant(root, f"{role}-2")
    _is_told(
        why_of(learner, switch(learner, role)),
        "User testuser is not allowed to call sts:AssumeRole",
        "Nearest: identity-based policy grant of user testuser, statement 1. Its Resource is "
        f"{role}-2, the request's is {role}.",
        "IAM → Users → testuser → Permissions → grant → Edit.",
    )


def test_with_a_trust_of_another_account(
    learner: PlainBrowser, root: Clients, role: str, account: str
) -> None:
    """The other half: where it is edited is a page of the role's."""
    _trust(root, "arn:aws:iam::999999999999:root")
    _is_told(
        why_of(learner, switch(learner, role)),
        f"User testuser is not allowed to call sts:AssumeRole on {role}: no statement in the role "
        "trust policy of role s3Access allows it.",
        f"Principal arn:aws:iam::{account}:root instead of arn:aws:iam::999999999999:root.",
        "IAM → Roles → s3Access → Trust relationships → Edit trust policy.",
    )


@pytest.mark.parametrize(
    ("operator", "key", "value", "said"),
    [
        ("StringEquals", "sts:ExternalId", "lab-42", "The console sends no external id: take the"),
        ("StringEquals", "sts:RoleSessionName", "ann", "The console names sessions for their user"),
        ("Bool", "aws:MultiFactorAuthPresent", "true", "Security credentials → Assign MFA device"),
    ],
)
def test_with_a_condition_in_the_trust(
    learner: PlainBrowser,
    root: Clients,
    role: str,
    account: str,
    operator: str,
    key: str,
    value: str,
    said: str,
) -> None:
    """The request is wrong then, not the policy: that is proposed first."""
    _trust(root, account, **{operator: {key: value}})
    _is_told(
        why_of(learner, switch(learner, role)),
        "User testuser is not allowed to call sts:AssumeRole",
        f"The condition {operator} {key} wants {value}, the request",
        said,
    )


def test_s3_before_the_switch(learner: PlainBrowser, root: Clients, role: str) -> None:
    """What belongs to the role is not given to the user; the sentence answers AWS's own."""
    page = learner.get("/s3/buckets")
    assert f"because no identity-based policy allows the {LIST} action" in page.alert
    page = why_of(learner, page)
    _is_told(
        page,
        f"User testuser is not allowed to call {LIST}: no identity-based policy of user testuser "
        "allows it.",
        f"Switch to the role s3Access: its session is allowed to call {LIST}.",
        "account menu → Switch role → s3Access.",
    )
    assert "inline policy" not in said_on(page)
    assert "refused now" not in said_on(page)
    _trust(root, "arn:aws:iam::999999999999:root")
    assert "The switch itself is refused now" in said_on(ask(learner, LIST))


def test_beyond_a_permissions_boundary(learner: PlainBrowser, root: Clients, role: str) -> None:
    """Of the user, and of the role: the grant is there, and is not enough."""
    only_iam = document({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})
    limit = f"arn:aws:iam::{role.split(':')[4]}:policy/limit"
    root.iam.create_policy(PolicyName="limit", PolicyDocument=only_iam)
    root.iam.put_user_permissions_boundary(UserName="testuser", PermissionsBoundary=limit)
    _is_told(
        why_of(learner, switch(learner, role)),
        f"User testuser is not allowed to call sts:AssumeRole on {role}: the permissions boundary "
        "of user testuser does not allow it.",
        "IAM → Policies → limit → Edit.",
        "IAM → Users → testuser → Permissions → Permissions boundary → Remove boundary.",
    )
    root.iam.delete_user_permissions_boundary(UserName="testuser")
    assert switch(learner, role).to == "/console/home"
    root.iam.put_role_permissions_boundary(RoleName="s3Access", PermissionsBoundary=limit)
    _is_told(
        why_of(learner, learner.get("/s3/buckets")),
        f"Session testuser of role s3Access is not allowed to call {LIST}: the permissions "
        "boundary of role s3Access does not allow it.",
        "IAM → Roles → s3Access → Permissions → Permissions boundary → Remove boundary.",
    )


def test_against_an_explicit_deny(learner: PlainBrowser, root: Clients, role: str) -> None:
    """By its Sid: the one statement that decides."""
    deny = {"Sid": "NoSwitch", "Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    root.iam.put_user_policy(UserName="testuser", PolicyName="no", PolicyDocument=document(deny))
    _is_told(
        why_of(learner, switch(learner, role)),
        f"User testuser is not allowed to call sts:AssumeRole on {role}: explicit deny in the "
        'identity-based policy no of user testuser, statement 1 (Sid "NoSwitch").',
        "It reads: Deny sts:* on *.",
        "IAM → Users → testuser → Permissions → no → Remove.",
    )


def test_against_a_bucket_policy(
    learner: PlainBrowser, root: Clients, role: str, account: str
) -> None:
    """It holds for the role, and for root, whom nothing else refuses anything."""
    bucket = f"lab-{account}"
    root.s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    deny = {"Sid": "Nobody", "Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket"}
    root.s3.put_bucket_policy(Bucket=bucket, Policy=document(deny | {"Resource": arn}))
    assert switch(learner, role).to == "/console/home"
    administrator = PlainBrowser(learner.console).as_root()
    for browser, who in (
        (learner, "Session testuser of role s3Access"),
        (administrator, f"The root user of account {account}"),
    ):
        _is_told(
            why_of(browser, browser.get(f"/s3/buckets/{bucket}")),
            f"{who} is not allowed to call s3:ListBucket on {arn}: explicit deny in the "
            f'resource-based policy of bucket {bucket}, statement 1 (Sid "Nobody").',
            f"S3 → Buckets → {bucket} → Permissions → Bucket policy → Delete policy.",
        )


def test_with_a_session_that_was_revoked(learner: PlainBrowser, root: Clients, role: str) -> None:
    """It is this session that is refused: a new one is what helps."""
    instance = learner.console.around.instance
    assert switch(learner, role).to == "/console/home"
    control.move_clock(instance, 5)
    try:
        administrator = PlainBrowser(learner.console).as_root()
        administrator.post("/iam/roles/s3Access", form={"do": "revoke"})
        control.move_clock(instance, 5)
        _is_told(
            why_of(learner, learner.get("/s3/buckets")),
            f"Session testuser of role s3Access is not allowed to call {LIST}: explicit deny in "
            "the identity-based policy AWSRevokeOlderSessions of role s3Access, statement 1.",
            "What would change it Get new credentials: those from before the change stay refused.",
            "account menu → Switch back, then Switch role again.",
        )
        # Of a session that is not the visitor's own nobody knows when it began.
        session = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/s3Access/testuser"
        said = said_on(ask(administrator, LIST, who=session))
        assert said.startswith("It depends")
        assert "Suppose a value: --context KEY=VALUE, in the console the field Context." in said
        old = {"context": "aws:TokenIssueTime=2020-01-01T00:00:00Z"}
        assert said_on(ask(administrator, LIST, who=session, **old)).startswith("Refused")
        assert switch(learner, role).to == "/console/home"
        assert said_on(ask(learner, LIST)).startswith("Allowed")
    finally:
        control.reset_clock(instance)


def test_a_session_policy_that_nobody_can_read_is_told_of(
    learner: PlainBrowser, root: Clients, role: str
) -> None:
    """The console passes none; of another session it is not known."""
    administrator = PlainBrowser(learner.console).as_root()
    session = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/s3Access/somebody"
    said = said_on(ask(administrator, LIST, who=session))
    assert said.startswith("Allowed")
    assert "Whether a session policy was passed when the session began is not known here" in said
    switch(learner, role)
    assert "session policy" not in said_on(ask(learner, LIST))


def test_a_password_to_be_changed_without_the_permission(
    root: Clients, console: ConsoleServer
) -> None:
    """The one call that is left is refused, and the page that explains it is not."""
    root.iam.create_user(UserName="must")
    root.iam.create_login_profile(UserName="must", Password=PASSWORD, PasswordResetRequired=True)
    browser = PlainBrowser(console)
    browser.sign_in("must")
    form = {"do": "change-password", "old": PASSWORD, "new": "Another-word-9"}
    page = browser.post("/signin/change-password", form=form | {"again": "Another-word-9"})
    _is_told(
        why_of(browser, page),
        "User must is not allowed to call iam:ChangePassword on",
        "Give user must an inline policy that allows iam:ChangePassword",
        "IAM → Users → must → Permissions → Add permissions → Create inline policy → JSON.",
        "IAM → Account settings → Allow users to change their own password.",
    )


@pytest.mark.parametrize("kind", ["users", "groups", "roles", "policies"])
def test_lists_are_not_said_to_be_missing(learner: PlainBrowser, kind: str) -> None:
    """Their ARN ends where a name would begin."""
    page = why_of(learner, learner.get(f"/iam/{kind}"))
    _is_told(page, f"User testuser is not allowed to call iam:List{kind.capitalize()} on", "Give")
    assert "There is no user" not in said_on(page)


def test_a_bucket_of_another_account_is_that_accounts(
    learner: PlainBrowser, local_aws: Instance, account: str
) -> None:
    """Its policy is not to be seen from here, and nothing is guessed."""
    Clients(local_aws.endpoint(f"{int(account) - 1}")).s3.create_bucket(Bucket=f"far-{account}")
    alert = ask(learner, "s3:ListBucket", f"arn:aws:s3:::far-{account}").alert
    assert f"policy of bucket far-{account}: Access Denied: ask as somebody of the account" in alert
