"""The floor.

The API calls that the work cannot do without, straight through boto3, sixteen threads, one client.

`python -m bench.floor make|remove N` and `python -m bench.floor verify OUTPUTS` print `{"seconds":
…}`: from the first call to the last answer, without the start of Python, the imports and the
client, which every tool pays once. Endpoint and key come from the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from rolelab import outputs
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import TagTypeDef

THREADS = 16
ROLE = "s3Access"
POLICY_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
GRANT = "AssumeRole"


def make(count: int) -> float:
    """Make a role and so many users, each with an access key and the grant; return the seconds."""
    clients = Clients(_endpoint(), connections=THREADS)
    iam, sts = clients.iam, clients.sts

    def role() -> str:
        account = sts.get_caller_identity()["Account"]
        trust = _document(Principal={"AWS": f"arn:aws:iam::{account}:root"})
        made = iam.create_role(
            RoleName=ROLE,
            AssumeRolePolicyDocument=trust,
            MaxSessionDuration=3600,
            Tags=_tags("role"),
        )
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
        return made["Role"]["Arn"]

    def learner(name: str, grant: str) -> None:
        iam.create_user(UserName=name, Tags=_tags("learner"))
        iam.create_access_key(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=GRANT, PolicyDocument=grant)

    begun = time.perf_counter()
    grant = _document(Resource=role())
    _in_parallel(lambda name: learner(name, grant), _names(count))
    return time.perf_counter() - begun


def remove(count: int) -> float:
    """Remove what `make` made; return the seconds."""
    iam = Clients(_endpoint(), connections=THREADS).iam
    # A tool knows the key ids from its state; here they are read first, off the clock.
    listed = {
        name: iam.list_access_keys(UserName=name)["AccessKeyMetadata"] for name in _names(count)
    }
    keys = {name: key.get("AccessKeyId", "") for name, (key,) in listed.items()}

    def learner(name: str) -> None:
        iam.delete_user_policy(UserName=name, PolicyName=GRANT)
        iam.delete_access_key(UserName=name, AccessKeyId=keys[name])
        iam.delete_user(UserName=name)

    begun = time.perf_counter()
    _in_parallel(learner, _names(count))
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
    iam.delete_role(RoleName=ROLE)
    return time.perf_counter() - begun


def verify(file: Path) -> float:
    """Ask what `rolelab verify` asks for every learner of these outputs; look at no answer."""
    lab = outputs.from_file(file)
    clients = Callers(_endpoint(), connections=THREADS)
    iam, sts, s3 = clients.iam, clients.sts, clients.s3

    administrator = Clients(_endpoint(), connections=THREADS).iam

    def declared(name: str) -> None:
        administrator.get_user(UserName=name)
        for policy in administrator.list_user_policies(UserName=name)["PolicyNames"]:
            administrator.get_user_policy(UserName=name, PolicyName=policy)
        administrator.list_attached_user_policies(UserName=name)
        administrator.list_groups_for_user(UserName=name)
        administrator.list_access_keys(UserName=name)
        administrator.list_ssh_public_keys(UserName=name)
        administrator.list_signing_certificates(UserName=name)
        administrator.list_service_specific_credentials(UserName=name)
        administrator.list_mfa_devices(UserName=name)
        with contextlib.suppress(ClientError):
            administrator.get_login_profile(UserName=name)

    def refused(bucket: str) -> None:
        for call in (
            s3.list_buckets,
            lambda: s3.create_bucket(Bucket=bucket),
            lambda: iam.list_users(MaxItems=1),
        ):
            with contextlib.suppress(ClientError):
                call()

    def learner(name: str) -> None:
        one = lab.learner(name)
        bucket = f"floor-{secrets.token_hex(12)}"
        with calling_as(
            Credentials(access_key_id=one.access_key_id, secret_access_key=one.secret_access_key)
        ):
            sts.get_caller_identity()
            refused(bucket)
            keys = sts.assume_role(
                RoleArn=lab.role.arn, RoleSessionName=one.user_name, DurationSeconds=900
            )["Credentials"]
            too_long = lab.role.max_session_duration + 1
            with contextlib.suppress(ClientError):
                sts.assume_role(
                    RoleArn=lab.role.arn, RoleSessionName=one.user_name, DurationSeconds=too_long
                )
        session = Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=Secret(keys["SecretAccessKey"]),
            session_token=Secret(keys["SessionToken"]),
        )
        with calling_as(session):
            sts.get_caller_identity()
            s3.create_bucket(Bucket=bucket)
            s3.list_buckets(Prefix=bucket)
            s3.put_object(Bucket=bucket, Key="one", Body=bytes(4096))
            s3.get_object(Bucket=bucket, Key="one")["Body"].read()
            s3.copy_object(Bucket=bucket, Key="two", CopySource={"Bucket": bucket, "Key": "one"})
            s3.get_object(Bucket=bucket, Key="two")["Body"].read()
            s3.list_objects_v2(Bucket=bucket)
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "one"}, {"Key": "two"}]})
            s3.list_objects_v2(Bucket=bucket)
            s3.delete_bucket(Bucket=bucket)
            with contextlib.suppress(ClientError):
                iam.list_users(MaxItems=1)
        with calling_as(
            Credentials(access_key_id=one.access_key_id, secret_access_key=one.secret_access_key)
        ):
            refused(bucket)
        declared(one.user_name)

    begun = time.perf_counter()
    administrator.get_role(RoleName=lab.role.name)
    administrator.list_role_policies(RoleName=lab.role.name)
    administrator.list_attached_role_policies(RoleName=lab.role.name)
    _in_parallel(learner, [one.name for one in lab.learners])
    return time.perf_counter() - begun


def _endpoint() -> Endpoint:
    keys = Credentials(
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=Secret(os.environ["AWS_SECRET_ACCESS_KEY"]),
    )
    return Endpoint(
        url=os.environ["AWS_ENDPOINT_URL"], region=os.environ["AWS_REGION"], credentials=keys
    )


def _in_parallel(work: Callable[[str], None], names: Sequence[str]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, names))


def _names(count: int) -> list[str]:
    return [f"learner{number:03d}" for number in range(1, count + 1)]


def _tags(purpose: str) -> list[TagTypeDef]:
    return [
        {"Key": key, "Value": value}
        for key, value in (("lab", "bench"), ("stack", "floor"), ("purpose", purpose))
    ]


def _document(**statement: object) -> str:
    whole = {"Effect": "Allow", "Action": "sts:AssumeRole", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


if __name__ == "__main__":
    what, of = sys.argv[1:]
    taken = (
        verify(Path(of)) if what == "verify" else {"make": make, "remove": remove}[what](int(of))
    )
    print(json.dumps({"seconds": taken}))
