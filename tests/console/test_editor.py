"""The check of policies while they are written."""

from __future__ import annotations

import json

import pytest

from rolelab.console.serving import ConsoleServer
from tests.console.plain import PlainBrowser

LINES = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "%s",
      "Acton": "%s"%s
    }
  ]
}"""
BUCKET = """,
      "Principal": "*", "Resource": "arn:aws:s3:::b"
"""


@pytest.mark.parametrize(
    ("use", "document", "said"),
    [
        (
            "users",
            LINES % ("Alow", "*", ""),
            [
                "line 6: statement 1, Acton: Syntax errors in policy.",
                "line 5: statement 1, Effect: Syntax errors in policy.",
            ],
        ),
        (
            "trust",
            LINES % ("Allow", "sts:AssumeRole", ""),
            [
                "line 6: statement 1, Acton: Unknown field Acton",
                "line 4: statement 1: Missing required field Principal",
                "line 4: statement 1: Policy statement must contain actions.",
            ],
        ),
        (
            "bucket:b",
            LINES % ("Allow", "*", BUCKET),
            [
                "line 6: statement 1, Acton: Unknown field Acton",
                "line 4: statement 1: Missing required field Action",
            ],
        ),
        ("users", "[\n" * 3000, ["line 3000: It is nested too deep."]),
        (
            "users",
            '{"Sid": 1,\n"Id": ' + "9" * 5000 + "}",
            ["line 2: The number has too many digits."],
        ),
        ("users", '{\n"Version": x', ["Not JSON, line 2, column 12: Expecting value"]),
    ],
)
def test_every_fault_has_its_line_and_its_reason(
    console: ConsoleServer, use: str, document: str, said: list[str]
) -> None:
    """A form sends line ends of its own; the lines are those that one sees."""
    browser = PlainBrowser(console).as_root()
    form = {"do": "check", "use": use, "document": document.replace("\n", "\r\n")}
    csrf = browser.get("/iam/groups").csrf
    assert json.loads(browser.post("/iam/check", csrf, form=form).text)["faults"] == said
