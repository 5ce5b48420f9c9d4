"""One statement against one request: does it apply, and if not, which elements are the reason.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "… NotPrincipal", "… Action", "…
NotAction", "… Resource", "… NotResource", "… Condition".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rolelab.iam.documents import Condition, Statement
from rolelab.iam.language.conditions import Outcome, holds
from rolelab.iam.language.naming import Grip, grip, naming_note
from rolelab.iam.language.patterns import action_matches, arn_matches, fill_resource
from rolelab.iam.principals import Principal
from rolelab.iam.request import Context, Lack, Request


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One element of a statement that does not fit the request."""

    element: str
    """`Principal`, `Action`, `Resource` (or their `Not…` forms) or `Condition`."""
    wanted: tuple[str, ...]
    """What the policy has there."""
    got: tuple[str, ...]
    """What the request has; empty when it has nothing."""
    condition: Condition | None = None
    note: str = ""


@dataclass(slots=True)
class Reading:
    """What statements are read with: the request, its keys, and how the document is to be taken."""

    request: Request
    context: Context
    has_variables: bool
    names_principals: bool
    """Trust and other resource-based policies: a statement names whom it is for."""
    is_bounded: bool | None = False
    """Whether the caller has a permissions boundary; None: not known."""

    def grip(self, statement: Statement) -> Grip | None:
        """Return how a statement names the caller; None where that is not known."""
        return grip(statement, self.request.principal, is_bounded=self.is_bounded)


_APPLIES, _DOES_NOT, _OPEN = (True, Grip.DIRECT), (False, Grip.NONE), (None, Grip.DIRECT)


def applies(statement: Statement, reading: Reading) -> tuple[bool | None, Grip]:
    """Return whether a statement applies to the request (None: not known), and its grip."""
    strength: Grip | None = Grip.DIRECT
    if reading.names_principals:
        strength = reading.grip(statement)
        if strength is Grip.NONE:
            return _DOES_NOT
    if not _action(statement, reading.request.action):
        return _DOES_NOT
    resource = _resource(statement, reading)
    if resource is False:
        return _DOES_NOT
    is_open = resource is None or strength is None
    for condition in statement.conditions:
        held = holds(condition, reading.context, variables=reading.has_variables).holds
        if held is False:
            return _DOES_NOT
        is_open = is_open or held is None
    if is_open or strength is None:
        return _OPEN if strength is None else (None, strength)
    return _APPLIES if strength is Grip.DIRECT else (True, strength)


def mismatches(statement: Statement, reading: Reading) -> tuple[Mismatch, ...]:
    """Return every element that does not fit."""
    return tuple(_mismatches(statement, reading))


def _mismatches(statement: Statement, reading: Reading) -> Iterator[Mismatch]:
    request = reading.request
    if reading.names_principals and reading.grip(statement) is Grip.NONE:
        yield _principal_mismatch(statement, request.principal)
    if not _action(statement, request.action):
        asked = (request.action,)
        if statement.actions is not None:
            yield Mismatch("Action", statement.actions, asked)
        else:
            yield Mismatch("NotAction", statement.not_actions or (), asked)
    if _resource(statement, reading) is False:
        yield _resource_mismatch(statement, request)
    for condition, outcome in _outcomes(statement, reading):
        if outcome.holds is False:
            got = () if isinstance(outcome.got, Lack) else outcome.got
            yield Mismatch("Condition", condition.values, got, condition)


def unknowns(statement: Statement, reading: Reading) -> tuple[str, ...]:
    """Return what is not known of a statement, in words."""
    words: list[str] = []
    is_named = reading.names_principals and statement.principals is not None
    if is_named and reading.grip(statement) is None:
        words.append("Principal names a canonical user id, which says nothing of the account")
    if _resource(statement, reading) is None:
        words.append("a policy variable in Resource is not known")
    outcomes = _outcomes(statement, reading)
    return (*words, *(outcome.note for _, outcome in outcomes if outcome.holds is None))


def _outcomes(statement: Statement, reading: Reading) -> Iterator[tuple[Condition, Outcome]]:
    for condition in statement.conditions:
        yield condition, holds(condition, reading.context, variables=reading.has_variables)


def _action(statement: Statement, action: str) -> bool:
    if statement.actions is not None:
        return any(action_matches(pattern, action) for pattern in statement.actions)
    return not any(action_matches(pattern, action) for pattern in statement.not_actions or ())


def _resource(statement: Statement, reading: Reading) -> bool | None:
    patterns = statement.resources if statement.resources is not None else statement.not_resources
    if patterns is None:  # a trust policy: the role it is attached to
        return True
    arn = reading.request.asked_on
    matched: bool | None = False
    for pattern in patterns:
        filled = fill_resource(pattern, reading.context, variables=reading.has_variables)
        if filled is Lack.UNKNOWN:
            matched = None
        elif not isinstance(filled, Lack) and arn_matches(filled, arn):
            matched = True
            break
    if statement.resources is not None or matched is None:
        return matched
    return not matched


def _principal_mismatch(statement: Statement, principal: Principal) -> Mismatch:
    caller = (principal.arn,)
    if statement.principals is not None:
        entries = statement.principals.entries()
        return Mismatch("Principal", entries, caller, note=naming_note(entries, principal))
    if statement.not_principals is not None:
        return Mismatch("NotPrincipal", statement.not_principals.entries(), caller)
    return Mismatch("Principal", (), caller, note="the element is missing")


def _resource_mismatch(statement: Statement, request: Request) -> Mismatch:
    resource = request.resource
    if statement.resources is None:
        return Mismatch("NotResource", statement.not_resources or (), (resource,))
    note = ""
    bucket = resource.split("/", 1)[0]
    if any(pattern.lower() == resource.lower() for pattern in statement.resources):
        note = "names in a Resource are case-sensitive"
    elif resource == "*":
        note = "the request names no resource, so only * covers it"
    elif ":::" in resource and any(
        pattern.rstrip("/*") == bucket for pattern in statement.resources
    ):
        note = "a bucket and the objects in it (bucket/*) are different resources"
    return Mismatch("Resource", statement.resources, (resource,), note=note)
