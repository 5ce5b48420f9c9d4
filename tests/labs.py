"""Labs made straight through boto3 on the local AWS, for tests of what only reads a lab."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import documents
from rolelab import outputs
from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance

ROLE = "s3Access"
GRANT = "assume-s3Access"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLab:
    """A lab with what it takes to break it and to run commands on it."""

    account: str
    root: Clients
    raw: dict[str, Any]
    """The stack's outputs, secrets opened."""
    instance: Instance

    @property
    def lab(self) -> outputs.Lab:
        return outputs.parse(self.raw, where="test")

    @property
    def environment(self) -> dict[str, str]:
        """The administrator's environment, as `rolelab local env` gives it."""
        return {
            "AWS_ENDPOINT_URL": self.instance.url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": self.instance.secret.reveal(),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def write(self, folder: Path) -> Path:
        """Write the outputs to a file, as `rolelab outputs --json --show-secrets` does."""
        path = folder / "outputs.json"
        path.write_text(json.dumps(self.raw), encoding="utf-8")
        return path


def make(
    root: Clients,
    account: str,
    instance: Instance,
    *,
    learners: tuple[str, ...] = ("testuser",),
    grant: bool = True,
    conditions: documents.Conditions | None = None,
) -> MadeLab:
    """Make the lab as the program declares it; `conditions` are those of the trust policy."""
    role_arn = documents.role_arn(account, ROLE)
    trust = trust_of(account, conditions)
    policy = documents.managed_policy("AmazonS3FullAccess")
    root.iam.create_role(
        RoleName=ROLE, AssumeRolePolicyDocument=documents.as_json(trust), MaxSessionDuration=3600
    )
    root.iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy)
    raw: dict[str, Any] = {
        "accountId": account,
        "region": "us-east-1",
        "consoleSignInUrl": f"https://{account}.signin.aws.amazon.com/console",
        "grant": grant,
        "role": {
            "name": ROLE,
            "arn": role_arn,
            "switchRoleUrl": "https://signin.aws.amazon.com/switchrole",
            "maxSessionDuration": 3600,
            "managedPolicies": [policy],
            "trust": trust,
        },
        "learners": {
            name: make_learner(root, name, role_arn if grant else None) for name in learners
        },
    }
    return MadeLab(account=account, root=root, raw=raw, instance=instance)


def trust_of(account: str, conditions: documents.Conditions | None = None) -> Mapping[str, object]:
    """Return the declared trust policy."""
    return documents.trust(documents.account_root(account), conditions)


def give_password(made: MadeLab, name: str = "testuser") -> None:
    """Give a learner a console password, as `console: true` does."""
    password = f"Aa1!{secrets.token_urlsafe(16)}"
    made.root.iam.create_login_profile(
        UserName=name, Password=password, PasswordResetRequired=False
    )
    made.raw["learners"][name]["consolePassword"] = password


def make_learner(root: Clients, name: str, role_arn: str | None) -> dict[str, str]:
    """Make one learner's user with an access key, and the grant where `role_arn` is given."""
    user = root.iam.create_user(UserName=name)["User"]
    key = root.iam.create_access_key(UserName=name)["AccessKey"]
    if role_arn:
        root.iam.put_user_policy(
            UserName=name,
            PolicyName=GRANT,
            PolicyDocument=documents.as_json(documents.grant(role_arn)),
        )
    return {
        "userName": name,
        "userArn": user["Arn"],
        "accessKeyId": key["AccessKeyId"],
        "secretAccessKey": key["SecretAccessKey"],
    }
