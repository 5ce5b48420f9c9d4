"""No secret where it does not belong: not on a screen, not in a log, not in a file that others may read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.e2e.conftest import Done, Folder


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


@pytest.fixture
def lived(folder: Folder) -> tuple[Folder, list[Done], dict[str, str]]:
    """A lab that was made, looked at, verified, changed, and broken; what was printed; the secrets by name."""
    folder.configure(console="true")
    done = [folder.rolelab("up", "--yes")]
    raw = json.loads(folder.rolelab("outputs", "--json", "--show-secrets").out)
    learner = raw["learners"]["testuser"]
    secrets = {
        "access key": learner["secretAccessKey"],
        "password": learner["consolePassword"],
        "administrator": folder.aws()["AWS_SECRET_ACCESS_KEY"],
    }
    assert all(len(secret) > 15 for secret in secrets.values())
    words = [
        ["up", "--yes"],
        ["up", "--yes", "--json", "--refresh"],
        ["preview"],
        ["preview", "--json"],
        ["outputs"],
        ["outputs", "learners"],
        ["outputs", "--json"],
        ["status"],
        ["status", "--json"],
        ["verify"],
        ["verify", "--json", "-"],
        ["verify", "--read-only", "--json", "proof.json"],
        ["exec", "--", "true"],
        ["exec", "--role", "--", "no-such-command"],
        ["profiles"],
        ["local", "status"],
    ]
    done += [folder.rolelab(*line) for line in words]
    folder.configure(console="true", roleName="other")
    done += [folder.rolelab("preview"), folder.rolelab("up", "--yes"), folder.rolelab("destroy", "--yes", "--json")]
    return folder, done, secrets


def test_no_command_prints_a_secret_unasked(lived: tuple[Folder, list[Done], dict[str, str]]) -> None:
    _, done, secrets = lived
    for one in done:
        for name, secret in secrets.items():
            assert secret not in one.out + one.err, (name, one)


def test_secrets_are_in_files_for_the_owner_only_and_in_no_log(
    lived: tuple[Folder, list[Done], dict[str, str]],
) -> None:
    """The folder that holds them is closed, too: MiniStack's own files are readable by all."""
    folder, _, secrets = lived
    home = folder.path / ".rolelab"
    for path in files(folder.path):
        content = path.read_bytes()
        held = [name for name, secret in secrets.items() if secret.encode() in content]
        if not held:
            continue
        assert path.is_relative_to(home), (held, path)
        assert path.name != "log", (held, path)
        closed = [part for part in path.parents if part.is_relative_to(home) and mode(part) == 0o700]
        assert closed, f"{held} in {path}, in no folder of mode 0700"
    for name in ("local", "stacks"):
        assert mode(home / name) == 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_failure_shows_no_secret_and_no_traceback(folder: Folder) -> None:
    """The program's own error goes to the screen: it may have a secret in its hands."""
    folder.rolelab("up", "--yes")
    secret = folder.aws()["AWS_SECRET_ACCESS_KEY"]
    done = folder.rolelab(
        "up",
        "--yes",
        env={
            **folder.aws(),
            "AWS_SECRET_ACCESS_KEY": "wrong" * 8,
            "AWS_ENDPOINT_URL": folder.aws()["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost"),
        },
    )
    assert done.exit_code in (1, 3)
    assert "Traceback" not in done.out + done.err
    assert "wrong" * 8 not in done.out + done.err
    assert secret not in done.out + done.err
