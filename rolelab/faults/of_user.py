"""Faults of the learner's half: the grant, other policies of the user, groups, boundary, key, the user itself."""

from __future__ import annotations

import secrets

from rolelab.faults.scene import OTHER_ACCOUNT, PATH, Fault, Scene, allow, deny

_PAST = "2020-01-01T00:00:00Z"


def _no_grant(scene: Scene) -> None:
    scene.iam.delete_user_policy(UserName=scene.user, PolicyName=scene.grant_name)


def _other_role(scene: Scene) -> None:
    scene.put_grant(scene.granting(f"{scene.lab.role.arn}-2"))


def _role_in_other_case(scene: Scene) -> None:
    head, _, name = scene.lab.role.arn.rpartition("/")
    scene.put_grant(scene.granting(f"{head}/{name.swapcase()}"))


def _role_of_other_account(scene: Scene) -> None:
    scene.put_grant(scene.granting(scene.lab.role.arn.replace(scene.lab.account_id, OTHER_ACCOUNT)))


def _role_with_a_path(scene: Scene) -> None:
    scene.put_grant(scene.granting(scene.lab.role.arn.replace(":role/", ":role/class/")))


def _user_instead_of_role(scene: Scene) -> None:
    scene.put_grant(scene.granting(scene.learner.user_arn))


def _other_action(scene: Scene) -> None:
    scene.put_grant(allow("sts:GetSessionToken", scene.lab.role.arn))


def _any_role(scene: Scene) -> None:
    scene.put_grant(scene.granting("*"))


def _roles_by_wildcard(scene: Scene) -> None:
    scene.put_grant(scene.granting(f"{scene.lab.role.arn[: -len(scene.role)]}*"))


def _all_of_sts(scene: Scene) -> None:
    scene.put_grant(allow("sts:*", scene.lab.role.arn))


def _all_but_iam(scene: Scene) -> None:
    scene.put_grant({"Effect": "Allow", "NotAction": "iam:*", "Resource": scene.lab.role.arn})


def _another_role_as_well(scene: Scene) -> None:
    scene.put_grant(scene.granting([scene.lab.role.arn, f"{scene.lab.role.arn}-admin"]))


def _statement_more(scene: Scene) -> None:
    scene.put_grant(scene.granting(), allow("iam:GetAccountSummary"))


def _denied_beside(scene: Scene) -> None:
    scene.put_grant(scene.granting(), deny("sts:AssumeRole"))


def _external_id(scene: Scene) -> None:
    scene.put_grant(
        scene.granting(conditions={"StringEquals": {"sts:ExternalId": "class-of-2026"}})
    )


def _mfa(scene: Scene) -> None:
    scene.put_grant(scene.granting(conditions={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))


def _source_ip(scene: Scene) -> None:
    scene.put_grant(scene.granting(conditions={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))


def _ran_out(scene: Scene) -> None:
    scene.put_grant(scene.granting(conditions={"DateLessThan": {"aws:CurrentTime": _PAST}}))


def _for_other_name(scene: Scene) -> None:
    scene.put_grant(scene.granting(conditions={"StringEquals": {"aws:username": "somebody-else"}}))


def _second_inline_allows(scene: Scene) -> None:
    scene.put_user_policy("look-around", allow("s3:ListAllMyBuckets"))


def _second_inline_denies(scene: Scene) -> None:
    scene.put_user_policy("no-switching", deny("sts:AssumeRole"))


def _second_inline_of_no_effect(scene: Scene) -> None:
    scene.put_user_policy("just-in-case", deny("ec2:*"))


def _administrator(scene: Scene) -> None:
    scene.iam.attach_user_policy(
        UserName=scene.user, PolicyArn=scene.managed("AdministratorAccess")
    )


def _reader(scene: Scene) -> None:
    scene.iam.attach_user_policy(
        UserName=scene.user, PolicyArn=scene.managed("AmazonS3ReadOnlyAccess")
    )


def _managed_deny(scene: Scene) -> None:
    arn = scene.policy("no-roles", deny("sts:*"))
    scene.iam.attach_user_policy(UserName=scene.user, PolicyArn=arn)


def _administrators_group(scene: Scene) -> None:
    group = scene.group("rolelab-administrators")
    scene.iam.attach_group_policy(GroupName=group, PolicyArn=scene.managed("AdministratorAccess"))


def _denying_group(scene: Scene) -> None:
    group = scene.group("rolelab-restricted")
    scene.iam.put_group_policy(
        GroupName=group, PolicyName="no-switching", PolicyDocument=_deny_sts()
    )


def _deny_sts() -> str:
    from rolelab.faults.scene import text

    return text(deny("sts:Assume*"))


def _empty_group(scene: Scene) -> None:
    scene.group("rolelab-class")


def _boundary_without_sts(scene: Scene) -> None:
    scene.iam.put_user_permissions_boundary(
        UserName=scene.user, PermissionsBoundary=scene.managed("AmazonS3FullAccess")
    )


def _boundary_that_denies(scene: Scene) -> None:
    arn = scene.policy("all-but-switching", allow("*"), deny("sts:AssumeRole"))
    scene.iam.put_user_permissions_boundary(UserName=scene.user, PermissionsBoundary=arn)


def _boundary_that_allows_all(scene: Scene) -> None:
    scene.iam.put_user_permissions_boundary(
        UserName=scene.user, PermissionsBoundary=scene.managed("AdministratorAccess")
    )


def _inactive_key(scene: Scene) -> None:
    scene.iam.update_access_key(
        UserName=scene.user, AccessKeyId=scene.learner.access_key_id, Status="Inactive"
    )


def _second_key(scene: Scene) -> None:
    scene.iam.create_access_key(UserName=scene.user)


def _deleted_key(scene: Scene) -> None:
    scene.iam.delete_access_key(UserName=scene.user, AccessKeyId=scene.learner.access_key_id)


def _replaced_key(scene: Scene) -> None:
    _deleted_key(scene)
    scene.iam.create_access_key(UserName=scene.user)


def _password_added(scene: Scene) -> None:
    # Nobody is told it; the local AWS's users sign in nowhere.
    scene.iam.create_login_profile(UserName=scene.user, Password=f"Aa1!{secrets.token_urlsafe(24)}")


def _password_missing(scene: Scene) -> None:
    scene.iam.delete_login_profile(UserName=scene.user)


def _deleted_user(scene: Scene) -> None:
    for key in scene.iam.list_access_keys(UserName=scene.user)["AccessKeyMetadata"]:
        scene.iam.delete_access_key(UserName=scene.user, AccessKeyId=key.get("AccessKeyId", ""))
    for policy in scene.iam.list_user_policies(UserName=scene.user)["PolicyNames"]:
        scene.iam.delete_user_policy(UserName=scene.user, PolicyName=policy)
    scene.iam.delete_user(UserName=scene.user)


def _user_made_anew(scene: Scene) -> None:
    _deleted_user(scene)
    scene.iam.create_user(UserName=scene.user)
    scene.put_user_policy("assume-role", scene.granting())
    scene.iam.create_access_key(UserName=scene.user)


def _renamed_user(scene: Scene) -> None:
    scene.iam.update_user(UserName=scene.user, NewUserName=f"{scene.user[:58]}-left")


def _moved_user(scene: Scene) -> None:
    scene.iam.update_user(UserName=scene.user, NewPath=PATH)


_GRANT, _ASSUME = "declared.grant", "assume.role"
_CALLER = "identity.caller"

FAULTS = (
    Fault(
        name="grant-missing",
        does="removes the grant",
        apply=_no_grant,
        fails=(_ASSUME, _GRANT),
        because="no identity-based policy of user",
    ),
    Fault(
        name="grant-other-role",
        does="grants another role",
        apply=_other_role,
        fails=(_ASSUME, _GRANT),
        because="its Resource is",
    ),
    Fault(
        name="grant-role-in-other-case",
        does="grants the role's name in other case",
        apply=_role_in_other_case,
        fails=(_ASSUME, _GRANT),
        because="its Resource is",
    ),
    Fault(
        name="grant-other-account",
        does="grants the role of another account",
        apply=_role_of_other_account,
        fails=(_ASSUME, _GRANT),
        because="its Resource is",
    ),
    Fault(
        name="grant-path",
        does="grants a role of the same name with a path",
        apply=_role_with_a_path,
        fails=(_ASSUME, _GRANT),
        because="its Resource is",
    ),
    Fault(
        name="grant-on-user",
        does="grants the switch on the user instead of the role",
        apply=_user_instead_of_role,
        fails=(_ASSUME, _GRANT),
        because="its Resource is",
    ),
    Fault(
        name="grant-other-action",
        does="grants another action of STS",
        apply=_other_action,
        fails=(_ASSUME, _GRANT),
        because="its Action is sts:GetSessionToken",
    ),
    Fault(
        name="grant-any-role",
        does="grants every role there is",
        apply=_any_role,
        fails=(_GRANT,),
        because="too open",
    ),
    Fault(
        name="grant-roles-by-wildcard",
        does="grants all roles of the account",
        apply=_roles_by_wildcard,
        fails=(_GRANT,),
        because="too open",
    ),
    Fault(
        name="grant-all-of-sts",
        does="grants all of STS on the role",
        apply=_all_of_sts,
        fails=(_GRANT,),
        because="too open",
    ),
    Fault(
        name="grant-all-but-iam",
        does="grants everything but IAM on the role",
        apply=_all_but_iam,
        fails=(_GRANT,),
        because="too open",
    ),
    Fault(
        name="grant-another-role",
        does="grants a second role as well",
        apply=_another_role_as_well,
        fails=(_GRANT,),
        because="too open",
    ),
    Fault(
        name="grant-statement-more",
        does="grants something else in a second statement",
        apply=_statement_more,
        fails=(_GRANT,),
        because="iam:getaccountsummary",
    ),
    Fault(
        name="grant-denied-beside",
        does="denies the switch in the same policy",
        apply=_denied_beside,
        fails=(_ASSUME, _GRANT),
        because="explicit deny in the identity-based policy",
    ),
    Fault(
        name="grant-external-id",
        does="asks for an external id in the grant",
        apply=_external_id,
        fails=(_ASSUME, _GRANT),
        because="sts:ExternalId wants class-of-2026",
    ),
    Fault(
        name="grant-mfa",
        does="asks for MFA in the grant",
        apply=_mfa,
        fails=(_ASSUME, _GRANT),
        because="aws:MultiFactorAuthPresent wants true",
    ),
    Fault(
        name="grant-source-ip",
        does="grants it from another network only",
        apply=_source_ip,
        fails=(_ASSUME, _GRANT),
        because="aws:SourceIp wants 203.0.113.0/24",
    ),
    Fault(
        name="grant-ran-out",
        does="lets the grant run out",
        apply=_ran_out,
        fails=(_ASSUME, _GRANT),
        because="aws:CurrentTime wants 2020",
    ),
    Fault(
        name="grant-for-other-name",
        does="grants it to somebody else by name",
        apply=_for_other_name,
        fails=(_ASSUME, _GRANT),
        because="aws:username wants somebody-else",
    ),
    Fault(
        name="user-second-inline",
        does="lets the user list buckets by a second inline policy",
        apply=_second_inline_allows,
        fails=("before.list-buckets", "after.list-buckets", "declared.user-inline"),
        because="identity-based policy look-around",
    ),
    Fault(
        name="user-inline-deny",
        does="denies the switch in a second inline policy",
        apply=_second_inline_denies,
        fails=(_ASSUME, "declared.user-inline"),
        because="explicit deny in the identity-based policy no-switching",
    ),
    Fault(
        name="user-inline-idle",
        does="adds an inline policy that changes nothing here",
        apply=_second_inline_of_no_effect,
        fails=("declared.user-inline",),
        because="just-in-case",
    ),
    Fault(
        name="user-administrator",
        does="makes the user an administrator",
        apply=_administrator,
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
        apply=_reader,
        fails=("before.list-buckets", "declared.user-managed"),
        because="identity-based policy AmazonS3ReadOnlyAccess of user",
    ),
    Fault(
        name="user-managed-deny",
        does="denies all of STS by a managed policy",
        apply=_managed_deny,
        fails=(_ASSUME, "declared.user-managed"),
        because="explicit deny in the identity-based policy no-roles of user",
    ),
    Fault(
        name="group-administrators",
        does="puts the user into a group of administrators",
        apply=_administrators_group,
        fails=("before.list-users", "declared.user-groups"),
        because="AdministratorAccess of group rolelab-administrators",
    ),
    Fault(
        name="group-deny",
        does="puts the user into a group that may not switch",
        apply=_denying_group,
        fails=(_ASSUME, "declared.user-groups"),
        because="explicit deny in the identity-based policy no-switching of group rolelab-restricted",
    ),
    Fault(
        name="group-empty",
        does="puts the user into a group without policies",
        apply=_empty_group,
        fails=("declared.user-groups",),
        because="in group rolelab-class",
    ),
    Fault(
        name="user-boundary-narrow",
        does="gives the user a boundary without STS",
        apply=_boundary_without_sts,
        fails=(_ASSUME, "declared.user-boundary"),
        because="permissions boundary of user",
    ),
    Fault(
        name="user-boundary-deny",
        does="gives the user a boundary that denies the switch",
        apply=_boundary_that_denies,
        fails=(_ASSUME, "declared.user-boundary"),
        because="explicit deny in the permissions boundary all-but-switching",
    ),
    Fault(
        name="user-boundary-idle",
        does="gives the user a boundary that allows everything",
        apply=_boundary_that_allows_all,
        fails=("declared.user-boundary",),
        because="Permissions boundary AdministratorAccess",
    ),
    Fault(
        name="key-inactive",
        does="makes the access key inactive",
        apply=_inactive_key,
        fails=(_CALLER, "declared.user-key"),
        because="is inactive",
    ),
    Fault(
        name="key-second",
        does="makes a second access key",
        apply=_second_key,
        fails=("declared.user-key",),
        because="is active and not the lab's",
    ),
    Fault(
        name="key-deleted",
        does="deletes the access key",
        apply=_deleted_key,
        fails=(_CALLER, "declared.user-key"),
        because="was deleted",
        is_mendable=False,
    ),
    Fault(
        name="key-replaced",
        does="makes the access key anew",
        apply=_replaced_key,
        fails=(_CALLER, "declared.user-key"),
        because="was deleted",
        is_mendable=False,
    ),
    Fault(
        name="password-added",
        does="gives the user a console password",
        apply=_password_added,
        fails=("declared.user-password",),
        because="has a console password that was not declared",
        console=False,
    ),
    Fault(
        name="password-missing",
        does="deletes the user's console password",
        apply=_password_missing,
        fails=("declared.user-password",),
        because="The console password of user",
        is_mendable=False,
        console=True,
    ),
    Fault(
        name="user-deleted",
        does="deletes the user",
        apply=_deleted_user,
        fails=(_CALLER, "declared.user"),
        because="does not exist any more",
        is_mendable=False,
    ),
    Fault(
        name="user-made-anew",
        does="deletes the user and makes it anew, grant and all",
        apply=_user_made_anew,
        fails=(_CALLER, "declared.user-key"),
        because="belongs to a user that was",
        is_mendable=False,
    ),
    Fault(
        name="user-renamed",
        does="renames the user",
        apply=_renamed_user,
        fails=(_CALLER, "declared.user"),
        because="was renamed to",
    ),
    Fault(
        name="user-moved",
        does="moves the user to another path",
        apply=_moved_user,
        fails=(_CALLER, "declared.user"),
        because="moved to another path",
    ),
)
