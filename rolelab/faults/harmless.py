"""Changes that must not be reported: tags, words, spelling, and what else is in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rolelab.faults.scene import PATH, Harmless, Scene, allow


def _tagged_user(scene: Scene) -> None:
    scene.iam.tag_user(UserName=scene.user, Tags=[{"Key": "team", "Value": "blue"}])


def _tagged_role(scene: Scene) -> None:
    scene.iam.tag_role(RoleName=scene.role, Tags=[{"Key": "team", "Value": "blue"}])


def _described_role(scene: Scene) -> None:
    scene.iam.update_role(RoleName=scene.role, Description="For the class of 2026")


def _renamed_grant(scene: Scene) -> None:
    name = scene.grant_name
    scene.put_user_policy("leave-to-switch", scene.granting())
    scene.iam.delete_user_policy(UserName=scene.user, PolicyName=name)


def _grant_spelled_otherwise(scene: Scene) -> None:
    scene.put_grant(
        {
            "Sid": "Switch",
            "Resource": [scene.lab.role.arn],
            "Action": ["STS:assumerole"],
            "Effect": "Allow",
        }
    )


def _grant_said_twice(scene: Scene) -> None:
    scene.put_grant(scene.granting(), {**scene.granting(), "Sid": "Again"})


def _trust(principal: Callable[[Scene], Any]) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        document = {
            "Id": "x",
            "Version": "2012-10-17",
            "Statement": {"Sid": "Us", **scene.trusting(principal(scene))},
        }
        scene.iam.update_assume_role_policy(
            RoleName=scene.role, PolicyDocument=json.dumps(document, indent=4)
        )

    return apply


def _other_people(scene: Scene) -> None:
    scene.iam.create_user(UserName="rolelab-visitor", Path=PATH)
    scene.iam.attach_user_policy(
        UserName="rolelab-visitor", PolicyArn=scene.managed("AdministratorAccess")
    )


def _other_group(scene: Scene) -> None:
    scene.iam.create_group(GroupName="rolelab-others", Path=PATH)
    scene.iam.attach_group_policy(
        GroupName="rolelab-others", PolicyArn=scene.managed("AdministratorAccess")
    )


def _other_role(scene: Scene) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [scene.trusting()]})
    scene.iam.create_role(RoleName="rolelab-other", Path=PATH, AssumeRolePolicyDocument=trust)
    scene.iam.attach_role_policy(
        RoleName="rolelab-other", PolicyArn=scene.managed("AdministratorAccess")
    )


def _other_policy(scene: Scene) -> None:
    scene.policy("rolelab-unused", allow("*"))


def _second_inactive_key(scene: Scene) -> None:
    key = scene.iam.create_access_key(UserName=scene.user)["AccessKey"]["AccessKeyId"]
    scene.iam.update_access_key(UserName=scene.user, AccessKeyId=key, Status="Inactive")


HARMLESS = (
    Harmless(name="user-tagged", apply=_tagged_user),
    Harmless(name="role-tagged", apply=_tagged_role),
    Harmless(name="role-described", apply=_described_role),
    Harmless(name="grant-renamed", apply=_renamed_grant),
    Harmless(name="grant-spelled-otherwise", apply=_grant_spelled_otherwise),
    Harmless(name="grant-said-twice", apply=_grant_said_twice),
    Harmless(name="trust-by-account-id", apply=_trust(lambda scene: {"AWS": scene.lab.account_id})),
    Harmless(
        name="trust-as-list",
        apply=_trust(
            lambda scene: {"AWS": [f"arn:{scene.partition}:iam::{scene.lab.account_id}:root"]}
        ),
    ),
    Harmless(name="other-people", apply=_other_people),
    Harmless(name="other-group", apply=_other_group),
    Harmless(name="other-role", apply=_other_role),
    Harmless(name="other-policy", apply=_other_policy),
    Harmless(name="second-inactive-key", apply=_second_inactive_key),
)
