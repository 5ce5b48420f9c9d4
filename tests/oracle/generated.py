"""Policies and requests made by hypothesis, that IAM would store and AWS could be asked."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ACCOUNT, OTHER = "111122223333", "444455556666"
USER, USER_ID = f"arn:aws:iam::{ACCOUNT}:user/testuser", "AIDATESTUSER00000001"
ROLE, FOREIGN = f"arn:aws:iam::{ACCOUNT}:role/s3Access", f"arn:aws:iam::{OTHER}:role/s3Access"
WORKER, WORKER_ID = f"arn:aws:iam::{ACCOUNT}:role/path/worker", "AROAWORKER0000000001"
OBJECT = "arn:aws:s3:::bucket/key:1"

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
        "s3:Get*",
        "sts:TagSession",
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
        "arn:aws:s3",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::bucket/${aws:username}*",
        "arn:aws:s3:::${aws:PrincipalTag/team, 'bucket'}/key:?",
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
        {"AWS": USER_ID},
        {"AWS": WORKER},
        {"AWS": WORKER_ID},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/lesson"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
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


def _string_condition(keys: list[str]) -> st.SearchStrategy[Doc]:
    return st.builds(
        _block,
        st.builds(_joined, st.sampled_from(STRINGS), st.sampled_from(["", "", "IfExists"])),
        st.sampled_from(keys),
        TEXTS | st.lists(TEXTS, min_size=1, max_size=3),
    )


STRING_CONDITION = _string_condition([*KEYS, "aws:TagKeys", "aws:userid"])
PLAIN_CONDITION = _string_condition(KEYS)
"""Of keys that the request or a plain store has: no list, and nothing that follows from the
caller's kind."""
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


def _on_bucket(effect: str, principal: Any, action: Any, resource: Any, condition: Doc) -> Doc:
    return _trusting(effect, principal, action, condition) | {"Resource": resource}


def stated(*conditions: st.SearchStrategy[Doc]) -> st.SearchStrategy[Doc]:
    return st.builds(
        _statement,
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        ACTIONS,
        RESOURCES,
        st.sampled_from([(False, False)] * 4 + [(True, False), (False, True)]),
        NO_CONDITION | st.one_of(*conditions),
    )


def written(
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
IDENTITY = written(stated(*ANY))
TRUST = written(
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
        "aws:TagKeys": st.lists(st.sampled_from(["team", "project"]), min_size=1, unique=True),
    },
)

_BUCKET_ACTIONS = _one_or_list(["s3:*", "s3:GetObject", "s3:Get*", "s3:PutObject"])
_BUCKET_RESOURCES = _one_or_list(["arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", OBJECT, "*"])
_EXCEPTED = st.sets(
    st.sampled_from(
        [
            f"arn:aws:iam::{ACCOUNT}:root",
            ACCOUNT,
            f"arn:aws:iam::{OTHER}:root",
            USER,
            USER_ID,
            WORKER,
            WORKER_ID,
            f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/lesson",
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        ]
    ),
    min_size=1,
    max_size=4,
)


def _shutting_out(excepted: set[str], action: Any, resource: Any, condition: Doc) -> Doc:
    named = {"Effect": "Deny", "NotPrincipal": {"AWS": sorted(excepted)}}
    statement = {**named, "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


BUCKET = written(
    st.builds(
        _on_bucket,
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        PRINCIPALS,
        _BUCKET_ACTIONS,
        _BUCKET_RESOURCES,
        NO_CONDITION | st.one_of(*ANY),
    )
    | st.builds(
        _shutting_out, _EXCEPTED, _BUCKET_ACTIONS, _BUCKET_RESOURCES, NO_CONDITION | st.one_of(*ANY)
    )
)
