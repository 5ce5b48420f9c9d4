"""Documents are compared by meaning; what differs is said with its place and which way it errs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from rolelab.iam.compare import Direction, compare, direction, same
from tests.iam.builders import ACCOUNT, OTHER, ROLE_ARN, ROOT, USER_ARN, allow, deny, doc, trusts

TRUST = doc(trusts())
GRANT = doc(allow())
EXTERNAL = {"StringEquals": {"sts:ExternalId": "class-2026"}}
BOTH = ["sts:AssumeRole", "sts:TagSession"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TRUST, doc(trusts(ACCOUNT))),
        (TRUST, doc(trusts([ROOT]))),
        (TRUST, doc(trusts([ROOT, ACCOUNT]))),
        (TRUST, doc(trusts() | {"Sid": "LetThemIn"})),
        (TRUST, TRUST | {"Statement": trusts()}),
        (TRUST, doc(trusts(action=["STS:assumerole"]))),
        (TRUST, doc(trusts(), version=None)),
        (TRUST, json.dumps(TRUST, indent=4)),
        (TRUST, quote(json.dumps(TRUST))),
        (TRUST, dict(reversed(TRUST.items())) | {"Id": "x"}),
        (doc(trusts("*")), doc(trusts() | {"Principal": "*"})),
        (doc(trusts(["*", ROOT])), doc(trusts("*"))),
        (doc(trusts(action=BOTH)), doc(trusts(action=BOTH[1]), trusts(action=BOTH[0]))),
        (doc(trusts([ROOT, OTHER])), doc(trusts(OTHER), trusts(ROOT))),
        (GRANT, doc(allow(), allow(Sid="again"))),
        (doc(allow(["s3:*", "s3:GetObject"], "*")), doc(allow("s3:*", ["*", ROLE_ARN]))),
        (
            doc(allow("s3:*", "*"), allow("s3:GetObject", "arn:aws:s3:::b/*")),
            doc(allow("S3:*", "*")),
        ),
        (
            doc(trusts(Condition=EXTERNAL)),
            doc(trusts(Condition={"StringEquals": {"STS:externalid": ["class-2026"]}})),
        ),
        (
            doc(trusts(Condition=EXTERNAL)),
            doc(trusts(Condition={"StringLike": {"sts:ExternalId": "class-2026"}})),
        ),
        (
            doc(trusts(Condition={"ArnEquals": {"aws:PrincipalArn": USER_ARN}})),
            doc(trusts(Condition={"ArnLike": {"aws:PrincipalArn": USER_ARN}})),
        ),
        (
            doc(trusts(Condition={"Bool": {"aws:MultiFactorAuthPresent": True}})),
            doc(trusts(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ),
        (
            doc(trusts(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.9"}})),
            doc(trusts(Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.9/32"]}})),
        ),
        (
            doc(trusts(Condition={"DateLessThan": {"aws:CurrentTime": "2026-01-15T12:00:00Z"}})),
            doc(trusts(Condition={"DateLessThan": {"aws:CurrentTime": "1768478400"}})),
        ),
    ],
)
def test_the_same_meaning_is_no_difference(one: Any, other: Any) -> None:
    """Whoever writes the same policy another way has not broken the lab."""
    assert compare(one, other) == ()
    assert compare(other, one) == ()


@pytest.mark.parametrize(
    ("want", "got", "place", "way"),
    [
        (TRUST, doc(trusts("*")), "statement 1, Principal", Direction.TOO_OPEN),
        (TRUST, doc(trusts([ROOT, OTHER])), "statement 1, Principal", Direction.TOO_OPEN),
        (doc(trusts([ROOT, OTHER])), TRUST, "statement 1, Principal", Direction.TOO_TIGHT),
        (TRUST, doc(trusts(OTHER)), "statement 1, Principal", Direction.OTHERWISE),
        (TRUST, doc(trusts({"Service": ACCOUNT})), "statement 1, Principal", Direction.OTHERWISE),
        (TRUST, doc(trusts(), trusts(OTHER)), "statement 2", Direction.TOO_OPEN),
        (TRUST, doc(trusts(), trusts(USER_ARN, "Deny")), "statement 2", Direction.TOO_TIGHT),
        (TRUST, doc(trusts(effect="Deny")), "statement 1, Effect", Direction.TOO_TIGHT),
        (TRUST, doc(trusts(action="sts:*")), "statement 1, Action", Direction.TOO_OPEN),
        (
            TRUST,
            doc(trusts(Condition=EXTERNAL)),
            "Condition StringEquals sts:ExternalId",
            Direction.TOO_TIGHT,
        ),
        (
            doc(trusts(Condition=EXTERNAL)),
            TRUST,
            "Condition StringEquals sts:ExternalId",
            Direction.TOO_OPEN,
        ),
        (
            doc(trusts(Condition=EXTERNAL)),
            doc(
                trusts(Condition={"StringEquals": {"sts:ExternalId": ["class-2026", "class-2027"]}})
            ),
            "Condition StringEquals sts:ExternalId",
            Direction.TOO_OPEN,
        ),
        (
            doc(trusts(Condition=EXTERNAL)),
            doc(trusts(Condition={"StringEquals": {"sts:ExternalId": "class-2027"}})),
            "Condition StringEquals sts:ExternalId",
            Direction.OTHERWISE,
        ),
        (
            doc(trusts(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
            doc(trusts(Condition={"IpAddress": {"aws:SourceIp": "203.0.0.0/16"}})),
            "Condition IpAddress aws:SourceIp",
            Direction.TOO_OPEN,
        ),
        (
            doc(
                deny(
                    "s3:*",
                    Condition={"NotIpAddress": {"aws:SourceIp": ["203.0.113.9", "203.0.113.10"]}},
                )
            ),
            doc(deny("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.9"}})),
            "Condition NotIpAddress aws:SourceIp",
            Direction.TOO_TIGHT,
        ),
        (GRANT, doc(allow(resource="*")), "statement 1, Resource", Direction.TOO_OPEN),
        (GRANT, doc(allow(resource=ROLE_ARN + "*")), "statement 1, Resource", Direction.TOO_OPEN),
        (
            GRANT,
            doc(allow(resource=ROLE_ARN.lower())),
            "statement 1, Resource",
            Direction.OTHERWISE,
        ),
        (GRANT, doc(allow(["sts:AssumeRole", "s3:*"])), "statement 1, Action", Direction.TOO_OPEN),
        (
            GRANT,
            doc({"Effect": "Allow", "NotAction": "iam:*", "Resource": ROLE_ARN}),
            "Action",
            Direction.TOO_OPEN,
        ),
        (GRANT, doc(allow(), deny("s3:*")), "statement 2", Direction.TOO_TIGHT),
        (doc(allow(), deny("s3:*")), GRANT, "a statement", Direction.TOO_OPEN),
        (doc(deny("s3:*")), doc(deny("s3:Get*")), "statement 1, Action", Direction.TOO_OPEN),
        (GRANT, "{", "document", Direction.OTHERWISE),
    ],
)
def test_a_difference_has_a_place_and_a_direction(
    want: Any, got: Any, place: str, way: Direction
) -> None:
    """Too open is as wrong as too tight, and the learner must see which."""
    differences = compare(want, got)
    assert direction(differences) is way
    assert len(differences) == 1
    assert place in differences[0].place
    assert way.value in str(differences[0])


def test_a_variable_is_another_thing_in_an_old_version() -> None:
    """The same text with and without variables allows different things."""
    own = allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*")
    assert not same(doc(own), doc(own, version="2008-10-17"))
    assert same(doc(own, version=None), doc(own, version="2008-10-17"))


def test_differences_read_as_sentences() -> None:
    """What a report shows."""
    (one,) = compare(TRUST, doc(trusts(["*"])))
    assert str(one) == f"statement 1, Principal: wanted account {ACCOUNT}, got * (too open)"
    (one,) = compare(doc(trusts(Condition=EXTERNAL)), TRUST)
    assert (
        str(one)
        == "statement 1, Condition StringEquals sts:ExternalId: class-2026 is missing (too open)"
    )


def test_a_difference_is_told_as_it_is_written() -> None:
    """The case of actions and keys does not count, and is what people look for."""
    (difference,) = compare(doc(allow("s3:GetObject")), doc(allow("s3:PutObject")))
    assert "wanted s3:GetObject, got s3:PutObject" in str(difference)
    (difference,) = compare(doc(), doc(allow(["s3:GetObject", "s3:listbucket"], "*")))
    assert "Allow s3:GetObject, s3:listbucket on *" in str(difference)
    assert same(doc(allow("s3:GETOBJECT")), doc(allow("s3:GetObject")))


def test_a_large_document_is_compared_in_time() -> None:
    """Ten thousand combinations must not become a hundred million comparisons."""
    actions = [f"s3:Action{n}" for n in range(100)]
    resources = [f"arn:aws:s3:::bucket{n}" for n in range(100)]
    want = doc(allow(actions, resources))
    assert same(want, doc(allow(list(reversed(actions)), resources)))
    assert direction(compare(want, doc(allow(actions[1:], resources)))) is Direction.TOO_TIGHT
