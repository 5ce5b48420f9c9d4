from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance

PROGRAMS = Path(__file__).parent / "terraform"
MIRROR = os.environ.get("ROLELAB_TF_PLUGINS", "")

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
    pytest.mark.skipif(
        not MIRROR, reason="ROLELAB_TF_PLUGINS names no folder with the AWS provider"
    ),
]


@pytest.mark.parametrize("program", ["lab", "user"])
def test_the_aws_providers_own_code_makes_keeps_and_removes_it(
    local_aws: Instance, root: Clients, account: str, tmp_path: Path, program: str
) -> None:
    """The code that pulumi-aws wraps: apply, a plan without changes, destroy; nothing is left."""
    folder = tmp_path / program
    shutil.copytree(PROGRAMS / program, folder)
    configuration = tmp_path / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n'
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))
    }
    environment |= {
        "AWS_ENDPOINT_URL": local_aws.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal(),
        "AWS_REGION": "us-east-1",
        "TF_CLI_CONFIG_FILE": str(configuration),
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }

    def terraform(*arguments: str) -> None:
        command = ["terraform", *arguments, "-no-color"]
        told = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert told.returncode == 0, f"{arguments}: {told.stdout[-3000:]}{told.stderr[-3000:]}"

    terraform("init")
    terraform("apply", "-auto-approve")
    assert root.iam.list_users()["Users"]
    terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    left = root.iam.get_account_authorization_details()
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert {name: left.get(name) for name in lists} == {name: [] for name in lists}
    assert root.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert root.s3.list_buckets()["Buckets"] == []
