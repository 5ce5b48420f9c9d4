"""`.ci/run` checks everything, from a bare checkout, and tells the tests where real tools are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose `make` and `terraform` only tell how they were called."""
    folder = tmp_path / "work" / "main"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, body in (
        (
            "make",
            'echo "make $*"; echo "plugins=$ROLELAB_TF_PLUGINS engine=$ROLELAB_REAL_ENGINE"\n'
            "exit ${MAKE_EXIT:-0}",
        ),
        ("terraform", "exit 0"),
        ("uv", "exit 0"),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    return folder


def run(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    home = checkout.parents[1]
    path = os.pathsep.join([str(home / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["bash", ".ci/run"],
        cwd=checkout,
        env={"PATH": path, "HOME": str(home), "CI": "true", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_executable() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_it_runs_lint_and_tests_and_fails_with_them(checkout: Path) -> None:
    """Both, also when the first of them fails: one run tells everything."""
    done = run(checkout)
    assert done.returncode == 0
    assert "make --keep-going lint test test-long" in done.stdout
    assert run(checkout, MAKE_EXIT="2").returncode != 0


def test_it_finds_terraforms_providers_in_its_documented_place(checkout: Path) -> None:
    plugins = checkout.parents[1] / ".terraform.d" / "plugins"
    (plugins / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    assert f"plugins={plugins} " in run(checkout).stdout


def test_what_the_environment_names_counts(checkout: Path, tmp_path: Path) -> None:
    done = run(checkout, ROLELAB_TF_PLUGINS="/some/plugins", ROLELAB_REAL_ENGINE="/some/engine")
    assert "plugins=/some/plugins engine=/some/engine" in done.stdout


def test_it_finds_the_real_engines_harness_beside_the_checkout(checkout: Path) -> None:
    harness = checkout.parent / "shared" / "real-engine"
    harness.mkdir(parents=True)
    (harness / "run.py").touch()
    assert f"engine={harness.resolve()}\n" in run(checkout).stdout
