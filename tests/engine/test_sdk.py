"""Parts of the SDK that are left unloaded are there for whoever looks into them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rolelab.engine import sdk
from tests.engine.stacks import StackRunner

NAMES = "import json, sys; print(json.dumps(sorted(n for n in dir({0}) if n[0] != '_')))"
LATE = """
import sys
from rolelab.engine import sdk
sdk.load()
unloaded = [name for name in {within!r} if name in sys.modules]
assert not unloaded, unloaded
import {name}
{name}.{look}
"""
LOOKS = {
    "pulumi.automation": ("LocalWorkspace", ["pulumi.automation._local_workspace"]),
    "pulumi.dynamic": ("ResourceProvider", ["pulumi.dynamic.dynamic", "dill"]),
    "grpc.aio": ("insecure_channel", ["grpc.aio._channel"]),
}
"""Module -> something in it, and what is loaded with it."""


def _printed(code: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", sdk.SELDOM)
def test_a_part_left_unloaded_is_whole_at_the_first_look(name: str) -> None:
    look, within = LOOKS[name]
    late = LATE.format(name=name, look=look, within=within)
    assert _printed(late + NAMES.format(name)) == _printed(f"import {name}; {NAMES.format(name)}")


@pytest.mark.parametrize(
    "line",
    [
        "from pulumi.automation import LocalWorkspace, errors",
        "from pulumi.automation import *; LocalWorkspace",
        "import pulumi.automation.errors as errors; errors.CommandError",
        "from pulumi.dynamic import CreateResult; CreateResult('id')",
        "pulumi.automation.LocalWorkspace",
        "import grpc.aio; grpc.aio.insecure_channel",
    ],
)
def test_a_program_can_use_it(stack: StackRunner, line: str) -> None:
    """Under the engine as under `pulumi up`."""
    stack.program(f'{line}\npulumi.export("reached", True)')
    ran = stack.up()
    assert ran.errors == []
    assert ran.outputs == {"reached": True}
