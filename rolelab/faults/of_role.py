"""Faults of the role's other half: what its session may do, how long, the role itself."""

from __future__ import annotations

from functools import partial

from rolelab.aws import removal
from rolelab.faults.scene import Fault, Scene, allow, as_text, deny
from rolelab.iam.arns import bucket


def _attach(scene: Scene, arn: str) -> None:
    scene.iam.attach_role_policy(RoleName=scene.role, PolicyArn=arn)


def _detach(scene: Scene) -> None:
    for policy in scene.iam.list_attached_role_policies(RoleName=scene.role)["AttachedPolicies"]:
        scene.iam.detach_role_policy(RoleName=scene.role, PolicyArn=policy.get("PolicyArn", ""))


def _read_only(scene: Scene) -> None:
    _detach(scene)
    _attach(scene, scene.managed("AmazonS3ReadOnlyAccess"))


def _other_buckets(scene: Scene) -> None:
    _detach(scene)
    on = bucket("class-*", partition=scene.partition)
    _attach(scene, scene.make_policy("other-buckets", allow("s3:*", on)))


def _revoke_sessions(scene: Scene) -> None:
    """What the console's "Revoke active sessions" leaves behind."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    scene.put_role_policy("AWSRevokeOlderSessions", deny("*", Condition=condition))


def _set_boundary(scene: Scene, arn: str) -> None:
    scene.iam.put_role_permissions_boundary(RoleName=scene.role, PermissionsBoundary=arn)


def _set_limit(scene: Scene, seconds: int) -> None:
    scene.iam.update_role(RoleName=scene.role, MaxSessionDuration=seconds)


def _delete(scene: Scene) -> None:
    removal.remove_role(scene.iam, scene.role, force=True)


def _recreate(scene: Scene, *, moved: bool = False) -> None:
    tags = scene.iam.list_role_tags(RoleName=scene.role)["Tags"]
    _delete(scene)
    scene.iam.create_role(
        RoleName=scene.role,
        Path=scene.path if moved else "/",
        Tags=tags,
        AssumeRolePolicyDocument=as_text(scene.trusting()),
        MaxSessionDuration=scene.lab.role.max_session_duration,
    )


def _denies(name: str, action: str, fails: str) -> Fault:
    """A role that is refused one action of its work."""
    return Fault(
        name=f"role-deny-{name}",
        does=f"denies the role {action}",
        apply=lambda scene: scene.put_role_policy("guard-rail", deny([action])),
        fails=(f"during.{fails}", "declared.role-inline"),
        because="explicit deny in the identity-based policy guard-rail of role",
    )


def _denies_if(name: str, does: str, because: str, **condition: object) -> Fault:
    """A role that is refused everything under a condition that is met."""
    return Fault(
        name=f"role-deny-{name}",
        does=does,
        apply=lambda scene: scene.put_role_policy("guard-rail", deny("*", Condition=condition)),
        fails=("during.create-bucket", "declared.role-inline"),
        because=because,
    )


ROLE_FAULTS = (
    Fault(
        name="role-policy-missing",
        does="detaches the role's managed policy",
        apply=_detach,
        fails=("during.create-bucket", "during.list-buckets", "declared.role-managed"),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-read-only",
        does="lets the role read only",
        apply=_read_only,
        fails=("during.create-bucket", "declared.role-managed"),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-other-buckets",
        does="lets the role work on other buckets only",
        apply=_other_buckets,
        fails=("during.create-bucket", "declared.role-managed"),
        because="its Resource is",
    ),
    Fault(
        name="role-administrator",
        does="makes the role an administrator",
        apply=lambda scene: _attach(scene, scene.managed("AdministratorAccess")),
        fails=("during.list-users", "declared.role-managed"),
        because="AdministratorAccess of role",
    ),
    Fault(
        name="role-reads-iam",
        does="lets the role read IAM",
        apply=lambda scene: _attach(scene, scene.managed("IAMReadOnlyAccess")),
        fails=("during.list-users", "declared.role-managed"),
        because="IAMReadOnlyAccess",
    ),
    Fault(
        name="role-policy-more",
        does="attaches another managed policy to the role",
        apply=lambda scene: _attach(scene, scene.managed("AmazonS3ReadOnlyAccess")),
        fails=("declared.role-managed",),
        because="AmazonS3ReadOnlyAccess is attached to role",
    ),
    Fault(
        name="role-inline-people",
        does="lets the role list users by an inline policy",
        apply=lambda scene: scene.put_role_policy("people", allow("iam:List*")),
        fails=("during.list-users", "declared.role-inline"),
        because="identity-based policy people of role",
    ),
    Fault(
        name="role-inline-idle",
        does="gives the role an inline policy that changes nothing",
        apply=lambda scene: scene.put_role_policy("once-more", allow("s3:*")),
        fails=("declared.role-inline",),
        because="inline policy once-more",
    ),
    Fault(
        name="role-sessions-revoked",
        does="leaves the policy that revokes older sessions",
        apply=_revoke_sessions,
        fails=("declared.role-inline",),
        because="AWSRevokeOlderSessions",
    ),
    _denies("create", "s3:CreateBucket", "create-bucket"),
    _denies("list-all", "s3:ListAllMyBuckets", "list-buckets"),
    _denies("put", "s3:PutObject", "put-object"),
    _denies("get", "s3:GetObject", "get-object"),
    _denies("list", "s3:ListBucket", "empty-bucket"),
    _denies("delete-object", "s3:DeleteObject", "empty-bucket"),
    _denies("delete-bucket", "s3:DeleteBucket", "delete-bucket"),
    _denies_if(
        "region",
        "denies the role every region but one",
        because="StringNotEquals aws:RequestedRegion eu-central-2",
        StringNotEquals={"aws:RequestedRegion": "eu-central-2"},
    ),
    _denies_if(
        "network",
        "denies the role every network but one",
        because="NotIpAddress aws:SourceIp 203.0.113.0/24",
        NotIpAddress={"aws:SourceIp": "203.0.113.0/24"},
    ),
    Fault(
        name="role-boundary-narrow",
        does="gives the role a boundary without S3",
        apply=lambda scene: _set_boundary(scene, scene.managed("IAMReadOnlyAccess")),
        fails=("during.create-bucket", "declared.role-boundary"),
        because="permissions boundary of role",
    ),
    Fault(
        name="role-boundary-read-only",
        does="gives the role a boundary that lets it read only",
        apply=lambda scene: _set_boundary(scene, scene.managed("AmazonS3ReadOnlyAccess")),
        fails=("during.create-bucket", "declared.role-boundary"),
        because="permissions boundary of role",
    ),
    Fault(
        name="role-boundary-deny",
        does="gives the role a boundary that denies deleting",
        apply=lambda scene: _set_boundary(
            scene, scene.make_policy("all-but-deleting", allow("*"), deny("s3:Delete*"))
        ),
        fails=("during.empty-bucket", "during.delete-bucket", "declared.role-boundary"),
        because="explicit deny in the permissions boundary all-but-deleting",
    ),
    Fault(
        name="role-boundary-idle",
        does="gives the role a boundary that allows everything",
        apply=lambda scene: _set_boundary(scene, scene.managed("AdministratorAccess")),
        fails=("declared.role-boundary",),
        because="Permissions boundary AdministratorAccess",
    ),
    Fault(
        name="role-longer-sessions",
        does="lets sessions last longer",
        apply=partial(_set_limit, seconds=7200),
        fails=("assume.limit", "declared.role-session-limit"),
        because="7200 s, longer than the declared",
    ),
    Fault(
        name="role-longest-sessions",
        does="lets sessions last as long as AWS allows",
        apply=partial(_set_limit, seconds=43200),
        fails=("assume.limit", "declared.role-session-limit"),
        because="43200 s, longer than the declared",
    ),
    Fault(
        name="role-deleted",
        does="deletes the role",
        apply=_delete,
        fails=("assume.role", "declared.role"),
        because="there is no role",
    ),
    Fault(
        name="role-made-anew",
        does="deletes the role and makes it anew without its policy",
        apply=_recreate,
        fails=("during.create-bucket", "declared.role-managed"),
        because="no identity-based policy of role",
    ),
    Fault(
        name="role-moved",
        does="makes the role anew with a path",
        apply=partial(_recreate, moved=True),
        fails=("assume.role", "declared.role"),
        because="with another path",
    ),
)
