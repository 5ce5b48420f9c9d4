"""Temporary credentials of a user who was deleted: valid, and good for nothing."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint
from rolelab.localaws.process import control
from rolelab.localaws.process.record import Instance
from rolelab.secret import Credentials, Secret

PASSWORD = "Correct-horse-9"


def _session(kind: str, root: Clients, local_aws: Instance, account: str) -> Credentials:
    """Return temporary credentials of testuser, who is deleted then and made anew."""
    iam, user = root.iam, {"UserName": "testuser"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": everything})
    iam.create_user(UserName="testuser")
    iam.put_user_policy(UserName="testuser", PolicyName="p", PolicyDocument=document)
    iam.create_login_profile(UserName="testuser", Password=PASSWORD)
    made = iam.create_access_key(UserName="testuser")["AccessKey"]
    key = Credentials(
        access_key_id=made["AccessKeyId"], secret_access_key=Secret(made["SecretAccessKey"])
    )
    sts = Clients(Endpoint(url=local_aws.url, region="us-east-1", credentials=key)).sts
    if kind == "GetSessionToken":
        told = sts.get_session_token()["Credentials"]
    elif kind == "GetFederationToken":
        told = sts.get_federation_token(Name="guest", Policy=document)["Credentials"]
    else:
        asked = {"account": account, "name": "testuser", "password": PASSWORD}
        told = control.sign_in(local_aws, "password", asked).get("credentials", {})
    iam.delete_login_profile(**user)
    iam.delete_access_key(**user, AccessKeyId=key.access_key_id)
    iam.delete_user_policy(**user, PolicyName="p")
    iam.delete_user(**user)
    iam.create_user(UserName="testuser")
    iam.put_user_policy(UserName="testuser", PolicyName="p", PolicyDocument=document)
    return Credentials.temporary(told)


@pytest.mark.parametrize("kind", ["console", "GetSessionToken", "GetFederationToken"])
def test_a_deleted_users_session_is_somebody_who_is_allowed_nothing(
    root: Clients, local_aws: Instance, account: str, kind: str
) -> None:
    """As the sessions of a deleted role: not even what a bucket allows to everybody of the account.

    AWS documents no way to end such credentials but their expiry: STS still says whose they are.
    """
    bucket = f"lab-{account}"
    root.s3.create_bucket(Bucket=bucket)
    public = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    public |= {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": account}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": public})
    root.s3.delete_public_access_block(Bucket=bucket)
    root.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    session = _session(kind, root, local_aws, account)
    clients = Clients(Endpoint(url=local_aws.url, region="us-east-1", credentials=session))
    arn = clients.sts.get_caller_identity()["Arn"]
    assert arn.endswith("federated-user/guest" if "Federation" in kind else "user/testuser")
    sentence = f"User: {arn} is not authorized to perform: s3:ListAllMyBuckets because no identity"
    with pytest.raises(ClientError, match=f"AccessDenied.*{sentence}"):
        clients.s3.list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.s3.list_objects_v2(Bucket=bucket)
