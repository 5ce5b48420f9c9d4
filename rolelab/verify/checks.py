"""All checks as one table, in the order of the lesson; reports, tests and JUnit name them by id."""

from __future__ import annotations

from dataclasses import dataclass

OWN = "own key"
SESSION = "role session"
ADMIN = "administrator"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is found out about a learner: who asks, for which action, in words."""

    check: str
    who: str
    action: str
    title: str


_BEHAVIOUR = (
    Check("identity.caller", OWN, "sts:GetCallerIdentity", "the key belongs to the learner's user"),
    Check("before.list-buckets", OWN, "s3:ListAllMyBuckets", "list buckets"),
    Check("before.create-bucket", OWN, "s3:CreateBucket", "make a bucket"),
    Check("before.list-users", OWN, "iam:ListUsers", "list IAM users"),
    Check("assume.role", OWN, "sts:AssumeRole", "assume the role"),
    Check("assume.temporary", SESSION, "", "the session's key is temporary"),
    Check("assume.expiry", SESSION, "", "the session ends in time"),
    Check("assume.identity", SESSION, "sts:GetCallerIdentity", "the session is the role's"),
    Check("assume.limit", OWN, "sts:AssumeRole", "assume the role for longer than its limit"),
    Check("during.create-bucket", SESSION, "s3:CreateBucket", "make a bucket"),
    Check("during.list-buckets", SESSION, "s3:ListAllMyBuckets", "list buckets"),
    Check("during.put-object", SESSION, "s3:PutObject", "write an object"),
    Check("during.get-object", SESSION, "s3:GetObject", "read it back"),
    Check("during.copy-object", SESSION, "s3:PutObject", "copy it"),
    Check("during.empty-bucket", SESSION, "s3:DeleteObject", "empty the bucket"),
    Check("during.delete-bucket", SESSION, "s3:DeleteBucket", "delete the bucket"),
    Check("during.list-users", SESSION, "iam:ListUsers", "list IAM users"),
    Check("after.list-buckets", OWN, "s3:ListAllMyBuckets", "list buckets"),
    Check("after.create-bucket", OWN, "s3:CreateBucket", "make a bucket"),
    Check("after.list-users", OWN, "iam:ListUsers", "list IAM users"),
    Check("cleanup.buckets", ADMIN, "s3:DeleteBucket", "nothing is left of the verification"),
)
_USER = (
    Check("declared.user", ADMIN, "iam:GetUser", "the user is the declared one"),
    Check("declared.user-key", ADMIN, "iam:ListAccessKeys", "its key is active, and no other"),
    Check(
        "declared.user-password",
        ADMIN,
        "iam:GetLoginProfile",
        "a console password where declared, else none",
    ),
    Check(
        "declared.grant", ADMIN, "iam:GetUserPolicy", "the grant is for this role and nothing more"
    ),
    Check("declared.user-inline", ADMIN, "iam:ListUserPolicies", "no other inline policy"),
    Check("declared.user-managed", ADMIN, "iam:ListAttachedUserPolicies", "no managed policy"),
    Check("declared.user-groups", ADMIN, "iam:ListGroupsForUser", "in no group"),
    Check("declared.user-boundary", ADMIN, "iam:GetUser", "no permissions boundary"),
)
_ROLE = (
    Check("declared.role", ADMIN, "iam:GetRole", "the role is the declared one"),
    Check(
        "declared.trust-principal",
        ADMIN,
        "iam:GetRole",
        "it trusts whom it should, and nobody else",
    ),
    Check("declared.trust-conditions", ADMIN, "iam:GetRole", "under the declared conditions"),
    Check("declared.trust-statements", ADMIN, "iam:GetRole", "for the declared actions"),
    Check(
        "declared.role-managed",
        ADMIN,
        "iam:ListAttachedRolePolicies",
        "exactly the declared managed policies",
    ),
    Check("declared.role-inline", ADMIN, "iam:ListRolePolicies", "no inline policy"),
    Check("declared.role-boundary", ADMIN, "iam:GetRole", "no permissions boundary"),
    Check("declared.role-session-limit", ADMIN, "iam:GetRole", "the declared session limit"),
)
BEHAVIOUR = tuple(check.check for check in _BEHAVIOUR)
"""What each learner's own key and session can do."""
USER = tuple(check.check for check in _USER)
"""What exists of each learner against what was declared."""
ROLE = tuple(check.check for check in _ROLE)
"""What exists of the role, once for all learners."""
CHECKS = {check.check: check for check in (*_BEHAVIOUR, *_USER, *_ROLE)}
