"""Candidates that refuse a request which is allowed: the allowing statements narrowed, or taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolelab.iam import edits
from rolelab.iam.changes import edited, is_editable, put, where, without_statement
from rolelab.iam.edits import Worded
from rolelab.iam.evaluate import Decision
from rolelab.iam.match import match
from rolelab.iam.model import Effect, Layer, Policy, Statement
from rolelab.iam.opening import Candidate, hit_entries
from rolelab.iam.patterns import has_wildcard
from rolelab.iam.request import Context, Request


def candidates(decision: Decision, keep: Sequence[Request]) -> Iterator[Candidate]:
    """Yield changes of the policies that allow; `keep` are the requests a list is narrowed to."""
    for layer, policy, statement in _allowing(decision):
        if is_editable(policy):
            for words, edit in _narrowings(decision, statement, keep):
                changed = edited(decision.policies, layer, policy, statement.index, edit)
                if changed is not None:
                    at = f"In the {where(layer, policy)}, statement {statement.index + 1}: "
                    yield Candidate(f"{at}{words}.", changed)
            # A role's trust policy cannot be empty.
            if layer is not Layer.TRUST or len(policy.document.statements) > 1:
                yield Candidate(
                    *without_statement(decision.policies, layer, policy, statement.index)
                )
        if policy.arn:
            yield Candidate(
                f"Detach the {where(layer, policy)}.", put(decision.policies, layer, policy, None)
            )


def _allowing(decision: Decision) -> Iterator[tuple[Layer, Policy, Statement]]:
    # Of AssumeRole both halves allow: closing either is enough.
    layers = [decision.layer] + [Layer.TRUST] * (decision.layer is Layer.IDENTITY)
    context = Context(decision.request)
    for layer in layers:
        for policy in decision.policies.at(layer):
            variables = policy.document.has_variables
            for statement in policy.document.statements:
                if statement.effect is not Effect.ALLOW:
                    continue
                named = layer in (Layer.TRUST, Layer.RESOURCE)
                if match(
                    statement,
                    decision.request,
                    context,
                    variables=variables,
                    names_principals=named,
                ).applies:
                    yield layer, policy, statement


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
        root = f"arn:{request.principal.partition}:iam::{request.account}:root"
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
