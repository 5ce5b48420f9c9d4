"""Candidates that allow a refused request: a near miss put right, a statement more, a deny less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from components.documents import VERSION
from rolelab.iam.arns import account_root, bucket_of
from rolelab.iam.decision import Decision, NearMiss
from rolelab.iam.documents import Principals, Statement, account_of, read
from rolelab.iam.language.naming import grip_of
from rolelab.iam.language.patterns import action_matches, arn_matches, marked
from rolelab.iam.language.statements import Mismatch
from rolelab.iam.layers import RESOURCE_LAYERS, Layer, Policies, Policy
from rolelab.iam.principals import Principal, PrincipalKind
from rolelab.iam.propose import edits
from rolelab.iam.propose.changes import edited, put, with_statement, without_statement
from rolelab.iam.propose.edits import Edit, Worded
from rolelab.iam.request import Context, Request


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change not yet tried."""

    what: str
    policies: Policies
    is_whole: bool = False
    """A whole statement or limit taken away, where a narrower change may do."""


def candidates(decision: Decision) -> Iterator[Candidate]:
    """Yield changes of the layer that refused, those that read best first."""
    layer = decision.layer
    if layer in (Layer.CREDENTIALS, Layer.MISSING_ROLE, Layer.UNKNOWN):
        return
    if decision.is_explicit:
        yield from _without_deny(decision)
        return
    for near in decision.near:
        if near.place.layer is layer and near.place.policy.is_editable:
            yield from _near_miss(decision.policies, near, decision.asked)
    yield from _new_statements(decision, layer, decision.asked)
    if layer is Layer.BOUNDARY:
        for boundary in decision.policies.at(layer):
            without = decision.policies.put(layer, None)
            yield Candidate(f"Remove the {boundary.at(layer)}.", without, is_whole=True)


# A statement that is missing


def _new_statements(decision: Decision, layer: Layer, request: Request) -> Iterator[Candidate]:
    statement = _statement(layer, request)
    if statement is None:
        return
    policies, principal = decision.policies, request.principal
    held = policies.at(layer)
    for policy in held:
        # A group's policy would open it for every member.
        is_own = layer is not Layer.IDENTITY or policy.owner in ("", principal.entity)
        if policy.is_editable and is_own:
            what = f"Add a statement to the {policy.at(layer)} that allows {request.action}."
            yield Candidate(what, with_statement(policies, layer, policy, statement))
    document = read({"Version": VERSION, "Statement": [statement]})
    name = "allow-" + request.action.replace(":", "-")
    if layer is Layer.IDENTITY:
        allowed = f"{request.action} on {resource_of(request)}"
        what = f"Give {principal.entity} an inline policy that allows {allowed}."
        new = Policy(document, name, principal.entity)
    elif layer is Layer.SESSION:
        what = f"Pass a session policy that allows {request.action} as well."
        new = Policy(document, name)
    elif layer is Layer.RESOURCE and not held:
        bucket = bucket_of(request.asked_on)
        owner = f"bucket {bucket}" if bucket else request.asked_on
        what = f"Give {owner} a policy that allows {principal.entity} {request.action}."
        new = Policy(document, owner=owner)
    else:
        return
    yield Candidate(what, policies.put(layer, (*held, new)))


def _statement(layer: Layer, request: Request) -> dict[str, object] | None:
    statement: dict[str, object] = {"Effect": "Allow"}
    if layer in RESOURCE_LAYERS:
        named = _principal(request.principal)
        if named is None:
            return None
        statement["Principal"] = {named[0]: named[1]}
    statement["Action"] = request.action
    if layer is not Layer.TRUST:
        resource = resource_of(request)
        if not resource:
            return None
        statement["Resource"] = resource
    return statement


def resource_of(request: Request) -> str:
    """Return the narrowest `Resource` for the request; empty for `*`, which is never proposed."""
    exact = request.asked_on
    return "" if exact == request.resource and "*" in exact else exact


def _principal(principal: Principal) -> tuple[str, str] | None:
    if principal.kind is PrincipalKind.SERVICE:
        return "Service", principal.arn
    if principal.kind is PrincipalKind.WEB_IDENTITY:
        return "Federated", principal.arn
    if principal.kind is PrincipalKind.ANONYMOUS:
        return None
    return (
        "AWS",
        principal.entity_arn if principal.kind is PrincipalKind.ROLE_SESSION else principal.arn,
    )


# A statement that nearly fits


def _near_miss(policies: Policies, near: NearMiss, request: Request) -> Iterator[Candidate]:
    if len(near.mismatches) > 2:
        return
    options = [list(_element_edits(mismatch, request)) for mismatch in near.mismatches]
    if not all(options):
        return
    place = near.place
    for number in range(max(map(len, options))):
        chosen = [worded[min(number, len(worded) - 1)] for worded in options]
        changed = edited(policies, place, *(edit for _, edit in chosen))
        if changed is not None:
            words = " and ".join(words for words, _ in chosen)
            where = f"{place.policy.at(place.layer)}, statement {place.statement.index + 1}"
            yield Candidate(f"In the {where}: {words}.", changed)


def _element_edits(mismatch: Mismatch, request: Request) -> Iterator[Worded]:
    element = mismatch.element
    if element == "Condition":
        yield from edits.condition_edits(mismatch, is_deny=False)
    elif element == "Action":
        yield from edits.entry_edits("Action", mismatch.wanted, request.action)
    elif element == "Resource":
        exact = resource_of(request)
        if exact:
            yield from edits.entry_edits("Resource", mismatch.wanted, exact)
    elif element == "Principal":
        yield from _principal_edits(mismatch.wanted, request.principal)
    elif element in ("NotAction", "NotResource"):
        got = mismatch.got[0]
        folded = [
            wanted.lower() if element == "NotAction" else wanted for wanted in mismatch.wanted
        ]
        got = got.lower() if element == "NotAction" else got
        exactly = [
            wanted for wanted, each in zip(mismatch.wanted, folded, strict=True) if each == got
        ]
        if exactly and len(mismatch.wanted) > len(exactly):
            yield f"take {', '.join(exactly)} out of {element}", edits.without(element, exactly)


def _principal_edits(wanted: Sequence[str], principal: Principal) -> Iterator[Worded]:
    named = _principal(principal)
    if named is None:
        return
    kind, exact = named
    accounts = [entry for entry in wanted if account_of(entry)]
    if accounts and principal.account and kind == "AWS":
        # An account stays an account: it delegates, so the grant still decides who of it may.
        root = account_root(principal.account, principal.partition)
        yield (
            f"Principal {root} instead of {accounts[0]}",
            edits.principal_added(kind, root, accounts[0]),
        )
    for entry in wanted:
        is_misspelt = entry.lower() == exact.lower() or "*" in entry
        is_dead = entry.startswith(("AIDA", "AROA")) and ":" not in entry
        if is_misspelt or is_dead:
            yield f"Principal {exact} instead of {entry}", edits.principal_added(kind, exact, entry)
    yield f"add Principal {exact}", edits.principal_added(kind, exact)


# A deny that hits


def _without_deny(decision: Decision) -> Iterator[Candidate]:
    policies, place = decision.policies, decision.place
    if place is None:
        return
    layer, policy, statement = place.layer, place.policy, place.statement
    where = policy.at(layer)
    if policy.is_editable:
        narrowings = _narrowings(statement, decision.asked)
        if statement.not_principals is not None and not policies.has_boundary:
            narrowings = chain(_exceptions(decision.asked.principal), narrowings)
        for words, edit in narrowings:
            changed = edited(policies, place, edit)
            if changed is not None:
                yield Candidate(
                    f"In the {where}, statement {statement.index + 1}: {words}.", changed
                )
        if layer is not Layer.TRUST or len(policy.document.statements) > 1:
            yield Candidate(*without_statement(place, policies), is_whole=True)
    if policy.arn or layer is Layer.BOUNDARY:
        verb = "Remove" if layer is Layer.BOUNDARY else "Detach"
        without = put(policies, layer, policy, None)
        yield Candidate(f"{verb} the {where}.", without, is_whole=True)


def _exceptions(principal: Principal) -> Iterator[Worded]:
    """Yield what leaves the caller out: the account stands beside them and, of a session, a role.

    Who has a permissions boundary cannot be left out.
    """
    if principal.account:
        root = account_root(principal.account, principal.partition)
        arns = tuple(dict.fromkeys((root, principal.entity_arn, principal.arn)))
        yield f"leave out {principal.arn} (NotPrincipal)", edits.left_out_too(arns)


def _narrowings(statement: Statement, request: Request) -> Iterator[Worded]:
    for element, entries, hits in hit_entries(statement, request):
        if hits and len(hits) < len(entries):
            yield f"take {', '.join(hits)} out of {element}", _taken_out(element, hits)
    context = Context(request)
    for condition in statement.conditions:
        got = context.get(condition.key)
        mismatch = Mismatch(
            "Condition", condition.values, got if isinstance(got, tuple) else (), condition
        )
        yield from edits.condition_edits(mismatch, is_deny=True)
    exact = resource_of(request)
    if exact and "*" not in exact:
        if statement.resources == ("*",):
            yield f"except {exact} (NotResource)", edits.renamed("Resource", "NotResource", exact)
        elif statement.not_resources is not None:
            yield f"except {exact} too (NotResource)", edits.added("NotResource", exact)
    if statement.actions == ("*",):
        yield (
            f"except {request.action} (NotAction)",
            edits.renamed("Action", "NotAction", request.action),
        )
    elif statement.not_actions is not None:
        yield f"except {request.action} too (NotAction)", edits.added("NotAction", request.action)


def _taken_out(element: str, hits: Sequence[str]) -> Edit:
    return (
        edits.without_principals(hits) if element == "Principal" else edits.without(element, hits)
    )


def hit_entries(
    statement: Statement, request: Request
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield lists whose entries hit exactly this request; none where wider ones hit it, too."""
    if statement.principals is not None:
        entries = statement.principals.entries()
        yield (
            "Principal",
            entries,
            [entry for entry in entries if _is_named(entry, request.principal)],
        )
    if statement.actions is not None:
        hits = [entry for entry in statement.actions if entry.lower() == request.action.lower()]
        rest = [entry for entry in statement.actions if entry not in hits]
        yield (
            "Action",
            statement.actions,
            [] if any(action_matches(each, request.action) for each in rest) else hits,
        )
    if statement.resources is not None:
        arns = (request.resource, request.asked_on)
        hits = [entry for entry in statement.resources if entry in arns]
        rest = [entry for entry in statement.resources if entry not in hits]
        others = any(arn_matches(marked(entry), request.asked_on) for entry in rest)
        yield "Resource", statement.resources, [] if others else hits


def _is_named(entry: str, principal: Principal) -> bool:
    named = Principals(everyone=entry == "*", aws=(entry,), service=(entry,), federated=(entry,))
    return bool(grip_of(named, principal))
