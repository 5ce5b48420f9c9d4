"""AWS CLI profiles of a lab, in files of their own: for each learner, and the role as that learner.

The role's profile is what one has at work: `role_arn` and `source_profile`, so that the tool itself
switches. Keys go into the credentials file and all else into the config file: a key of the same
name in `~/.aws/credentials` would win over one in a config file.

Source: AWS CLI User Guide, "Configuration and credential file settings".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rolelab import whole_file
from rolelab.aws.endpoint import Endpoint, is_loopback
from rolelab.errors import LabError, UsageError
from rolelab.outputs import Lab, Learner
from rolelab.switch import Switch

MARK = "# Written by `rolelab profiles`, which will write over it again."
EDITION = (
    "# external_id (where the role asks for one: duration_seconds) is another one each time that",
    "# this is written. No policy asks for it; the AWS CLI keeps the sessions of a role by what it",
    "# sends, and would use one of an earlier lab until it ends.",
)


_CONFIG, _CREDENTIALS = "config", "credentials"


def written_for(folder: Path) -> set[str]:
    """Return the learners of a local lab whose profiles we have written into a folder, if any."""
    try:
        config, keys = ((folder / name).read_text("utf-8") for name in (_CONFIG, _CREDENTIALS))
    except (OSError, UnicodeDecodeError):
        return set()
    url = re.search(r"^endpoint_url = (\S+)$", config, re.MULTILINE)
    if not (keys.startswith(MARK) and url and is_loopback(url[1])):
        return set()
    return set(re.findall(r"^\[(.+)\]$", keys, re.MULTILINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenProfiles:
    """Where the profiles are, and what they are called."""

    config: Path
    credentials: Path
    names: tuple[tuple[str, str], ...]
    """Profiles of each learner, and of the role as that learner (`testuser@s3Access`), in order."""


def write(
    lab: Lab, learners: Sequence[Learner], endpoint: Endpoint, folder: Path, edition: str
) -> WrittenProfiles:
    """Write both files for the learners, readable by their owner only.

    `edition` is 16 hex digits by chance: with others the AWS CLI assumes the role anew.

    Raises:
        UsageError: a file there was not written by us, or a name cannot be that of a profile.
        LabError: they cannot be written.
    """
    names = {learner.name: f"{learner.name}@{lab.role.name}" for learner in learners}
    _check(names)
    where = [f"region = {endpoint.region}"]
    if endpoint.url:
        where.append(f"endpoint_url = {endpoint.url}")
    config = [*EDITION, ""]
    keys: list[str] = []
    for learner in learners:
        own, role = learner.name, names[learner.name]
        config += [f"[profile {own}]", *where, ""]
        switch = _of_edition(lab, lab.switch(learner), edition)
        config += [f"[profile {role}]", *switch.profile(own), *where, ""]
        keys += [
            f"[{own}]",
            f"aws_access_key_id = {learner.access_key_id}",
            f"aws_secret_access_key = {learner.secret_access_key.reveal()}",
            "",
        ]
    paths = folder / _CONFIG, folder / _CREDENTIALS
    for path in paths:
        _require_ours(path)
    for path, lines in zip(paths, (config, keys), strict=True):
        _write(path, lines)
    return WrittenProfiles(config=paths[0], credentials=paths[1], names=tuple(names.items()))


def _of_edition(lab: Lab, switch: Switch, edition: str) -> Switch:
    """Return the switch with something in it that no other edition has.

    An external id that no policy asks for changes no decision. Where one is asked for, the length
    does it: 1,800 of them, half an hour or more.
    Source: botocore, AssumeRoleCredentialFetcher (the key of its cache); IAM User Guide, "Access
    to AWS accounts owned by third parties".
    """
    if lab.role.asks_for_external_id:
        return replace(switch, seconds=3600 - int(edition, 16) % 1800)
    return replace(switch, external_id=f"rolelab-{edition}")


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
        whole_file.make_private(path.parent)
        whole_file.replace(path, "\n".join((MARK, *lines)), mode=0o600)
    except OSError as error:
        what, do = f"cannot be written: {error.strerror}", "name another folder with --to"
        raise LabError(what, where=str(path), do=do) from None
