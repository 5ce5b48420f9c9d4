"""Faults of the learner's user: other policies, groups, boundary, key, the user itself."""

from __future__ import annotations

import secrets
from functools import partial

from rolelab.aws import removal
from rolelab.faults.scene import Fault, Scene, allow, as_text, deny

_refuses_by = "explicit deny in the identity-based policy"


def _attach(scene: Scene, name: str) -> None:
    scene.iam.attach_user_policy(UserName=scene.user, PolicyArn=scene.managed(name))


def _attach_deny(scene: Scene) -> None:
    arn = scene.make_policy("no-roles", deny("sts:*"))
    scene.iam.attach_user_policy(UserName=scene.user, PolicyArn=arn)


def _into_administrators(scene: Scene) -> None:
    group = scene.make_group("rolelab-administrators")
    scene.iam.attach_group_policy(GroupName=group, PolicyArn=scene.managed("AdministratorAccess"))


def _into_restricted(scene: Scene) -> None:
    group, document = scene.make_group("rolelab-restricted"), as_text(deny("sts:Assume*"))
    scene.iam.put_group_policy(GroupName=group, PolicyName="no-switching", PolicyDocument=document)


def _set_boundary(scene: Scene, arn: str) -> None:
    scene.iam.put_user_permissions_boundary(UserName=scene.user, PermissionsBoundary=arn)


def _delete_key(scene: Scene) -> None:
    scene.iam.delete_access_key(UserName=scene.user, AccessKeyId=scene.learner.access_key_id)


def _replace_key(scene: Scene) -> None:
    _delete_key(scene)
    scene.iam.create_access_key(UserName=scene.user)


def _delete_user(scene: Scene) -> None:
    removal.remove_user(scene.iam, scene.user, force=True)


def _recreate_user(scene: Scene) -> None:
    grant, tags = scene.grant_name, scene.iam.list_user_tags(UserName=scene.user)["Tags"]
    _delete_user(scene)
    scene.iam.create_user(UserName=scene.user, Tags=tags)
    scene.put_user_policy(grant, scene.granting())
    scene.iam.create_access_key(UserName=scene.user)


USER_FAULTS = (
    Fault(
        name="user-second-inline",
        does="lets the user list buckets by a second inline policy",
        apply=lambda scene: scene.put_user_policy("look-around", allow("s3:ListAllMyBuckets")),
        fails=("before.list-buckets", "after.list-buckets", "declared.user-inline"),
        because="identity-based policy look-around",
    ),
    Fault(
        name="user-inline-deny",
        does="denies the switch in a second inline policy",
        apply=lambda scene: scene.put_user_policy("no-switching", deny("sts:AssumeRole")),
        fails=("assume.role", "declared.user-inline"),
        because=f"{_refuses_by} no-switching",
    ),
    Fault(
        name="user-inline-idle",
        does="adds an inline policy that changes nothing here",
        apply=lambda scene: scene.put_user_policy("just-in-case", deny("ec2:*")),
        fails=("declared.user-inline",),
        because="just-in-case",
    ),
    Fault(
        name="user-administrator",
        does="makes the user an administrator",
        apply=partial(_attach, name="AdministratorAccess"),
        fails=(
            "before.list-buckets",
            "before.create-bucket",
            "before.list-users",
            "declared.user-managed",
        ),
        because="identity-based policy AdministratorAccess of user",
    ),
    Fault(
        name="user-reader",
        does="lets the user read S3",
        apply=partial(_attach, name="AmazonS3ReadOnlyAccess"),
        fails=("before.list-buckets", "declared.user-managed"),
        because="identity-based policy AmazonS3ReadOnlyAccess of user",
    ),
    Fault(
        name="user-managed-deny",
        does="denies all of STS by a managed policy",
        apply=_attach_deny,
        fails=("assume.role", "declared.user-managed"),
        because=f"{_refuses_by} no-roles of user",
    ),
    Fault(
        name="group-administrators",
        does="puts the user into a group of administrators",
        apply=_into_administrators,
        fails=("before.list-users", "declared.user-groups"),
        because="AdministratorAccess of group rolelab-administrators",
    ),
    Fault(
        name="group-deny",
        does="puts the user into a group that may not switch",
        apply=_into_restricted,
        fails=("assume.role", "declared.user-groups"),
        because=f"{_refuses_by} no-switching of group rolelab-restricted",
    ),
    Fault(
        name="group-empty",
        does="puts the user into a group without policies",
        apply=lambda scene: scene.make_group("rolelab-class"),
        fails=("declared.user-groups",),
        because="in group rolelab-class",
    ),
    Fault(
        name="user-boundary-narrow",
        does="gives the user a boundary without STS",
        apply=lambda scene: _set_boundary(scene, scene.managed("AmazonS3FullAccess")),
        fails=("assume.role", "declared.user-boundary"),
        because="permissions boundary of user",
    ),
    Fault(
        name="user-boundary-deny",
        does="gives the user a boundary that denies the switch",
        apply=lambda scene: _set_boundary(
            scene, scene.make_policy("all-but-switching", allow("*"), deny("sts:AssumeRole"))
        ),
        fails=("assume.role", "declared.user-boundary"),
        because="explicit deny in the permissions boundary all-but-switching",
    ),
    Fault(
        name="user-boundary-idle",
        does="gives the user a boundary that allows everything",
        apply=lambda scene: _set_boundary(scene, scene.managed("AdministratorAccess")),
        fails=("declared.user-boundary",),
        because="Permissions boundary AdministratorAccess",
    ),
    Fault(
        name="key-inactive",
        does="makes the access key inactive",
        apply=lambda scene: scene.iam.update_access_key(
            UserName=scene.user, AccessKeyId=scene.learner.access_key_id, Status="Inactive"
        ),
        fails=("identity.caller", "declared.user-key"),
        because="is inactive",
    ),
    Fault(
        name="key-second",
        does="makes a second access key",
        apply=lambda scene: scene.iam.create_access_key(UserName=scene.user),
        fails=("declared.user-key",),
        because="is active and not the lab's",
    ),
    Fault(
        name="key-deleted",
        does="deletes the access key",
        apply=_delete_key,
        fails=("identity.caller", "declared.user-key"),
        because="was deleted",
        is_mendable=False,
    ),
    Fault(
        name="key-replaced",
        does="makes the access key anew",
        apply=_replace_key,
        fails=("identity.caller", "declared.user-key"),
        because="was deleted",
        is_mendable=False,
    ),
    Fault(
        name="password-added",
        does="gives the user a console password",
        # Nobody is told it; the local AWS's users sign in nowhere.
        apply=lambda scene: scene.iam.create_login_profile(
            UserName=scene.user, Password=f"Aa1!{secrets.token_urlsafe(24)}"
        ),
        fails=("declared.user-password",),
        because="has a console password that was not declared",
        console=False,
    ),
    Fault(
        name="password-missing",
        does="deletes the user's console password",
        apply=lambda scene: scene.iam.delete_login_profile(UserName=scene.user),
        fails=("declared.user-password",),
        because="The console password of user",
        is_mendable=False,
        console=True,
    ),
    Fault(
        name="user-deleted",
        does="deletes the user",
        apply=_delete_user,
        fails=("identity.caller", "declared.user"),
        because="does not exist any more",
        is_mendable=False,
    ),
    Fault(
        name="user-made-anew",
        does="deletes the user and makes it anew, grant and all",
        apply=_recreate_user,
        fails=("identity.caller", "declared.user-key"),
        because="belongs to a user that was",
        is_mendable=False,
    ),
    Fault(
        name="user-renamed",
        does="renames the user",
        apply=lambda scene: scene.iam.update_user(
            UserName=scene.user, NewUserName=f"{scene.user[:58]}-left"
        ),
        fails=("identity.caller", "declared.user"),
        because="was renamed to",
    ),
    Fault(
        name="user-moved",
        does="moves the user to another path",
        apply=lambda scene: scene.iam.update_user(UserName=scene.user, NewPath=scene.path),
        fails=("identity.caller", "declared.user"),
        because="moved to another path",
    ),
)
