"""What others wrote into names, policies and requests cannot play with the reader's screen."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import documents
from rolelab import readable
from rolelab.aws.clients import Clients
from rolelab.localaws.process import lifecycle
from tests import labs
from tests.cli.conftest import ROOT, Run, run_rolelab

FORGED = "The lab is as it should be: 37 of 37 checks passed."
HOSTILE = f"x\n{FORGED}\r\x1b[2J\x1b[31m\x9b1m\u202egnp.exe\u2066\u2028\x07"
"""A forged line, colours, a cleared screen, C1's CSI, reversed text, a bell."""
_LINE_ENDS = "\n"


def assert_readable(told: str) -> None:
    """Nothing in a text acts on a screen, and no line of it is forged."""
    unseen = {
        letter for letter in told if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    }
    assert unseen <= {_LINE_ENDS}, unseen
    assert FORGED not in [line.strip() for line in told.splitlines()]


@given(st.text())
def test_a_text_is_one_readable_line_and_data_stays_what_it_is(text: str) -> None:
    """Whatever a text holds; JSON holds it unchanged."""
    assert "\n" not in readable.line(text)
    assert_readable(readable.line(text))
    assert_readable(readable.lines(text).replace(FORGED, ""))
    assert_readable(readable.as_json({"key": text}, indent=2))
    assert json.loads(readable.as_json({"key": text})) == {"key": text}


@pytest.mark.parametrize("name", ["Zoë Müller", "王 小明", "a　b", "naïve “quoted” … ✓"])
def test_what_people_read_stays_as_it_is(name: str) -> None:
    """Only what is not seen is escaped."""
    assert readable.line(name) == readable.as_html(name) == name


def _break_with_hostile_values(made: labs.MadeLab) -> None:
    """A condition that nobody meets, in both halves; text beyond Latin 1 is escaped in JSON."""
    condition: Any = {"StringEquals": {"sts:ExternalId": HOSTILE}}
    trust = documents.trust(documents.account_root(made.account), condition)
    made.root.iam.update_assume_role_policy(
        RoleName=labs.ROLE, PolicyDocument=documents.as_json(trust)
    )
    statement = {"Effect": "Deny", "Action": "sts:*", "Resource": "*", "Condition": condition}
    document = {"Version": documents.VERSION, "Statement": [statement]}
    made.root.iam.put_user_policy(
        UserName="testuser", PolicyName="second", PolicyDocument=json.dumps(document)
    )


def test_a_policy_forges_no_line_of_any_report(
    made: labs.MadeLab, rolelab: Run, tmp_path: Path
) -> None:
    """As text, page, JUnit, explanation and repair; JSON has the very value."""
    _break_with_hostile_values(made)
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    options = [part for form, file in files.items() for part in (f"--{form}", str(file))]
    for done in (
        rolelab("verify", "--wait", "0.1", *options),
        rolelab("explain"),
        rolelab("explain", "s3:GetObject", f"arn:aws:s3:::b/{HOSTILE}"),
        rolelab("mend", "--yes"),
    ):
        assert_readable(done.stdout)
        assert_readable(done.stderr)
    for file in files.values():
        assert_readable(file.read_text())
    found = json.loads(files["json"].read_text())["findings"]
    told = next(each for each in found if each["check"] == "declared.trust-conditions")
    assert HOSTILE in told["why"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "--yes", "--stack", HOSTILE],
        ["verify", "--outputs", HOSTILE],
        ["explain", HOSTILE],
        ["break", HOSTILE],
        ["outputs", HOSTILE],
        ["exec", "--as", HOSTILE, "--", "true"],
        ["local", "clock", "--forward", HOSTILE],
        ["local", "env", "--account", HOSTILE],
        [HOSTILE],
        [f"--{HOSTILE}"],
    ],
    ids=lambda arguments: " ".join(arguments)[:14].split("\n")[0],
)
def test_an_error_quotes_what_was_typed_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    """It may have come out of somebody's file or message."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    done = run_rolelab(tmp_path, *arguments)
    assert done.returncode
    assert_readable(done.stdout + done.stderr)


def test_a_configuration_is_quoted_in_one_line(tmp_path: Path) -> None:
    """Each fault is a line of its own, whatever its value holds."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    value = json.dumps(HOSTILE)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        f"config:\n  assume-role-lab:roleName: {value}\n  aws:region: {value}\n"
    )
    done = run_rolelab(tmp_path, "up", "--yes")
    assert done.returncode == 2
    assert_readable(done.stderr)
    faults = done.stderr.splitlines()
    assert faults
    assert all(line.startswith("error: ") for line in faults)


def test_events_show_a_request_in_one_line(tmp_path: Path) -> None:
    """Whoever may call it writes into it: names, keys, user agents."""
    (tmp_path / "Pulumi.yaml").write_text("name: assume-role-lab\nruntime: python\n")
    home = tmp_path / ".rolelab" / "local"
    instance = lifecycle.ensure(home).instance
    try:
        s3 = Clients(instance.endpoint("000000000000")).s3
        key = HOSTILE.replace("\u2028", "").replace("\x9b", "")
        s3.create_bucket(Bucket="a-bucket")
        s3.put_object(Bucket="a-bucket", Key=key, Body=b"")
        text = run_rolelab(tmp_path, "local", "events").stdout
        assert_readable(text)
        assert len(text.splitlines()) == 2
        events = run_rolelab(tmp_path, "local", "events", "--json").stdout
        assert_readable(events)
        assert json.loads(events.splitlines()[-1])["requestParameters"]["key"] == key
    finally:
        lifecycle.stop(home, force=True)


def test_no_command_prints_past_the_one_place() -> None:
    """What is for people is said with `say`; what stays is data for programs and shells."""
    data = ("readable.", "export ", "value if bare", "unset_line(", "get_usage()", "[Enter]")
    printed = [
        line
        for file in (ROOT / "rolelab" / "cli").glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if "click.echo" in line or re.match(r"\s*print\(", line)
    ]
    assert [line for line in printed if not any(each in line for each in data)] == []
