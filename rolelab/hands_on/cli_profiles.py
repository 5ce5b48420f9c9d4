"""AWS CLI profiles of a lab, in files of their own: for each learner, and the role as that learner.

The role's profile is what one has at work: `role_arn` and `source_profile`, so that the tool itself
switches. Keys go into the credentials file and all else into the config file: a key of the same
name in `~/.aws/credentials` would win over one in a config file.

Source: AWS CLI User Guide, "Configuration and credential file settings".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rolelab import whole_file
from rolelab.aws.endpoint import Endpoint
from rolelab.errors import LabError, UsageError
from rolelab.outputs import Lab, Learner

MARK = "# Written by `rolelab profiles`, which will write over it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenProfiles:
    """Where the profiles are, and what they are called."""

    config: Path
    credentials: Path
    names: tuple[tuple[str, str], ...]
    """Profiles of each learner, and of the role as that learner (`testuser@s3Access`), in order."""


def write(
    lab: Lab, learners: Sequence[Learner], endpoint: Endpoint, folder: Path
) -> WrittenProfiles:
    """Write both files for the learners, readable by their owner only.

    Raises:
        UsageError: a file there was not written by us, or a name cannot be that of a profile.
        LabError: they cannot be written.
    """
    names = {learner.name: f"{learner.name}@{lab.role.name}" for learner in learners}
    _check(names)
    where = [f"region = {endpoint.region}"]
    if endpoint.url:
        where.append(f"endpoint_url = {endpoint.url}")
    config: list[str] = []
    keys: list[str] = []
    for learner in learners:
        own, role = learner.name, names[learner.name]
        config += [f"[profile {own}]", *where, ""]
        config += [f"[profile {role}]", *lab.switch(learner).profile(own), *where, ""]
        keys += [
            f"[{own}]",
            f"aws_access_key_id = {learner.access_key_id}",
            f"aws_secret_access_key = {learner.secret_access_key.reveal()}",
            "",
        ]
    paths = folder / "config", folder / "credentials"
    for path in paths:
        _require_ours(path)
    for path, lines in zip(paths, (config, keys), strict=True):
        _write(path, lines)
    return WrittenProfiles(config=paths[0], credentials=paths[1], names=tuple(names.items()))


def _check(names: Mapping[str, str]) -> None:
    for name in (*names, *names.values()):
        if any(character in name for character in "[]\n\r\"'\\") or not name.strip():
            what = f"{name!r} cannot be the name of a profile"
            raise UsageError(what, where="outputs, learners", do="rename it")
    if twice := names.keys() & set(names.values()):
        what = f"{min(twice)!r} would be the profile of a learner and of the role"
        raise UsageError(what, do="rename the learner")


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
        do = "move it, or name another --to"
        raise UsageError("exists and was not written by rolelab", where=str(path), do=do)


def _write(path: Path, lines: list[str]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.replace(path, "\n".join((MARK, *lines)), mode=0o600)
    except OSError as error:
        what, do = f"cannot be written: {error.strerror}", "name another folder with --to"
        raise LabError(what, where=str(path), do=do) from None
