"""A folder for a local AWS of a test's own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolelab.localaws.process import lifecycle, lock


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return the folder; whatever runs in it, or hangs, has ended after the test."""
    folder = tmp_path / ".rolelab" / "local"
    yield folder
    process = lock.holder(folder)
    if process and lock.is_alive(folder):
        os.kill(process, signal.SIGCONT)
    lifecycle.stop(folder, force=True)
