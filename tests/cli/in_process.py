"""A project whose commands run in this process, which saves each of them its start."""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout

import pytest

from rolelab.cli import main
from tests.cli.test_local_lab import Project


class InProcess(Project):
    """Everything but the start and the end of a process is as users have it."""

    def rolelab(
        self, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = main.exit_code(list(arguments))
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
