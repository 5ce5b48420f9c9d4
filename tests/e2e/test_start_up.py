"""What a command loads: nobody waits for pulumi to read a help text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rolelab.cli.main import COMMANDS
from tests.e2e.conftest import Folder

HEAVY = frozenset(
    {
        "pulumi",
        "pulumi_aws",
        "grpc",
        "boto3",
        "botocore",
        "ministack",
        "uvicorn",
        "rich",
        "jinja2",
        "asyncio",
        "yaml",
    }
)

# The process ends by os._exit: that is where the modules are counted.
TELL = """
import json, os, sys
def leave(code):
    with open(os.environ["TOLD"], "w") as told:
        json.dump(sorted({name.partition(".")[0] for name in sys.modules}), told)
    end(code)
end, os._exit = os._exit, leave
from rolelab.cli.main import main
main()
"""


def loaded(folder: Folder, tmp_path: Path, *words: str) -> set[str]:
    """Return the packages that a command loaded, in an interpreter of its own."""
    told = tmp_path / "modules.json"
    env = {**folder.env, "TOLD": str(told)}
    asked = [sys.executable, "-c", TELL, *words]
    done = subprocess.run(
        asked, cwd=folder.path, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert told.exists(), done.stderr
    return set(json.loads(told.read_text(encoding="utf-8")))


def test_help_loads_click_and_our_own_light_modules_only(folder: Folder, tmp_path: Path) -> None:
    assert loaded(folder, tmp_path, "--help") & HEAVY == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_loads_nothing_heavy(
    folder: Folder, tmp_path: Path, command: str
) -> None:
    assert loaded(folder, tmp_path, command, "--help") & HEAVY == set()


def test_a_wrong_option_is_told_at_once(folder: Folder, tmp_path: Path) -> None:
    assert loaded(folder, tmp_path, "up", "--no-such-option") & HEAVY == set()


@pytest.mark.parametrize("words", [("local", "status"), ("local", "env")])
def test_a_look_at_the_local_aws_loads_neither_boto3_nor_rich(
    folder: Folder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert loaded(folder, tmp_path, *words) & (HEAVY - {"yaml"}) == set()


@pytest.mark.parametrize("words", [("status",), ("outputs",)])
def test_a_look_at_the_state_loads_no_cloud_library(
    folder: Folder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    heavy = {"pulumi", "pulumi_aws", "grpc", "boto3", "botocore", "ministack", "uvicorn"}
    assert loaded(folder, tmp_path, *words) & heavy == set()


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("explain",),
        ("exec", "--", "true"),
        ("profiles",),
        ("break", "grant-missing"),
        ("mend", "--yes"),
    ],
)
def test_who_only_reads_a_lab_never_loads_pulumi(
    folder: Folder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert (
        loaded(folder, tmp_path, *words) & {"pulumi", "pulumi_aws", "grpc", "ministack", "uvicorn"}
        == set()
    )
