"""On which line of its text a fault of a policy document is."""

from __future__ import annotations

import json
import time

import pytest

from rolelab.iam.grammar import PolicyUse, bucket, faults
from rolelab.iam.grammar.lines import line_of
from tests.iam.builders import ROLE_ARN, allow, doc

TWO = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow", "Action": "Statement", "Resource": ["*"]
    },
    {
      "Sid": "{ \\"Effect\\": [1, 2] }",
      "\\u0045ffect": "allow",
      "Principal": {
        "AWS": "x"
      },
      "Condition": {"Bool": {"a:b": "true"},
        "StringSame": {}}
    }
  ],
  "Co.mm, ent": 1
}"""
ONE = """
{"Statement":
  {"Effect": "Allow",

   "Acton": "*"}}"""
TWICE = """{
  "Statement": [{"Condition": {"Bool": {"a:b":
     1,
     "a:\\u0062": 2}}}]
}"""


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        (TWO, "document", 1),
        (TWO, "Version", 2),
        (TWO, "Statement", 3),
        (TWO, "statement 1", 4),
        (TWO, "statement 1, Effect", 5),
        (TWO, "statement 2", 7),
        (TWO, "statement 2, Sid", 8),
        (TWO, "statement 2, Effect", 9),
        (TWO, "statement 2, Principal", 10),
        (TWO, "statement 2, Principal.AWS", 11),
        (TWO, "statement 2, Principal.Service", 10),
        (TWO, "statement 2, Condition Bool", 13),
        (TWO, "statement 2, Condition StringSame", 14),
        (TWO, "statement 2, Resource", 7),
        (TWO, "statement 3", 3),
        (TWO, "document, Co.mm, ent", 17),
        (TWO, "Id", 1),
        (ONE, "statement 1", 2),
        (ONE, "statement 1, Effect", 3),
        (ONE, "statement 1, Acton", 5),
        (ONE, "statement 1, Resource", 2),
        (TWICE, "document", 4),
        ('{"Statement": [\n1,\n{}, [2,\n3],\n{"Sid": 1}]}', "statement 4, Sid", 5),
        ("7", "document", 1),
    ],
)
def test_a_place_has_a_line(text: str, place: str, line: int) -> None:
    """Of what is not there it is the line of what should have it."""
    assert line_of(text, place) == line
    assert line_of(text.replace("\n", "\r\n"), place) == line


def test_a_long_or_deep_document_costs_no_more_than_its_letters() -> None:
    """An editor asks at every key."""
    deep = '{"Statement": [' + "[" * 900 + "]" * 900 + ',\n{"Effect": 1}]}'
    assert line_of(deep, "statement 2, Effect") == 2
    many = json.dumps(doc(*[allow()] * 2000), indent=1)
    started = time.process_time()
    assert line_of(many, "statement 2000, Resource") == many.count("\n") - 2
    assert time.process_time() - started < 1


@pytest.mark.parametrize("use", [PolicyUse.USER_INLINE, PolicyUse.TRUST, PolicyUse.MANAGED])
def test_a_misspelt_element_is_named(use: PolicyUse) -> None:
    """And no place is told that is not there."""
    statement = {"Effect": "Allow", "Acton": "sts:AssumeRole", "Resource": ROLE_ARN}
    found = faults(doc(statement) | {"Comment": "x"}, use)
    places = [fault.place for fault in found]
    assert places[:2] == ["document, Comment", "statement 1, Acton"]
    assert not any("NotAction" in place for place in places)
    # IAM names it in trust policies only; S3 does.
    says = "Unknown field Acton" if use is PolicyUse.TRUST else "Syntax errors in policy."
    assert found[1].what == says


def test_faults_of_a_bucket_policy_have_places() -> None:
    """S3 tells the first one; whoever writes wants to see all of them."""
    text = json.dumps(
        doc(
            {
                "Effect": "allow",
                "Principal": "x",
                "Action": "s3:Nothing",
                "Resource": "arn:aws:s3:::b/*",
                "Condition": {"Same": {}},
                "Acton": "*",
            },
            {"Effect": "Allow"},
            version="1",
        )
    )
    assert [fault.place for fault in bucket.faults(text, "b")] == [
        *("Version", "statement 1, Acton", "statement 1, Effect", "statement 1, Principal"),
        *("statement 1, Action", "statement 1, Action", "statement 1, Condition Same"),
        "statement 2",
    ]
