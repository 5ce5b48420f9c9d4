"""Faults of the role's half: whom it trusts, what it may do, how long, the role itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rolelab.faults.scene import OTHER_ACCOUNT, PATH, Fault, Scene, allow, deny, text

_PAST = "2020-01-01T00:00:00Z"


def _root(scene: Scene, account: str) -> str:
    return f"arn:{scene.partition}:iam::{account}:root"


def _conditions(**conditions: Any) -> Callable[[Scene], None]:
    """Return a fault that puts conditions on the declared trust."""

    def apply(scene: Scene) -> None:
        scene.put_trust(scene.trusting(conditions=conditions))

    return apply


def _trusts_other_account(scene: Scene) -> None:
    scene.put_trust(scene.trusting({"AWS": _root(scene, OTHER_ACCOUNT)}))


def _trusts_everybody(scene: Scene) -> None:
    scene.put_trust(scene.trusting({"AWS": "*"}))


def _trusts_two_accounts(scene: Scene) -> None:
    roots = [_root(scene, scene.lab.account_id), _root(scene, OTHER_ACCOUNT)]
    scene.put_trust(scene.trusting({"AWS": roots}))


def _trusts_account_and_service(scene: Scene) -> None:
    scene.put_trust(scene.trusting(), scene.trusting({"Service": "lambda.amazonaws.com"}))


def _trusts_service(scene: Scene) -> None:
    scene.put_trust(scene.trusting({"Service": "ec2.amazonaws.com"}))


def _trusts_the_learner_by_name(scene: Scene) -> None:
    scene.put_trust(scene.trusting({"AWS": scene.learner.user_arn}))


def _trusts_a_deleted_user(scene: Scene) -> None:
    """AWS keeps the unique id of a user in a trust policy: made anew, it is somebody else."""
    ghost = "rolelab-ghost"
    arn = scene.iam.create_user(UserName=ghost, Path=PATH)["User"]["Arn"]
    scene.put_trust(scene.trusting({"AWS": arn}))
    scene.iam.delete_user(UserName=ghost)
    scene.iam.create_user(UserName=ghost, Path=PATH)


def _denies_the_learner(scene: Scene) -> None:
    against = {
        "Effect": "Deny",
        "Principal": {"AWS": scene.learner.user_arn},
        "Action": "sts:AssumeRole",
    }
    scene.put_trust(scene.trusting(), against)


def _trusts_for_other_action(scene: Scene) -> None:
    scene.put_trust({**scene.trusting(), "Action": "sts:TagSession"})


def _trusts_for_more(scene: Scene) -> None:
    scene.put_trust({**scene.trusting(), "Action": ["sts:AssumeRole", "sts:TagSession"]})


def _detach(scene: Scene) -> None:
    for policy in scene.iam.list_attached_role_policies(RoleName=scene.role)["AttachedPolicies"]:
        scene.iam.detach_role_policy(RoleName=scene.role, PolicyArn=policy.get("PolicyArn", ""))


def _attach(name: str, *, instead: bool = False) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        if instead:
            _detach(scene)
        scene.iam.attach_role_policy(RoleName=scene.role, PolicyArn=scene.managed(name))

    return apply


def _own_policy_instead(scene: Scene) -> None:
    _detach(scene)
    arn = scene.policy("other-buckets", allow("s3:*", f"arn:{scene.partition}:s3:::class-*"))
    scene.iam.attach_role_policy(RoleName=scene.role, PolicyArn=arn)


def _denies(*actions: str) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        scene.put_role_policy("guard-rail", deny(list(actions)))

    return apply


def _inline_of_no_effect(scene: Scene) -> None:
    scene.put_role_policy("once-more", allow("s3:*"))


def _inline_for_users(scene: Scene) -> None:
    scene.put_role_policy("people", allow("iam:List*"))


def _sessions_revoked(scene: Scene) -> None:
    """What the console's "Revoke active sessions" leaves behind."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": _PAST}}
    scene.put_role_policy("AWSRevokeOlderSessions", deny("*", Condition=condition))


def _denies_if(**condition: Any) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        scene.put_role_policy("guard-rail", deny("*", Condition=condition))

    return apply


def _boundary(name: str) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        scene.iam.put_role_permissions_boundary(
            RoleName=scene.role, PermissionsBoundary=scene.managed(name)
        )

    return apply


def _boundary_that_denies(scene: Scene) -> None:
    arn = scene.policy("all-but-deleting", allow("*"), deny("s3:Delete*"))
    scene.iam.put_role_permissions_boundary(RoleName=scene.role, PermissionsBoundary=arn)


def _session_limit(seconds: int) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        scene.iam.update_role(RoleName=scene.role, MaxSessionDuration=seconds)

    return apply


def _deleted(scene: Scene) -> None:
    _detach(scene)
    for policy in scene.iam.list_role_policies(RoleName=scene.role)["PolicyNames"]:
        scene.iam.delete_role_policy(RoleName=scene.role, PolicyName=policy)
    scene.iam.delete_role(RoleName=scene.role)


def _made_anew(path: str) -> Callable[[Scene], None]:
    def apply(scene: Scene) -> None:
        _deleted(scene)
        scene.iam.create_role(
            RoleName=scene.role,
            Path=path,
            AssumeRolePolicyDocument=text(scene.trusting()),
            MaxSessionDuration=scene.lab.role.max_session_duration,
        )

    return apply


_ASSUME, _PRINCIPAL, _CONDITIONS = (
    "assume.role",
    "declared.trust-principal",
    "declared.trust-conditions",
)
_INLINE, _MANAGED, _BOUNDARY = (
    "declared.role-inline",
    "declared.role-managed",
    "declared.role-boundary",
)


def _trust_condition(name: str, does: str, key: str, because: str, **conditions: Any) -> Fault:
    return Fault(
        name=f"trust-{name}",
        does=does,
        apply=_conditions(**conditions),
        fails=(_ASSUME, _CONDITIONS),
        because=f"{key} wants {because}",
    )


def _role_deny(name: str, action: str, fails: str) -> Fault:
    return Fault(
        name=f"role-deny-{name}",
        does=f"denies the role {action}",
        apply=_denies(action),
        fails=(f"during.{fails}", _INLINE),
        because="explicit deny in the identity-based policy guard-rail of role",
    )


FAULTS = (
    Fault(
        name="trust-other-account",
        does="trusts another account",
        apply=_trusts_other_account,
        fails=(_ASSUME, _PRINCIPAL),
        because="its Principal is",
    ),
    Fault(
        name="trust-everybody",
        does="trusts everybody",
        apply=_trusts_everybody,
        fails=(_PRINCIPAL,),
        because="too open",
    ),
    Fault(
        name="trust-two-accounts",
        does="trusts another account as well",
        apply=_trusts_two_accounts,
        fails=(_PRINCIPAL,),
        because="too open",
    ),
    Fault(
        name="trust-service-too",
        does="trusts a service as well",
        apply=_trusts_account_and_service,
        fails=(),
        because="lambda.amazonaws.com",
    ),
    Fault(
        name="trust-service",
        does="trusts a service instead of the account",
        apply=_trusts_service,
        fails=(_ASSUME, _PRINCIPAL),
        because="its Principal is",
    ),
    Fault(
        name="trust-by-name",
        does="trusts one learner by name",
        apply=_trusts_the_learner_by_name,
        fails=(_PRINCIPAL,),
        because="Principal",
    ),
    Fault(
        name="trust-deleted-user",
        does="trusts a user that was deleted and made anew",
        apply=_trusts_a_deleted_user,
        fails=(_ASSUME, _PRINCIPAL),
        because="its Principal is AIDA",
    ),
    Fault(
        name="trust-denies-learner",
        does="denies one learner in the trust policy",
        apply=_denies_the_learner,
        fails=(_ASSUME,),
        because="explicit deny in the role trust policy",
    ),
    Fault(
        name="trust-other-action",
        does="trusts for another action",
        apply=_trusts_for_other_action,
        fails=(_ASSUME, "declared.trust-statements"),
        because="its Action is sts:TagSession",
    ),
    Fault(
        name="trust-more-actions",
        does="trusts for tagging sessions as well",
        apply=_trusts_for_more,
        fails=("declared.trust-statements",),
        because="too open",
    ),
    _trust_condition(
        "external-id",
        "asks for an external id in the trust policy",
        "sts:ExternalId",
        "class-of-2026",
        StringEquals={"sts:ExternalId": "class-of-2026"},
    ),
    _trust_condition(
        "mfa",
        "asks for MFA in the trust policy",
        "aws:MultiFactorAuthPresent",
        "true",
        Bool={"aws:MultiFactorAuthPresent": "true"},
    ),
    _trust_condition(
        "session-name",
        "asks for a session name",
        "sts:RoleSessionName",
        "audit-",
        StringLike={"sts:RoleSessionName": "audit-*"},
    ),
    _trust_condition(
        "source-ip",
        "trusts another network only",
        "aws:SourceIp",
        "203.0.113.0/24",
        IpAddress={"aws:SourceIp": "203.0.113.0/24"},
    ),
    _trust_condition(
        "tag",
        "asks for a tag that no learner has",
        "aws:PrincipalTag/class",
        "advanced",
        StringEquals={"aws:PrincipalTag/class": "advanced"},
    ),
    _trust_condition(
        "ran-out",
        "lets the trust run out",
        "aws:CurrentTime",
        "2020",
        DateLessThan={"aws:CurrentTime": _PAST},
    ),
    _trust_condition(
        "other-principal",
        "trusts another user by condition",
        "aws:PrincipalArn",
        "arn:aws:iam::*:user/teacher",
        ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/teacher"},
    ),
    Fault(
        name="trust-idle-condition",
        does="puts a condition on the trust that every learner meets",
        apply=_conditions(StringNotEquals={"aws:PrincipalTag/left": "yes"}),
        fails=(_CONDITIONS,),
        because="too tight",
    ),
    Fault(
        name="role-policy-missing",
        does="detaches the role's managed policy",
        apply=_detach,
        fails=("during.create-bucket", "during.list-buckets", _MANAGED),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-read-only",
        does="lets the role read only",
        apply=_attach("AmazonS3ReadOnlyAccess", instead=True),
        fails=("during.create-bucket", _MANAGED),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-other-buckets",
        does="lets the role work on other buckets only",
        apply=_own_policy_instead,
        fails=("during.create-bucket", _MANAGED),
        because="its Resource is",
    ),
    Fault(
        name="role-administrator",
        does="makes the role an administrator",
        apply=_attach("AdministratorAccess"),
        fails=("during.list-users", _MANAGED),
        because="AdministratorAccess of role",
    ),
    Fault(
        name="role-reads-iam",
        does="lets the role read IAM",
        apply=_attach("IAMReadOnlyAccess"),
        fails=("during.list-users", _MANAGED),
        because="IAMReadOnlyAccess",
    ),
    Fault(
        name="role-policy-more",
        does="attaches another managed policy to the role",
        apply=_attach("AmazonS3ReadOnlyAccess"),
        fails=(_MANAGED,),
        because="AmazonS3ReadOnlyAccess is attached to role",
    ),
    Fault(
        name="role-inline-people",
        does="lets the role list users by an inline policy",
        apply=_inline_for_users,
        fails=("during.list-users", _INLINE),
        because="identity-based policy people of role",
    ),
    Fault(
        name="role-inline-idle",
        does="gives the role an inline policy that changes nothing",
        apply=_inline_of_no_effect,
        fails=(_INLINE,),
        because="inline policy once-more",
    ),
    Fault(
        name="role-sessions-revoked",
        does="leaves the policy that revokes older sessions",
        apply=_sessions_revoked,
        fails=(_INLINE,),
        because="AWSRevokeOlderSessions",
    ),
    _role_deny("create", "s3:CreateBucket", "create-bucket"),
    _role_deny("list-all", "s3:ListAllMyBuckets", "list-buckets"),
    _role_deny("put", "s3:PutObject", "put-object"),
    _role_deny("get", "s3:GetObject", "get-object"),
    _role_deny("list", "s3:ListBucket", "empty-bucket"),
    _role_deny("delete-object", "s3:DeleteObject", "empty-bucket"),
    _role_deny("delete-bucket", "s3:DeleteBucket", "delete-bucket"),
    Fault(
        name="role-deny-region",
        does="denies the role every region but one",
        apply=_denies_if(StringNotEquals={"aws:RequestedRegion": "eu-central-2"}),
        fails=("during.create-bucket", _INLINE),
        because="StringNotEquals aws:RequestedRegion eu-central-2",
    ),
    Fault(
        name="role-deny-network",
        does="denies the role every network but one",
        apply=_denies_if(NotIpAddress={"aws:SourceIp": "203.0.113.0/24"}),
        fails=("during.create-bucket", _INLINE),
        because="NotIpAddress aws:SourceIp 203.0.113.0/24",
    ),
    Fault(
        name="role-boundary-narrow",
        does="gives the role a boundary without S3",
        apply=_boundary("IAMReadOnlyAccess"),
        fails=("during.create-bucket", _BOUNDARY),
        because="permissions boundary of role",
    ),
    Fault(
        name="role-boundary-read-only",
        does="gives the role a boundary that lets it read only",
        apply=_boundary("AmazonS3ReadOnlyAccess"),
        fails=("during.create-bucket", _BOUNDARY),
        because="permissions boundary of role",
    ),
    Fault(
        name="role-boundary-deny",
        does="gives the role a boundary that denies deleting",
        apply=_boundary_that_denies,
        fails=("during.empty-bucket", "during.delete-bucket", _BOUNDARY),
        because="explicit deny in the permissions boundary all-but-deleting",
    ),
    Fault(
        name="role-boundary-idle",
        does="gives the role a boundary that allows everything",
        apply=_boundary("AdministratorAccess"),
        fails=(_BOUNDARY,),
        because="Permissions boundary AdministratorAccess",
    ),
    Fault(
        name="role-longer-sessions",
        does="lets sessions last longer",
        apply=_session_limit(7200),
        fails=("assume.limit", "declared.role-session-limit"),
        because="7200 s, longer than the declared",
    ),
    Fault(
        name="role-longest-sessions",
        does="lets sessions last as long as AWS allows",
        apply=_session_limit(43200),
        fails=("assume.limit", "declared.role-session-limit"),
        because="43200 s, longer than the declared",
    ),
    Fault(
        name="role-deleted",
        does="deletes the role",
        apply=_deleted,
        fails=(_ASSUME, "declared.role"),
        because="there is no role",
    ),
    Fault(
        name="role-made-anew",
        does="deletes the role and makes it anew without its policy",
        apply=_made_anew("/"),
        fails=("during.create-bucket", _MANAGED),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-moved",
        does="makes the role anew with a path",
        apply=_made_anew(PATH),
        fails=(_ASSUME, "declared.role"),
        because="with another path",
    ),
)
