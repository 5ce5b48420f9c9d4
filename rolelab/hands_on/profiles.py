"""AWS CLI profiles of a lab, in files of their own: one for each learner, one for the role as that learner.

The role's profile is what one has at work: `role_arn` and `source_profile`, so that the tool itself switches. Keys go
into the credentials file and all else into the config file: a key of the same name in `~/.aws/credentials` would win
over one in a config file.

Source: AWS CLI User Guide, "Configuration and credential file settings", "Using an IAM role in the AWS CLI".
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rolelab.aws.endpoint import Endpoint
from rolelab.errors import LabError, UsageError
from rolelab.outputs import Lab, Learner

MARK = "# Written by `rolelab profiles`, which will write over it again."
_CONFIG = "config"
_CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where the profiles are, and what they are called."""

    config: Path
    credentials: Path
    learners: tuple[str, ...]
    """Profiles of the learners, in order."""
    roles: tuple[str, ...]
    """Profiles of the role, one for each of them."""


def role_profile(learner: Learner, lab: Lab) -> str:
    """Return the name of the profile with which a learner is the role: `testuser@s3Access`."""
    return f"{learner.name}@{lab.role.name}"


def write(lab: Lab, learners: Iterable[Learner], endpoint: Endpoint, folder: Path) -> Written:
    """Write both files for the learners, readable by their owner only.

    Raises:
        UsageError: a file there was not written by us, or a name cannot be that of a profile.
        LabError: they cannot be written.
    """
    chosen = list(learners)
    names = [learner.name for learner in chosen]
    roles = [role_profile(learner, lab) for learner in chosen]
    for name in (*names, *roles):
        if any(character in name for character in "[]\n\r\"'\\") or not name.strip():
            raise UsageError(
                f"{name!r} cannot be the name of a profile",
                where="outputs, learners",
                do="rename it",
            )
    if twice := set(names) & set(roles):
        raise UsageError(
            f"{min(twice)!r} would be the profile of a learner and of the role",
            do="rename the learner",
        )
    where = [f"region = {endpoint.region}"] + (
        [f"endpoint_url = {endpoint.url}"] if endpoint.url else []
    )
    config: list[str] = []
    keys: list[str] = []
    for learner, role in zip(chosen, roles, strict=True):
        config += [f"[profile {learner.name}]", *where, ""]
        config += [
            f"[profile {role}]",
            *lab.switch(learner).profile(learner.name),
            *where,
            "",
        ]
        keys += [
            f"[{learner.name}]",
            f"aws_access_key_id = {learner.access_key_id}",
            f"aws_secret_access_key = {learner.secret_access_key.reveal()}",
            "",
        ]
    paths = folder / _CONFIG, folder / _CREDENTIALS
    for path in paths:
        _require_ours(path)
    _write(paths[0], config)
    _write(paths[1], keys)
    return Written(config=paths[0], credentials=paths[1], learners=tuple(names), roles=tuple(roles))


def _require_ours(path: Path) -> None:
    try:
        if path.is_symlink():
            ours = False
        elif path.exists():
            with path.open(encoding="utf-8", errors="replace") as file:
                ours = file.readline().rstrip("\n") == MARK
        else:
            ours = True
    except OSError as error:
        raise LabError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if not ours:
        raise UsageError(
            "exists and was not written by rolelab",
            where=str(path),
            do="move it, or name another --to",
        )


def _write(path: Path, lines: list[str]) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join((MARK, *lines)))
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise LabError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            do="name another folder with --to",
        ) from None
