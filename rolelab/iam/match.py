"""One statement against one request: does it apply, and if not, which element is the reason.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "… NotPrincipal", "… Action", "… NotAction",
"… Resource", "… NotResource", "… Condition".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from rolelab.iam.conditions import all_of, holds
from rolelab.iam.model import Condition, Principals, Statement, account_of
from rolelab.iam.patterns import Lack, action_matches, arn_matches, fill_arn
from rolelab.iam.request import Context, Principal, PrincipalKind, Request


class Grip(IntEnum):
    """How a resource-based policy names the caller; a stronger grip needs less from the other policies.

    Source: IAM User Guide, "Policy evaluation logic", resource-based policies within one account.
    """

    NONE = 0
    ACCOUNT = 1
    """The caller's account: it delegates, an identity-based policy must allow as well."""
    ROLE = 2
    """The role of a session (or the user of a federated user): boundary and session policy still limit."""
    DIRECT = 3
    """The user, the very session, a service, a provider, or everyone: nothing else is needed in the same account."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One element of a statement that does not fit the request."""

    element: str
    """`Principal`, `Action`, `Resource` (or their `Not…` forms) or `Condition`."""
    wanted: tuple[str, ...]
    """What the policy says."""
    got: tuple[str, ...]
    """What the request says; empty when it says nothing."""
    condition: Condition | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How a statement ended: `applies` is None when that is not known."""

    statement: Statement
    applies: bool | None
    grip: Grip = Grip.DIRECT
    mismatches: tuple[Mismatch, ...] = ()
    unknown: tuple[str, ...] = ()
    """What was not known, in words."""


_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}\Z")


def match(
    statement: Statement,
    request: Request,
    context: Context,
    *,
    variables: bool,
    names_principals: bool,
) -> Match:
    """Compare one statement with the request; `names_principals` for trust and other resource-based policies."""
    mismatches: list[Mismatch] = []
    unknown: list[str] = []
    answers: list[bool | None] = []
    grip = Grip.DIRECT

    def note(answer: bool | None, mismatch: Callable[[], Mismatch], why: str) -> None:
        answers.append(answer)
        if answer is False:
            mismatches.append(mismatch())
        elif answer is None:
            unknown.append(why)

    if names_principals:
        fits, grip, why = _principal(statement, request.principal)
        note(fits, lambda: _principal_mismatch(statement, request.principal), why)
    note(
        _action(statement, request.action), lambda: _action_mismatch(statement, request.action), ""
    )
    resource = _resource(statement, request, context, variables=variables)
    note(
        resource,
        lambda: _resource_mismatch(statement, request),
        "a policy variable in Resource is not known",
    )
    for condition in statement.conditions:
        outcome = holds(condition, context, variables=variables)
        got = () if isinstance(outcome.got, Lack) else outcome.got
        note(
            outcome.holds,
            lambda condition=condition, got=got: Mismatch(
                "Condition", condition.values, got, condition
            ),
            outcome.note,
        )
    return Match(statement, all_of(answers), grip, tuple(mismatches), tuple(unknown))


def _action(statement: Statement, action: str) -> bool:
    if statement.actions is not None:
        return any(action_matches(pattern, action) for pattern in statement.actions)
    return not any(action_matches(pattern, action) for pattern in statement.not_actions or ())


def _resource(
    statement: Statement, request: Request, context: Context, *, variables: bool
) -> bool | None:
    named = statement.resources if statement.resources is not None else statement.not_resources
    if named is None:  # a trust policy: the role it is attached to
        return True
    matched: bool | None = False
    for pattern in named:
        filled = fill_arn(pattern, context, variables=variables)
        if filled is Lack.UNKNOWN:
            matched = None
        elif not isinstance(filled, Lack) and any(
            arn_matches(filled, each) for each in resource_arns(request)
        ):
            matched = True
            break
    if statement.resources is not None or matched is None:
        return matched
    return not matched


_OF_ONESELF = frozenset(
    f"iam:{name}".lower()
    for name in (
        "GetUser",
        "ChangePassword",
        "CreateAccessKey",
        "DeleteAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "ListMFADevices",
        "ListSigningCertificates",
        "ListServiceSpecificCredentials",
        "ListSSHPublicKeys",
    )
)


def resource_arns(request: Request) -> tuple[str, ...]:
    """Return what a `Resource` pattern is compared with.

    `s3:ListAllMyBuckets` is on no bucket, yet `arn:aws:s3:::*` covers it (IAM User Guide, example policy of
    "Policy evaluation logic"); calls of IAM that leave the user's name out mean the caller (IAM API Reference,
    GetUser); every other action on no resource is covered by `*` alone.
    """
    if request.resource == "*" and request.action.lower().startswith("s3:"):
        return ("*", f"arn:{request.principal.partition}:s3:::*")
    if (
        request.resource == "*"
        and request.action.lower() in _OF_ONESELF
        and request.principal.kind is PrincipalKind.USER
    ):
        return (request.principal.arn,)
    return (request.resource,)


def _principal(statement: Statement, principal: Principal) -> tuple[bool | None, Grip, str]:
    if statement.principals is not None:
        grip = grip_of(statement.principals, principal)
        if grip is Grip.NONE and statement.principals.canonical and principal.account:
            return (
                None,
                Grip.DIRECT,
                "Principal names a canonical user id, which says nothing of the account",
            )
        return grip is not Grip.NONE, grip, ""
    if statement.not_principals is None:
        return False, Grip.NONE, ""
    return _not_principal(statement.not_principals, principal)


def grip_of(named: Principals, principal: Principal) -> Grip:
    """Return the strongest way in which a `Principal` element names the caller."""
    kind = principal.kind
    if kind is PrincipalKind.SERVICE:
        return Grip.DIRECT if named.everyone or principal.arn in named.service else Grip.NONE
    if kind is PrincipalKind.WEB_IDENTITY:
        return Grip.DIRECT if named.everyone or principal.arn in named.federated else Grip.NONE
    if named.everyone:
        return Grip.DIRECT
    if kind is PrincipalKind.ANONYMOUS:
        return Grip.NONE
    return max((_entry_grip(entry, principal) for entry in named.aws), default=Grip.NONE)


def _entry_grip(entry: str, principal: Principal) -> Grip:
    account = account_of(entry)
    if account:
        if account != principal.account:
            return Grip.NONE
        return Grip.DIRECT if principal.kind is PrincipalKind.ROOT else Grip.ACCOUNT
    if _UNIQUE_ID.match(entry):
        if entry != principal.unique_id:
            return Grip.NONE
        return Grip.DIRECT if principal.kind is PrincipalKind.USER else Grip.ROLE
    if entry == principal.arn:
        return Grip.DIRECT
    return Grip.ROLE if entry == principal.entity_arn else Grip.NONE


def _not_principal(named: Principals, principal: Principal) -> tuple[bool | None, Grip, str]:
    # AWS validates the account, then the role, then the session: whoever is to be excepted has to be named
    # with all of them. Part of them only: "the effect might be", says the documentation, so nobody knows.
    if named.everyone:
        return False, Grip.NONE, ""
    wanted = {"account", principal.entity_arn or principal.arn, principal.arn}
    found = {
        "account"
        for entry in named.aws
        if account_of(entry) and account_of(entry) == principal.account
    }
    found |= {entry for entry in named.aws if entry in wanted}
    if principal.unique_id and principal.unique_id in named.aws:
        found.add(principal.entity_arn or principal.arn)
    if principal.kind in (PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY):
        excepted = principal.arn in named.service + named.federated
        return not excepted, Grip.DIRECT, ""
    if principal.kind is PrincipalKind.ROOT and "account" in found:
        return False, Grip.NONE, ""
    if found == wanted:
        return False, Grip.NONE, ""
    if not found:
        return True, Grip.DIRECT, ""
    return None, Grip.DIRECT, "NotPrincipal names the caller but not also its account (and role)"


def _principal_mismatch(statement: Statement, principal: Principal) -> Mismatch:
    if statement.principals is None and statement.not_principals is None:
        return Mismatch("Principal", (), (principal.arn,), note="the element is missing")
    if statement.principals is None and statement.not_principals is not None:
        return Mismatch("NotPrincipal", statement.not_principals.entries(), (principal.arn,))
    named = statement.principals.entries() if statement.principals else ()
    return Mismatch("Principal", named, (principal.arn,), note=_principal_note(named, principal))


def _principal_note(named: tuple[str, ...], principal: Principal) -> str:
    ids = [entry for entry in named if _UNIQUE_ID.match(entry)]
    if ids:
        what = "role" if ids[0].startswith("AROA") else "user"
        own = f"; {principal.entity} is {principal.unique_id}" if principal.unique_id else ""
        return f"{ids[0]} is the unique id of a {what} that has been deleted{own}: one made anew is another"
    if any("*" in entry or "?" in entry for entry in named if entry != "*"):
        return "a wildcard cannot stand for part of a principal"
    lower = principal.arn.lower()
    if any(
        entry != principal.arn and entry.lower() in (lower, principal.entity_arn.lower())
        for entry in named
    ):
        return "names in a Principal are case-sensitive"
    return ""


def _action_mismatch(statement: Statement, action: str) -> Mismatch:
    if statement.actions is not None:
        return Mismatch("Action", statement.actions, (action,))
    return Mismatch("NotAction", statement.not_actions or (), (action,))


def _resource_mismatch(statement: Statement, request: Request) -> Mismatch:
    got = (request.resource,)
    if statement.resources is None:
        return Mismatch("NotResource", statement.not_resources or (), got)
    note = ""
    if any(pattern.lower() == request.resource.lower() for pattern in statement.resources):
        note = "names in a Resource are case-sensitive"
    elif request.resource == "*":
        note = "the action is on no single resource, so only * covers it"
    elif ":::" in request.resource and any(
        pattern.rstrip("/*") == request.resource.split("/", 1)[0] for pattern in statement.resources
    ):
        note = "a bucket and the objects in it (bucket/*) are different resources"
    return Mismatch("Resource", statement.resources, got, note=note)
