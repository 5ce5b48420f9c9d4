"""What an account's password policy allows its users, without a policy of their own.

Source: IAM API Reference, PasswordPolicy (AllowUsersToChangePassword: "the permissions are applied
at the account-level for all users by IAM"); IAM User Guide, "Permit IAM users to change their own
passwords".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rolelab.iam.layers import Policy

CHANGE_PASSWORD = "AllowUsersToChangePassword"  # noqa: S105 - the name of a rule
_ACTIONS = frozenset({"iam:changepassword", "iam:getaccountpasswordpolicy"})


def counts_for(action: str) -> bool:
    """Return whether a rule of the account's password policy allows an action, or could."""
    return action.lower() in _ACTIONS


def allowed_to_user(rules: Mapping[str, object] | None, user_arn: str) -> tuple[Policy, ...]:
    """Return what the rules allow a user, as the identity-based policy that it works like.

    `rules`: the account's password policy as GetAccountPasswordPolicy gives it; None without one.
    """
    return _own_password(user_arn) if rules and rules.get(CHANGE_PASSWORD) is True else ()


@lru_cache(maxsize=256)
def _own_password(user_arn: str) -> tuple[Policy, ...]:
    statements = [
        {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": user_arn},
        {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    owner = "the account's password policy"
    return (Policy.read(document, CHANGE_PASSWORD, owner=owner, is_rule=True),)
