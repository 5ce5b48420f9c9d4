"""What is entered in a form goes to AWS as it is: what is wrong with it, AWS says."""

from __future__ import annotations

import json

import pytest

from rolelab.aws.clients import Clients
from rolelab.console.serving import ConsoleServer
from tests.console.plain import PlainBrowser

_IN_USER, _IN_GROUP, _IN_BUCKET = "/iam/users/u", "/iam/groups/g", "/s3/buckets/{bucket}"
_NAME = "ValidationError: The specified value for {} is invalid. It must contain only"
_ODD = ("", "a b", "\N{CJK UNIFIED IDEOGRAPH-4E2D}", "x" * 3000, "\0", "a\nb")
_FORMS = (
    ("/s3/buckets", "create-bucket", "bucket"),
    (_IN_BUCKET, "put-policy", "policy"),
    (_IN_BUCKET, "set-versioning", "versioning"),
    (_IN_USER, "set-password", "password"),
    (_IN_USER, "set-boundary", "boundary"),
    (_IN_USER, "add-tag", "key"),
    (_IN_USER, "remove-tag", "key"),
    (_IN_USER, "detach", "policy"),
    (_IN_USER, "delete-inline", "policy"),
    (_IN_USER, "add-to-group", "group"),
    (_IN_USER, "set-key", "status"),
    (_IN_USER, "delete-key", "key"),
    (_IN_USER, "remove-device", "serial"),
    ("/iam/roles/r", "update-role", "hours"),
    ("/iam/roles/r/trust", "put-trust", "document"),
    ("/iam/groups", "create-group", "name"),
    (_IN_GROUP, "add-user", "user"),
    (_IN_GROUP, "detach", "policy"),
    ("/iam/policies/{policy}", "add-version", "document"),
    ("/iam/policies/{policy}", "set-default", "version"),
    ("/iam/account", "set-alias", "alias"),
    ("/iam/account", "delete-alias", "alias"),
    ("/iam/account", "set-rules", "MaxPasswordAge"),
    ("/security-credentials", "create-device", "device"),
    ("/security-credentials", "enable-device", "code-1"),
    ("/signin/change-password", "change-password", "old"),
)


@pytest.fixture
def browser(console: ConsoleServer, root: Clients, account: str) -> PlainBrowser:
    """Root's, of an account that has one of everything."""
    trusted = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": trusted})
    root.iam.create_user(UserName="u")
    root.iam.create_group(GroupName="g")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    root.iam.create_policy(PolicyName="own", PolicyDocument=document)
    root.s3.create_bucket(Bucket=f"odd-{account}")
    return PlainBrowser(console).as_root()


@pytest.mark.parametrize(
    ("path", "button", "form", "said"),
    [
        (_IN_USER, "set-password", {"password": "abc"}, "PasswordPolicyViolation: "),
        (
            _IN_USER,
            "set-password",
            {"password": ""},
            "Value at 'password' failed to satisfy constraint: Member must have length greater",
        ),
        (
            _IN_USER,
            "detach",
            {"policy": "x"},
            "ValidationError: 1 validation error detected: Value at 'policyArn' failed to satisfy "
            "constraint: Member must have length greater than or equal to 20",
        ),
        (
            "/iam/account",
            "set-rules",
            {"MinimumPasswordLength": "99999999"},
            "ValidationError: 1 validation error detected: Value at 'minimumPasswordLength' failed "
            "to satisfy constraint: Member must have value less than or equal to 128",
        ),
        (_IN_USER, "delete-inline", {"policy": ""}, _NAME.format("policyName")),
        (_IN_GROUP, "add-user", {"user": ""}, _NAME.format("userName")),
        (
            "/security-credentials",
            "create-device",
            {"device": "x" * 3000},
            "Value at 'virtualMFADeviceName' failed to satisfy constraint: Member must have length "
            "less than or equal to 226",
        ),
        (_IN_BUCKET, "set-versioning", {"versioning": ""}, "MalformedXML: "),
        ("/s3/buckets", "create-bucket", {"bucket": "a b"}, "InvalidBucketName: "),
        ("/s3/buckets", "create-bucket", {"bucket": "a\0b"}, "InvalidBucketName: "),
        (
            _IN_BUCKET,
            "delete",
            {"key": '["k", "a\\nb"]'},
            "InvalidArgument: Invalid version id specified",
        ),
        (_IN_BUCKET, "delete", {"key": '["", ""]'}, "NotSent: Key is empty, and a part of the "),
        (_IN_BUCKET, "delete", {"key": '["\\ud800", ""]'}, "NotSent: a value holds half of a "),
    ],
)
def test_aws_says_what_is_wrong_with_a_value(
    browser: PlainBrowser, account: str, path: str, button: str, form: dict[str, str], said: str
) -> None:
    """Not the client that would have sent it, in words of its own."""
    form = {"do": button, "password-kind": "custom", **form}
    csrf = browser.get("/iam/groups").csrf
    answer = browser.post(path.format(bucket=f"odd-{account}"), csrf, form=form)
    assert said in answer.alert
    assert answer.status == 400


def test_an_empty_name_of_an_object_means_no_other_call(
    browser: PlainBrowser, root: Clients, account: str
) -> None:
    """Without a name, to delete an object would be to delete its bucket, and to read it a list."""
    bucket = f"odd-{account}"
    browser.post(f"/s3/buckets/{bucket}", form={"do": "delete", "key": '["", ""]'})
    assert [each.get("Name") for each in root.s3.list_buckets()["Buckets"]] == [bucket]
    assert "NotSent: Key is empty" in browser.get(f"/s3/buckets/{bucket}/object?key=").alert


@pytest.mark.parametrize(("path", "button", "field"), _FORMS)
def test_no_value_is_a_failure(
    browser: PlainBrowser, account: str, path: str, button: str, field: str
) -> None:
    """Whatever is entered: it is done, or there is one line that says why not."""
    policy = f"arn:aws:iam::{account}:policy/own"
    address = path.format(bucket=f"odd-{account}", policy=policy)
    csrf = browser.get("/iam/groups").csrf
    for odd in _ODD:
        form = {"do": button, "password-kind": "custom", field: odd, "again": "", "new": ""}
        answer = browser.post(address, csrf, form=form)
        assert (answer.status, bool(answer.alert)) in ((303, False), (400, True)), odd
        assert "ParamValidation" not in answer.alert


@pytest.mark.parametrize(
    "page",
    ["{}?after=%00", "{}?prefix=%00", "{}/object?key=k&version=%0a", "{}?tab=versions&prefix=%0a"],
)
def test_no_address_is_a_failure(browser: PlainBrowser, account: str, page: str) -> None:
    """The same of what stands in the address of a page."""
    assert browser.get(page.format(f"/s3/buckets/odd-{account}")).status < 500
