"""`make` sets up what it needs from python3 alone, once, and says what is missing in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "requirements.txt",
    "requirements-dev.txt",
    environment.AWS_CLI_PINS,
    "constraints.txt",
    "pyproject.toml",
)


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small environment that is whole, where the set-up looks; pip in it is an empty module."""
    folder = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "pip.py").touch()
    for name in SOURCES:
        shutil.copy(ROOT / name, tmp_path)
    point_at(tmp_path, monkeypatch)
    return folder


def point_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ROOT", root)
    monkeypatch.setattr(environment, "VENV", root / ".venv")
    monkeypatch.setattr(environment, "PYTHON", root / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "WITHIN", root / ".venv" / "bin" / "uv")


def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what would be installed instead of installing it."""
    noted: list[str] = []

    def install(_uv: str | None, requirements: Path) -> None:
        noted.append(requirements.name)

    def install_aws_cli(_uv: str | None) -> None:
        noted.append(environment.AWS_CLI_PINS)

    monkeypatch.setattr(environment, "install", install)
    monkeypatch.setattr(environment, "install_aws_cli", install_aws_cli)
    monkeypatch.setattr(environment, "warm_up", lambda: None)
    return noted


def test_what_is_set_up_is_not_set_up_again(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = installs(monkeypatch)
    environment.main(["--installer", "pip"])
    environment.main(["--installer", "pip"])
    assert noted == ["requirements.txt"]
    environment.main(["--dev", "--installer", "pip"])
    assert noted == ["requirements.txt", "requirements-dev.txt", environment.AWS_CLI_PINS]


def test_a_changed_pin_is_installed(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = installs(monkeypatch)
    environment.main(["--installer", "pip"])
    with (venv.parent / "requirements.txt").open("a", encoding="utf-8") as pins:
        pins.write("six==1.17.0\n")
    environment.main(["--installer", "pip"])
    assert noted == ["requirements.txt", "requirements.txt"]


def test_an_interrupted_set_up_is_done_again(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of an installation leaves half of it: nothing may call that ready."""

    def interrupted(_uv: str | None, _wanted: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        environment.main(["--installer", "pip"])
    noted = installs(monkeypatch)
    environment.main(["--installer", "pip"])
    assert noted == ["requirements.txt"]


def test_an_environment_whose_python_is_gone_is_not_sound(venv: Path) -> None:
    """An upgrade of the machine's Python leaves a link that leads nowhere."""
    assert environment.is_sound()
    environment.PYTHON.unlink()
    environment.PYTHON.symlink_to(venv / "nowhere")
    assert not environment.is_sound()


def test_an_environment_without_pip_is_not_sound(venv: Path) -> None:
    """`pulumi up` calls `python -m pip list` in it and gives up without."""
    (pip,) = venv.glob("lib/python*/site-packages/pip.py")
    pip.unlink()
    assert not environment.is_sound()


def test_a_moved_environment_is_not_sound(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scripts begin with the full path of the Python that they were made for."""
    (venv / "bin" / "rolelab").write_text(f"#!{venv}/bin/python\n", encoding="utf-8")
    assert environment.is_sound()
    elsewhere = venv.parent / "elsewhere"
    elsewhere.mkdir()
    venv.rename(elsewhere / ".venv")
    point_at(elsewhere, monkeypatch)
    assert not environment.is_sound()


def test_where_venv_cannot_be_had_one_line_says_what_to_install(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Debian splits venv from Python."""
    broken = script(venv.parent / "python3", "exit 1")
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(SystemExit) as stop:
        environment.create(None)
    assert stop.value.code == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert said.startswith("error: ")
    assert "-venv), or install uv" in said


def test_where_uv_cannot_be_had_pip_installs(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str | Path], *, quiet: bool = False) -> bool:
        ran.append([str(word) for word in command])
        return command[-1] != "uv"

    monkeypatch.setattr(environment, "run", run)
    monkeypatch.setattr(environment, "warm_up", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    environment.main([])
    brings_uv, installs_all = ran
    assert brings_uv[-1] == "uv"
    assert installs_all[:4] == [str(environment.PYTHON), "-m", "pip", "install"]
    assert str(venv.parent / "requirements.txt") in installs_all


def names(requirements: Path) -> set[str]:
    """Return the packages that a file of pins names, each with its version, normalised."""
    text = re.sub(r"\[.*?\]", "", requirements.read_text(encoding="utf-8"))
    found = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}" for name, version in found}


def test_every_version_that_is_installed_is_pinned() -> None:
    """What is not named in the requirements, too: a release elsewhere must not change the lab."""
    pinned = names(ROOT / "constraints.txt")
    for requirements in ("requirements.txt", "requirements-dev.txt"):
        assert names(ROOT / requirements) <= pinned, "make pins"
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installed = {
        f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
        for name, version in re.findall(r"^([\w.-]+)==(.+)$", listed, re.MULTILINE)
    }
    tools = {"pip", "setuptools", "wheel", "uv", "assume-role-lab"}
    assert {pin for pin in installed - pinned if pin.partition("==")[0] not in tools} == set()


def test_no_pin_names_a_registry() -> None:
    """Where packages come from is the machine's business."""
    for name in SOURCES[:-1]:
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_aws_cli_is_installed_once_a_machine(
    venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Half a minute by pip: not for each checkout, and not while tests run."""
    ran: list[list[str]] = []

    def run(command: list[str | Path], *, quiet: bool = False) -> bool:
        ran.append([str(word) for word in command])
        python = environment.aws_cli() / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return True

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(environment, "run", run)
    environment.install_aws_cli(None)
    made = len(ran)
    assert made
    assert environment.has_aws_cli()
    environment.install_aws_cli(None)
    assert len(ran) == made


def test_without_the_aws_cli_the_set_up_goes_on(
    venv: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fails(_command: list[str | Path], *, quiet: bool = False) -> bool:
        return False

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(environment, "run", fails)
    environment.install_aws_cli(None)
    assert not environment.has_aws_cli()
    assert "the tests that drive it are skipped" in capfd.readouterr().err


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    return subprocess.run(
        ["make", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def project_in(folder: Path) -> None:
    (folder / "tools").mkdir()
    for name in (*SOURCES, "tools/environment.py"):
        shutil.copy(ROOT / name, folder / name)


def test_a_python_that_is_too_old_is_named_in_one_line(tmp_path: Path) -> None:
    project_in(tmp_path)
    old = script(tmp_path / "old", 'case "$2" in *version_info*) exit 1;; *) echo 3.8.18;; esac')
    done = make(tmp_path, "demo", f"PYTHON={old}")
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert (
        said[0]
        == f"error: {old} is 3.8.18, the lab needs 3.10 or newer: make PYTHON=python3.12 demo"
    )
    assert len(said) == 2, "make's own line is the only other one"


@pytest.mark.parametrize("body", ["echo 'pyenv: not found' >&2; exit 127", "exit 0"])
def test_a_python_that_does_not_run_is_named_in_one_line(tmp_path: Path, body: str) -> None:
    """A shim of pyenv for a version that is not installed, say: it has no version to be told."""
    project_in(tmp_path)
    shim = script(tmp_path / "shim", body)
    done = make(tmp_path, "setup", f"PYTHON={shim}")
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[0] == (
        f"error: {shim} is on PATH and does not run ({shim} --version says why): "
        "make PYTHON=python3.12 setup"
    )
    assert len(said) == 2, "make's own line is the only other one"


def test_setup_says_what_to_do_next(tmp_path: Path) -> None:
    """Whoever wants to work with the lab, and not to watch it first."""
    called = ready(tmp_path)
    done = make(tmp_path, "setup")
    assert done.returncode == 0
    assert ". .venv/bin/activate" in done.stdout
    assert "rolelab up" in done.stdout
    assert not called.exists()


def test_no_python_at_all_is_said_in_one_line(tmp_path: Path) -> None:
    project_in(tmp_path)
    done = make(tmp_path, "demo", "PYTHON=python-that-is-nowhere")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "error: no python-that-is-nowhere on PATH: install Python 3.10 or newer"
    )


def ready(folder: Path) -> Path:
    """Make a project look set up; a call of the set-up would leave a mark."""
    project_in(folder)
    (folder / "tools" / "environment.py").write_text(
        "open('set-up-was-called', 'w').close()", encoding="utf-8"
    )
    (folder / ".venv" / "bin").mkdir(parents=True)
    script(folder / ".venv" / "bin" / "python", 'echo "$@" "dwb=${PYTHONDONTWRITEBYTECODE-unset}"')
    (folder / ".venv" / ".ready").write_text(f"{folder}\n", encoding="utf-8")
    return folder / "set-up-was-called"


def test_a_second_make_calls_no_set_up(tmp_path: Path) -> None:
    called = ready(tmp_path)
    done = make(tmp_path, "demo", "ARGS=--pause")
    assert done.stdout.split() == ["-m", "rolelab", "demo", "--pause", "dwb=unset"]
    assert not called.exists()


@pytest.mark.parametrize("harm", ["moved", "no python", "pins"])
def test_make_sets_up_again_what_is_no_longer_right(tmp_path: Path, harm: str) -> None:
    """A folder that was moved, a Python that was removed, pins that a pull changed."""
    called = ready(tmp_path)
    if harm == "moved":
        (tmp_path / ".venv" / ".ready").write_text("/somewhere/else\n", encoding="utf-8")
    elif harm == "no python":
        (tmp_path / ".venv" / "bin" / "python").unlink()
    else:
        stamp = (tmp_path / ".venv" / ".ready").stat().st_mtime
        os.utime(tmp_path / "requirements.txt", (stamp + 5, stamp + 5))
    make(tmp_path, "demo")
    assert called.exists()


def test_make_lets_python_write_bytecode(tmp_path: Path) -> None:
    """Without it every start takes twice as long, and some machines switch it off for all."""
    ready(tmp_path)
    shutil.copy(ROOT / "Makefile", tmp_path)
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["make", "demo"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "dwb=unset" in done.stdout


def test_the_long_tests_say_their_seed_and_take_it(tmp_path: Path) -> None:
    """Whoever sees a failure in the morning runs the same numbers again at noon."""
    ready(tmp_path)
    (tmp_path / ".venv" / ".ready-dev").write_text(f"{tmp_path}\n", encoding="utf-8")
    again = make(tmp_path, "test-long", "SEED=20261128").stdout
    assert "seed 20261128: make test-long SEED=20261128" in again
    assert "--hypothesis-seed 20261128" in again
    assert re.match(r"seed \d{8}: ", make(tmp_path, "test-long").stdout)


def test_help_names_every_target(tmp_path: Path) -> None:
    listed = make(tmp_path, "help").stdout
    for target in (
        "setup",
        "demo",
        "test",
        "test-long",
        "coverage",
        "lint",
        "format",
        "bench",
        "clean",
    ):
        assert f"make {target} " in listed
