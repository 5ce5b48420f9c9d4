"""The same resources by other tools, where they are on this machine.

Terraform, and the Pulumi CLI.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.run import Failed, Project, Run, clean_environment, timed

PLUGINS = "ROLELAB_TF_PLUGINS"
"""Environment variable: the folder that holds `registry.terraform.io`."""
HARNESS = "ROLELAB_REAL_ENGINE"
"""Environment variable: the folder of the harness that runs the Pulumi CLI against a local AWS."""

TERRAFORM = """\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{
  skip_metadata_api_check = true
  skip_region_validation  = true
}}
data "aws_caller_identity" "this" {{}}
locals {{
  learners = toset([for n in range(1, {count} + 1) : format("learner%03d", n)])
  tags     = {{ lab = "bench", stack = "terraform" }}
}}
resource "aws_iam_role" "role" {{
  name                  = "s3Access"
  max_session_duration  = 3600
  force_detach_policies = true
  tags                  = local.tags
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect    = "Allow"
    Action    = "sts:AssumeRole"
    Principal = {{ AWS = "arn:aws:iam::${{data.aws_caller_identity.this.account_id}}:root" }}
  }}] }})
}}
resource "aws_iam_role_policy_attachment" "s3" {{
  role       = aws_iam_role.role.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}}
resource "aws_iam_user" "learner" {{
  for_each      = local.learners
  name          = each.key
  force_destroy = true
  tags          = local.tags
}}
resource "aws_iam_access_key" "learner" {{
  for_each = local.learners
  user     = aws_iam_user.learner[each.key].name
}}
resource "aws_iam_user_policy" "learner" {{
  for_each = local.learners
  name     = "AssumeRole"
  user     = aws_iam_user.learner[each.key].name
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect   = "Allow"
    Action   = "sts:AssumeRole"
    Resource = aws_iam_role.role.arn
  }}] }})
}}
"""


class Terraform:
    """Terraform in a folder of its own, on a project's local AWS."""

    def __init__(self, project: Project, count: int, env: Mapping[str, str]) -> None:
        self._folder = project.folder / f"terraform-{count}"
        self._folder.mkdir()
        (self._folder / "main.tf").write_text(TERRAFORM.format(count=count), encoding="utf-8")
        self._env = {
            **clean_environment(),
            **env,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
        self._run("init", f"-plugin-dir={os.environ[PLUGINS]}")

    def moved(self, env: Mapping[str, str]) -> None:
        """Take another address of the local AWS, which has a new one after each start."""
        self._env |= env

    @staticmethod
    def lacks() -> str | None:
        """Return what is missing for it; None where all is there."""
        if shutil.which("terraform") is None:
            return "no terraform on PATH"
        return None if os.environ.get(PLUGINS) else f"{PLUGINS} names no folder of providers"

    def apply(self) -> Run:
        """Make the resources."""
        return self._run("apply", "-auto-approve", "-parallelism=16")

    def plan(self) -> Run:
        """Look for changes, of which there are none."""
        return self._run("plan", "-detailed-exitcode", "-parallelism=16")

    def destroy(self) -> Run:
        """Remove them."""
        return self._run("destroy", "-auto-approve", "-parallelism=16")

    def _run(self, *args: str) -> Run:
        flags = ["-input=false", "-no-color"]
        return timed(["terraform", args[0], *flags, *args[1:]], cwd=self._folder, env=self._env)


class RealPulumi:
    """The Pulumi CLI on the same program."""

    @staticmethod
    def lacks() -> str | None:
        """Return what is missing for it; None where all is there."""
        if shutil.which("pulumi") is None:
            return "no pulumi on PATH"
        harness = os.environ.get(HARNESS)
        return (
            None
            if harness and (Path(harness) / "run.py").is_file()
            else f"{HARNESS} names no harness"
        )

    @staticmethod
    def seconds(project: Project, rounds: int) -> dict[str, list[float]]:
        """Return the seconds of each command for one learner, a list of rounds each."""
        # The harness is a script of its own: it runs in a process of its own, and tells by JSON.
        code = (
            "import json, sys; sys.path.insert(0, sys.argv[1]); from run import Harness\n"
            "found = {'up': [], 'unchanged up': [], 'destroy': []}\n"
            "with Harness(sys.argv[2], venv=sys.argv[3]) as h:\n"
            "    for _ in range(int(sys.argv[4])):\n"
            "        for name in found:\n"
            "            command = ['pulumi', '--non-interactive', name.split()[-1], '--yes']\n"
            "            exit_code, seconds = h.call(command)\n"
            "            assert exit_code == 0, h.last\n"
            "            found[name].append(seconds)\n"
            "print(json.dumps(found))\n"
        )
        asked = [
            sys.executable,
            "-c",
            code,
            os.environ[HARNESS],
            str(project.folder),
            sys.prefix,
            str(rounds),
        ]
        done = subprocess.run(
            asked, env=clean_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"the Pulumi CLI failed\n{done.stderr[-2000:]}")
        found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
        return found
