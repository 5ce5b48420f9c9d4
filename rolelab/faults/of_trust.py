"""Faults of the trust policy: whom the role trusts, under which conditions."""

from __future__ import annotations

from rolelab.aws import removal
from rolelab.faults.scene import OTHER_ACCOUNT, Fault, Scene
from rolelab.iam.arns import account_root


def _roots(scene: Scene, *accounts: str) -> dict[str, object]:
    """Return the accounts as a principal."""
    roots = [account_root(account, scene.partition) for account in accounts]
    return {"AWS": roots[0] if len(roots) == 1 else roots}


def _trust_a_deleted_user(scene: Scene) -> None:
    """AWS keeps the unique id of a user in a trust policy: recreated, it is somebody else."""
    ghost = f"rolelab-ghost-{scene.role}"[:64]
    removal.remove_user(scene.iam, ghost, force=True)
    arn = scene.iam.create_user(UserName=ghost, Path=scene.path)["User"]["Arn"]
    scene.put_trust(scene.trusting({"AWS": arn}))
    scene.iam.delete_user(UserName=ghost)
    scene.iam.create_user(UserName=ghost, Path=scene.path)


def _deny_the_learner(scene: Scene) -> None:
    principal = {"AWS": scene.learner.user_arn}
    scene.put_trust(scene.trusting(), scene.trusting(principal) | {"Effect": "Deny"})


def _asks(name: str, does: str, because: str, **conditions: object) -> Fault:
    """A trust under a condition that the learner's call does not meet."""
    return Fault(
        name=f"trust-{name}",
        does=does,
        apply=lambda scene: scene.put_trust(scene.trusting(conditions=conditions)),
        fails=("assume.role", "declared.trust-conditions"),
        because=because,
    )


TRUST_FAULTS = (
    Fault(
        name="trust-other-account",
        does="trusts another account",
        apply=lambda scene: scene.put_trust(scene.trusting(_roots(scene, OTHER_ACCOUNT))),
        fails=("assume.role", "declared.trust-principal"),
        because="its Principal is",
    ),
    Fault(
        name="trust-everybody",
        does="trusts everybody",
        apply=lambda scene: scene.put_trust(scene.trusting({"AWS": "*"})),
        fails=("declared.trust-principal",),
        because="too open",
    ),
    Fault(
        name="trust-two-accounts",
        does="trusts another account as well",
        apply=lambda scene: scene.put_trust(
            scene.trusting(_roots(scene, scene.lab.account_id, OTHER_ACCOUNT))
        ),
        fails=("declared.trust-principal",),
        because="too open",
    ),
    Fault(
        name="trust-service-too",
        does="trusts a service as well",
        apply=lambda scene: scene.put_trust(
            scene.trusting(), scene.trusting({"Service": "lambda.amazonaws.com"})
        ),
        fails=(),
        because="lambda.amazonaws.com",
    ),
    Fault(
        name="trust-service",
        does="trusts a service instead of the account",
        apply=lambda scene: scene.put_trust(scene.trusting({"Service": "ec2.amazonaws.com"})),
        fails=("assume.role", "declared.trust-principal"),
        because="its Principal is",
    ),
    Fault(
        name="trust-by-name",
        does="trusts one learner by name",
        apply=lambda scene: scene.put_trust(scene.trusting({"AWS": scene.learner.user_arn})),
        fails=("declared.trust-principal",),
        because="Principal",
    ),
    Fault(
        name="trust-deleted-user",
        does="trusts a user that was deleted and made anew",
        apply=_trust_a_deleted_user,
        fails=("assume.role", "declared.trust-principal"),
        because="its Principal is AIDA",
    ),
    Fault(
        name="trust-denies-learner",
        does="denies one learner in the trust policy",
        apply=_deny_the_learner,
        fails=("assume.role",),
        because="explicit deny in the role trust policy",
    ),
    Fault(
        name="trust-other-action",
        does="trusts for another action",
        apply=lambda scene: scene.put_trust(scene.trusting() | {"Action": "sts:TagSession"}),
        fails=("assume.role", "declared.trust-statements"),
        because="its Action is sts:TagSession",
    ),
    Fault(
        name="trust-more-actions",
        does="trusts for tagging sessions as well",
        apply=lambda scene: scene.put_trust(
            scene.trusting() | {"Action": ["sts:AssumeRole", "sts:TagSession"]}
        ),
        fails=("declared.trust-statements",),
        because="too open",
    ),
    _asks(
        "external-id",
        "asks for an external id in the trust policy",
        because="sts:ExternalId wants class-of-2026",
        StringEquals={"sts:ExternalId": "class-of-2026"},
    ),
    _asks(
        "mfa",
        "asks for MFA in the trust policy",
        because="aws:MultiFactorAuthPresent wants true",
        Bool={"aws:MultiFactorAuthPresent": "true"},
    ),
    _asks(
        "session-name",
        "asks for a session name",
        because="sts:RoleSessionName wants audit-",
        StringLike={"sts:RoleSessionName": "audit-*"},
    ),
    _asks(
        "source-ip",
        "trusts another network only",
        because="aws:SourceIp wants 203.0.113.0/24",
        IpAddress={"aws:SourceIp": "203.0.113.0/24"},
    ),
    _asks(
        "tag",
        "asks for a tag that no learner has",
        because="aws:PrincipalTag/class wants advanced",
        StringEquals={"aws:PrincipalTag/class": "advanced"},
    ),
    _asks(
        "ran-out",
        "lets the trust run out",
        because="aws:CurrentTime wants 2020",
        DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"},
    ),
    _asks(
        "other-principal",
        "trusts another user by condition",
        because="aws:PrincipalArn wants arn:aws:iam::*:user/teacher",
        ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/teacher"},
    ),
    Fault(
        name="trust-idle-condition",
        does="puts a condition on the trust that every learner meets",
        apply=lambda scene: scene.put_trust(
            scene.trusting(conditions={"StringNotEquals": {"aws:PrincipalTag/left": "yes"}})
        ),
        fails=("declared.trust-conditions",),
        because="too tight",
    ),
)
