"""One value says how a role is assumed; each tool is asked for the same, and for nothing unset."""

from __future__ import annotations

import shlex

import botocore.session
import pytest
from botocore.validate import ParamValidator

from rolelab.switch import MfaProof, Switch

ROLE = "arn:aws-cn:iam::123456789012:role/team/s3Access"
PLAIN = Switch(role_arn=ROLE, session_name="ada")
FULL = Switch(
    role_arn=ROLE,
    session_name="ada",
    seconds=900,
    external_id="a b",
    source_identity="ada",
    mfa=MfaProof(serial_number="arn:aws-cn:iam::123456789012:mfa/ada", code="123456"),
    tags={"team": "red"},
)


def test_the_session_is_named_without_the_roles_path() -> None:
    """What `verify` expects GetCallerIdentity to answer, in any partition."""
    assert PLAIN.session_arn == "arn:aws-cn:sts::123456789012:assumed-role/s3Access/ada"


def test_what_is_not_set_is_sent_nowhere() -> None:
    """AWS refuses an empty external id, and a trust policy may test that a key is absent."""
    assert PLAIN.parameters == {"RoleArn": ROLE, "RoleSessionName": "ada"}
    assert PLAIN.command == f"aws sts assume-role --role-arn {ROLE} --role-session-name ada"
    assert PLAIN.profile("own") == [
        f"role_arn = {ROLE}",
        "source_profile = own",
        "role_session_name = ada",
    ]


@pytest.mark.parametrize("switch", [PLAIN, FULL])
def test_the_parameters_are_those_of_the_api(switch: Switch) -> None:
    """Held against botocore's own model of STS, so that no name is misspelt and no type wrong."""
    operation = (
        botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole")
    )
    shape = operation.input_shape
    assert shape is not None
    report = ParamValidator().validate(switch.parameters, shape)
    assert not report.has_errors(), report.generate_report()


def test_every_field_reaches_every_tool_that_knows_it() -> None:
    """A field that one tool forgets makes that tool's switch a refused one."""
    assert FULL.parameters.keys() == {
        "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "SourceIdentity",
        "SerialNumber", "TokenCode", "Tags",
    }  # fmt: skip
    words = shlex.split(FULL.command)
    assert words[words.index("--external-id") + 1] == "a b"
    assert {word for word in words if word.startswith("--")} == {
        "--role-arn", "--role-session-name", "--duration-seconds", "--external-id",
        "--source-identity", "--serial-number", "--token-code", "--tags",
    }  # fmt: skip
    assert FULL.profile("own")[3:] == [
        "duration_seconds = 900",
        "external_id = a b",
        "mfa_serial = arn:aws-cn:iam::123456789012:mfa/ada",
    ]
