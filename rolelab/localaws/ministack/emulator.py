"""The one place that loads MiniStack: pinned, set up for loopback; and saves what it holds."""

from __future__ import annotations

import errno
import importlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from rolelab import whole_file
from rolelab.errors import LabError

Foreign = Any
"""What is MiniStack's: it has no types."""

PINS = {"ministack": "1.5.33", "botocore": "1.43.106"}
"""What this was written for; without pins, pip takes a MiniStack that enforces nothing."""

_ENVIRONMENT = {
    "AUTH": "true",
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    # IAM and STS are answered here, and must not be reached by another way.
    "SERVICES": "s3",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_ACCOUNT_ID": "000000000000",
    "MINISTACK_AUTOCREATE_AWS_MANAGED": "0",
}


def check_versions() -> None:
    """Refuse to run over anything but the pinned versions.

    Raises:
        LabError: one of them is missing or another.
    """
    for package, pinned in PINS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "missing"
        if installed != pinned:
            raise LabError(
                f"the local AWS needs {package} {pinned}, and this Python has {installed}",
                do="install the pins: `pip install -r requirements.txt`",
            )


def load(*, region: str, state: Path | None) -> ModuleType:
    """Import MiniStack's application with enforcement on; a state folder keeps S3's objects.

    The environment and the logging of this process are left as they were: a demo or a test runs
    beside it.

    Raises:
        LabError: another version is installed, or it was already loaded with other settings.
    """
    check_versions()
    settings = {**_ENVIRONMENT, "MINISTACK_REGION": region, "PERSIST_STATE": "1" if state else "0"}
    if state:
        settings |= {
            "STATE_DIR": str(state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "objects"),
        }
    with _environment(settings), _logging_kept():
        app = importlib.import_module("ministack.app")
        for name in ("iam", "sts", "s3"):
            app._get_module(name)
    if not app.AUTH:
        raise LabError(
            "MiniStack was loaded by somebody else, without enforcement",
            do="start the local AWS first",
        )
    return app


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Set variables for the import and take them back; MiniStack reads most of them only then."""
    before: dict[str, str | None] = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Undo `logging.basicConfig`, which MiniStack calls when it is imported."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def module(name: str) -> Foreign:
    """Return a module of MiniStack by its dotted name below `ministack`; `load` comes first."""
    return importlib.import_module(f"ministack.{name}")


_originals: dict[tuple[str, str], Foreign] = {}


def original(module_name: str, name: str) -> Foreign:
    """Return MiniStack's own function, whether or not it is replaced."""
    return _originals.get((module_name, name)) or getattr(module(module_name), name)


def replace(module_name: str, name: str, function: Foreign, also_in: Iterable[str] = ()) -> None:
    """Put a function in the place of MiniStack's, in the modules that have it by name too."""
    _originals.setdefault((module_name, name), getattr(module(module_name), name))
    for place in (module_name, *also_in):
        setattr(module(place), name, function)


def restore(app: ModuleType, state: Path) -> None:
    """Take back what the state folder holds.

    MiniStack's own way goes on without what it cannot read: an empty AWS in which all is lost.

    Raises:
        LabError: a file is not as it was written.
    """
    for name, module_name in app._state_map.items():
        path = state / f"{name}.json"
        if not path.exists():
            continue
        try:
            # Not to be read gives None, which no service takes.
            held = module("core.persistence").load_state(name)
            app._get_module(module_name).load_persisted_state({**held})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise LabError(
                "what it held cannot be read",
                where=str(path.absolute()),
                do="put back a copy, or give up what it held with `rolelab local reset`",
            ) from None


def empty_buckets(account: str | None = None) -> None:
    """Forget all that S3 holds, or what it holds for one account.

    Raises:
        ValueError: that is not an account's id.
    """
    s3 = module("services.s3")
    if account is None:
        s3.reset()
        return
    if not (len(account) == 12 and account.isdigit()):
        raise ValueError(f"{account!r} is not an account id")
    responses = module("core.responses")
    scoped = (responses.AccountScopedDict, responses.AccountRegionScopedDict)
    names: list[str] = dir(s3)
    tables = [table for name in names if type(table := getattr(s3, name)) in scoped]
    for rows in (table._data for table in tables):
        for key in [key for key in list(rows) if key[0] == account]:
            del rows[key]
    if s3.S3_PERSIST:
        objects = Path(s3.DATA_DIR)
        for folder in (objects / account, objects / s3._VERSIONS_DIR / account):
            shutil.rmtree(folder, ignore_errors=True)


def save(app: ModuleType, state: Path) -> None:
    """Write what MiniStack holds into the state folder, all of it or nothing.

    MiniStack's own way hides what goes wrong.

    Raises:
        OSError: it cannot be written.
    """
    _save_objects()
    persistence = module("core.persistence")
    written: list[Path] = []
    try:
        for name, get_state in app._build_persistence_save_dict().items():
            payload = get_state()
            if payload is None:
                continue
            written.append(state / f"{name}.json.new")
            content = {
                "__ministack_format__": persistence._state_format_version(name),
                "payload": payload,
            }
            text = json.dumps(content, default=persistence._json_default)
            whole_file.replace(written[-1], text, mode=0o600)
        for path in written:
            path.replace(path.with_suffix(""))
    except OSError:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise


def _save_objects() -> None:
    """Write the objects that could not be written when they were put.

    MiniStack keeps those in memory, silently.

    Raises:
        OSError: one still cannot be.
    """
    s3 = module("services.s3")
    for (account, bucket), record in list(s3._buckets._data.items()):
        for key, held in record.get("objects", {}).items():
            if not isinstance(held, dict) or cast("dict[str, Any]", held).get("body") is None:
                continue
            module("core.responses").set_request_account_id(account)
            path = s3._object_disk_path(bucket, key)
            if path is not None:
                # By itself first, because that tells what is wrong.
                Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                s3._atomic_write(path, held["body"])
                original("services.s3", "_persist_object")(bucket, key, held)
                if held["body"] is not None:
                    raise OSError(errno.EIO, "an object of S3 cannot be written", path)
