"""How hard each fault is to find: for whoever chooses one, and for nobody who looks for it."""

from __future__ import annotations

# AWS's refusal, or one look at the user or the role, shows it.
_EASY = """
grant-missing grant-other-role grant-other-account grant-on-user grant-other-action
grant-any-role grant-roles-by-wildcard grant-all-of-sts
user-second-inline user-administrator user-reader group-administrators group-empty
key-inactive key-second key-deleted password-added password-missing user-deleted user-renamed
trust-other-account trust-everybody trust-two-accounts trust-service
role-policy-missing role-read-only role-administrator role-reads-iam role-policy-more
role-longer-sessions role-longest-sessions role-deleted
"""
# Two places must be read together, or nothing that a learner does goes wrong.
_HARD = """
grant-role-in-other-case grant-path grant-all-but-iam grant-for-other-name
user-inline-idle user-managed-deny group-deny user-boundary-deny user-boundary-idle
user-made-anew user-moved
trust-deleted-user trust-idle-condition
role-other-buckets role-inline-idle role-sessions-revoked role-deny-region role-deny-network
role-boundary-deny role-boundary-idle role-made-anew role-moved
"""

DIFFICULTIES = ("easy", "medium", "hard")
"""From the easiest; for a medium one, a document must be read."""
_OF = {
    **dict.fromkeys(_EASY.split(), "easy"),
    **dict.fromkeys(_HARD.split(), "hard"),
}


def of(name: str) -> str:
    """Return a fault's difficulty."""
    return _OF.get(name, "medium")


def named() -> set[str]:
    """Return the names of the faults that are called easy or hard."""
    return set(_OF)
