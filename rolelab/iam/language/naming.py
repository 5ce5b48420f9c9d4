"""How a `Principal` or `NotPrincipal` element names the caller.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "… NotPrincipal"; "Policy evaluation
logic", resource-based policies within one account.
"""

from __future__ import annotations

from enum import IntEnum

from rolelab.iam import names
from rolelab.iam.documents import Effect, Principals, Statement, account_of
from rolelab.iam.principals import Principal, PrincipalKind


class Grip(IntEnum):
    """How a resource-based policy names the caller; the stronger, the less others must allow."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account: it delegates, an identity-based policy must allow as well."""
    ROLE = 2
    """A session's role (or a federated user's user): boundary and session policy still limit."""
    DIRECT = 3
    """The user, the session, a service, a provider or everyone: enough in the same account."""


def grip(
    statement: Statement, principal: Principal, *, is_bounded: bool | None = False
) -> Grip | None:
    """Return how a statement names the caller; None where that is not known.

    A Deny with `NotPrincipal` is for everybody who has a permissions boundary (`is_bounded`, None
    where that is not known), whomever it leaves out.
    Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal", key points.
    """
    if statement.principals is not None:
        strongest = grip_of(statement.principals, principal)
        # A canonical user id says nothing of the account that it belongs to.
        hides_account = statement.principals.canonical and principal.account
        return None if strongest is Grip.NONE and hides_account else strongest
    if statement.not_principals is None:
        return Grip.NONE
    if not _is_excepted(statement.not_principals, principal):
        return Grip.DIRECT
    if statement.effect is Effect.ALLOW or is_bounded is False:
        return Grip.NONE
    return Grip.DIRECT if is_bounded else None


def grip_of(named: Principals, principal: Principal) -> Grip:
    """Return the strongest way in which a `Principal` element names the caller."""
    kind = principal.kind
    if named.everyone:
        return Grip.DIRECT
    if kind is PrincipalKind.SERVICE:
        return Grip.DIRECT if principal.arn in named.service else Grip.NONE
    if kind is PrincipalKind.WEB_IDENTITY:
        return Grip.DIRECT if principal.arn in named.federated else Grip.NONE
    if kind is PrincipalKind.ANONYMOUS:
        return Grip.NONE
    return max((_entry_grip(entry, principal) for entry in named.aws), default=Grip.NONE)


def _entry_grip(entry: str, principal: Principal) -> Grip:
    account = account_of(entry)
    if account:
        if account != principal.account:
            return Grip.NONE
        return Grip.DIRECT if principal.kind is PrincipalKind.ROOT else Grip.ACCOUNT
    if entry == principal.unique_id and names.PRINCIPAL_ID.fullmatch(entry):
        return Grip.DIRECT if principal.kind is PrincipalKind.USER else Grip.ROLE
    if entry == principal.arn:
        return Grip.DIRECT
    return Grip.ROLE if entry == principal.entity_arn else Grip.NONE


def _is_excepted(named: Principals, principal: Principal) -> bool:
    """Return whether a `NotPrincipal` leaves the caller out.

    AWS looks at the account, then the role or user, then the session: whoever is excepted is named
    with all of them. The account's ARN stands for the account and its root user, and for none of
    its other principals.
    """
    if named.everyone:
        return True
    if principal.kind in (PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY):
        return principal.arn in named.service + named.federated
    if principal.account not in {account_of(entry) for entry in named.aws if account_of(entry)}:
        return False
    if principal.kind is PrincipalKind.ROOT:
        return True
    by_id = {principal.entity_arn} if principal.unique_id in named.aws else set[str]()
    return {principal.entity_arn, principal.arn} <= by_id.union(named.aws)


def exception_note(statement: Statement, principal: Principal) -> str:
    """Return what a person overlooks where a `NotPrincipal` that names the caller denies them."""
    named = statement.not_principals
    if named is None:
        return ""
    if _is_excepted(named, principal):
        whoever = "Deny with NotPrincipal is for whoever has a permissions boundary"
        return f"a {whoever}, and {principal.entity} has one"
    if {principal.arn, principal.entity_arn, principal.unique_id} & set(named.aws):
        beside = "the account's ARN, and of a session the role's,"
        return f"NotPrincipal leaves somebody out only if {beside} stands beside their own"
    return ""


def naming_note(entries: tuple[str, ...], principal: Principal) -> str:
    """Return what a person overlooks where a `Principal` does not name the caller, if anything."""
    ids = [entry for entry in entries if names.PRINCIPAL_ID.fullmatch(entry)]
    if ids:
        what = "role" if ids[0].startswith("AROA") else "user"
        own = f"; {principal.entity} is {principal.unique_id}" if principal.unique_id else ""
        gone = f"{ids[0]} is the unique id of a {what} that has been deleted"
        return f"{gone}{own}: one that is recreated is another"
    if any("*" in entry or "?" in entry for entry in entries if entry != "*"):
        return "a wildcard cannot stand for part of a principal"
    own = {principal.arn.lower(), principal.entity_arn.lower()}
    if any(entry != principal.arn and entry.lower() in own for entry in entries):
        return "names in a Principal are case-sensitive"
    return ""
