"""The product's IAM language against two other judges, on thousands of policies and requests.

The second judge (this folder) was written from AWS's pages by other hands, shares no code with
`rolelab.iam` and decides by two values; MiniStack's own evaluator decides the identity-based half,
where the documentation is on its side (no variables, no incomplete ARNs, no comparison of ARNs).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolelab.iam import Decision, Effect, Layer, Policies, Policy, Principal, PrincipalKind, Request
from rolelab.iam import decide as product_decides
from rolelab.iam.credentials import further_requests
from rolelab.iam.documents import read
from rolelab.iam.grammar import PolicyUse, malformed
from rolelab.iam.language.operators import OPERATORS, Operator
from rolelab.iam.request import Context, Lack
from rolelab.iam.voices import hear
from rolelab.localaws.ministack import emulator
from rolelab.localaws.process.record import Instance
from tests.oracle import authorization, conditions, documents, identity_documents, statements
from tests.oracle.authorization import Cause, Refusal, ResourcePolicy, authorize
from tests.oracle.generated import (
    ACCOUNT,
    ASKED,
    BUCKET,
    FOREIGN,
    IDENTITY,
    KEYS,
    OBJECT,
    OTHER,
    OTHER_CONDITION,
    PLAIN_CONDITION,
    ROLE,
    TRUST,
    USER,
    USER_ID,
    WORKER,
    WORKER_ID,
    Doc,
    stated,
    written,
)
from tests.seeds import examples

TAGS = {"team": "blue"}
NOW = datetime(2026, 1, 15, 12, 0, tzinfo=timezone.utc)
MANY = examples(sample=500, whole=8_000)

USER_CALLS = Principal.user(USER, USER_ID, tags=TAGS)
SESSION_CALLS = Principal.role_session(WORKER, "lesson", WORKER_ID, tags=TAGS, issued=NOW)
FEDERATED_CALLS = Principal.federated_user(USER, "bob", issued=NOW)
STRANGER_CALLS = Principal.user(f"arn:aws:iam::{OTHER}:user/testuser", "AIDASTRANGER00000001")
ROOT_CALLS = Principal.root(ACCOUNT)
ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _request(principal: Principal, action: str, resource: str, asked: Doc) -> Request:
    context = {**asked, "aws:SourceIp": "127.0.0.1", "aws:RequestedRegion": "us-east-1"}
    return Request(
        principal=principal,
        action=action,
        resource=resource,
        context=context,
        resource_account=ACCOUNT if resource == OBJECT else "",
        now=NOW,
        is_complete=True,
    )


def _keys(request: Request) -> Callable[[str], str | list[str] | None]:
    """Return a request's keys as the second judge takes them: one value, many, or None."""
    context = Context(request)

    def key(name: str) -> str | list[str] | None:
        values = context.get(name)
        if isinstance(values, Lack):
            return None
        return list(values) if name.lower() == "aws:tagkeys" else values[0]

    return key


def _read(*policies: Doc) -> authorization.Policies:
    return [statements.parsed(json.dumps(document)) for document in policies]


def _second(
    request: Request, own: dict[Layer, list[Doc]], layer: Layer, resource: Doc
) -> Refusal | None:
    principal = request.principal
    is_session = principal.kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED)
    is_root = principal.kind is PrincipalKind.ROOT
    is_federated = principal.kind is PrincipalKind.FEDERATED
    # Session policies limit what AssumeRole and GetFederationToken give, and nobody else.
    session = own.get(Layer.SESSION) if is_session else None
    caller = authorization.Caller(
        kind=authorization.Kind(principal.kind.value),
        account=principal.account,
        arn=principal.arn,
        entity_arn=principal.entity_arn,
        entity_id=principal.unique_id,
        identity=_read(*([ALL] if is_root else own[Layer.IDENTITY])),
        boundary=_read(*own[Layer.BOUNDARY]) if Layer.BOUNDARY in own else None,
        session=_read(*session) if session is not None else [] if is_federated else None,
    )
    (statements_,) = _read(resource)
    policy = ResourcePolicy(statements_, request.account, Cause(layer.value))
    for each in (request, *further_requests(request)):
        asked = statements.Request(each.action, each.resource, _keys(each))
        refusal = authorize(caller, asked, policy)
        if refusal is not None:
            return refusal
    return None


def _product(
    request: Request, own: dict[Layer, list[Doc]], layer: Layer, resource: Doc
) -> Decision:
    by_layer = {of: tuple(map(Policy.read, documents)) for of, documents in own.items()}
    return product_decides(request, Policies({**by_layer, layer: (Policy.read(resource),)}))


def _agree(request: Request, own: dict[Layer, list[Doc]], layer: Layer, resource: Doc) -> None:
    decision = _product(request, own, layer, resource)
    refusal = _second(request, own, layer, resource)
    assert decision.allowed is (refusal is None)
    if refusal is not None:
        told = (decision.layer.value, decision.is_explicit)
        assert told == (refusal.cause.value, refusal.explicit)


def _own(identity: list[Doc], boundary: Doc | None, session: Doc | None) -> dict[Layer, list[Doc]]:
    own = {Layer.IDENTITY: identity}
    if boundary is not None:
        own[Layer.BOUNDARY] = [boundary]
    if session is not None:
        own[Layer.SESSION] = [session]
    return own


OWN = st.builds(
    _own, st.lists(IDENTITY, max_size=2), st.none() | st.none() | IDENTITY, st.none() | IDENTITY
)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=list(OPERATORS))
def test_the_second_judge_knows_every_operator(operator: Operator) -> None:
    """An operator that it does not know would be compared with nothing."""
    assert conditions.is_operator(operator.name)
    assert not operator.negated or conditions.is_operator(operator.negated)


@MANY
@given(
    own=OWN,
    trust=TRUST,
    role=st.sampled_from([ROLE, ROLE, ROLE, FOREIGN, USER, SESSION_CALLS.arn]),
    principal=st.sampled_from([USER_CALLS, USER_CALLS, SESSION_CALLS]),
    asked=ASKED,
)
@example(
    own={Layer.IDENTITY: []},
    trust={"Version": "2012-10-17", "Statement": []},
    role=ROLE,
    principal=USER_CALLS,
    asked={},
)
def test_two_judges_agree_on_who_assumes_a_role_and_on_the_reason(
    own: dict[Layer, list[Doc]], trust: Doc, role: str, principal: Principal, asked: Doc
) -> None:
    """Two readings of the same documentation, by different hands.

    Where they differ, one of them is wrong.
    """
    _agree(_request(principal, "sts:AssumeRole", role, asked), own, Layer.TRUST, trust)


@MANY
@given(
    own=OWN,
    bucket=BUCKET,
    principal=st.sampled_from(
        [USER_CALLS, SESSION_CALLS, FEDERATED_CALLS, STRANGER_CALLS, ROOT_CALLS]
    ),
    asked=ASKED,
)
def test_two_judges_agree_on_who_reads_an_object_and_on_the_reason(
    own: dict[Layer, list[Doc]], bucket: Doc, principal: Principal, asked: Doc
) -> None:
    """Every kind of caller, of the bucket's account and of another, with every layer."""
    _agree(_request(principal, "s3:GetObject", OBJECT, asked), own, Layer.RESOURCE, bucket)


@MANY
@given(own=OWN, principal=st.sampled_from([USER_CALLS, SESSION_CALLS, ROOT_CALLS]), asked=ASKED)
def test_two_judges_agree_on_who_lists_all_buckets_and_on_the_reason(
    own: dict[Layer, list[Doc]], principal: Principal, asked: Doc
) -> None:
    """It names no bucket, so that what a Resource covers is a matter of its own."""
    request = _request(principal, "s3:ListAllMyBuckets", "*", asked)
    _agree(request, own, Layer.RESOURCE, {"Statement": []})


@MANY
@given(
    inline=st.lists(
        written(stated(PLAIN_CONDITION, OTHER_CONDITION), st.just("2012-10-17")),
        min_size=1,
        max_size=2,
    ),
    role=st.sampled_from([ROLE, FOREIGN]),
    asked=ASKED,
)
def test_the_product_and_ministacks_evaluator_agree_on_the_identity_based_half(
    local_aws: Instance, inline: list[Doc], role: str, asked: Doc
) -> None:
    """Where the documentation is on MiniStack's side, the product must not be different."""
    evaluator = emulator.module("core.iam_evaluator")
    request = _request(USER_CALLS, "sts:AssumeRole", role, asked)
    keys = _keys(request)
    context = evaluator.EvalContext(
        principal_arn=USER,
        principal_type="User",
        principal_account=ACCOUNT,
        action="sts:AssumeRole",
        resource_arn=role,
        region="us-east-1",
        service_context={
            name: keys(name) for name in map(str.lower, (*KEYS, *asked)) if keys(name) is not None
        },
        source_ip="127.0.0.1",
    )
    theirs = evaluator.evaluate(
        context, [evaluator.parse_policy_document(json.dumps(document)) for document in inline]
    )
    voice = hear(Layer.IDENTITY, map(Policy.read, inline), request, Context(request))
    ours = Effect.DENY if voice.denies else Effect.ALLOW if voice.allows else None
    expected = {"Allow": Effect.ALLOW, "Deny": Effect.DENY, "ImplicitDeny": None}
    assert expected[theirs.decision] is ours


@MANY
@given(identity=IDENTITY, trust=TRUST)
def test_what_was_generated_is_what_iam_would_store(identity: Doc, trust: Doc) -> None:
    """Else the comparison would be of nonsense; and neither judge's grammar refuses any of it."""
    identity_documents.check_identity(json.dumps(identity))
    documents.check_trust(json.dumps(trust))
    assert malformed(json.dumps(identity), PolicyUse.USER_INLINE) == ""
    assert malformed(json.dumps(trust), PolicyUse.TRUST) == ""


def _spoilt(document: Doc, element: str, value: Any) -> Doc:
    statement = dict(document["Statement"][0])
    if value is None:
        statement.pop(element, None)
    else:
        statement[element] = value
    return {**document, "Statement": [statement, *document["Statement"][1:]]}


ELEMENTS = (
    "Sid Effect Action NotAction Resource NotResource Principal NotPrincipal Condition Comment"
)
WORDS = (
    "x * Allow Deny allow s3: s3:Get s3:a:b s3.x:a-b arn:aws:s3 arn:aws:s*:::x arn:nowhere:s3:::b"
)
ARNS = (
    "arn:aws:iam::*:use* arn:aws:iam:us-east-1:1:user/x arn:aws:iam::1:bucket/x"
    " arn:aws:iam::x:user/x arn:aws:s3::b arn:aws::b arn:aws s3:b"
    " arn:aws:s3:us-east-1::b arn:aws:s3:*:1:accesspoint/b"
)
VALUES: list[Any] = [
    *(None, "", "s3:a b", 7, [], {}, ["*", 7]),
    *WORDS.split(),
    *ARNS.split(),
    {"AWS": []},
    {"AWS": "*"},
    {"Service": ["ec2.amazonaws.com"]},
    {"User": "x"},
    {"StringSame": {"a:b": "c"}},
    {"StringEquals": {"a": "b"}},
    {"Bool": {"a:b": True}},
    {"Null": {"a:b": {}}},
    {"None": {}},
    {"StringEquals": {"a": ["b", 7]}},
    *({"DateLessThan": {"a:b": date}} for date in ("2026-13", "01T", "2026-11-28T7:00:00+01", "x")),
]
SPOILT = st.builds(
    _spoilt, IDENTITY | TRUST, st.sampled_from(ELEMENTS.split()), st.sampled_from(VALUES)
)


@MANY
@given(
    document=SPOILT,
    is_trust=st.booleans(),
    before=st.sampled_from(["", "", "", " ", "\n"]),
    after=st.sampled_from(["", "", "", "\n", ","]),
)
def test_two_judges_refuse_the_same_documents_in_the_same_words(
    document: Doc, is_trust: bool, before: str, after: str
) -> None:
    """The local AWS refuses with these words, so each of them is a fact that two readings found."""
    text = before + json.dumps(document) + after
    try:
        if is_trust:
            documents.check_trust(text)
        else:
            identity_documents.check_identity(text, managed=True)
        theirs = ""
    except documents.Malformed as refused:
        theirs = str(refused)
    ours = malformed(text, PolicyUse.TRUST if is_trust else PolicyUse.MANAGED)
    # The kinds of IAM's resources are those of AWS's message; ours are checked beside it.
    if "IAM resource path" not in ours:
        assert ours == theirs
    # What is stored is decided by, so there must be nothing in it that the evaluator cannot read.
    assert ours or not read(text).fault
