"""Parameters that AWS refuses before it looks at anything else, in IAM's words and in STS's."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.localaws.process.record import Instance
from tests.fidelity.runner import Runner

FAILED = "failed to satisfy constraint: Member must"
TAG_KEY = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"
NAME = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
ROLE = "arn:aws:iam::111122223333:role/lab"

IAM: list[tuple[str, dict[str, Any], str]] = [
    (
        "create_user",
        {"UserName": "a" * 65},
        f"1 validation error detected: Value at 'userName' {FAILED}"
        " have length less than or equal to 64",
    ),
    ("create_user", {}, f"1 validation error detected: Value at 'userName' {FAILED} not be null"),
    ("create_user", {"UserName": "an na"}, f"The specified value for userName is invalid. {NAME}"),
    ("get_role", {"RoleName": ROLE}, f"The specified value for roleName is invalid. {NAME}"),
    ("get_role", {"RoleName": ""}, f"The specified value for roleName is invalid. {NAME}"),
    (
        "create_user",
        {"UserName": "anna", "Path": "class"},
        f"The specified value for path is invalid. {PATH}",
    ),
    (
        "list_users",
        {"PathPrefix": "class"},
        "The specified value for pathPrefix is invalid. It must begin with the / character and"
        " contain only alphanumeric characters and/or / characters.",
    ),
    (
        "create_user",
        {"UserName": "anna/x", "Path": "/" + "a" * 512 + "/"},
        f"1 validation error detected: Value at 'path' {FAILED}"
        " have length less than or equal to 512",
    ),
    (
        "update_access_key",
        {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "On"},
        f"1 validation error detected: Value at 'status' {FAILED} satisfy enum value set",
    ),
    (
        "get_policy_version",
        {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "VersionId": "first"},
        f"1 validation error detected: Value at 'versionId' {FAILED}"
        r" satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
    ),
    (
        "untag_user",
        {"UserName": "anna", "TagKeys": ["good", "b#d", "w*rse"]},
        f"1 validation error detected: Value at 'tagKeys' {FAILED} satisfy constraint:"
        " [Member must have length less than or equal to 128, Member must have length greater than"
        f" or equal to 1, Member must satisfy regular expression pattern: {TAG_KEY},"
        " Member must not be null]",
    ),
    (
        "untag_user",
        {"UserName": "anna", "TagKeys": [f"key{number}" for number in range(51)]},
        f"1 validation error detected: Value at 'tagKeys' {FAILED}"
        " have length less than or equal to 50",
    ),
    (
        "tag_user",
        {"UserName": "anna", "Tags": [{"Key": "good", "Value": ""}, {"Key": "", "Value": "x"}]},
        f"2 validation errors detected: Value at 'tags.2.member.key' {FAILED}"
        f" have length greater than or equal to 1; Value at 'tags.2.member.key' {FAILED}"
        f" satisfy regular expression pattern: {TAG_KEY}",
    ),
    (
        "update_account_password_policy",
        {"MaxPasswordAge": 1096, "MinimumPasswordLength": 129, "PasswordReusePrevention": 25},
        f"3 validation errors detected: Value at 'minimumPasswordLength' {FAILED}"
        f" have value less than or equal to 128; Value at 'passwordReusePrevention' {FAILED}"
        f" have value less than or equal to 24; Value at 'maxPasswordAge' {FAILED}"
        " have value less than or equal to 1095",
    ),
    (
        "create_open_id_connect_provider",
        {"Url": "h" * 256, "ThumbprintList": ["b" * 41], "ClientIDList": ["c" * 256]},
        f"3 validation errors detected: Value at 'clientIDList' {FAILED} satisfy constraint:"
        " [Member must have length less than or equal to 255,"
        " Member must have length greater than or equal to 1];"
        f" Value at 'thumbprintList' {FAILED} satisfy constraint:"
        " [Member must have length less than or equal to 40,"
        " Member must have length greater than or equal to 40];"
        f" Value at 'url' {FAILED} have length less than or equal to 255",
    ),
]
STS: list[tuple[str, dict[str, Any], str]] = [
    (
        "assume_role",
        {"RoleArn": ROLE, "RoleSessionName": "a:b"},
        f"1 validation error detected: Value 'a:b' at 'roleSessionName' {FAILED}"
        r" satisfy regular expression pattern: [\w+=,.@-]*",
    ),
    (
        "assume_role",
        {"RoleSessionName": "lab"},
        f"1 validation error detected: Value null at 'roleArn' {FAILED} not be null",
    ),
    (
        "assume_role",
        {"RoleArn": ROLE, "RoleSessionName": "lab", "DurationSeconds": 60},
        f"1 validation error detected: Value '60' at 'durationSeconds' {FAILED}"
        " have value greater than or equal to 900",
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "params", "message"),
    [("iam", *case) for case in IAM] + [("sts", *case) for case in STS],
)
def test_parameters_are_refused_in_awss_words(
    local_aws: Instance,
    account: str,
    service: str,
    operation: str,
    params: dict[str, Any],
    message: str,
) -> None:
    """IAM does not repeat the value, STS does; each says all that is wrong, in AWS's order."""
    runner = Runner(local_aws.url, local_aws.secret.reveal())
    client = runner.client(service, runner.root(account))
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**params)
    told = refused.value.response.get("Error", {})
    assert (told.get("Code"), told.get("Message")) == ("ValidationError", message)
