"""What the folder of the local AWS holds: who the instance is, where it was last seen, its secret.

The folder (mode 0700) is the instance: `instance.json` has the record, `secret` the administrator's
secret, `log` what the server wrote, `state/` what it holds between two runs.
"""

from __future__ import annotations

import errno
import hashlib
import json
import secrets
import shlex
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rolelab import whole_file
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.errors import CannotTell, LabError
from rolelab.secret import Secret

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"

_KEPT = "instance.json.kept"
_TYPES: dict[str, tuple[type, ...]] = {
    "instance_id": (str,),
    "port": (int,),
    "pid": (int,),
    "region": (str,),
    "version": (str,),
    "started": (float, int),
    "kept": (bool,),
    "code": (str,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One running local AWS. Its state belongs to its id: another id means an empty world."""

    url: str
    instance_id: str
    secret: Secret
    """Secret access key of every root key (12 digits: the root of that account)."""
    region: str
    pid: int
    port: int

    def endpoint(self, account_id: str = DEFAULT_ACCOUNT) -> Endpoint:
        """Return the endpoint with the root key of a 12-digit account."""
        return Endpoint(
            url=self.url,
            region=self.region,
            credentials=Credentials(access_key_id=account_id, secret_access_key=self.secret),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRecord:
    """`instance.json`: who the instance is and where it was last seen."""

    instance_id: str
    port: int
    pid: int
    region: str
    version: str
    """Of MiniStack: another version's state is not read."""
    started: float
    kept: bool = False
    """True from a clean end to the next start: `state/` is whole."""
    code: str = ""
    """What the server's code was when it started (`code_print`)."""

    def instance(self, secret: Secret) -> Instance:
        """Return what a caller needs of it."""
        return Instance(
            url=f"http://127.0.0.1:{self.port}",
            instance_id=self.instance_id,
            secret=secret,
            region=self.region,
            pid=self.pid,
            port=self.port,
        )


def local_home_in(folder: Path) -> Path:
    """Return the folder of the local AWS that belongs to a folder, as to a project's."""
    return folder.resolve() / ".rolelab" / "local"


def told_command(words: str, home: Path) -> str:
    """Return a command on the local AWS of a folder, in words for people who are elsewhere, too."""
    folder, here = home.parents[1], Path.cwd()
    if folder in (here, *here.parents) and (folder / "Pulumi.yaml").is_file():
        return f"`rolelab local {words}`"
    return f"`rolelab local {words} --dir {shlex.quote(str(folder))}`"


def prepare(home: Path) -> None:
    """Make the folder, for its owner only.

    Raises:
        LabError: it belongs to somebody else or cannot be made.
    """
    try:
        whole_file.make_private(home)
        home.chmod(0o700)
        ignored = home.parent / ".gitignore"
        if home.parent.name == ".rolelab" and not ignored.exists():
            # All that is in there is secret, and may be in somebody's repository.
            whole_file.replace(ignored, "*\n", mode=0o600)
    except OSError as error:
        raise LabError(
            f"cannot use the folder of the local AWS: {why_not_written(error)}",
            where=str(home),
            do="work in a copy of the lab that you can write",
        ) from None


def read_record(home: Path) -> InstanceRecord | None:
    """Return the record, or None where there is none, or none that makes sense.

    Raises:
        CannotTell: there may be one, and it cannot be read.
    """
    path = home / "instance.json"
    try:
        text = whole_file.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_look(path, error) from None
    try:
        record = InstanceRecord(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    return record if _makes_sense(record) else None


def _makes_sense(record: InstanceRecord) -> bool:
    return (
        all(type(getattr(record, name)) in types for name, types in _TYPES.items())
        and 0 < record.port < 65536
        # Zero and below would be groups of processes, not one.
        and record.pid > 0
    )


def write_record(home: Path, record: InstanceRecord) -> None:
    """Replace the record in one step.

    Raises:
        OSError: it cannot be written.
    """
    whole_file.replace(home / "instance.json", json.dumps(asdict(record)), mode=0o600)


def stage_kept(home: Path, record: InstanceRecord, secret: Secret) -> None:
    """Write down ahead of the end that all is kept, with the secret: the end itself needs no room.

    Raises:
        OSError: it cannot be written.
    """
    write_secret(home, secret)
    whole_file.replace(home / _KEPT, json.dumps(asdict(record)), mode=0o600)


def mark_kept(home: Path) -> None:
    """Let what was staged count."""
    (home / _KEPT).replace(home / "instance.json")


def begin_anew(home: Path) -> None:
    """Make the folder that of another instance, which has ended in order and holds nothing.

    Raises:
        OSError: it cannot be written.
    """
    before = read_record(home)
    state = home / "state"
    if state.exists():
        shutil.rmtree(state)
    if before is None:
        (home / "instance.json").unlink(missing_ok=True)
    else:
        write_record(home, replace(before, instance_id=new_id(), kept=True))


def read_secret(home: Path) -> Secret | None:
    """Return the administrator's secret, or None where there is none."""
    try:
        text = whole_file.read(home / "secret").decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Secret(text) if text else None


def new_id() -> str:
    """Make an instance's id."""
    return secrets.token_hex(8)


def new_secret() -> Secret:
    """Make a secret access key: 40 characters, as AWS's are."""
    return Secret(secrets.token_urlsafe(30))


def write_secret(home: Path, secret: Secret) -> None:
    """Keep the administrator's secret, readable by its owner only."""
    whole_file.replace(home / "secret", secret.reveal(), mode=0o600)


def cannot_look(path: Path, error: OSError) -> CannotTell:
    """Return the error for a part of the folder that cannot be read."""
    return CannotTell(
        f"cannot find out whether the local AWS runs: {error.strerror}",
        where=str(path),
        do="make it a file that you can read",
    )


def why_not_written(error: OSError) -> str:
    """Return in words why something could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no room on the disk"
    return error.strerror or str(error)


def code_print() -> str:
    """Return what tells this code from an older or a newer one; only looks at its files."""
    package = Path(__file__).resolve().parents[1]
    files = sorted((*package.rglob("*.py"), *(package.parent / "iam").rglob("*.py")))
    stats = [(str(file), file.stat()) for file in files]
    seen = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
