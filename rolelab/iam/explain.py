"""A decision in a learner's words: who said no, by which statement, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolelab.iam.arns import is_aws_policy
from rolelab.iam.decision import Decision, NearMiss
from rolelab.iam.documents import Statement
from rolelab.iam.language.naming import exception_note
from rolelab.iam.language.statements import Mismatch
from rolelab.iam.layers import Layer, Policies
from rolelab.iam.messages import Agreement, agreement, sentence_of
from rolelab.iam.principals import PrincipalKind
from rolelab.iam.propose import Proposal, propose
from rolelab.iam.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What to tell a person about a decision."""

    summary: str
    """One sentence: who is or is not allowed to call what, and why."""
    details: tuple[str, ...] = ()
    """A sentence each: the statement, the element that did not match, what else would refuse."""
    proposals: tuple[Proposal, ...] = ()
    """What would put it right, best first; each was tried."""
    said: str = ""
    """AWS's own sentence, where there was one."""
    agrees: Agreement | None = None
    """Whether AWS's sentence tells of the same; where it differs, both are to be shown."""

    def lines(self) -> tuple[str, ...]:
        """Return all of it as lines of plain text, diffs included."""
        lines = [self.summary, *(f"  {detail}" for detail in self.details)]
        for number, proposal in enumerate(self.proposals):
            lines.append(f"{'Or: ' if number else 'To put it right: '}{proposal.what}")
            lines += [f"  {line}" for line in proposal.diff().splitlines()]
            if proposal.widens:
                lines.append(f"  This also allows: {'; '.join(proposal.widens)}.")
        return tuple(lines)


def explain(
    decision: Decision,
    *,
    said: str = "",
    want_allowed: bool | None = True,
    declared: Policies | None = None,
    keep: Sequence[Request] = (),
) -> Explanation:
    """Put a decision in words.

    `said`: AWS's message, to be held against the decision. `want_allowed`: what is proposed for;
    None proposes nothing. `declared`, `keep`: as in `propose`.
    """
    proposals: tuple[Proposal, ...] = ()
    if want_allowed is not None:
        proposals = propose(decision, want_allowed=want_allowed, declared=declared, keep=keep)
    details = list(_details(decision))
    agrees = agreement(said, decision) if said else None
    if said and decision.allowed is None:
        details.append(f"AWS itself says: {said.strip()}")
    elif agrees is Agreement.DIFFERS:
        details.append(f"AWS says otherwise: {said.strip()}")
        if decision.allowed is False:
            details.append(f"Of this decision it would say: {sentence_of(decision)}")
    elif agrees is Agreement.NOT_UNDERSTOOD:
        details.append(f"AWS's message is none of the known forms: {said.strip()}")
    if want_allowed and decision.allowed is False and not proposals:
        details.append(_why_no_proposal(decision))
    return Explanation(
        summary=_summary(decision),
        details=tuple(details),
        proposals=proposals,
        said=said,
        agrees=agrees,
    )


def _summary(decision: Decision) -> str:
    request = decision.request
    act = f"{decision.action}" + (f" on {request.resource}" if request.resource != "*" else "")
    who = _who(request)
    if decision.allowed is None:
        why = decision.reason or "something is not known"
        return f"It is not known whether {who} is allowed to call {act}: {why}."
    if decision.allowed:
        by = str(decision.place) if decision.place else decision.reason
        return (
            f"{_upper(who)} is allowed to call {act}: {by}{' allows it' if decision.place else ''}."
        )
    refused = f"{_upper(who)} is not allowed to call {act}"
    if decision.reason:
        return f"{refused}: {decision.reason}."
    if decision.is_explicit:
        return f"{refused}: explicit deny in the {decision.place}."
    if decision.layer in (Layer.BOUNDARY, Layer.SESSION, Layer.VPC_ENDPOINT):
        return f"{refused}: the {_whose(decision)} does not allow it."
    return f"{refused}: no {_whose(decision)} allows it."


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _who(request: Request) -> str:
    principal = request.principal
    if principal.kind is PrincipalKind.ROLE_SESSION:
        return f"session {principal.name} of {principal.entity}"
    if principal.kind is PrincipalKind.USER:
        return principal.entity
    if principal.kind is PrincipalKind.ROOT:
        return f"the root user of account {principal.account}"
    if principal.kind is PrincipalKind.FEDERATED:
        return f"federated user {principal.name}"
    if principal.kind is PrincipalKind.SERVICE:
        return f"service {principal.arn}"
    return (
        "an anonymous caller"
        if principal.kind is PrincipalKind.ANONYMOUS
        else f"an identity of {principal.arn}"
    )


def _whose(decision: Decision) -> str:
    layer, request = decision.layer, decision.request
    name = layer.value
    if layer in (Layer.IDENTITY, Layer.BOUNDARY):
        return f"{name} of {request.principal.entity}"
    if layer is Layer.TRUST:
        return f"statement in the {name} of role {request.resource.rsplit('/', 1)[-1]}"
    if layer is Layer.RESOURCE:
        return f"{name} of {request.resource}"
    return name


def _details(decision: Decision) -> list[str]:
    if decision.allowed:
        return []
    details: list[str] = []
    request = decision.request
    if decision.action != request.action:
        details.append(
            f"{request.action} with what was sent along needs {decision.action} as well."
        )
    if decision.allowed is None:
        details += [_upper(f"{each}.") for each in decision.unknown]
        return details
    if decision.is_explicit and decision.place is not None:
        statement = decision.place.statement
        details.append(f"It reads: {statement_words(statement)}.")
        note = exception_note(statement, request.principal)
        details += [f"{_upper(note)}."] if note else []
    details += [_near(each) for each in decision.near if each.place.layer is decision.layer]
    if not decision.is_explicit and decision.layer in _HELD:
        held = [
            policy for policy in decision.policies.at(decision.layer) if policy.document.statements
        ]
        if not held:
            details.append(_upper(f"there is no {_whose_short(decision)} at all."))
        elif not any(each.place.layer is decision.layer for each in decision.near):
            names = ", ".join(policy.name or policy.owner for policy in held)
            details.append(f"None of its statements is about {decision.action} ({names}).")
    others = [layer for layer in decision.refusing if layer is not decision.layer]
    if others:
        words = " and the ".join(layer.value for layer in others)
        details.append(f"The {words} would refuse it too.")
        details += [_near(each) for each in decision.near if each.place.layer is not decision.layer]
    if (
        request.is_cross_account
        and not decision.is_explicit
        and decision.layer not in (Layer.CREDENTIALS,)
    ):
        details.append(
            f"The caller is of account {request.principal.account},"
            f" the resource of {request.account}: "
            "both accounts have to allow it."
        )
    return details


_HELD = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.RESOURCE)


def _whose_short(decision: Decision) -> str:
    if decision.layer is Layer.IDENTITY:
        return f"identity-based policy of {decision.request.principal.entity}"
    if decision.layer is Layer.RESOURCE:
        return f"resource-based policy of {decision.request.resource}"
    return decision.layer.value


def _near(near: NearMiss) -> str:
    misses = "; ".join(mismatch_words(mismatch) for mismatch in near.mismatches)
    return f"Nearest: {near.place}. {_upper(misses)}."


def statement_words(statement: Statement) -> str:
    """Say what a statement says, in one line."""
    words = statement.effect.value
    for element, entries in (
        ("", statement.actions),
        ("every action but", statement.not_actions),
        ("on", statement.resources),
        ("on everything but", statement.not_resources),
        ("for", statement.principals and statement.principals.entries()),
        ("for everyone but", statement.not_principals and statement.not_principals.entries()),
    ):
        if entries:
            words += f" {element} {', '.join(_short(entries))}".replace("  ", " ")
    conditions = [
        f"{each.operator} {each.key} {' or '.join(each.values)}" for each in statement.conditions
    ]
    return words + (f" if {' and '.join(conditions)}" if conditions else "")


def mismatch_words(mismatch: Mismatch) -> str:
    """Say what an element wanted and what it got."""
    wanted = " or ".join(_short(mismatch.wanted)) or "nothing"
    got = " and ".join(_short(mismatch.got))
    if mismatch.condition is not None:
        condition = mismatch.condition
        has = f"has {got}" if got else "does not have it"
        words = (
            f"the condition {condition.operator} {condition.key} wants {wanted}, the request {has}"
        )
    elif mismatch.element.startswith("Not"):
        words = f"{mismatch.element} leaves out {wanted}, and that is what is asked ({got})"
    else:
        words = f"its {mismatch.element} is {wanted}, the request's is {got}"
    return f"{words} ({mismatch.note})" if mismatch.note else words


def _short(values: tuple[str, ...], most: int = 4) -> tuple[str, ...]:
    return values if len(values) <= most else (*values[:most], f"{len(values) - most} more")


def _why_no_proposal(decision: Decision) -> str:
    if decision.layer is Layer.CREDENTIALS:
        return "No policy can change that: use other credentials."
    if decision.layer is Layer.MISSING_ROLE:
        return (
            "No policy can change that: make the role, or correct its ARN (path and case included)."
        )
    policies = decision.policies.at(decision.layer)
    of_aws = [policy.name for policy in policies if is_aws_policy(policy.arn)]
    if of_aws and decision.layer is not Layer.IDENTITY:
        return f"{of_aws[0]} belongs to AWS and cannot be changed: attach another in its place."
    if decision.request.resource == "*":
        return _why_not_on_anything(decision.action)
    return "No small change was found that puts it right and opens nothing else."


def _why_not_on_anything(name: str) -> str:
    # Loaded where it is needed: what most decisions are explained by is known without it.
    from rolelab.iam import actions

    action = actions.named(name)
    takes = "it would take Resource *, which is not proposed"
    if action is None:
        return f"{name} on everything: {takes}."
    if not action.resource_kinds:
        return f"{name} is on no single resource: {takes}."
    kinds = ", ".join(action.resource_kinds)
    return f"Without a resource {takes}; name what {name} is to be called on ({kinds})."
