"""No secret of the lab in anything that is written or shown, whole lab or broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolelab.report import FORMS
from tests import labs
from tests.cli.conftest import Run

_BREAK = {"intact": [], "broken": ["break", "trust-mfa"], "wrong key": []}


@pytest.mark.parametrize("state", list(_BREAK))
def test_no_secret_is_in_any_output(
    rolelab: Run, made: labs.MadeLab, tmp_path: Path, state: str
) -> None:
    """Secret keys, console password, administrator's secret: in no form and not on the screen."""
    learner = made.raw["learners"]["testuser"]
    learner["consolePassword"] = "Horse-Battery-1-Staple"
    secrets = [
        learner["secretAccessKey"],
        learner["consolePassword"],
        made.instance.secret.reveal(),
    ]
    if state == "wrong key":
        learner["secretAccessKey"] = "wrong/" + "x" * 34
        secrets.append(learner["secretAccessKey"])
    if _BREAK[state]:
        assert rolelab(*_BREAK[state]).returncode == 0
    files = {form: tmp_path / f"report.{form}" for form in FORMS}
    forms = [part for form, path in files.items() for part in (f"--{form}", str(path))]
    runs = [
        rolelab("verify", "--wait", "0.1", *forms),
        rolelab("explain"),
        rolelab("explain", "s3:GetObject"),
        rolelab("profiles"),
        rolelab("exec", "--role", "--", "true"),
        rolelab("exec", "--", "true"),
        rolelab("mend", "--yes"),
    ]
    written = "".join(run.stdout + run.stderr for run in runs) + "".join(
        path.read_text() for path in files.values()
    )
    assert len(written) > 5000
    for secret in secrets:
        assert secret not in written
    assert "SessionToken" not in written
    assert "Traceback" not in written
