from __future__ import annotations

import time
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.errors import LabError
from rolelab.localaws.process import control, lifecycle, probe, spawning
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


def test_a_moved_clock_is_kept(home: Path) -> None:
    """What was made is dated by it: a session of yesterday must not become one of tomorrow."""
    control.move_clock(lifecycle.ensure(home).instance, 86400)
    lifecycle.stop(home)
    again = lifecycle.ensure(home).instance
    assert control.ahead_s(again) == 86400
    control.reset_clock(again)
    lifecycle.stop(home)
    assert control.ahead_s(lifecycle.ensure(home).instance) == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"__ministack_format__": 1, "payload": 7}'])
def test_what_it_held_and_cannot_be_read_is_not_dropped(home: Path, content: str) -> None:
    """An empty AWS in its place would be taken for a lab that somebody destroyed."""
    Clients(lifecycle.ensure(home).instance.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)
    kept = home / "state" / "iam.json"
    before = kept.read_text()
    kept.write_text(content)
    with pytest.raises(LabError, match="what it held cannot be read") as refused:
        lifecycle.ensure(home)
    assert str(kept) in str(refused.value)
    kept.write_text(before)
    again = Clients(lifecycle.ensure(home).instance.endpoint())
    assert [user["UserName"] for user in again.iam.list_users()["Users"]] == ["anna"]


def test_whoever_starts_it_and_does_not_wait_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while it starts: it serves all the same, with what it held, for whoever comes next."""
    Clients(lifecycle.ensure(home).instance.endpoint()).iam.create_user(UserName="anna")
    lifecycle.stop(home)

    def leaves(descriptor: int, wait_s: float) -> str:
        return spawning.SERVING

    with monkeypatch.context() as patch:
        patch.setattr(spawning, "_read_until_closed", leaves)
        with pytest.raises(LabError):
            lifecycle.ensure(home)
    while probe.find(home).instance is None:
        time.sleep(0.01)
    again = Clients(lifecycle.ensure(home).instance.endpoint())
    assert [user["UserName"] for user in again.iam.list_users()["Users"]] == ["anna"]
