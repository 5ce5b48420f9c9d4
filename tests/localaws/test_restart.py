from __future__ import annotations

from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.localaws.process import lifecycle
from rolelab.secret import Secret

TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}'
)


def test_a_session_and_who_is_trusted_outlive_an_orderly_end(home: Path) -> None:
    """The learner goes on where they were; users are found by id, key and name."""
    account = "111122223333"
    started = lifecycle.ensure(home).instance
    root = Clients(started.endpoint(account))
    arn = root.iam.create_user(UserName="anna")["User"]["Arn"]
    key = root.iam.create_access_key(UserName="anna")["AccessKey"]
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST % arn)
    own = Credentials(
        access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"])
    )
    user = Clients(Endpoint(url=started.url, region="us-east-1", credentials=own))
    told = user.sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/r", RoleSessionName="lab")[
        "Credentials"
    ]

    lifecycle.stop(home)
    again = lifecycle.ensure(home).instance
    session = Credentials(
        access_key_id=told["AccessKeyId"],
        secret_access_key=Secret(told["SecretAccessKey"]),
        session_token=Secret(told["SessionToken"]),
    )
    held = Clients(Endpoint(url=again.url, region="us-east-1", credentials=session))
    assert held.sts.get_caller_identity()["Arn"].endswith("assumed-role/r/lab")
    user = Clients(Endpoint(url=again.url, region="us-east-1", credentials=own))
    assert user.sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/r", RoleSessionName="lab")
    with pytest.raises(Exception, match="EntityAlreadyExists"):
        Clients(again.endpoint(account)).iam.create_user(UserName="ANNA")
