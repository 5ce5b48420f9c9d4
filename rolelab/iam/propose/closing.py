"""Candidates that refuse an allowed request: the allowing statements narrowed, or taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolelab.iam.arns import account_root
from rolelab.iam.decision import Decision
from rolelab.iam.documents import Effect, Statement
from rolelab.iam.language.patterns import has_wildcard
from rolelab.iam.language.statements import Reading, applies
from rolelab.iam.layers import RESOURCE_LAYERS, Layer, Place
from rolelab.iam.propose import edits
from rolelab.iam.propose.changes import edited, put, without_statement
from rolelab.iam.propose.edits import Worded
from rolelab.iam.propose.opening import Candidate, hit_entries
from rolelab.iam.request import Context, Request


def candidates(decision: Decision, keep: Sequence[Request]) -> Iterator[Candidate]:
    """Yield changes of the policies that allow; `keep` are the requests a list is narrowed to."""
    for place in _allowing(decision):
        policy, statement = place.policy, place.statement
        where = policy.at(place.layer)
        if policy.is_editable:
            for words, edit in _narrowings(decision, statement, keep):
                changed = edited(decision.policies, place, edit)
                if changed is not None:
                    yield Candidate(
                        f"In the {where}, statement {statement.index + 1}: {words}.", changed
                    )
            # A role's trust policy cannot be empty.
            if place.layer is not Layer.TRUST or len(policy.document.statements) > 1:
                yield Candidate(*without_statement(place, decision.policies))
        if policy.arn:
            without = put(decision.policies, place.layer, policy, None)
            yield Candidate(f"Detach the {where}.", without)


def _allowing(decision: Decision) -> Iterator[Place]:
    # Of AssumeRole both halves allow: closing either is enough.
    layers = [decision.layer] + [Layer.TRUST] * (decision.layer is Layer.IDENTITY)
    request, context = decision.request, Context(decision.request)
    for layer in layers:
        for policy in decision.policies.at(layer):
            variables = policy.document.has_variables
            reading = Reading(request, context, variables, layer in RESOURCE_LAYERS)
            for statement in policy.document.statements:
                if statement.effect is Effect.ALLOW and applies(statement, reading)[0]:
                    yield Place(layer, policy, statement)


def _narrowings(
    decision: Decision, statement: Statement, keep: Sequence[Request]
) -> Iterator[Worded]:
    request = decision.request
    for element, entries, hits in hit_entries(statement, request):
        if hits and len(hits) < len(entries):
            out = (
                edits.without_principals(hits)
                if element == "Principal"
                else edits.without(element, hits)
            )
            yield f"take {', '.join(hits)} out of {element}", out
    if statement.principals is not None and statement.principals.everyone and request.account:
        root = account_root(request.account, request.principal.partition)
        yield f"Principal {root} instead of everyone", edits.principal_is(root)
    for element, entries, wanted in (
        ("Resource", statement.resources, [each.resource for each in keep]),
        ("Action", statement.actions, [each.action for each in keep]),
    ):
        exact = tuple(dict.fromkeys(wanted))
        wide = [entry for entry in entries or () if has_wildcard(entry) or entry not in exact]
        if wide and exact and "*" not in exact:
            yield (
                f"{element} {', '.join(exact)} instead of {', '.join(wide)}",
                edits.listed(element, exact),
            )
