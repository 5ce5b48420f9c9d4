"""The README is run as it stands: in a clean copy of the project, with no environment."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
import yaml

from tests.conftest import KEPT
from tests.e2e.conftest import ROOT, Folder

README = (ROOT / "README.md").read_text(encoding="utf-8")
VOLATILE = (
    (r"\b\d+\.\d+ s\b", "N s"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\(process \d+\)", "(process N)"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a `console` block, and what the README says that it prints."""

    line: str
    shown: str


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[Command]:
    """Return the commands of all `console` blocks."""
    commands: list[Command] = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            commands.append(Command(line, shown))
    return commands


def steady(text: str) -> str:
    """Return text without what differs from run to run, and without line ends."""
    for pattern, instead in VOLATILE:
        text = re.sub(pattern, instead, text)
    return text


def matches(shown: str, got: str) -> bool:
    """Compare what is shown with what came; a line `…` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace(r"\ ", r"\s+") + r"\s*\n"
        for line in steady(shown).splitlines()
    )
    return re.fullmatch(pattern, steady(got)) is not None


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """What a clone holds, with the changes that are not committed yet."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no repository: a clean copy cannot be told from a used one")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    path = tmp_path / "assume-role-lab"
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    yield path
    subprocess.run(["make", "clean"], cwd=path, capture_output=True, check=True)


def lend_environment(clone: Path) -> None:
    """Give the clone a `.venv` that borrows the packages of this one: none is fetched."""
    venv = clone / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    lent = sysconfig.get_path("purelib")
    (site / "lent.pth").write_text(f"{clone}\n{lent}\n", encoding="utf-8")
    script = venv / "bin" / "rolelab"
    code = "from rolelab.cli.main import main; main()"
    script.write_text(f"#!{venv}/bin/python\n{code}\n", encoding="utf-8")
    script.chmod(0o755)
    (venv / ".ready").write_text(f"{clone}\n", encoding="utf-8")


def newcomer(home: Path, *more: Path) -> dict[str, str]:
    """Return the environment of a fresh login, with what package clients need on this machine."""
    clients = ("PIP_", "UV_", "SSL_", "REQUESTS_", KEPT)
    kept = {
        name.removeprefix(KEPT): value
        for name, value in os.environ.items()
        if name.startswith(clients)
    }
    own = str(ROOT / ".venv")
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.startswith(own)]
    path += [str(folder) for folder in more]
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }


@pytest.mark.parametrize("bare", [False, pytest.param(True, marks=pytest.mark.long)])
def test_every_command_of_the_readme_prints_what_the_readme_shows(
    clone: Path, tmp_path: Path, aws_cli: Path, bare: bool
) -> None:
    """In one shell, in their order: what a newcomer types, also from a copy that is not set up."""
    if not bare:
        lend_environment(clone)
    env = newcomer(tmp_path, aws_cli.parent)
    end = "=== end of a command ==="
    script = "\n".join(f"{{ {command.line}\n}} 2>&1; echo '{end}'" for command in commands())
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    answers = done.stdout.split(f"{end}\n")[:-1]
    assert len(answers) == len(commands()), done.stderr
    for command, got in zip(commands(), answers, strict=True):
        said = "\n".join(line for line in got.splitlines() if not line.startswith("setting up "))
        assert matches(command.shown, f"{said}\n" if said else ""), f"$ {command.line}\n{got}"


def test_the_two_commands_are_there() -> None:
    lines = [command.line for command in commands()]
    assert "make demo" in lines
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in re.findall(r"`make ([\w-]+)", README):
        assert re.search(rf"^  make {target} ", listed.stdout, re.MULTILINE), target


def test_the_program_of_the_readme_runs(folder: Folder) -> None:
    (program,) = blocks("python")
    (folder.path / "Pulumi.yaml").write_text("name: own\nruntime: python\n", encoding="utf-8")
    (folder.path / "__main__.py").write_text(program, encoding="utf-8")
    folder.configure()
    done = folder.rolelab("up", "--yes")
    assert done.exit_code == 0, done
    assert folder.rolelab("outputs", "keyId").out.startswith("AKIA")


def test_the_table_of_configuration_is_pulumi_yamls() -> None:
    """Each default has one home, and the README says the same."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| `(.+?)` \| (.+?) \|$", README, re.MULTILINE)
    rows_by_key = {
        f"assume-role-lab:{key}": (kind, yaml.safe_load(default), what)
        for key, kind, default, what in rows
    }
    kinds = {"array": "list of names"}
    assert rows_by_key == {
        key: (kinds.get(schema["type"], schema["type"]), schema["default"], schema["description"])
        for key, schema in declared.items()
        if key.startswith("assume-role-lab:")
    }


@pytest.mark.parametrize(
    "path",
    ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))],
)
def test_every_link_to_a_file_leads_there(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert ((ROOT / path).parent / link).exists(), link


def test_the_readme_says_the_same_of_exit_codes_as_the_help(folder: Folder) -> None:
    told = " ".join(folder.rolelab("--help").out.split())
    codes = dict(re.findall(r"^\| ([0-3]) \| (.+?) \|$", README, re.MULTILINE))
    assert codes.keys() == {"0", "1", "2", "3"}
    for code, what in codes.items():
        assert re.search(
            rf"\b{code} {re.escape(what.split(',')[0].split(':')[0].split(' failed')[0])}", told
        ), (
            code,
            told,
        )


def test_make_console_serves_the_lesson(clone: Path, tmp_path: Path) -> None:
    """The first line says where; Ctrl-C ends it."""
    assert "make console\n" in blocks("sh")
    lend_environment(clone)
    process = subprocess.Popen(
        ["make", "console"],
        cwd=clone,
        env=newcomer(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout:
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address is not None
        assert urllib3.request("GET", f"{address[0]}/signin").status == 200
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) in (0, 2, -signal.SIGINT)  # make was interrupted, too
