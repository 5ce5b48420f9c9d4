"""One stack and several AWSs: what is in each is kept, and nothing is forgotten on a guess."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.engine import set_aside, snapshot
from rolelab.engine.stack import Home
from rolelab.localaws.process import lifecycle, lock, probe
from rolelab.localaws.process.record import Instance, read_record
from rolelab.secret import Secret
from tests.cli.in_process import InProcess
from tests.cli.test_local_lab import Project

NOBODY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = InProcess(tmp_path_factory.mktemp("homes"))
    yield made
    lifecycle.stop(made.local)


@pytest.fixture
def lab(running: Project) -> Iterator[Project]:
    """The lab on the project's own local AWS, and no state of before."""
    shutil.rmtree(running.folder / ".rolelab" / "stacks", ignore_errors=True)
    done = running.rolelab("up", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    yield running
    assert running.rolelab("destroy", "--yes").returncode == 0
    assert users(running, "000000000000") == []


@pytest.fixture
def another(local_aws: Instance, account: str) -> dict[str, str]:
    """The environment of another AWS on this machine."""
    return {
        "AWS_ENDPOINT_URL": local_aws.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal(),
    }


def users(project: Project, account: str) -> list[str]:
    """Return the names of the users in an account of the project's own local AWS."""
    instance = probe.find(project.local).instance
    assert instance is not None
    listed = Clients(instance.endpoint(account)).iam.list_users()["Users"]
    return [user["UserName"] for user in listed]


def an_administrators_key(environment: dict[str, str]) -> dict[str, str]:
    """Make a user who may do everything, and return its key."""
    endpoint = Endpoint(
        url=environment["AWS_ENDPOINT_URL"],
        region="us-east-1",
        credentials=Credentials(
            access_key_id=environment["AWS_ACCESS_KEY_ID"],
            secret_access_key=Secret(environment["AWS_SECRET_ACCESS_KEY"]),
        ),
    )
    iam = Clients(endpoint).iam
    iam.create_user(UserName="administrator")
    all_allowed = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName="administrator", PolicyArn=all_allowed)
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


@pytest.mark.parametrize("command", [["up", "--yes"], ["destroy", "--yes"], ["preview"]])
def test_an_address_where_nobody_answers_is_not_another_aws(
    lab: Project, command: list[str]
) -> None:
    """The state is not touched before that AWS was asked: the lab would be forgotten for ever."""
    state = lab.folder / ".rolelab" / "stacks" / "dev" / "state.json"
    before = state.read_bytes()
    done = lab.rolelab(*command, env=NOBODY)
    assert done.returncode == 3
    assert "Could not connect to the endpoint URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert state.read_bytes() == before
    assert lab.rolelab("verify").returncode == 0


def test_status_and_outputs_say_that_the_lab_is_elsewhere(lab: Project) -> None:
    note = "not on http://127.0.0.1:1, which AWS_ENDPOINT_URL names"
    assert note in lab.rolelab("status", env=NOBODY).stdout
    told = lab.rolelab("outputs", "region", env=NOBODY)
    assert told.stdout == "us-east-1\n"
    assert note in told.stderr
    assert lab.rolelab("outputs", "region").stderr == ""


def test_another_account_has_a_lab_of_its_own_and_takes_none_away(lab: Project) -> None:
    """The environment of another account, as `local env --account` prints it."""
    instance = probe.find(lab.local).instance
    assert instance is not None
    other = {
        "AWS_ENDPOINT_URL": instance.url,
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": instance.secret.reveal(),
    }
    nothing = lab.rolelab("destroy", "--yes", env=other)
    assert nothing.returncode == 0
    assert "nothing to do" in nothing.stdout
    assert "another account of this AWS" in nothing.stdout
    assert lab.rolelab("verify").returncode == 0

    assert "+ 11 created" in lab.rolelab("up", "--yes", env=other).stdout
    assert lab.rolelab("outputs", "accountId", env=other).stdout == "111111111111\n"
    assert lab.rolelab("outputs", "accountId").stdout == "000000000000\n"
    for environment in (other, {}):
        assert lab.rolelab("verify", env=environment).returncode == 0
        told = json.loads(lab.rolelab("status", "--json", env=environment).stdout)
        assert sum(told["counts"].values()) == 6
        assert list(told["elsewhere"].values()) == [6]
    gone = lab.rolelab("destroy", "--yes", env=other)
    assert "- 11 deleted" in gone.stdout
    assert "left: 6 more resources in another AWS" in gone.stdout
    assert users(lab, "111111111111") == []
    assert "11 unchanged" in lab.rolelab("up", "--yes").stdout


def test_two_aws_in_turn_know_each_their_own(lab: Project, another: dict[str, str]) -> None:
    for _ in range(2):
        made = lab.rolelab("up", "--yes", env=another)
        assert made.returncode == 0, made.stdout + made.stderr
        assert "11 unchanged" in lab.rolelab("up", "--yes").stdout
    assert lab.rolelab("verify", env=another).returncode == 0
    assert lab.rolelab("verify").returncode == 0
    assert "- 11 deleted" in lab.rolelab("destroy", "--yes", env=another).stdout
    assert lab.rolelab("verify").returncode == 0
    there = lab.folder / ".rolelab" / "stacks" / "dev"
    assert "- 11 deleted" in lab.rolelab("destroy", "--yes").stdout
    assert list(there.glob("elsewhere-*")) == []


def test_one_spelling_of_an_address_is_as_good_as_another(
    lab: Project, another: dict[str, str]
) -> None:
    assert lab.rolelab("up", "--yes", env=another).returncode == 0
    spelled = another["AWS_ENDPOINT_URL"].replace("127.0.0.1", "LOCALHOST") + "/"
    other = {**another, "AWS_ENDPOINT_URL": spelled}
    assert "11 unchanged" in lab.rolelab("up", "--yes", env=other).stdout
    instance = probe.find(lab.local).instance
    assert instance is not None
    own = {"AWS_ENDPOINT_URL": f"http://localhost:{instance.port}/"}
    assert "11 unchanged" in lab.rolelab("up", "--yes", env=own).stdout
    assert lab.rolelab("destroy", "--yes", env=other).returncode == 0


def test_two_keys_of_an_account_lead_to_one_lab(lab: Project, another: dict[str, str]) -> None:
    """What an earlier version wrote, which named the key and not the account, is found as well."""
    state = lab.folder / ".rolelab" / "stacks" / "dev" / "state.json"
    url, account = another["AWS_ENDPOINT_URL"], another["AWS_ACCESS_KEY_ID"]
    key = an_administrators_key(another)
    assert lab.rolelab("up", "--yes", env=another).returncode == 0
    assert "11 unchanged" in lab.rolelab("up", "--yes", env={**another, **key}).stdout
    content = json.loads(state.read_text())
    assert content["instance"] == f"{url}/{account}"
    content["instance"] = f"{url}/{key['AWS_ACCESS_KEY_ID']}"
    state.write_text(json.dumps(content))
    assert "11 unchanged" in lab.rolelab("up", "--yes", env={**another, **key}).stdout
    assert lab.rolelab("destroy", "--yes", env={**another, **key}).returncode == 0


def test_a_local_aws_that_begins_anew_leaves_the_state_of_the_one_before(lab: Project) -> None:
    """It is gone with all that it held; its state is kept all the same, and named."""
    record = read_record(lab.local)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    while lock.is_alive(lab.local):
        time.sleep(0.01)
    assert "was killed, and what it held is lost" in lab.rolelab("status").stdout
    assert lab.rolelab("verify").returncode == 3
    made = lab.rolelab("up", "--yes")
    assert made.returncode == 0, made.stderr
    kept = set_aside.file_of(
        lab.folder / ".rolelab" / "stacks" / "dev", Home("local", record.instance_id)
    )
    assert f"kept in {kept}" in made.stdout
    assert len(snapshot.read_world(kept).everything) == 11
    assert lab.rolelab("verify").returncode == 0
    assert "more resources" not in lab.rolelab("status").stdout


def test_a_lab_elsewhere_says_what_leads_to_it(lab: Project, another: dict[str, str]) -> None:
    assert lab.rolelab("destroy", "--yes").returncode == 0
    assert lab.rolelab("up", "--yes", env=another).returncode == 0
    refused = lab.rolelab("verify")
    assert refused.returncode == 2
    assert f"set AWS_ENDPOINT_URL={another['AWS_ENDPOINT_URL']}" in refused.stderr
    assert "which AWS_ENDPOINT_URL does not name" in lab.rolelab("status").stdout
    assert lab.rolelab("destroy", "--yes", env=another).returncode == 0
