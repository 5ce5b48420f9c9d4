"""No secret on a screen, in a log, or in a file that others are allowed to read."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

from rolelab.localaws.process.record import Instance
from tests.e2e.conftest import Folder

LOOKS = [
    ["up", "--yes", "--json", "--refresh"],
    ["preview"],
    ["preview", "--json"],
    ["outputs"],
    ["outputs", "learners"],
    ["outputs", "--json"],
    ["status", "--json"],
    ["verify"],
    ["verify", "--json", "-"],
    ["verify", "--read-only", "--json", "proof.json"],
    ["exec", "--role", "--", "no-such-command"],
    ["profiles"],
    ["local", "status"],
]


def test_a_labs_whole_life_shows_no_secret_and_keeps_none_where_others_may_read(
    folder: Folder,
) -> None:
    """Made, looked at in every way, verified, changed and removed."""
    folder.configure(console="true")
    done = [folder.rolelab("up", "--yes")]
    learner = json.loads(folder.rolelab("outputs", "--json", "--show-secrets").out)["learners"][
        "testuser"
    ]
    secrets = {
        "access key": learner["secretAccessKey"],
        "password": learner["consolePassword"],
        "administrator": folder.aws()["AWS_SECRET_ACCESS_KEY"],
    }
    assert all(len(secret) > 15 for secret in secrets.values())
    done += [folder.rolelab(*line) for line in LOOKS]
    assert_kept(folder, secrets)
    folder.configure(console="true", roleName="other")
    done += [
        folder.rolelab("preview"),
        folder.rolelab("up", "--yes"),
        folder.rolelab("destroy", "--yes", "--json"),
    ]
    assert_kept(folder, secrets)
    for run in done:
        for name, secret in secrets.items():
            assert secret not in run.out + run.err, (name, run)


def assert_kept(folder: Folder, secrets: Mapping[str, str]) -> None:
    """MiniStack's own files are readable by all: it is the folder around them that is closed."""
    home = folder.path / ".rolelab"
    for path in folder.path.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        held = [name for name, secret in secrets.items() if secret.encode() in content]
        if not held:
            continue
        assert path.is_relative_to(home), (held, path)
        assert path.name != "log", (held, path)
        closed = [
            part for part in path.parents if part.is_relative_to(home) and mode(part) == 0o700
        ]
        assert closed, f"{held} in {path}, in no folder of mode 0700"
    for name in ("local", "stacks"):
        assert mode(home / name) == 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_failure_shows_no_secret_and_no_traceback(folder: Folder, local_aws: Instance) -> None:
    """A refused signature is answered with parts of the request: none of it is shown."""
    folder.rolelab("up", "--yes")
    env = folder.aws()
    secret, wrong = env["AWS_SECRET_ACCESS_KEY"], "wrong" * 8
    # It is not the project's own: then the environment's key counts.
    another = {"AWS_SECRET_ACCESS_KEY": wrong, "AWS_ENDPOINT_URL": local_aws.url}
    done = folder.rolelab("up", "--yes", env={**env, **another})
    assert done.exit_code in (1, 3)
    said = done.out + done.err
    assert "Traceback" not in said
    assert wrong not in said
    assert secret not in said
