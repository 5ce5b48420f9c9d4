"""Faults of the grant: the inline policy that lets the learner's user assume the role."""

from __future__ import annotations

from functools import partial

from rolelab.faults.scene import OTHER_ACCOUNT, Fault, Scene, allow, deny

_refuses = partial(Fault, fails=("assume.role", "declared.grant"))
_opens = partial(Fault, fails=("declared.grant",), because="too open")


def _on_other(arn: str) -> str:
    """Return the ARN of a role that differs in case."""
    head, _, name = arn.rpartition("/")
    return f"{head}/{name.swapcase()}"


def _asks(name: str, does: str, because: str, **conditions: object) -> Fault:
    """A grant under a condition that the learner's call does not meet."""

    def apply(scene: Scene) -> None:
        scene.put_grant(scene.granting(conditions=conditions))

    return _refuses(name=f"grant-{name}", does=does, apply=apply, because=because)


GRANT_FAULTS = (
    _refuses(
        name="grant-missing",
        does="removes the grant",
        apply=lambda scene: scene.iam.delete_user_policy(
            UserName=scene.user, PolicyName=scene.grant_name
        ),
        because="no identity-based policy of user",
    ),
    _refuses(
        name="grant-other-role",
        does="grants another role",
        apply=lambda scene: scene.put_grant(scene.granting(f"{scene.role_arn}-2")),
        because="its Resource is",
    ),
    _refuses(
        name="grant-role-in-other-case",
        does="grants the role's name in other case",
        apply=lambda scene: scene.put_grant(scene.granting(_on_other(scene.role_arn))),
        because="its Resource is",
    ),
    _refuses(
        name="grant-other-account",
        does="grants the role of another account",
        apply=lambda scene: scene.put_grant(
            scene.granting(scene.role_arn.replace(scene.lab.account_id, OTHER_ACCOUNT))
        ),
        because="its Resource is",
    ),
    _refuses(
        name="grant-path",
        does="grants a role of the same name with a path",
        apply=lambda scene: scene.put_grant(
            scene.granting(scene.role_arn.replace(":role/", ":role/class/"))
        ),
        because="its Resource is",
    ),
    _refuses(
        name="grant-on-user",
        does="grants the switch on the user instead of the role",
        apply=lambda scene: scene.put_grant(scene.granting(scene.learner.user_arn)),
        because="its Resource is",
    ),
    _refuses(
        name="grant-other-action",
        does="grants another action of STS",
        apply=lambda scene: scene.put_grant(allow("sts:GetSessionToken", scene.role_arn)),
        because="its Action is sts:GetSessionToken",
    ),
    _opens(
        name="grant-any-role",
        does="grants every role there is",
        apply=lambda scene: scene.put_grant(scene.granting("*")),
    ),
    _opens(
        name="grant-roles-by-wildcard",
        does="grants all roles of the account",
        apply=lambda scene: scene.put_grant(
            scene.granting(f"{scene.role_arn.removesuffix(scene.role)}*")
        ),
    ),
    _opens(
        name="grant-all-of-sts",
        does="grants all of STS on the role",
        apply=lambda scene: scene.put_grant(allow("sts:*", scene.role_arn)),
    ),
    _opens(
        name="grant-all-but-iam",
        does="grants everything but IAM on the role",
        apply=lambda scene: scene.put_grant(
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": scene.role_arn}
        ),
    ),
    _opens(
        name="grant-another-role",
        does="grants a second role as well",
        apply=lambda scene: scene.put_grant(
            scene.granting([scene.role_arn, f"{scene.role_arn}-admin"])
        ),
    ),
    _opens(
        name="grant-statement-more",
        does="grants something else in a second statement",
        apply=lambda scene: scene.put_grant(scene.granting(), allow("iam:GetAccountSummary")),
        because="iam:getaccountsummary",
    ),
    _refuses(
        name="grant-denied-beside",
        does="denies the switch in the same policy",
        apply=lambda scene: scene.put_grant(scene.granting(), deny("sts:AssumeRole")),
        because="explicit deny in the identity-based policy",
    ),
    _asks(
        "external-id",
        "asks for an external id in the grant",
        because="sts:ExternalId wants class-of-2026",
        StringEquals={"sts:ExternalId": "class-of-2026"},
    ),
    _asks(
        "mfa",
        "asks for MFA in the grant",
        because="aws:MultiFactorAuthPresent wants true",
        Bool={"aws:MultiFactorAuthPresent": "true"},
    ),
    _asks(
        "source-ip",
        "grants it from another network only",
        because="aws:SourceIp wants 203.0.113.0/24",
        IpAddress={"aws:SourceIp": "203.0.113.0/24"},
    ),
    _asks(
        "ran-out",
        "lets the grant run out",
        because="aws:CurrentTime wants 2020",
        DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"},
    ),
    _asks(
        "for-other-name",
        "grants it to somebody else by name",
        because="aws:username wants somebody-else",
        StringEquals={"aws:username": "somebody-else"},
    ),
)
