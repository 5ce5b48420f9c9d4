"""Stack outputs become a Lab, or one line that says what they lack."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest

from rolelab import outputs
from rolelab.errors import UsageError
from rolelab.outputs_reader import UNKNOWN

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
RAW: dict[str, Any] = {
    "accountId": "111122223333",
    "region": "us-east-1",
    "role": {
        "name": "s3Access",
        "arn": "arn:aws:iam::111122223333:role/s3Access",
        "maxSessionDuration": 3600,
    },
    "learners": {
        "testuser": {
            "userName": "testuser",
            "userArn": "arn:aws:iam::111122223333:user/testuser",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "secretAccessKey": SECRET,
        }
    },
}


def without(*path: str) -> dict[str, Any]:
    """Return the outputs without one value."""
    raw = copy.deepcopy(RAW)
    inner = raw
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return raw


def test_a_lab_never_shows_its_secrets() -> None:
    """A Lab may be logged, printed or end up in a traceback."""
    lab = outputs.parse(RAW, where="test")
    assert lab.learners[0].secret_access_key.reveal() == SECRET
    assert SECRET not in repr(lab)
    assert SECRET not in f"{lab}"


@pytest.mark.parametrize(
    "path",
    [
        ("accountId",),
        ("role",),
        ("role", "arn"),
        ("learners",),
        ("learners", "testuser", "accessKeyId"),
    ],
)
def test_what_is_missing_is_named(path: tuple[str, ...]) -> None:
    """Outputs of half a run are not a lab."""
    with pytest.raises(UsageError, match=rf"the outputs lack {'.'.join(path)} \(here\)"):
        outputs.parse(without(*path), where="here")


class _Asked(dict[str, Any]):
    """A mapping that writes down what is read from it."""

    def __init__(self, values: dict[str, Any], path: str, asked: set[str]) -> None:
        super().__init__(values)
        self.path, self.asked = path, asked

    def get(self, key: str, default: object = None) -> object:
        value: object = super().get(key, default)
        path = f"{self.path}{key}"
        if path == "role.trust" or not isinstance(value, dict):
            self.asked.add(path)
            return value
        name = "learners.NAME" if self.path == "learners." else path
        return _Asked(cast("dict[str, Any]", value), f"{name}.", self.asked)


def test_the_table_of_outputs_is_what_is_read() -> None:
    """For programs of one's own: each row is read, needed where it says so, and nothing else."""
    page = Path(__file__).parents[2] / "docs" / "verification.md"
    table = page.read_text().partition("<!-- the rows are what")[2].partition("<!-- end of")[0]
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (yes)? ?\|", table, re.MULTILINE))
    asked: set[str] = set()
    outputs.parse(_Asked(RAW, "", asked), where="here")
    assert set(rows) == asked
    for row in (row for row, needed in rows.items() if needed):
        path = row.replace("NAME", "testuser").split(".")
        with pytest.raises(UsageError, match=re.escape(".".join(path))):
            outputs.parse(without(*path), where="here")
    assert outputs.parse(RAW, where="here").grant, "RAW has the needed ones only"
    assert [row for row, needed in rows.items() if not needed] == [
        "role.managedPolicies", "role.policyDocuments", "role.trust", "role.tags", "grant",
        "learners.NAME.consolePassword",
    ]  # fmt: skip


def test_pulumis_unknown_is_not_a_value() -> None:
    """After a failed run with --continue-on-error the raw unknown stands in the outputs."""
    raw = copy.deepcopy(RAW)
    raw["role"]["arn"] = UNKNOWN
    with pytest.raises(UsageError, match=r"the outputs lack role\.arn"):
        outputs.parse(raw, where="here")


def test_a_lab_without_learners_is_none() -> None:
    """Nothing would be proven of it, and that must not look like a proof."""
    with pytest.raises(UsageError, match=r"the outputs lack learners \(here\)"):
        outputs.parse(RAW | {"learners": {}}, where="here")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("accountId", "1"),
        ("accountId", "1111222233334"),
        ("accountId", "\u0661" * 12),
        ("region", "us east 1"),
        ("role.name", "s3 Access"),
        ("role.arn", "nonsense"),
        ("role.arn", "arn:aws:iam::444455556666:role/s3Access"),
        ("role.arn", "arn:aws:iam::111122223333:user/s3Access"),
        ("role.arn", "arn:aws:iam::111122223333:role/another"),
        ("role.trust", {"a": 1}),
        ("role.trust", {"Statement": []}),
        ("role.trust", {"Statement": ["x"]}),
        ("role.maxSessionDuration", float("nan")),
        ("role.maxSessionDuration", float("inf")),
        ("role.maxSessionDuration", -1),
        ("role.maxSessionDuration", 3600.5),
        ("role.managedPolicies", ["x"]),
        ("role.policyDocuments", {"x": {}}),
        ("learners.testuser.userName", "a\nb"),
        ("learners.testuser.userArn", "x"),
        ("learners.testuser.userArn", "arn:aws:iam::444455556666:user/testuser"),
        ("learners.testuser.userArn", "arn:aws:iam::111122223333:user/another"),
        ("learners.testuser.accessKeyId", "AKIA\r\nHost: x"),
    ],
)
def test_a_value_of_another_form_is_named(path: str, value: object) -> None:
    """One line that names the output, and no traceback later on."""
    raw = copy.deepcopy(RAW)
    *outer, last = path.split(".")
    inner = raw
    for key in outer:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(UsageError) as caught:
        outputs.parse(raw, where="here")
    assert str(caught.value).startswith(f"{path} is ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_path_belongs_to_an_arn() -> None:
    """Roles and users may have one."""
    raw = copy.deepcopy(RAW)
    raw["role"]["arn"] = "arn:aws-us-gov:iam::111122223333:role/class/of/2026/s3Access"
    raw["learners"]["testuser"]["userArn"] = "arn:aws:iam::111122223333:user/class/testuser"
    assert outputs.parse(raw, where="here").role.arn == raw["role"]["arn"]


@pytest.mark.parametrize("name", ["", "ada\x1b[2J"])
def test_a_learners_name_can_be_shown(name: str) -> None:
    """It stands in every report; and a nameless one would be taken for the role."""
    raw = RAW | {"learners": {name: RAW["learners"]["testuser"]}}
    with pytest.raises(
        UsageError, match=r"^learners has .*, which is not a name \(here\)"
    ) as caught:
        outputs.parse(raw, where="here")
    assert "\x1b" not in str(caught.value)


def test_an_unknown_password_is_not_none() -> None:
    """A run that broke off before it gave one is not a lab without a console."""
    raw = copy.deepcopy(RAW)
    raw["learners"]["testuser"]["consolePassword"] = UNKNOWN
    with pytest.raises(UsageError, match=r"the outputs lack learners\.testuser\.consolePassword"):
        outputs.parse(raw, where="here")


def test_masked_secrets_say_how_to_get_them() -> None:
    """`pulumi stack output --json` without --show-secrets is the likely mistake."""
    raw = copy.deepcopy(RAW)
    raw["learners"]["testuser"]["secretAccessKey"] = "[secret]"
    with pytest.raises(UsageError, match=r"is masked .*--show-secrets"):
        outputs.parse(raw, where="here")


def test_no_outputs_are_no_lab() -> None:
    """Before `up` and after `destroy` the outputs are an empty object."""
    with pytest.raises(UsageError, match="there is no lab"):
        outputs.parse({}, where="here")


def test_a_file_of_outputs_is_read(tmp_path: Path) -> None:
    """What `pulumi stack output --json --show-secrets` wrote on another machine."""
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(RAW))
    assert outputs.from_file(path) == outputs.parse(RAW, where="elsewhere")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "is not JSON"),
        pytest.param("[" * 100_000, "is not JSON", id="brackets"),
        ("[]", "is not a JSON object"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, text: str | None, fault: str) -> None:
    """What is wrong, which file, what to do."""
    path = tmp_path / "outputs.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=fault) as caught:
        outputs.from_file(path)
    assert "outputs.json" in str(caught.value)


def test_one_learner_needs_no_name_and_two_do() -> None:
    """`rolelab exec` without --as is the lesson of one."""
    assert outputs.parse(RAW, where="here").learner(None).name == "testuser"
    raw = copy.deepcopy(RAW)
    raw["learners"]["ada"] = raw["learners"]["testuser"]
    with pytest.raises(UsageError, match=r"has 2 learners .*name one of ada, testuser"):
        outputs.parse(raw, where="here").learner(None)
    with pytest.raises(UsageError, match="no learner is called 'bob'"):
        outputs.parse(raw, where="here").learner("bob")


@pytest.mark.parametrize(
    ("condition", "external_id"),
    [
        ({}, ""),
        ({"StringEquals": {"sts:ExternalId": "class-7"}}, "class-7"),
        ({"StringEquals": {"STS:externalid": "a", "aws:username": "b"}}, "a"),
        ({"StringEquals": {"sts:ExternalId": ["a", "b"]}}, "a"),
        ({"StringLike": {"sts:ExternalId": "class-*"}}, ""),
        ({"StringEquals": "x"}, ""),
        ({"StringEquals": {"sts:ExternalId": []}}, ""),
        ("x", ""),
    ],
)
def test_the_switch_sends_the_external_id_that_the_declared_trust_demands(
    condition: object, external_id: str
) -> None:
    """A value can be sent, a pattern cannot; and what is garbled demands nothing."""
    raw = copy.deepcopy(RAW)
    raw["role"]["trust"] = {"Statement": [{"Effect": "Allow", "Condition": condition}]}
    lab = outputs.parse(raw, where="here")
    assert lab.switch(lab.learners[0]).external_id == external_id


def test_what_the_trust_denies_is_not_demanded() -> None:
    """A Deny with StringEquals is of a value that must not be sent."""
    raw = copy.deepcopy(RAW)
    condition = {"StringEquals": {"sts:ExternalId": "old"}}
    raw["role"]["trust"] = {"Statement": {"Effect": "Deny", "Condition": condition}}
    lab = outputs.parse(raw, where="here")
    assert lab.switch(lab.learners[0]).external_id == ""
