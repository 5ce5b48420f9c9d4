"""What is no failure of the lab and good to know: who else may switch, what lets a learner in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rolelab.aws import account_entities
from rolelab.aws.account_entities import Somebody
from rolelab.aws.callers import Callers
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.iam import Layer, Policies, Policy, Principal, Request, decide
from rolelab.iam.documents import Effect, Statement, account_of
from rolelab.outputs import Lab
from rolelab.verify.buckets import BUCKET_PREFIX

_NAMED = 5


def of_lab(lab: Lab, callers: Callers, admin: Administrator, now: datetime) -> list[str]:
    """Return the notes, a sentence each; none where there is nobody to look."""
    if not admin.is_there:
        return []
    try:
        buckets = admin.read(
            lambda: account_entities.bucket_policies(
                callers, lambda name: not name.startswith(BUCKET_PREFIX)
            )
        )
        people = admin.read(lambda: account_entities.everybody(callers))
        role = admin.role()
    except (NotLookedAt, NoAnswer) as reason:
        return [f"Who else gets in was not looked at: {reason}."]
    trust = Policy.read(role.trust) if role else None
    others = [each for each in people if _is_other(lab, each)]
    may = [f"{each.kind} {each.name}" for each in others if _may_switch(lab, each, trust, now)]
    return [*_of_trust(lab), *_of_others(lab, may), *_of_buckets(lab, buckets)]


def _is_other(lab: Lab, somebody: Somebody) -> bool:
    learners = {learner.user_arn for learner in lab.learners}
    return somebody.arn not in learners and somebody.arn != lab.role.arn


def _may_switch(lab: Lab, somebody: Somebody, trust: Policy | None, now: datetime) -> bool:
    """Return whether somebody's own policies and the trust let them assume the role."""
    principal = (
        Principal.user(somebody.arn, somebody.unique_id, tags=somebody.tags)
        if somebody.kind == "user"
        else Principal.role_session(
            somebody.arn, "session", somebody.unique_id, tags=somebody.tags, issued=now
        )
    )
    external = {"sts:ExternalId": lab.role.external_id} if lab.role.external_id else {}
    request = Request(
        principal=principal,
        action="sts:AssumeRole",
        resource=lab.role.arn,
        context={"aws:RequestedRegion": lab.region, **external},
        now=now,
    )
    boundary = Policy.read(somebody.boundary) if somebody.boundary is not None else None
    policies = Policies.of(
        {
            Layer.IDENTITY: [Policy.read(document) for document in somebody.policies],
            Layer.BOUNDARY: boundary,
            Layer.TRUST: trust,
        }
    )
    return decide(request, policies).allowed is True


def _of_trust(lab: Lab) -> Iterator[str]:
    statements = Policy.read(lab.trust_policy).document.statements
    others = [
        name
        for statement in statements
        if statement.effect is Effect.ALLOW and statement.principals
        for name in statement.principals.entries()
        if account_of(name) != lab.account_id and name not in _learners(lab)
    ]
    if others:
        yield f"The declared trust policy of role {lab.role.name} lets in {_named(others)} as well."


def _of_others(lab: Lab, may: Sequence[str]) -> Iterator[str]:
    if may:
        they = "is 1 other who is" if len(may) == 1 else f"are {len(may)} others who are"
        yield (
            f"Beside the learners there {they} allowed to assume role {lab.role.name}: "
            f"{_named(may)}."
        )


def _of_buckets(lab: Lab, policies: dict[str, str]) -> Iterator[str]:
    for bucket, text in policies.items():
        for statement in Policy.read(text).document.statements:
            if whom := _let_in(lab, statement):
                actions = statement.actions or ("all actions but some",)
                condition = ", under conditions" if statement.conditions else ""
                yield (
                    f"The policy of bucket {bucket} lets {whom} in, without the role: "
                    f"{_named(actions)}{condition}."
                )


def _let_in(lab: Lab, statement: Statement) -> str:
    """Return in words which learners a bucket's statement allows something; empty for none.

    The account alone, as a principal, lets in nobody who is not allowed it by a policy of their
    own.
    """
    if statement.effect is not Effect.ALLOW:
        return ""
    if statement.not_principals:
        return "everybody but some"
    names = statement.principals.entries() if statement.principals else ()
    if "*" in names:
        return "everybody"
    learners = _learners(lab)
    return _named([learners[name] for name in names if name in learners])


def _learners(lab: Lab) -> dict[str, str]:
    return {learner.user_arn: f"user {learner.user_name}" for learner in lab.learners}


def _named(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    more = len(listed) - _NAMED
    return f"{', '.join(listed[:_NAMED])}{f' and {more} more' if more > 0 else ''}"
