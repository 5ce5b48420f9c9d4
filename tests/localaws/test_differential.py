"""The layer against two other judges, on thousands of generated policies and requests.

`rolelab.iam` shares no code with the layer and decides everything; MiniStack's own evaluator decides the
identity-based half, where the documentation is on its side (no variables, no incomplete ARNs, no comparison of ARNs).
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rolelab import iam as judge
from rolelab.localaws.accounts.caller import Caller, Kind
from rolelab.localaws.accounts.identities import IdentityStore, Tables
from rolelab.localaws.accounts.records import UserRecord
from rolelab.localaws.authorization import Cause, ResourcePolicy, authorize
from rolelab.localaws.documents import check_identity, check_trust
from rolelab.localaws.ministack import emulator
from rolelab.localaws.process.record import Instance
from rolelab.localaws.statements import Decision, Request, decide, parsed

ACCOUNT, OTHER = "111122223333", "444455556666"
USER, USER_ID = f"arn:aws:iam::{ACCOUNT}:user/testuser", "AIDATESTUSER00000001"
ROLE, FOREIGN = f"arn:aws:iam::{ACCOUNT}:role/s3Access", f"arn:aws:iam::{OTHER}:role/s3Access"
MANY = settings(max_examples=1500, deadline=None, derandomize=False)

Doc = dict[str, Any]


def _nothing() -> Doc:
    return {}


def _one_or_list(values: list[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


ACTIONS = _one_or_list(
    [
        "sts:AssumeRole",
        "sts:*",
        "*",
        "STS:assumerole",
        "sts:Assume????",
        "s3:*",
        "iam:PassRole",
        "sts:AssumeRoleWithSAML",
    ]
)
TRUST_ACTIONS = _one_or_list(
    ["sts:AssumeRole", "sts:*", "sts:Assume*", "sts:AssumeRoleWithSAML", "sts:TagSession"]
)
RESOURCES = _one_or_list(
    [
        "*",
        ROLE,
        FOREIGN,
        f"arn:aws:iam::{ACCOUNT}:role/*",
        "arn:aws:iam::*:role/s3*",
        f"arn:aws:iam::{ACCOUNT}:role/S3ACCESS",
        f"arn:aws:iam::{ACCOUNT}:role/s3Acces?",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        "arn:aws:s3:::*",
    ]
)
PRINCIPALS = st.sampled_from(
    [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": ACCOUNT},
        {"AWS": USER},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"},
        {"AWS": "*"},
        "*",
        {"AWS": f"arn:aws:iam::{OTHER}:root"},
        {"Service": "ec2.amazonaws.com"},
        {"AWS": [f"arn:aws:iam::{OTHER}:root", USER]},
    ]
)

NO_CONDITION: st.SearchStrategy[Doc] = st.builds(_nothing)
TEXTS = st.sampled_from(
    ["class-2026", "CLASS-2026", "class", "", "lab", "cl*", "class-202?", "*", "a&b"]
)
STRINGS = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
]
KEYS = [
    "sts:ExternalId",
    "STS:externalid",
    "sts:RoleSessionName",
    "aws:username",
    "aws:PrincipalTag/team",
    "aws:PrincipalTag/none",
]


def _joined(first: str, second: str) -> str:
    return first + second


def _block(operator: str, key: str, value: Any) -> Doc:
    return {operator: {key: value}}


STRING_CONDITION = st.builds(
    _block,
    st.builds(_joined, st.sampled_from(STRINGS), st.sampled_from(["", "", "IfExists"])),
    st.sampled_from(KEYS),
    TEXTS | st.lists(TEXTS, min_size=1, max_size=3),
)
SET_CONDITION = st.builds(
    _block,
    st.builds(
        _joined, st.sampled_from(["ForAllValues:", "ForAnyValue:"]), st.sampled_from(STRINGS)
    ),
    st.just("aws:TagKeys"),
    st.lists(st.sampled_from(["team", "project", "t*"]), min_size=1, max_size=2),
)
OTHER_CONDITION = st.sampled_from(
    [
        _block("Null", "sts:ExternalId", "true"),
        _block("Null", "sts:ExternalId", "false"),
        _block("IpAddress", "aws:SourceIp", "127.0.0.0/8"),
        _block("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "::1/128"]),
        _block("Bool", "aws:MultiFactorAuthPresent", "true"),
        _block("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        _block("NumericLessThan", "sts:DurationSeconds", "901"),
        _block("NumericGreaterThanEqualsIfExists", "sts:DurationSeconds", 900),
        _block("DateLessThan", "aws:CurrentTime", "2099-01-01T00:00:00Z"),
        _block("DateGreaterThan", "aws:CurrentTime", "2099-01-01"),
    ]
)
ARN_CONDITION = st.builds(
    _block,
    st.sampled_from(["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLikeIfExists"]),
    st.just("aws:PrincipalArn"),
    st.sampled_from(
        [
            USER,
            "arn:aws:iam::*:user/*",
            "arn:*:user/testuser",
            "arn:aws:iam::*:role/*",
            f"arn:aws:iam::{ACCOUNT}:root",
        ]
    ),
)
VARIABLES = st.builds(
    _block,
    st.sampled_from(["StringEquals", "StringLike", "StringNotLike"]),
    st.sampled_from(["sts:ExternalId", "sts:RoleSessionName"]),
    st.sampled_from(
        [
            "${aws:username}",
            "x-${aws:PrincipalTag/team}",
            "${aws:PrincipalTag/team, 'none'}",
            "${*}",
            "${aws:PrincipalTag/none, 'class'}",
        ]
    ),
)


def _statement(
    effect: str, action: Any, resource: Any, negated: tuple[bool, bool], condition: Doc
) -> Doc:
    not_action, not_resource = negated
    return {
        "Effect": effect,
        "NotAction" if not_action else "Action": action,
        "NotResource" if not_resource else "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def _trusting(effect: str, principal: Any, action: Any, condition: Doc) -> Doc:
    statement: Doc = {"Effect": effect, "Principal": principal, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def statements(*conditions: st.SearchStrategy[Doc]) -> st.SearchStrategy[Doc]:
    return st.builds(
        _statement,
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        ACTIONS,
        RESOURCES,
        st.sampled_from([(False, False)] * 4 + [(True, False), (False, True)]),
        NO_CONDITION | st.one_of(*conditions),
    )


def documents(
    statement: st.SearchStrategy[Doc], version: st.SearchStrategy[str | None] | None = None
) -> st.SearchStrategy[Doc]:
    def document(found: list[Doc], known: str | None) -> Doc:
        return ({"Version": known} if known else {}) | {"Statement": found}

    known: st.SearchStrategy[str | None] = st.sampled_from(
        ["2012-10-17", "2012-10-17", "2008-10-17", None]
    )
    versions = known if version is None else version
    return st.builds(document, st.lists(statement, min_size=1, max_size=3), versions)


ANY = (STRING_CONDITION, SET_CONDITION, OTHER_CONDITION, ARN_CONDITION, VARIABLES)
IDENTITY = documents(statements(*ANY))
TRUST = documents(
    st.builds(
        _trusting,
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        PRINCIPALS,
        TRUST_ACTIONS,
        NO_CONDITION | st.one_of(*ANY),
    )
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "sts:ExternalId": st.sampled_from(
            ["class-2026", "CLASS-2026", "class", "testuser", "x-blue", "*"]
        ),
        "sts:RoleSessionName": st.sampled_from(["lab", "testuser", "class"]),
        "sts:DurationSeconds": st.sampled_from(["900", "901"]),
        "aws:MultiFactorAuthPresent": st.sampled_from(["true", "false"]),
    },
)
TAGS = {"team": "blue"}


def _store(inline: list[Doc], boundary: Doc | None) -> IdentityStore:
    """Return a store that holds one user's inline policies and boundary, and nothing else."""
    documents = {str(number): json.dumps(document) for number, document in enumerate(inline)}
    policy: Doc = {
        "PolicyName": "boundary",
        "PolicyId": "ANPA",
        "Arn": "boundary",
        "DefaultVersionId": "v1",
        "Versions": {"v1": {"Document": json.dumps(boundary)}},
    }
    tables: dict[str, Any] = {field.name: {} for field in fields(Tables)}
    tables["user_policies"] = {(ACCOUNT, "testuser"): documents}
    tables["policies"] = {(ACCOUNT, "boundary"): policy}
    return IdentityStore(Tables(**tables))


def _keys(asked: dict[str, str]) -> Any:
    known: dict[str, Any] = {name.lower(): value for name, value in asked.items()} | {
        "aws:username": "testuser",
        "aws:principalarn": USER,
        "aws:principalaccount": ACCOUNT,
        "aws:principaltype": "User",
        "aws:principaltag/team": "blue",
        "aws:sourceip": "127.0.0.1",
        "aws:currenttime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    def key(name: str) -> Any:
        return known.get(name.lower())

    return key


def _layer(
    inline: list[Doc], boundary: Doc | None, trust: Doc, role: str, asked: dict[str, str]
) -> bool:
    store = _store(inline, boundary)
    user: Doc = {"UserName": "testuser", "Arn": USER, "UserId": USER_ID, "AttachedPolicies": []}
    if boundary is not None:
        user["PermissionsBoundary"] = "boundary"
    keys: dict[str, Any] = {"aws:principalarn": USER}
    caller = Caller(
        kind=Kind.USER,
        account=ACCOUNT,
        arn=USER,
        principal_id=USER_ID,
        access_key_id="AKIA",
        name="testuser",
        entity=cast("UserRecord", user),
        keys=keys,
    )
    resource = ResourcePolicy(
        parsed(json.dumps(trust)), owner=role.split(":")[4], cause=Cause.TRUST
    )
    return authorize(store, caller, Request("sts:AssumeRole", role, _keys(asked)), resource) is None


def _judge(
    inline: list[Doc], boundary: Doc | None, trust: Doc, role: str, asked: dict[str, str]
) -> bool | None:
    request = judge.Request(
        principal=judge.Principal.user(USER, USER_ID, tags=TAGS),
        action="sts:AssumeRole",
        resource=role,
        context={**asked, "aws:SourceIp": "127.0.0.1"},
        now=datetime.now(timezone.utc),
        resource_tags={},
    )
    policies = judge.Policies.of(
        {
            judge.Layer.IDENTITY: tuple(judge.Policy.read(document) for document in inline),
            judge.Layer.BOUNDARY: None if boundary is None else judge.Policy.read(boundary),
            judge.Layer.TRUST: judge.Policy.read(trust),
        }
    )
    return judge.decide(request, policies).allowed


@MANY
@given(
    inline=st.lists(IDENTITY, max_size=2),
    boundary=st.none() | st.none() | IDENTITY,
    trust=TRUST,
    role=st.sampled_from([ROLE, ROLE, ROLE, FOREIGN]),
    asked=ASKED,
)
@example(
    inline=[], boundary=None, trust={"Version": "2012-10-17", "Statement": []}, role=ROLE, asked={}
)
def test_the_layer_and_the_independent_evaluator_agree_on_who_may_assume(
    inline: list[Doc], boundary: Doc | None, trust: Doc, role: str, asked: dict[str, str]
) -> None:
    """Two readings of the same documentation, by different hands: where they differ, one of them is wrong."""
    decided = _judge(inline, boundary, trust, role, asked)
    assert decided is not None
    assert _layer(inline, boundary, trust, role, asked) == decided


@MANY
@given(
    inline=st.lists(
        documents(statements(STRING_CONDITION, OTHER_CONDITION), st.just("2012-10-17")),
        min_size=1,
        max_size=2,
    ),
    role=st.sampled_from([ROLE, FOREIGN]),
    asked=ASKED,
)
def test_the_layer_and_ministacks_evaluator_agree_on_the_identity_based_half(
    local_aws: Instance, inline: list[Doc], role: str, asked: dict[str, str]
) -> None:
    """Where the documentation is on MiniStack's side, the layer must not be different."""
    evaluator = emulator.module("core.iam_evaluator")
    keys = _keys(asked)
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
    ours = decide(
        [parsed(json.dumps(document)) for document in inline], Request("sts:AssumeRole", role, keys)
    )
    assert {"Allow": Decision.ALLOW, "Deny": Decision.DENY, "ImplicitDeny": Decision.NOTHING}[
        theirs.decision
    ] is ours


@MANY
@given(identity=IDENTITY, trust=TRUST)
def test_what_was_generated_is_what_iam_would_store(identity: Doc, trust: Doc) -> None:
    """Else the comparison would be of nonsense; and IAM's grammar refuses none of it."""
    check_identity(json.dumps(identity))
    check_trust(json.dumps(trust))
