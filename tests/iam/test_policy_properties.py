"""What must hold of all policies and requests, tried on generated ones."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from rolelab.iam import Effect, Layer, Policies, Policy, Principal, Request, decide
from rolelab.iam.compare import Direction, compare, direction, same
from rolelab.iam.documents import as_list
from rolelab.iam.explain import explain
from rolelab.iam.grammar import PolicyUse, faults
from rolelab.iam.language.patterns import covers, glob, marked
from rolelab.iam.messages import Agreement, Refusal, agreement, parse, refusal_of, render
from rolelab.iam.propose import propose
from tests.iam.builders import (
    ACCOUNT,
    FEDERATED,
    NOW,
    OTHER,
    ROLE_ARN,
    ROLE_ID,
    ROOT,
    SESSION,
    SESSION_ARN,
    USER,
    USER_ARN,
    USER_ID,
    but,
    having,
)

T = TypeVar("T")
ACTIONS = [
    "sts:AssumeRole",
    "sts:TagSession",
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "s3:PutObject",
    "iam:ListUsers",
]
RESOURCES = [
    ROLE_ARN,
    f"{ROLE_ARN}2",
    "arn:aws:s3:::lab-bucket/hello.txt",
    "arn:aws:s3:::lab-bucket",
]
PRINCIPALS = [
    ROOT,
    ACCOUNT,
    OTHER,
    USER_ARN,
    USER_ID,
    ROLE_ARN,
    ROLE_ID,
    SESSION_ARN,
    "*",
    f"{USER_ARN}2",
]


def some(values: list[T]) -> st.SearchStrategy[T | list[T]]:
    """A string or a list, as AWS takes both."""
    return st.sampled_from(values) | st.lists(
        st.sampled_from(values), min_size=1, max_size=3, unique_by=str
    )


actions = some([*ACTIONS, "sts:*", "s3:Get*", "s3:*", "STS:assumerole", "*"])
resources = some(
    [*RESOURCES, "*", "arn:aws:iam::*:role/*", "arn:aws:s3:::lab-bucket/*", "arn:aws:s3:::*"]
)
conditions = st.sampled_from([
    None,
    None,
    {"StringEquals": {"sts:ExternalId": "class-2026"}},
    {"StringLike": {"aws:username": ["test*", "other"]}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"NotIpAddress": {"aws:SourceIp": ["203.0.113.9", "10.0.0.0/8"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": True}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}},
    {
        "Null": {"sts:ExternalId": "true"},
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"},
    },
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}},
])  # fmt: skip


@st.composite
def statements(
    draw: st.DrawFn, *, named: bool = False, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")
) -> Any:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    if named:
        statement["Principal"] = {"AWS": draw(some(PRINCIPALS))}
        statement["Action"] = draw(some(["sts:AssumeRole", "sts:TagSession", "sts:*"]))
    else:
        statement[draw(st.sampled_from(["Action"] * 4 + ["NotAction"]))] = draw(actions)
        statement[draw(st.sampled_from(["Resource"] * 4 + ["NotResource"]))] = draw(resources)
    condition = draw(conditions)
    return statement if condition is None else statement | {"Condition": condition}


def documents(**how: Any) -> st.SearchStrategy[dict[str, Any]]:
    made = st.lists(statements(**how), min_size=1, max_size=3)
    return made.map(lambda given: {"Version": "2012-10-17", "Statement": given})


def policy(owner: str = "user testuser", **how: Any) -> st.SearchStrategy[Policy]:
    return documents(**how).map(lambda given: Policy.read(given, "inline", owner=owner))


principals = st.sampled_from(
    [
        USER,
        replace(USER, temporary=True, mfa=True),
        SESSION,
        FEDERATED,
        Principal.root(ACCOUNT),
        Principal.root(OTHER),
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    caller = draw(principals)
    if draw(st.booleans()):
        return Request.assume_role(
            caller,
            draw(st.sampled_from(RESOURCES[:2])),
            external_id=draw(st.sampled_from(["", "class-2026"])),
            tags=draw(st.sampled_from([{}, {"project": "lab"}])),
            mfa=draw(st.booleans()),
            source_ip="203.0.113.9",
            region="us-east-1",
            now=NOW,
        )
    action = draw(st.sampled_from([action for action in ACTIONS if not action.startswith("sts:")]))
    resource = "*" if "List" in action else RESOURCES[2]
    context = {
        "aws:SourceIp": draw(st.sampled_from(["203.0.113.9", "198.51.100.1"])),
        "aws:RequestedRegion": "us-east-1",
    }
    owner = draw(st.sampled_from(["", "", OTHER]))
    return Request(
        principal=caller,
        action=action,
        resource=resource,
        context=context,
        now=NOW,
        resource_account=owner,
    )


@st.composite
def worlds(draw: st.DrawFn) -> Policies:
    return having(
        identity=tuple(draw(st.lists(policy(), max_size=2))),
        trust=draw(policy("role s3Access", named=True)),
        boundary=draw(st.none() | policy()),
        session=draw(st.none() | policy().map(lambda one: (one,))),
    )


# Decisions


@given(
    requests(), worlds(), statements(effects=("Deny",)), st.sampled_from(["identity", "boundary"])
)
def test_adding_a_deny_never_allows(
    request: Request, policies: Policies, deny: Any, where: str
) -> None:
    """A refusal stays one."""
    extra = Policy.read({"Version": "2012-10-17", "Statement": [deny]}, "deny")
    if where == "identity":
        more = but(policies, identity=(*policies.at(Layer.IDENTITY), extra))
    else:
        boundary = policies.at(Layer.BOUNDARY)
        old: Any = boundary[0].document.raw["Statement"] if boundary else ()
        more = but(
            policies, boundary=Policy.read({"Version": "2012-10-17", "Statement": [*old, deny]})
        )
    if decide(request, policies).allowed is False:
        assert decide(request, more).allowed is False


@given(requests(), worlds(), policy(), st.sampled_from(["boundary", "session", "scp"]))
def test_adding_a_limit_never_allows_more(
    request: Request, policies: Policies, limit: Policy, kind: str
) -> None:
    """Boundary, session policy and SCP only take away."""
    # A federated user without a session policy has nothing, so one of everything stands for none.
    if kind == "boundary":
        before = but(policies, boundary=None)
        after = but(policies, boundary=limit)
    elif kind == "session":
        before = but(policies, session=policies.at(Layer.SESSION) or policy_of_everything())
        after = but(before, session=(limit,)) if not policies.has(Layer.SESSION) else before
    else:
        before, after = policies, but(policies, service_control=((limit,),))
    if decide(request, before).allowed is False:
        assert decide(request, after).allowed is False


def policy_of_everything() -> Policy:
    return Policy.read(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )


@given(requests(), worlds(), policy(effects=("Allow",)))
def test_adding_an_allow_never_refuses(request: Request, policies: Policies, more: Policy) -> None:
    """Except by a deny nothing is taken away."""
    if decide(request, policies).allowed:
        assert decide(request, but(policies, identity=(*policies.at(Layer.IDENTITY), more))).allowed


@given(requests(), worlds(), st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_does_not_matter(
    request: Request, policies: Policies, chance: random.Random
) -> None:
    """AWS promises none."""
    other = but(
        policies,
        identity=tuple(_rewritten(one, chance) for one in reversed(policies.at(Layer.IDENTITY))),
        trust=tuple(_rewritten(one, chance) for one in policies.at(Layer.TRUST)),
    )
    one, two = decide(request, policies), decide(request, other)
    assert (one.allowed, one.layer, one.refusing) == (two.allowed, two.layer, two.refusing)


@given(requests(), worlds())
def test_a_refusal_names_a_layer_that_exists_and_an_explicit_one_its_statement(
    request: Request, policies: Policies
) -> None:
    """Every decision carries its reason."""
    decision = decide(request, policies)
    assert decision.allowed is not None
    if decision.allowed:
        assert decision.place is not None or decision.layer in (
            Layer.CREDENTIALS,
            Layer.NO_POLICY_NEEDED,
        )
        return
    assert decision.layer is decision.refusing[0]
    assert decision.is_explicit is (decision.place is not None)
    if decision.place is not None:
        assert decision.place.statement.effect is Effect.DENY
    assert explain(decision, want_allowed=None).summary.endswith(".")


# Proposals


@settings(max_examples=60, deadline=None)
@given(requests(), worlds())
def test_what_is_proposed_always_puts_it_right(request: Request, policies: Policies) -> None:
    """And is no bare `*`, no document that AWS would refuse for what was added."""
    decision = decide(request, policies)
    for proposal in propose(decision):
        assert decide(proposal.request or request, proposal.policies).allowed
        added = [line for line in proposal.diff().splitlines() if line.startswith("+")]
        removed = [line for line in proposal.diff().splitlines() if line.startswith("-")]
        assert sum('"*"' in line for line in added) <= sum('"*"' in line for line in removed)
        for change in proposal.changes:
            kind = PolicyUse.TRUST if change.layer is Layer.TRUST else PolicyUse.MANAGED
            if (
                change.after is not None
                and change.before is not None
                and not faults(change.before, kind)
            ):
                assert faults(change.after, kind) == ()


@settings(max_examples=60, deadline=None)
@given(requests(), worlds())
def test_what_is_proposed_against_too_much_refuses(request: Request, policies: Policies) -> None:
    """The other way round."""
    decision = decide(request, policies)
    for proposal in propose(decision, want_allowed=False):
        assert decide(request, proposal.policies).allowed is False


# Comparison


def _rewritten(given: Policy, chance: random.Random) -> Policy:
    return replace(given, document=Policy.read(_shuffled(given.document.raw, chance)).document)


def _shuffled(raw: Any, chance: random.Random) -> dict[str, Any]:
    """Write a document another way that means the same."""
    found = [dict(statement) for statement in raw["Statement"]]
    chance.shuffle(found)
    for number, statement in enumerate(found):
        if chance.random() < 0.5:
            statement["Sid"] = f"S{number}"
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            if element in statement:
                statement[element] = _reordered(statement[element], chance)
        named = statement.get("Principal")
        if isinstance(named, dict):
            statement["Principal"] = {"AWS": _reordered(named["AWS"], chance)}
    return {"Statement": found, "Version": raw["Version"]}


def _reordered(given: Any, chance: random.Random) -> Any:
    other = {ROOT: ACCOUNT, ACCOUNT: ROOT}
    entries = [
        other.get(str(each), str(each)) if chance.random() < 0.5 else str(each)
        for each in as_list(given)
    ]
    chance.shuffle(entries)
    return entries[0] if len(entries) == 1 and chance.random() < 0.5 else entries


@given(documents() | documents(named=True), st.randoms(use_true_random=False))
def test_writing_it_another_way_is_no_difference(
    raw: dict[str, Any], chance: random.Random
) -> None:
    """Order, Sid, string or list, account id or root ARN, JSON text, URL-encoded."""
    other = _shuffled(raw, chance)
    assert same(raw, raw)
    assert same(raw, other)
    assert same(other, raw)
    assert same(quote(json.dumps(other)), json.dumps(raw))


@given(documents(), documents(), documents())
def test_sameness_is_an_equivalence(one: Any, two: Any, three: Any) -> None:
    """What is the same as the same is the same."""
    assert same(one, two) is same(two, one)
    if same(one, two) and same(two, three):
        assert same(one, three)


@given(requests(), documents(), documents())
def test_documents_that_are_the_same_decide_the_same(request: Request, one: Any, two: Any) -> None:
    """And one that is only too open refuses nothing that the wanted one allows.

    Only too tight, the reverse.
    """
    way = direction(compare(one, two))
    wanted, got = (
        decide(request, having(identity=(Policy.read(raw),), trust=TRUST)) for raw in (one, two)
    )
    if way is None:
        assert wanted.allowed is got.allowed
    if way is Direction.TOO_OPEN and wanted.allowed:
        assert got.allowed
    if way is Direction.TOO_TIGHT and got.allowed:
        assert wanted.allowed


TRUST = Policy.read(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:*"}],
    }
)
_patterns = st.text("ab:*?", max_size=6)


@given(_patterns, _patterns, st.text("ab:", max_size=6))
def test_a_covering_pattern_matches_all_that_the_covered_one_does(
    wide: str, narrow: str, text: str
) -> None:
    """Containment of wildcards is sound."""
    if covers(wide, narrow) and glob(marked(narrow), text):
        assert glob(marked(wide), text)


@given(st.text("ab*?", max_size=5), st.text("ab", max_size=5))
def test_covering_a_plain_text_is_matching_it(wide: str, text: str) -> None:
    """And complete where the narrow side has no wildcard."""
    assert covers(wide, text) is glob(marked(wide), text)


# Messages

_layers = st.sampled_from(
    [
        Layer.IDENTITY,
        Layer.RESOURCE,
        Layer.TRUST,
        Layer.BOUNDARY,
        Layer.SESSION,
        Layer.SERVICE_CONTROL,
        Layer.RESOURCE_CONTROL,
        Layer.VPC_ENDPOINT,
    ]
)


@st.composite
def refusals(draw: st.DrawFn) -> Refusal:
    layer = draw(st.none() | _layers)
    explicit = layer is not None and draw(st.booleans())
    arn = draw(st.sampled_from(["", f"arn:aws:iam::{ACCOUNT}:policy/No"])) if explicit else ""
    caller, action = draw(st.sampled_from([USER_ARN, SESSION_ARN])), draw(st.sampled_from(ACTIONS))
    return Refusal(caller, action, draw(st.sampled_from(["", *RESOURCES])), layer, explicit, arn)


@given(refusals())
def test_a_sentence_that_was_written_is_read_back(refusal: Refusal) -> None:
    """All kinds of policy, implicit and explicit, with and without a resource."""
    assert parse(render(refusal)) == refusal
    assert (
        parse(f"An error occurred (AccessDenied) when calling the X operation: {render(refusal)}")
        == refusal
    )


@given(requests(), worlds())
def test_awss_sentence_for_a_decision_agrees_with_it(request: Request, policies: Policies) -> None:
    """What is said and what was decided are one."""
    decision = decide(request, policies)
    if decision.allowed is False:
        assert agreement(render(refusal_of(decision)), decision) in (
            Agreement.AGREES,
            Agreement.SILENT,
        )


@given(st.text(max_size=80))
def test_no_text_makes_the_readers_fail(text: str) -> None:
    """Rubbish is said to be rubbish."""
    parse(text)
    assert Policy.read(text).document.fault
    assert faults(text, PolicyUse.TRUST)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "Version",
                        "Statement",
                        "Effect",
                        "Action",
                        "Principal",
                        "Condition",
                        "AWS",
                        "x",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_makes_the_readers_fail(given_: Any) -> None:
    """A document of any shape is judged, never a traceback."""
    read = Policy.read(given_)
    for kind in PolicyUse:
        if read.document.fault:
            assert faults(given_, kind)
    decide(Request(principal=USER, action="s3:GetObject"), having(identity=(read,)))
    compare(given_, given_)
