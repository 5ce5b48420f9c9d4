"""The check that no test leaves a local AWS running finds one that does."""

from __future__ import annotations

from pathlib import Path

from rolelab.localaws.process import lifecycle
from tests.conftest import local_aws_processes


def test_a_local_aws_that_runs_on_is_found(tmp_path: Path) -> None:
    home = tmp_path / "local"
    lifecycle.ensure(home)
    assert list(local_aws_processes(tmp_path).values()) == [str(home)]
    assert local_aws_processes(tmp_path / "elsewhere") == {}
    lifecycle.stop(home)
    assert local_aws_processes(tmp_path) == {}
