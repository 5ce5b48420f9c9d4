"""Make `.venv`: what the lab needs to run, and with `--dev` what its tests and checks need as well.

`make` calls it with the `python3` of the machine, so it uses the standard library only. An
environment that holds what is pinned is not touched, one that a killed run or a moved folder left
behind is recreated. `uv` installs in a few seconds where it is on PATH or can be had by pip; pip
alone does the same in half a minute.

Both take the versions of what is not named in the requirements from constraints.txt. No hashes: pip
checks them for all or for none, and the project itself, installed editable, has none.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WITHIN = VENV / "bin" / "uv"
"""uv, where pip had to bring it: inside the environment, so that `make clean` takes it along."""

AWS_CLI_PINS = "requirements-aws-cli.txt"

UV_VENV = ("venv", "--quiet", "--no-project")
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
    options = parser.parse_args(argv)

    requirements = ROOT / ("requirements-dev.txt" if options.dev else "requirements.txt")
    stamp = VENV / (".ready-dev" if options.dev else ".ready")
    if not is_sound():
        shutil.rmtree(VENV, ignore_errors=True)
    elif stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(options.dev):
        stamp.touch()  # what make compares with the requirements' own time
        return

    say(f"setting up {VENV.name} from {requirements.name}")
    stamp.unlink(missing_ok=True)
    uv = None if options.installer == "pip" else shutil.which("uv")
    if not is_sound():
        create(uv)
    if uv is None and options.installer != "pip":
        uv = uv_by_pip()
    if options.installer == "uv" and uv is None:
        stop("uv can be had neither on PATH nor by pip", do="leave INSTALLER=uv out")
    install(uv, requirements)
    if options.dev:
        install_aws_cli(uv)
    warm_up()
    stamp.write_text(fingerprint(options.dev), encoding="utf-8")


def fingerprint(dev: bool) -> str:
    """Return what the environment was made from: pins, the package's description, its place."""
    sources = ["requirements.txt", "constraints.txt", "pyproject.toml"]
    if dev:
        sources += ["requirements-dev.txt", AWS_CLI_PINS]
    content = b"\0".join((ROOT / source).read_bytes() for source in sources)
    return f"{ROOT}\n{hashlib.sha256(content).hexdigest()}\n"


def is_sound() -> bool:
    """Return whether `.venv` works, was made here, and holds pip, which `pulumi up` asks for."""
    if not PYTHON.exists():
        return False
    code = "import pip, sys; print(sys.prefix); sys.exit(sys.version_info < (3, 10))"
    answer = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    if answer.returncode or Path(answer.stdout.strip()) != VENV:
        return False
    # Scripts name their Python by its full path, which a move makes wrong.
    script = VENV / "bin" / "rolelab"
    return not script.exists() or str(VENV) in script.read_text(encoding="utf-8").partition("\n")[0]


def create(uv: str | None) -> None:
    """Make an empty environment, with pip in it."""
    if uv and run([uv, *UV_VENV, "--seed", "--python", sys.executable, VENV]):
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


def install(uv: str | None, requirements: Path) -> None:
    """Install the requirements and this folder itself, editable, so that its code is what runs."""
    words = ["--requirement", str(requirements), "--constraint", str(ROOT / "constraints.txt")]
    words += ["--editable", str(ROOT)]
    if uv and run([uv, "pip", "install", "--quiet", "--python", PYTHON, *words]):
        return
    if uv:
        say("uv could not install them, so pip does: about half a minute")
    if not run([*pip(), *words]):
        stop(
            f"{requirements.name} could not be installed",
            do="look at the lines above; is the package index within reach?",
        )


def aws_cli() -> Path:
    """Return where the AWS CLI's environment is: apart, as it pins other versions than the lab.

    It is beside the machine's other caches, once for all checkouts, and named for its pins.
    """
    pins = hashlib.sha256((ROOT / AWS_CLI_PINS).read_bytes()).hexdigest()[:8]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return caches / "assume-role-lab" / f"aws-cli-{pins}-py{version}"


def has_aws_cli() -> bool:
    """Return whether the AWS CLI is there, whole, and its Python still is."""
    home = aws_cli()
    return (home / "whole").exists() and (home / "bin" / "python").exists()


def install_aws_cli(uv: str | None) -> None:
    """Install the AWS CLI, which some tests drive, once a machine; without it they are skipped."""
    home = aws_cli()
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with alone(home.with_name(f"{home.name}.lock")):
            if has_aws_cli():
                return
            shutil.rmtree(home, ignore_errors=True)
            pins = ["--requirement", str(ROOT / AWS_CLI_PINS)]
            python = home / "bin" / "python"
            if uv:
                done = run([uv, *UV_VENV, "--python", sys.executable, home]) and run(
                    [uv, "pip", "install", "--quiet", "--python", python, *pins]
                )
            else:
                done = run([sys.executable, "-m", "venv", home]) and run([*pip(python), *pins])
            if done:
                run([python, home / "bin" / "aws", "--version"], quiet=True)  # writes bytecode
                (home / "whole").touch()
    except OSError as error:
        say(f"{home}: {error.strerror}")
    if not has_aws_cli():
        say("the AWS CLI could not be installed: the tests that drive it are skipped")


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other set-up is at work there."""
    with lock.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def pip(python: Path | None = None) -> list[str | Path]:
    """Return pip's command to install, without compiling."""
    # Compiling takes pip a minute, for thousands of modules of which a run uses some hundreds.
    command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    return [python or PYTHON, *command]


def warm_up() -> None:
    """Import once what a run imports: without its bytecode each start takes twice as long."""
    keep = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [PYTHON, "-c", USED_AT_ONCE], cwd=VENV, env=keep, capture_output=True, check=False
    )


def run(command: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Run a command whose own words are enough when it fails; return whether it succeeded."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode == 0


def say(text: str) -> None:
    """Write a line to standard error: standard output is the command's."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def stop(what: str, *, do: str) -> NoReturn:
    """End with one line on what is wrong and what to do."""
    say(f"error: {what}: {do}")
    sys.exit(1)


if __name__ == "__main__":
    main()
