"""Make `.venv`: what the lab needs to run, and with `--dev` what its tests and checks need as well.

`make` calls it with the `python3` of the machine, so it uses the standard library only. An environment that holds what
is pinned is not touched, one that a killed run or a moved folder left behind is made anew. `uv` installs in a few
seconds where it is on PATH or can be had by pip; pip alone does the same in half a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WITHIN = VENV / "bin" / "uv"
"""uv, where pip had to bring it: inside the environment, so that `make clean` takes it along."""

USED_AT_ONCE = (
    "import boto3, click, ministack.app, pulumi, pulumi_aws.iam, rich.live, uvicorn, yaml"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Bring `.venv` up to what the requirements pin."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--dev", action="store_true", help="what the tests and the checks need, too"
    )
    parser.add_argument(
        "--installer",
        choices=["auto", "uv", "pip"],
        default="auto",
        help="auto: uv if it can be had",
    )
    given = parser.parse_args(argv)

    wanted = ROOT / ("requirements-dev.txt" if given.dev else "requirements.txt")
    stamp = VENV / (".ready-dev" if given.dev else ".ready")
    if not is_sound():
        shutil.rmtree(VENV, ignore_errors=True)
    elif stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(given.dev):
        stamp.touch()  # what make compares with the requirements' own time
        return

    say(f"setting up {VENV.name} from {wanted.name}")
    stamp.unlink(missing_ok=True)
    uv = None if given.installer == "pip" else shutil.which("uv")
    if not is_sound():
        create(uv)
    if uv is None and given.installer != "pip":
        uv = uv_by_pip()
    if given.installer == "uv" and uv is None:
        stop("uv can be had neither on PATH nor by pip", do="leave INSTALLER=uv out")
    install(uv, wanted)
    warm_up()
    stamp.write_text(fingerprint(given.dev), encoding="utf-8")


def fingerprint(dev: bool) -> str:
    """Return what the environment was made from: the pins, the package's own description, its place on disk."""
    sources = ["requirements.txt", "pyproject.toml", *(["requirements-dev.txt"] if dev else [])]
    content = b"\0".join((ROOT / source).read_bytes() for source in sources)
    return f"{ROOT}\n{hashlib.sha256(content).hexdigest()}\n"


def is_sound() -> bool:
    """Say whether `.venv` is a working environment that holds pip, which `pulumi up` asks for, and was made here."""
    if not PYTHON.exists():
        return False
    asked = [
        PYTHON,
        "-c",
        "import pip, sys; print(sys.prefix); sys.exit(sys.version_info < (3, 10))",
    ]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode or Path(answer.stdout.strip()) != VENV:
        return False
    # Scripts name their Python by its full path: after a move they lead nowhere, or to somebody else's.
    script = VENV / "bin" / "rolelab"
    return not script.exists() or str(VENV) in script.read_text(encoding="utf-8").partition("\n")[0]


def create(uv: str | None) -> None:
    """Make an empty environment, with pip in it."""
    if uv and run(
        [uv, "venv", "--quiet", "--seed", "--no-project", "--python", sys.executable, VENV]
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if not run([sys.executable, "-m", "venv", VENV]):
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        remedy = f"install it (Debian, Ubuntu: apt install python{version}-venv), or install uv"
        stop(f"{sys.executable} -m venv makes no environment", do=remedy)


def uv_by_pip() -> str | None:
    """Return the path of a uv that pip brought, or None where there is none to be had."""
    if not WITHIN.exists() and not run([*pip(), "uv"], quiet=True):
        say("uv is not to be had here; pip alone takes about half a minute longer")
    return str(WITHIN) if WITHIN.exists() else None


def install(uv: str | None, wanted: Path) -> None:
    """Install the requirements and the project itself, editable: `.venv/bin/rolelab` then runs this folder's code."""
    what = ["--requirement", str(wanted), "--editable", str(ROOT)]
    if uv and run([uv, "pip", "install", "--quiet", "--python", PYTHON, *what]):
        return
    if uv:
        say("uv could not install them, so pip does: about half a minute")
    if not run([*pip(), *what]):
        stop(
            f"{wanted.name} could not be installed",
            do="look at the lines above; is the package index within reach?",
        )


def pip() -> list[str | Path]:
    """Return pip's command to install, without compiling."""
    # Compiling everything takes pip a minute, for some thousand modules of which a run uses a few hundred.
    return [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]


def warm_up() -> None:
    """Import once what a run imports: without the bytecode that this leaves behind, each start takes twice as long."""
    keep = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [PYTHON, "-c", USED_AT_ONCE], cwd=VENV, env=keep, capture_output=True, check=False
    )


def run(command: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Run a command whose own words are enough when it fails; say whether it did what it should."""
    return (
        subprocess.run(
            command, stderr=subprocess.DEVNULL if quiet else None, check=False
        ).returncode
        == 0
    )


def say(text: str) -> None:
    """Tell what takes the time, on standard error: standard output is the command's."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def stop(what: str, *, do: str) -> NoReturn:
    """End with one line on what is wrong and what to do."""
    say(f"error: {what}: {do}")
    sys.exit(1)


if __name__ == "__main__":
    main()
