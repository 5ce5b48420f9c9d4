from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rolelab.localaws.process.record import Instance

from .runner import HERE

ROOT = HERE.parents[1]


def _run(local_aws: Instance, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"AWS_SECRET_ACCESS_KEY": local_aws.secret.reveal()}
    command = [sys.executable, "-m", "tests.fidelity", "--endpoint", local_aws.url, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_it_tells_how_right_an_emulator_is(local_aws: Instance) -> None:
    """Whoever builds an emulator can measure it with this."""
    told = _run(local_aws, "--cases", str(HERE / "chain.json"))
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines()[-1].split() == ["all", "10", "of", "10", "(100.0%)"]


def test_it_names_what_is_wrong_and_fails(local_aws: Instance, tmp_path: Path) -> None:
    """With the exit code of a check that failed."""
    case = json.loads((HERE / "chain.json").read_text())["cases"][0]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"cases": [case | {"expected": "error:Nonsense"}]}))
    told = _run(local_aws, "--cases", str(file))
    assert told.returncode == 1
    assert "expected error:Nonsense, got allow" in told.stdout
