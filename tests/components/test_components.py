"""The components in a program of somebody else's, run by the embedded engine."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.secret import Secret
from tests.e2e.conftest import ROOT, Done, Folder, bare_environment

OWN_TAGS = {"lab": "other", "stack": "dev"}


class Program(Folder):
    """A Pulumi project called `other`, whose program a test writes; it knows nothing of rolelab."""

    def up(self, source: str) -> Done:
        """Write the program and make what it declares."""
        (self.path / "__main__.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return self.rolelab("up", "--yes")

    def clients(self) -> Clients:
        """Return the administrator's clients."""
        env = self.aws()
        keys = Credentials(
            access_key_id=env["AWS_ACCESS_KEY_ID"],
            secret_access_key=Secret(env["AWS_SECRET_ACCESS_KEY"]),
        )
        return Clients(
            Endpoint(url=env["AWS_ENDPOINT_URL"], region=env["AWS_REGION"], credentials=keys)
        )

    def outputs(self) -> Any:
        """Return the stack's outputs, secrets masked."""
        return json.loads(self.rolelab("outputs", "--json").out)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """An empty project, and its local AWS until the test ends."""
    path = tmp_path / "other"
    path.mkdir()
    (path / "Pulumi.yaml").write_text("name: other\nruntime: python\n", encoding="utf-8")
    (path / "components").symlink_to(ROOT / "components")
    made = Program(path=path, env=bare_environment(tmp_path))
    yield made
    if (path / ".rolelab" / "local").exists():
        made.rolelab("local", "stop")


def tags(listed: list[Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}


ALL = """
    import pulumi
    import pulumi_aws as aws
    from components import documents
    from components.grant import AssumeRoleGrant
    from components.lab import AssumeRoleLab
    from components.role import AssumableRole
    from components.user import NoPermissionUser

    account = aws.get_caller_identity().account_id
    tags = {"team": "blue", "lab": "not mine"}
    user = NoPermissionUser("anna", {"user_name": "anna", "console": True, "tags": tags})
    role = AssumableRole("reader", {
        "role_name": "reader",
        "trust_policy": documents.trust(documents.account_root(account)),
        "managed_policies": ["ReadOnlyAccess"],
        "max_session_duration": 7200,
    })
    AssumeRoleGrant("anna-reader", {"user_name": user.user_name, "role_arn": role.role_arn})
    policies = ["AmazonS3FullAccess"]
    lab = AssumeRoleLab(
        "lab", {"learners": ["ben"], "role_name": "s3", "managed_policies": policies}
    )
    pulumi.export("secret", user.secret_access_key)
    pulumi.export("password", user.console_password)
    pulumi.export("arn", user.user_arn)
    pulumi.export("switch", lab.switch_role_url)
"""


def test_each_component_works_alone_in_another_program(program: Program) -> None:
    done = program.up(ALL)
    assert done.exit_code == 0, done.err
    aws = program.clients()
    role = aws.iam.get_role(RoleName="reader")["Role"]
    assert role.get("MaxSessionDuration") == 7200
    attached = aws.iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"]
    assert [policy.get("PolicyName") for policy in attached] == ["ReadOnlyAccess"]
    (name,) = aws.iam.list_user_policies(UserName="anna")["PolicyNames"]
    assert name == "AssumeRole-reader"
    grant: Any = aws.iam.get_user_policy(UserName="anna", PolicyName=name)["PolicyDocument"]
    assert grant["Statement"][0]["Resource"] == role["Arn"]
    assert program.outputs()["secret"] == "[secret]"
    assert program.outputs()["password"] == "[secret]"


GRANTS = """
    import pulumi
    from components import documents
    from components.grant import AssumeRoleGrant
    from components.user import NoPermissionUser

    user = NoPermissionUser("anna", {"user_name": "anna"})
    for name in ("reader", "writer"):
        arn = documents.role_arn("000000000000", name)
        AssumeRoleGrant(name, {"user_name": user.user_name, "role_arn": arn})
    arn = documents.role_arn("000000000000", "reader", path="/class/")
    AssumeRoleGrant(
        "more", {"user_name": user.user_name, "role_arn": arn, "policy_name": "%s"}
    )
"""


def test_a_user_may_have_several_grants(program: Program) -> None:
    """Each a policy of its own, and a refresh has nothing to do."""
    done = program.up(GRANTS % "more")
    assert done.exit_code == 0, done.err
    policies = program.clients().iam.list_user_policies(UserName="anna")["PolicyNames"]
    assert policies == ["AssumeRole-reader", "AssumeRole-writer", "more"]
    again = program.rolelab("up", "--yes", "--refresh", "--expect-no-changes")
    assert again.exit_code == 0, again.out


def test_two_grants_of_one_name_are_refused_and_both_are_named(program: Program) -> None:
    done = program.up(GRANTS % "AssumeRole-writer")
    assert done.exit_code == 1
    assert "'writer' and 'more' are both the IAM User Policy anna:AssumeRole-writer" in done.out


def test_a_policy_name_that_iam_does_not_take_is_refused(program: Program) -> None:
    done = program.up(GRANTS % "a name")
    assert done.exit_code == 1
    assert "policy_name 'a name': contains ' '" in done.out + done.err


def test_a_learners_user_has_the_grant_and_nothing_else(program: Program) -> None:
    """No group, no managed policy, no boundary: or the lesson would not be true."""
    program.up(ALL)
    iam = program.clients().iam
    assert iam.list_user_policies(UserName="ben")["PolicyNames"] == ["AssumeRole"]
    assert iam.list_attached_user_policies(UserName="ben")["AttachedPolicies"] == []
    assert iam.list_groups_for_user(UserName="ben")["Groups"] == []
    assert "PermissionsBoundary" not in iam.get_user(UserName="ben")["User"]


def test_every_resource_that_can_carry_tags_carries_lab_stack_and_purpose(program: Program) -> None:
    """What a sweep looks for; the caller's own tags stand beside them and cannot replace them."""
    program.up(ALL)
    iam = program.clients().iam
    users = {
        user["UserName"]: tags(iam.list_user_tags(UserName=user["UserName"])["Tags"])
        for user in iam.list_users()["Users"]
    }
    roles = {
        role["RoleName"]: tags(iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
        for role in iam.list_roles()["Roles"]
    }
    assert users == {
        "anna": {**OWN_TAGS, "purpose": "learner", "team": "blue"},
        "ben": {**OWN_TAGS, "purpose": "learner"},
    }
    assert roles == {
        "reader": {**OWN_TAGS, "purpose": "role"},
        "s3": {**OWN_TAGS, "purpose": "role"},
    }


def test_a_learner_who_added_keys_and_policies_does_not_keep_the_lab_from_going(
    program: Program,
) -> None:
    program.up(ALL)
    aws = program.clients()
    aws.iam.create_access_key(UserName="ben")
    aws.iam.attach_user_policy(
        UserName="ben", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    aws.iam.put_user_policy(
        UserName="ben",
        PolicyName="own",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
            }
        ),
    )
    aws.iam.attach_role_policy(RoleName="s3", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    done = program.rolelab("destroy", "--yes")
    assert done.exit_code == 0, done.err
    assert aws.iam.list_users()["Users"] == []
    assert aws.iam.list_roles()["Roles"] == []


ROLE = '{"role_name": "r", "trust_policy": {}, "managed_policies": %s, "max_session_duration": %s}'
LAB = '{"learners": %s, "role_name": "r", "managed_policies": []}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('NoPermissionUser("x", {"user_name": "an na"})', "user_name 'an na'"),
        (f'AssumableRole("x", {ROLE % ([], 60)})', "3600 to 43200"),
        (f'AssumableRole("x", {ROLE % (["a b"], 3600)})', "'a b'"),
        (f'AssumeRoleLab("x", {LAB % ["ben", "BEN"]})', "one name to IAM"),
        (f'AssumeRoleLab("x", {LAB % ["ben", "b/n"]})', "'b/n' contains '/'"),
    ],
    ids=["user", "session", "policy", "names in case", "name"],
)
def test_what_iam_would_refuse_is_refused_before_anything_is_made(
    program: Program, line: str, said: str
) -> None:
    source = """
    from components.lab import AssumeRoleLab
    from components.role import AssumableRole
    from components.user import NoPermissionUser

    """
    done = program.up(f"{source}{line}\n")
    assert done.exit_code == 1
    assert said in done.out + done.err
    iam = program.clients().iam
    assert iam.list_users()["Users"] == []
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []


def test_without_the_grant_there_is_no_policy_on_the_user(program: Program) -> None:
    """The lesson before the grant; adding it is one resource more, and nothing else changes."""
    lab = """
    from components.lab import AssumeRoleLab
    args = {"learners": ["ben"], "role_name": "s3", "managed_policies": [], "grant": %s}
    AssumeRoleLab("lab", args)
    """
    program.up(lab % "False")
    iam = program.clients().iam
    assert iam.list_user_policies(UserName="ben")["PolicyNames"] == []
    keys = iam.list_access_keys(UserName="ben")["AccessKeyMetadata"]
    assert program.up(lab % "True").exit_code == 0
    assert iam.list_user_policies(UserName="ben")["PolicyNames"] == ["AssumeRole"]
    assert iam.list_access_keys(UserName="ben")["AccessKeyMetadata"] == keys


@pytest.mark.parametrize(
    ("component", "told"),
    [
        ("grant.AssumeRoleGrant", "role_arn is missing; user_name is missing"),
        ("role.AssumableRole", "role_name is missing; trust_policy is missing"),
        ("user.NoPermissionUser", "user_name is missing"),
        ("lab.AssumeRoleLab", "role_name is missing"),
    ],
)
def test_a_missing_argument_is_named(program: Program, component: str, told: str) -> None:
    """All of them, with the component: a bare KeyError shows a line of ours."""
    module, _, kind = component.partition(".")
    done = program.up(f"from components.{module} import {kind}\n{kind}('x', {{}})\n")
    assert done.exit_code == 1
    assert f"ValueError: the arguments of {kind} 'x': " in done.out + done.err
    assert told in done.out + done.err
    assert "KeyError" not in done.out + done.err


def test_an_argument_that_is_none_gets_the_nearest(program: Program) -> None:
    source = """
        from components.user import NoPermissionUser
        NoPermissionUser("x", {"user_name": "x", "consol": True})
    """
    done = program.up(source)
    assert done.exit_code == 1
    assert "consol is not one of them, did you mean console?" in done.out + done.err
