"""Changes that must not be reported: tags, words, spelling, and what else is in the account."""

from __future__ import annotations

import json
from typing import Any

from components import documents
from rolelab.faults.scene import Harmless, Scene, allow, as_text
from rolelab.iam.arns import account_root


def _rename_grant(scene: Scene) -> None:
    name = scene.grant_name
    scene.put_user_policy("leave-to-switch", scene.granting())
    scene.iam.delete_user_policy(UserName=scene.user, PolicyName=name)


def _spell_grant_otherwise(scene: Scene) -> None:
    scene.put_grant(
        {
            "Sid": "Switch",
            "Resource": [scene.role_arn],
            "Action": ["STS:assumerole"],
            "Effect": "Allow",
        }
    )


def _spell_trust_otherwise(scene: Scene, principal: object) -> None:
    document = {
        "Id": "x",
        "Version": documents.VERSION,
        "Statement": {"Sid": "Us", **scene.trusting({"AWS": principal})},
    }
    text = json.dumps(document, indent=4)
    scene.iam.update_assume_role_policy(RoleName=scene.role, PolicyDocument=text)


def _add_people(scene: Scene) -> None:
    name, policy = "rolelab-visitor", scene.managed("AdministratorAccess")
    scene.iam.create_user(UserName=name, Path=scene.path)
    scene.iam.attach_user_policy(UserName=name, PolicyArn=policy)


def _add_group(scene: Scene) -> None:
    name, policy = "rolelab-others", scene.managed("AdministratorAccess")
    scene.iam.create_group(GroupName=name, Path=scene.path)
    scene.iam.attach_group_policy(GroupName=name, PolicyArn=policy)


def _add_role(scene: Scene) -> None:
    name, policy = "rolelab-other", scene.managed("AdministratorAccess")
    trust = as_text(scene.trusting())
    scene.iam.create_role(RoleName=name, Path=scene.path, AssumeRolePolicyDocument=trust)
    scene.iam.attach_role_policy(RoleName=name, PolicyArn=policy)


def _add_inactive_key(scene: Scene) -> None:
    key = scene.iam.create_access_key(UserName=scene.user)["AccessKey"]["AccessKeyId"]
    scene.iam.update_access_key(UserName=scene.user, AccessKeyId=key, Status="Inactive")


_TAGS: Any = [{"Key": "team", "Value": "blue"}]

HARMLESS = (
    Harmless("user-tagged", lambda scene: scene.iam.tag_user(UserName=scene.user, Tags=_TAGS)),
    Harmless("role-tagged", lambda scene: scene.iam.tag_role(RoleName=scene.role, Tags=_TAGS)),
    Harmless(
        "role-described",
        lambda scene: scene.iam.update_role(RoleName=scene.role, Description="The class of 2026"),
    ),
    Harmless("grant-renamed", _rename_grant),
    Harmless("grant-spelled-otherwise", _spell_grant_otherwise),
    Harmless(
        "grant-said-twice",
        lambda scene: scene.put_grant(scene.granting(), {**scene.granting(), "Sid": "Again"}),
    ),
    Harmless(
        "trust-by-account-id", lambda scene: _spell_trust_otherwise(scene, scene.lab.account_id)
    ),
    Harmless(
        "trust-as-list",
        lambda scene: _spell_trust_otherwise(
            scene, [account_root(scene.lab.account_id, scene.partition)]
        ),
    ),
    Harmless("other-people", _add_people),
    Harmless("other-group", _add_group),
    Harmless("other-role", _add_role),
    Harmless("other-policy", lambda scene: scene.make_policy("rolelab-unused", allow("*"))),
    Harmless("second-inactive-key", _add_inactive_key),
)
