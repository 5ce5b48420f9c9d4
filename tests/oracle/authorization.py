"""Is it allowed? Identity-based policies, boundary, session policies and the resource's, together.

Source: IAM User Guide, "Policy evaluation for requests within a single account", "Cross-account
policy evaluation logic", "Difference between explicit and implicit denies", "Permissions boundaries
for IAM entities", "AWS JSON policy elements: Principal", "... NotPrincipal"; the sentences:
"Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, cast

from tests.oracle.statements import Request, Statement, Verdict, decide

Policies = list[tuple[Statement, ...]]


class Kind(Enum):
    """The kind of principal."""

    ROOT = "Account"
    USER = "User"
    ROLE_SESSION = "AssumedRole"
    FEDERATED = "FederatedUser"
    ANONYMOUS = "Anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The principal of one request, with the policies that are its own."""

    kind: Kind
    account: str = ""
    arn: str = ""
    entity_arn: str = ""
    """Of the user, role or root, or of who federated it."""
    entity_id: str = ""
    identity: Policies
    boundary: Policies | None = None
    session: Policies | None = None


class Cause(Enum):
    """The kind of policy that decided a refusal."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    MISSING_ROLE = "missing role"
    """Nothing that can be assumed: a user, a session, a name that is no ARN."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused."""

    cause: Cause
    explicit: bool


class Reach(IntEnum):
    """How a principal in a resource's policy names the caller.

    The more directly, the less else can limit it.
    """

    NOT = 0
    ACCOUNT = 1
    """Its account: the account's own policies decide."""
    NAMED = 2
    """Its role, or the user that federated it: boundary and session policies still limit it."""
    DIRECT = 3
    """The user or the session itself, or everybody: no implicit deny limits it."""


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy on a resource: a bucket's, or a role's trust policy."""

    statements: tuple[Statement, ...]
    owner: str
    """Account of the resource."""
    cause: Cause

    @property
    def required(self) -> bool:
        """True where the resource's policy must allow, in its own account too."""
        return self.cause is Cause.TRUST


def authorize(
    caller: Caller, request: Request, policy: ResourcePolicy | None = None
) -> Refusal | None:
    """Return why the caller may not do it, or None if they may.

    `policy` is that of the resource, where it has one. Without it only the caller's own policies
    count.
    """
    if request.lower_action == "sts:assumerole" and ":role/" not in request.resource:
        return Refusal(Cause.MISSING_ROLE, explicit=False)
    layers: list[tuple[Cause, Policies | None]] = [
        (Cause.IDENTITY, caller.identity),
        (Cause.BOUNDARY, caller.boundary),
        (Cause.SESSION, caller.session),
    ]
    decisions = [
        (cause, decide(policies, request)) for cause, policies in layers if policies is not None
    ]

    def refused(cause: Cause, *, explicit: bool = False) -> Refusal:
        return Refusal(cause, explicit)

    for cause, decision in decisions:
        if decision is Verdict.DENY:
            return refused(cause, explicit=True)
    missing = [cause for cause, decision in decisions if decision is Verdict.NOTHING]
    if policy is None:
        return refused(missing[0]) if missing else None
    denied, reach = reached(policy, caller, request)
    if denied:
        return refused(policy.cause, explicit=True)
    if policy.owner != caller.account:
        if missing:
            return refused(missing[0])
        return None if reach else refused(policy.cause)
    if reach is Reach.DIRECT:
        return None
    if reach is Reach.NAMED:
        # The resource stands in for the identity-based policies, and for nothing else.
        limits = [cause for cause in missing if cause is not Cause.IDENTITY]
        return refused(limits[0]) if limits else None
    if policy.required and not reach:
        return refused(policy.cause)
    return refused(missing[0]) if missing else None


def reached(policy: ResourcePolicy, caller: Caller, request: Request) -> tuple[bool, Reach]:
    """Return whether a resource's policy denies the caller, and how directly it allows them."""
    reach = Reach.NOT
    for statement in policy.statements:
        named = _reach(statement, caller)
        if (
            not named
            or (statement.effect == "Allow" and named <= reach)
            or not statement.applies(request)
        ):
            continue
        if statement.effect == "Deny":
            return True, Reach.NOT
        reach = named
    return False, reach


def _reach(statement: Statement, caller: Caller) -> Reach:
    if statement.not_principal is not None:
        # Whoever has a permissions boundary is denied, whatever the element names.
        is_denied = statement.effect == "Deny" and caller.boundary is not None
        is_excepted = _excepts(set(_principals(statement.not_principal)), caller)
        return Reach.DIRECT if is_denied or not is_excepted else Reach.NOT
    best = Reach.NOT
    for one in _principals(statement.principal):
        best = max(best, _names(one, caller))
    return best


def _excepts(named: set[str], caller: Caller) -> bool:
    """Return whether a NotPrincipal leaves the caller out: account, user or role, and session."""
    if "*" in named:
        return True
    if not named & {caller.account, f"arn:aws:iam::{caller.account}:root"}:
        return False
    if caller.kind is Kind.ROOT:
        return True
    is_entity_named = bool(named & ({caller.entity_arn, caller.entity_id} - {""}))
    return is_entity_named and (caller.kind is Kind.USER or caller.arn in named)


def _principals(principal: Any) -> Iterable[str]:
    """Yield the AWS principals of a statement; services and providers call by other operations."""
    if isinstance(principal, str):
        return [principal]
    if not isinstance(principal, dict):
        return []
    found = cast("dict[str, Any]", principal).get("AWS", [])
    return cast("list[str]", found) if isinstance(found, list) else [str(found)]


def _names(principal: str, caller: Caller) -> Reach:
    if principal == "*":
        return Reach.DIRECT
    if caller.kind is Kind.ANONYMOUS:
        return Reach.NOT
    if principal in (caller.account, f"arn:aws:iam::{caller.account}:root"):
        return Reach.DIRECT if caller.kind is Kind.ROOT else Reach.ACCOUNT
    if principal == caller.arn and caller.kind in (Kind.ROLE_SESSION, Kind.FEDERATED):
        return Reach.DIRECT
    if principal == caller.entity_id and caller.kind in (Kind.USER, Kind.ROLE_SESSION):
        return Reach.DIRECT if caller.kind is Kind.USER else Reach.NAMED
    if principal == caller.entity_arn:
        return Reach.DIRECT if caller.kind is Kind.USER else Reach.NAMED
    return Reach.NOT
