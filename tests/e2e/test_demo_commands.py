"""Every command that the demo shows works when typed: that is what a learner does next."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.e2e.conftest import Folder

STEP = re.compile(
    r"^ ?\d+  (?P<title>.+?)   as .*\n    .*\n    \$ (?P<command>.*)\n    in the console: .*\n"
    r"    ✓ (?P<outcome>\w+)",
    re.MULTILINE,
)


def test_every_command_of_the_demo_does_what_the_demo_showed(folder: Folder, aws_cli: Path) -> None:
    """The lesson by hand, in the demo's order, with the real AWS CLI, ends where the demo ended."""
    told = folder.rolelab("demo")
    steps = [match.groupdict() for match in STEP.finditer(told.out)]
    assert len(steps) == 15, told.out + told.err
    env = {**folder.env, "PATH": os.pathsep.join([folder.env["PATH"], str(aws_cli.parent)])}
    folder.configure(grant="false")
    left = ""
    for step in steps:
        command = step["command"].replace("rolelab up  ", "rolelab up --yes  ")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder.path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        worked = done.returncode == 0
        assert worked is (step["outcome"] != "refused"), (step, done.stdout, done.stderr)
        if not worked:
            assert "(AccessDenied)" in done.stderr, (step, done.stderr)
        left = done.stdout
    assert '"Users": []' in left
    assert '"Roles": []' in left
