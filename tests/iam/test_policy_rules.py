"""Faults that AWS refuses a policy document for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.limits import policy_size
from rolelab.iam.grammar import PolicyUse, faults
from tests.iam.builders import ROLE_ARN, ROOT, allow, doc, trusts
from tests.iam.cases import FIDELITY, load

GRANT, TRUST = doc(allow()), doc(trusts())


def _without(document: dict[str, Any], element: str) -> dict[str, Any]:
    return doc({key: value for key, value in document["Statement"][0].items() if key != element})


@pytest.mark.parametrize(
    ("kind", "document", "place"),
    [
        (PolicyUse.USER_INLINE, "{", "document"),
        (PolicyUse.USER_INLINE, "[]", "document"),
        (PolicyUse.USER_INLINE, '{"Version": "2012-10-17", "Version": "2012-10-17"}', "document"),
        (PolicyUse.USER_INLINE, {"Version": "2012-10-17"}, "Statement"),
        (PolicyUse.USER_INLINE, doc(allow(), version="2020-01-01"), "Version"),
        (PolicyUse.USER_INLINE, doc(), "Statement"),
        (PolicyUse.USER_INLINE, GRANT | {"Comment": "x"}, "document"),
        (PolicyUse.USER_INLINE, doc(allow() | {"Comment": "x"}), "statement 1"),
        (PolicyUse.USER_INLINE, doc(allow() | {"Effect": "allow"}), "statement 1, Effect"),
        (PolicyUse.USER_INLINE, _without(GRANT, "Effect"), "statement 1, Effect"),
        (PolicyUse.USER_INLINE, _without(GRANT, "Action"), "statement 1"),
        (PolicyUse.USER_INLINE, _without(GRANT, "Resource"), "statement 1"),
        (PolicyUse.USER_INLINE, doc(allow(NotAction="s3:*")), "statement 1"),
        (PolicyUse.USER_INLINE, doc(allow("AssumeRole")), "statement 1, Action"),
        (PolicyUse.USER_INLINE, doc(allow("s3:")), "statement 1, Action"),
        (PolicyUse.USER_INLINE, doc(allow([])), "statement 1, Action"),
        (PolicyUse.USER_INLINE, doc(allow(7)), "statement 1, Action"),
        (PolicyUse.USER_INLINE, doc(allow(resource="s3Access")), "statement 1, Resource"),
        (PolicyUse.USER_INLINE, doc(allow(Principal="*")), "statement 1, Principal"),
        (PolicyUse.USER_INLINE, doc(allow(Sid="with blank")), "statement 1, Sid"),
        (PolicyUse.USER_INLINE, doc(allow(Sid="A"), allow(Sid="A")), "statement 2, Sid"),
        (
            PolicyUse.USER_INLINE,
            doc(allow(Condition={"StringSame": {"a:b": "c"}})),
            "statement 1, Condition StringSame",
        ),
        (PolicyUse.USER_INLINE, doc(allow(Condition=["x"])), "statement 1, Condition"),
        (
            PolicyUse.USER_INLINE,
            doc(allow(Condition={"DateLessThan": {"a:b": "never"}})),
            "statement 1, Condition DateLessThan",
        ),
        (PolicyUse.TRUST, _without(TRUST, "Principal"), "statement 1"),
        (PolicyUse.TRUST, doc(trusts(Resource=ROLE_ARN)), "statement 1, Resource"),
        (PolicyUse.TRUST, doc(trusts(action="s3:GetObject")), "statement 1, Action"),
        (PolicyUse.TRUST, doc(trusts(f"{ROOT[:-4]}group/students")), "statement 1, Principal.AWS"),
        (PolicyUse.TRUST, doc(trusts(f"{ROOT[:-4]}user/*")), "statement 1, Principal.AWS"),
        (PolicyUse.TRUST, doc(trusts("testuser")), "statement 1, Principal.AWS"),
        (PolicyUse.TRUST, doc(trusts({"User": "x"})), "statement 1, Principal"),
        (PolicyUse.TRUST, doc(trusts({"Service": "ec2"})), "statement 1, Principal.Service"),
        (
            PolicyUse.TRUST,
            doc(_without(TRUST, "Principal")["Statement"][0] | {"NotPrincipal": "*"}),
            "1, NotPrincipal",
        ),
        (PolicyUse.TRUST, _without(TRUST, "Effect"), "statement 1, Effect"),
    ],
)
def test_a_fault_is_found_at_its_place(kind: PolicyUse, document: Any, place: str) -> None:
    """AWS says MalformedPolicyDocument; the learner wants to know where."""
    found = faults(document, kind)
    assert any(place in fault.place for fault in found)
    assert {fault.code for fault in found} == {"MalformedPolicyDocument"}


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (PolicyUse.USER_INLINE, GRANT),
        (PolicyUse.USER_INLINE, json.dumps(GRANT)),
        (PolicyUse.USER_INLINE, doc(allow(), version=None)),
        (PolicyUse.USER_INLINE, GRANT | {"Statement": allow()}),
        (
            PolicyUse.MANAGED,
            doc(
                allow(
                    ["s3:Get*", "*"],
                    "*",
                    Condition={"ForAnyValue:StringLikeIfExists": {"a:b": ["c"]}},
                )
            ),
        ),
        (PolicyUse.TRUST, TRUST),
        (PolicyUse.TRUST, doc(trusts("*"), trusts({"Service": ["ec2.amazonaws.com"]}))),
        (PolicyUse.TRUST, doc(trusts("AIDATESTUSER00000001"))),
    ],
)
def test_a_sound_document_has_no_fault(kind: PolicyUse, document: Any) -> None:
    """What AWS takes must not be called wrong."""
    assert faults(document, kind) == ()


def test_sizes_count_no_white_space() -> None:
    """IAM counts characters without white space, wherever that stands."""
    assert (
        policy_size(json.dumps(GRANT, indent=8))
        == policy_size(GRANT)
        == len(json.dumps(GRANT, separators=(",", ":")))
    )
    assert policy_size(doc(allow(Sid="a b"))) == policy_size(doc(allow(Sid="ab")))


@pytest.mark.parametrize("kind", [kind for kind in PolicyUse if kind.limit is not None])
def test_a_document_at_the_limit_is_taken_and_one_above_it_is_not(kind: PolicyUse) -> None:
    """Limits by kind, to the character."""
    document = TRUST if kind is PolicyUse.TRUST else GRANT
    statement = document["Statement"][0] | {"Sid": ""}
    room = (kind.limit or 0) - policy_size(doc(statement))
    assert faults(doc(statement | {"Sid": "A" * room}), kind) == ()
    (fault,) = faults(doc(statement | {"Sid": "A" * (room + 1)}), kind)
    assert fault.code == ("PackedPolicyTooLarge" if kind is PolicyUse.SESSION else "LimitExceeded")


def test_inline_policies_share_one_limit() -> None:
    """Two that fit alone may be too long together."""
    half, limit = doc(allow(Sid="A" * 900)), PolicyUse.USER_INLINE.limit or 0
    assert policy_size(half) <= limit < 2 * policy_size(half)


def _malformed() -> list[Any]:
    cases, _ = load()
    wanted = ("error:MalformedPolicyDocument", "error:LimitExceeded")
    return [pytest.param(case, id=case["id"]) for case in cases if case["expected"] in wanted]


@pytest.mark.parametrize("case", _malformed())
def test_awss_own_refusals_of_documents_are_found(case: dict[str, Any]) -> None:
    """The cases with AWS's answers; whether a principal exists only AWS can know."""
    params = case["request"]["params"]
    kind = (
        PolicyUse.TRUST
        if "trust" in params
        else PolicyUse.SESSION
        if "Policy" in params
        else PolicyUse.USER_INLINE
    )
    document = params.get("trust") or params.get("policy") or params["Policy"]
    found = faults(document, kind)
    if case["why"] == "Invalid principal in policy.":
        assert found == ()
        return
    assert f"error:{found[0].code}" == case["expected"]


def _own() -> Iterator[Any]:
    kinds = {
        "iam:PutUserPolicy": PolicyUse.USER_INLINE,
        "iam:PutRolePolicy": PolicyUse.ROLE_INLINE,
        "iam:CreatePolicy": PolicyUse.MANAGED,
        "iam:CreateRole": PolicyUse.TRUST,
    }
    for case in load(FIDELITY / "documents.json")[0]:
        params, kind = case["request"]["params"], kinds.get(case["request"]["action"])
        # Whether a principal exists, only AWS can know.
        knowable = not {"Invalid principal in policy", "It must exist."} & {
            case.get("says"),
            case["why"],
        }
        if kind is not None and knowable and ("trust" in params or "policy" in params):
            yield pytest.param(
                kind,
                params.get("trust", params.get("policy")),
                case["expected"] == "allow",
                id=case["id"],
            )


@pytest.mark.parametrize(("kind", "document", "is_taken"), list(_own()))
def test_documents_are_taken_and_refused_as_the_local_aws_does(
    kind: PolicyUse, document: Any, is_taken: bool
) -> None:
    """Cases written for the local AWS, by others."""
    assert (faults(document, kind) == ()) is is_taken
