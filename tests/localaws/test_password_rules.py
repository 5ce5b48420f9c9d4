"""The rules that an account has for its users' passwords."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rolelab.aws.clients import Clients
from rolelab.explain import anybody
from rolelab.explain.anybody import Asker
from rolelab.explain.question import Question
from rolelab.iam import arns
from rolelab.localaws.process import control
from rolelab.localaws.process.control import SignInAnswer
from rolelab.localaws.process.record import Instance
from tests.localaws.iam_lab import as_user, refused

FIRST = "First-horse-1"
DAY_S = 24 * 3600.0


@pytest.fixture
def anna(root: Clients) -> Clients:
    """A user with a password and a key, without any policy."""
    root.iam.create_user(UserName="anna")
    root.iam.create_login_profile(UserName="anna", Password=FIRST)
    return as_user(root, "anna")


def test_who_may_change_passwords_by_the_accounts_rule_needs_no_policy(
    root: Clients, anna: Clients
) -> None:
    """Their own, and reading what a password has to be; nothing else, and nobody else's."""
    new = "Second-horse-2"
    change = lambda: anna.iam.change_password(OldPassword=FIRST, NewPassword=new)  # noqa: E731
    root.iam.update_account_password_policy(MinimumPasswordLength=8)
    assert refused(change)[0] == "AccessDenied"
    assert refused(anna.iam.get_account_password_policy)[0] == "AccessDenied"
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    change()
    rules = anna.iam.get_account_password_policy()["PasswordPolicy"]
    assert rules.get("AllowUsersToChangePassword")
    root.iam.create_user(UserName="tom")
    root.iam.create_login_profile(UserName="tom", Password=FIRST)
    for other in (
        lambda: anna.iam.update_login_profile(UserName="tom", Password=new),
        lambda: anna.iam.update_login_profile(UserName="anna", Password=new),
        lambda: anna.iam.get_user(UserName="anna"),
    ):
        assert refused(other)[0] == "AccessDenied"


def test_a_deny_wins_over_the_accounts_rule(root: Clients, anna: Clients) -> None:
    """As over every Allow."""
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    statement = {"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    root.iam.put_user_policy(UserName="anna", PolicyName="no", PolicyDocument=document)
    said = refused(lambda: anna.iam.change_password(OldPassword=FIRST, NewPassword="Other-1-x"))
    assert said[0] == "AccessDenied"
    assert "with an explicit deny in an identity-based policy" in said[1]


def test_roles_change_no_passwords_by_the_accounts_rule(root: Clients, account: str) -> None:
    """It is for users: a session reads the rules by a policy of its role alone."""
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    arn = root.iam.create_role(RoleName="work", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    answer = anybody.why(
        root.endpoint, Asker.of(arn), Question(action="iam:GetAccountPasswordPolicy")
    )
    assert answer.allowed is False


def test_the_explanation_names_the_accounts_rule(root: Clients, anna: Clients) -> None:
    """Whoever looks for a policy of the user finds none."""
    arn = root.iam.get_user(UserName="anna")["User"]["Arn"]
    question = Question(action="iam:ChangePassword", resource=arn)
    assert anybody.why(root.endpoint, Asker.of(arn), question).allowed is False
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    answer = anybody.why(root.endpoint, Asker.of(arn), question)
    assert answer.allowed
    assert (
        "identity-based policy AllowUsersToChangePassword of the account's password policy"
        in answer.reason.why[0]
    )


def test_nothing_proposes_to_edit_the_accounts_rule(root: Clients, anna: Clients) -> None:
    """It has no document: what is proposed is a policy that somebody can write."""
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    tom = root.iam.create_user(UserName="tom")["User"]["Arn"]
    who = root.iam.get_user(UserName="anna")["User"]["Arn"]
    answer = anybody.why(
        root.endpoint, Asker.of(who), Question(action="iam:ChangePassword", resource=tom)
    )
    assert answer.allowed is False
    advised = " ".join(f"{each.sentence} {each.diff}" for each in answer.reason.advice)
    assert "AllowUsersToChangePassword" not in advised


@pytest.mark.parametrize("by", ["the user", "an administrator"])
def test_the_last_passwords_are_not_taken_again(root: Clients, anna: Clients, by: str) -> None:
    """The present one is one of them; who sets it makes no difference."""
    root.iam.attach_user_policy(UserName="anna", PolicyArn=arns.CHANGE_PASSWORD)
    present = [FIRST]

    def change(new: str) -> None:
        if by == "the user":
            anna.iam.change_password(OldPassword=present[-1], NewPassword=new)
        else:
            root.iam.update_login_profile(UserName="anna", Password=new)
        present.append(new)

    change("Second-horse-2")
    root.iam.update_account_password_policy(PasswordReusePrevention=2)
    for used in ("Second-horse-2", FIRST):
        said = refused(lambda used=used: change(used))
        assert said == (
            "PasswordPolicyViolation",
            "Password should not be one of the last 2 passwords",
        )
    change("Third-horse-3")
    change(FIRST)
    root.iam.delete_account_password_policy()
    change(FIRST)


def sign_in(local_aws: Instance, account: str, password: str = FIRST) -> SignInAnswer:
    """Sign anna in to the console."""
    asked = {"account": account, "name": "anna", "password": password}
    return control.sign_in(local_aws, "password", asked)


@pytest.fixture
def three_days_later(local_aws: Instance, anna: Clients) -> Iterator[None]:
    """Let time pass after anna's password was set."""
    control.move_clock(local_aws, 3 * DAY_S)
    yield
    control.reset_clock(local_aws)


@pytest.mark.usefixtures("three_days_later")
def test_an_expired_password_has_to_be_changed(
    root: Clients, anna: Clients, local_aws: Instance, account: str
) -> None:
    """From the next sign-in on, also where the rule came later; a new password is good anew."""
    assert not sign_in(local_aws, account).get("mustChange")
    root.iam.update_account_password_policy(MaxPasswordAge=4)
    assert not sign_in(local_aws, account).get("mustChange")
    root.iam.update_account_password_policy(MaxPasswordAge=3, AllowUsersToChangePassword=True)
    assert sign_in(local_aws, account).get("mustChange")
    assert sign_in(local_aws, account, "Wrong-horse-9").get("kind") == "wrong"
    # Access keys do not expire with it.
    anna.iam.change_password(OldPassword=FIRST, NewPassword="Second-horse-2")
    answer = sign_in(local_aws, account, "Second-horse-2")
    assert (answer.get("kind"), answer.get("mustChange")) == ("signed in", False)


@pytest.mark.usefixtures("three_days_later")
def test_where_expiry_is_hard_an_administrator_has_to_help(
    root: Clients, local_aws: Instance, account: str
) -> None:
    """Nobody signs in with the old one, which is told to who knows it; the failure is an event."""
    root.iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    answer = sign_in(local_aws, account)
    assert answer.get("kind") == "expired"
    assert "credentials" not in answer
    assert "Ask an administrator" in answer.get("message", "")
    assert "administrator" not in sign_in(local_aws, account, "Wrong-horse-9").get("message", "")
    event = control.events(local_aws, account=account)[-2]
    assert event.get("responseElements") == {"ConsoleLogin": "Failure"}
    root.iam.update_login_profile(UserName="anna", Password="Second-horse-2")
    assert sign_in(local_aws, account, "Second-horse-2").get("kind") == "signed in"
