"""A managed policy of the account: what it says is declared by `up`, and held by `verify`."""

from __future__ import annotations

import json

from rolelab.aws.clients import Clients
from rolelab.localaws.process import lifecycle
from tests.e2e.conftest import Folder

ARN = "arn:aws:iam::000000000000:policy/class-s3"


def _document(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_rewritten_policy_is_found_and_mended(folder: Folder) -> None:
    """From the configuration to the repair, by the commands alone."""
    folder.configure(managedPolicies=json.dumps([ARN]))
    refused = folder.rolelab("up", "--yes")
    assert refused.exit_code == 2
    assert f"managedPolicies names '{ARN}', and there is no such policy" in refused.err
    assert "did you mean" not in refused.err
    instance = lifecycle.ensure(folder.path / ".rolelab" / "local").instance
    iam = Clients(instance.endpoint("000000000000")).iam
    iam.create_policy(PolicyName="class-s3", PolicyDocument=_document("s3:*"))
    assert folder.rolelab("up", "--yes").exit_code == 0
    role = json.loads(folder.rolelab("outputs", "role").out)
    assert role["policyDocuments"] == {ARN: json.loads(_document("s3:*"))}
    assert folder.rolelab("verify").exit_code == 0
    iam.create_policy_version(PolicyArn=ARN, PolicyDocument=_document("*"), SetAsDefault=True)
    told = folder.rolelab("verify", "--wait", "0.1")
    assert told.exit_code == 1
    assert "FAIL  declared.role-managed" in told.out
    assert folder.rolelab("mend", "--yes").exit_code == 0
    assert folder.rolelab("verify").exit_code == 0
