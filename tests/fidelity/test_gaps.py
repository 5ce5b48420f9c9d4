from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .runner import HERE, Answer, Runner, load

GAPS: list[dict[str, Any]] = json.loads((HERE / "gaps.json").read_text(encoding="utf-8"))["gaps"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Answer]]:
    """The answers of MiniStack alone, with enforcement on, to the cases of the gaps."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("bare") / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SERVICES": "iam,sts,s3",
        "LOG_LEVEL": "ERROR",
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "ministack.app:app",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait(port, process, log)
        wanted = {name for gap in GAPS for name in gap["cases"]}
        cases = [case for case in load() if case["id"] in wanted]
        yield {
            answer.case["id"]: answer
            for answer in Runner(f"http://127.0.0.1:{port}", "test").run(cases)
        }
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap["gap"])
def test_the_gap_is_still_there(bare: dict[str, Answer], gap: dict[str, Any]) -> None:
    """Fails when MiniStack has closed a gap: then its part of the layer can go."""
    closed = [name for name in gap["cases"] if bare[name].right]
    assert closed == [], (
        f"MiniStack answers {closed} by itself now: see rolelab.localaws.{gap['layer']}"
    )


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap["gap"])
def test_the_gap_names_a_module_of_the_layer(gap: dict[str, Any]) -> None:
    """The table says where the answer comes from instead."""
    assert importlib.import_module(f"rolelab.{gap['layer']}")
