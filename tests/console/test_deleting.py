"""Deleting by typing the name: with all that is one's own, and nothing where a call is refused."""

from __future__ import annotations

import json

import pytest

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from tests.console.plain import PlainBrowser
from tests.console.steps import PASSWORD

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def policy(statement: object) -> str:
    """Return a document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def everything(root: Clients, account: str) -> Clients:
    """A user, a role and a group with all that can hang on them."""
    allowed = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    iam = root.iam
    iam.create_user(UserName="x", PermissionsBoundary=READ)
    iam.create_login_profile(UserName="x", Password=PASSWORD)
    iam.create_access_key(UserName="x")
    iam.attach_user_policy(UserName="x", PolicyArn=READ)
    iam.put_user_policy(UserName="x", PolicyName="p", PolicyDocument=allowed)
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=policy(trust))
    iam.attach_role_policy(RoleName="x", PolicyArn=READ)
    iam.create_instance_profile(InstanceProfileName="x")
    iam.add_role_to_instance_profile(InstanceProfileName="x", RoleName="x")
    iam.create_group(GroupName="x")
    iam.add_user_to_group(GroupName="x", UserName="x")
    iam.put_group_policy(GroupName="x", PolicyName="p", PolicyDocument=allowed)
    return root


@pytest.mark.parametrize("kind", ["users", "roles", "groups"])
def test_only_whose_name_was_typed(console: ConsoleServer, everything: Clients, kind: str) -> None:
    """Another text deletes nothing; the name deletes it, and the others stay."""
    browser, page = PlainBrowser(console).as_root(), f"/iam/{kind}/x/delete"
    for typed in ("", "X", "y"):
        refused = browser.post(page, form={"do": "delete", "confirm": typed})
        assert (refused.status, refused.alert) == (400, "Type x to confirm.")
    assert there(everything) == {"users", "roles", "groups"}
    assert browser.post(page, form={"do": "delete", "confirm": "x"}).to == f"/iam/{kind}"
    assert there(everything) == {"users", "roles", "groups"} - {kind}
    again = browser.post(page, form={"do": "delete", "confirm": "x"})
    assert (again.status, again.alert) == (400, f"There is no {kind[:-1]} x.")


def there(root: Clients) -> set[str]:
    """Return which of the three there are."""
    entries = {
        "users": root.iam.list_users()["Users"],
        "roles": root.iam.list_roles()["Roles"],
        "groups": root.iam.list_groups()["Groups"],
    }
    return {kind for kind, listed in entries.items() if listed}


def test_who_may_not_delete_takes_nothing_away(console: ConsoleServer, everything: Clients) -> None:
    """Allowed everything but the deletion itself: the keys, groups and policies stay."""
    everything.iam.create_user(UserName="helper")
    everything.iam.create_login_profile(UserName="helper", Password=PASSWORD)
    everything.iam.put_user_policy(
        UserName="helper",
        PolicyName="p",
        PolicyDocument=policy({"Effect": "Allow", "NotAction": "iam:DeleteUser", "Resource": "*"}),
    )
    browser = PlainBrowser(console)
    browser.sign_in("helper")
    refused = browser.post("/iam/users/x/delete", form={"do": "delete", "confirm": "x"})
    assert "iam:DeleteUser" in refused.alert
    assert len(everything.iam.list_access_keys(UserName="x")["AccessKeyMetadata"]) == 1
    assert len(everything.iam.list_groups_for_user(UserName="x")["Groups"]) == 1
