from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.localaws.http import events
from rolelab.localaws.http.incoming import Incoming
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret

TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


def test_the_record_tells_who_asked_what_with_what_answer(
    local_aws: Instance, root: Clients, account: str
) -> None:
    """The lesson as CloudTrail would show it: refused, switched, done as the role."""
    root.iam.create_user(UserName="anna")
    key = root.iam.create_access_key(UserName="anna")["AccessKey"]
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    own = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"])
    )
    user = Clients(Endpoint(url=local_aws.url, region="us-east-1", credentials=own), attempts=1)
    with pytest.raises(ClientError):
        user.s3.list_buckets()
    told = user.sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/r", RoleSessionName="lab")[
        "Credentials"
    ]
    held = Credentials(
        access_key_id=told["AccessKeyId"],
        secret_access_key=Secret(told["SecretAccessKey"]),
        session_token=Secret(told["SessionToken"]),
    )
    Clients(
        Endpoint(url=local_aws.url, region="us-east-1", credentials=held)
    ).sts.get_caller_identity()

    seen: list[Any] = list(control.events(local_aws, account=account))
    assert [one["eventName"] for one in seen] == [
        "CreateUser", "CreateAccessKey", "CreateRole", "ListBuckets", "AssumeRole",
        "GetCallerIdentity",
    ]  # fmt: skip
    assert [one["userIdentity"]["type"] for one in seen] == ["Root"] * 3 + ["IAMUser"] * 2 + [
        "AssumedRole"
    ]
    refused, switch, asked = seen[3:]
    assert refused["errorCode"] == "AccessDenied"
    assert refused["errorMessage"].endswith(
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )
    assert refused["userIdentity"]["userName"] == "anna"
    assert switch["requestParameters"] == {
        "roleArn": f"arn:aws:iam::{account}:role/r",
        "roleSessionName": "lab",
    }
    assert (
        asked["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
        == f"arn:aws:iam::{account}:role/r"
    )
    assert [one["readOnly"] for one in seen] == [False, False, False, True, False, True]
    for one in seen:
        assert {
            "eventTime",
            "eventID",
            "eventSource",
            "awsRegion",
            "sourceIPAddress",
            "requestID",
        } <= set(one)


def test_no_secret_is_in_the_record(local_aws: Instance, root: Clients, account: str) -> None:
    """Whoever reads the record must not be able to sign in."""
    root.iam.create_user(UserName="anna")
    root.iam.create_login_profile(UserName="anna", Password="Correct-horse-1")
    key = root.iam.create_access_key(UserName="anna")["AccessKey"]
    token = root.sts.get_session_token()["Credentials"]
    text = json.dumps(control.events(local_aws, account=account))
    for secret in (
        "Correct-horse-1",
        key["SecretAccessKey"],
        token["SecretAccessKey"],
        token["SessionToken"],
    ):
        assert secret not in text
    assert local_aws.secret.reveal() not in text


def test_following_sees_what_comes(local_aws: Instance, root: Clients, account: str) -> None:
    """An instructor's screen: each event once, in order."""
    root.iam.create_user(UserName="first")
    found: list[str] = []
    done = threading.Event()

    def follow() -> None:
        for event in control.follow(local_aws, account=account, every_s=0.01):
            found.append(str((event["requestParameters"] or {})["userName"]))
            if found[-1] == "last":
                break
        done.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    root.iam.create_user(UserName="second")
    root.iam.create_user(UserName="last")
    assert done.wait(10)
    assert found == ["first", "second", "last"]


def test_the_record_is_bounded() -> None:
    """A class that runs for a week must not fill the memory; numbers go on."""
    record = events.Events()
    scope: dict[str, Any] = {"headers": [], "query_string": b"", "client": None}
    incoming = Incoming.of(scope)
    for _ in range(events.MOST + 5):
        record.add(
            incoming,
            source="iam",
            name="ListUsers",
            caller=None,
            parameters={},
            request_id="",
            error=None,
        )
    kept = record.after(0)
    assert (len(kept), kept[0]["eventNumber"], kept[-1]["eventNumber"]) == (
        events.MOST,
        6,
        events.MOST + 5,
    )
    assert record.after(events.MOST + 4) == kept[-1:]
