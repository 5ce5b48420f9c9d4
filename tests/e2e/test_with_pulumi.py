"""The same program under the Pulumi CLI: made, verified by its own outputs, and removed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rolelab.localaws.process.record import Instance
from tests.e2e.conftest import ROOT

HARNESS = (
    Path(os.environ.get("ROLELAB_REAL_ENGINE", ROOT.parent / "shared" / "real-engine")) / "run.py"
)

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
    pytest.mark.skipif(
        not HARNESS.is_file(), reason="ROLELAB_REAL_ENGINE names no harness for the Pulumi CLI"
    ),
]


def test_what_pulumi_makes_passes_the_verification_and_goes_again(
    local_aws: Instance, account: str
) -> None:
    """`verify.py --pulumi` reads the Pulumi CLI's outputs; a local AWS stands for the account."""
    command = [
        sys.executable,
        HARNESS,
        ROOT,
        "--venv",
        sys.prefix,
        "--hook",
        "python verify.py --pulumi --stack dev",
        "--endpoint",
        local_aws.url,
    ]
    key = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal()}
    done = subprocess.run(
        command,
        env={**os.environ, **key},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["left"] == {}
    assert all(step["ok"] for step in told["steps"])
    assert any("verify.py" in step["step"] for step in told["steps"])
