"""A stack is there by its file: a typing error in its name makes no other lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rolelab.localaws.process import lifecycle
from tests.cli.in_process import InProcess
from tests.cli.test_local_lab import Project

OF_STACKS = {
    "preview": [],
    "up": ["--yes"],
    "destroy": ["--yes"],
    "outputs": [],
    "status": [],
    "verify": [],
    "explain": [],
    "exec": ["--", "true"],
    "profiles": [],
    "break": ["grant-missing"],
    "mend": ["--yes"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = InProcess(tmp_path_factory.mktemp("stacks"))
    (made.folder / "Pulumi.tuesday.yaml").write_text("config: {}\n")
    yield made
    lifecycle.stop(made.local)


@pytest.mark.parametrize("command", OF_STACKS)
def test_a_stack_without_a_file_is_no_stack(project: Project, command: str) -> None:
    """Nothing is made or started for it; the nearest name is said, and how to make one."""
    refused = project.rolelab(command, "-s", "tuesdya", *OF_STACKS[command])
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert "no such stack: tuesdya (--stack, Pulumi.tuesdya.yaml)" in line
    assert "did you mean tuesday?" in line
    assert "`rolelab up -s tuesdya --create`" in line
    assert not (project.folder / ".rolelab").exists()


def test_no_name_is_proposed_where_none_is_like_it(project: Project) -> None:
    assert "did you mean" not in project.rolelab("status", "-s", "zzz").stderr


def test_a_stack_is_made_by_its_file(project: Project) -> None:
    made = project.rolelab("up", "-s", "monday", "--create", "--yes")
    assert made.returncode == 0
    assert "made Pulumi.monday.yaml" in made.stderr
    file = project.folder / "Pulumi.monday.yaml"
    assert file.read_text() == "config:\n  aws:region: us-east-1\n"
    file.write_text("config:\n  assume-role-lab:learnerCount: 2\n")
    again = project.rolelab("up", "-s", "monday", "--create", "--yes")
    assert "made" not in again.stderr
    assert file.read_text() == "config:\n  assume-role-lab:learnerCount: 2\n"
    assert project.rolelab("destroy", "-s", "monday", "--yes").returncode == 0


def test_a_stack_that_lost_its_file_can_still_be_looked_at_and_destroyed(project: Project) -> None:
    assert project.rolelab("up", "-s", "friday", "--create", "--yes").returncode == 0
    (project.folder / "Pulumi.friday.yaml").unlink()
    for command in ("preview", "up"):
        refused = project.rolelab(command, "-s", "friday", *OF_STACKS[command])
        assert refused.returncode == 2
        assert "stack friday has lost its file (Pulumi.friday.yaml)" in refused.stderr
    assert "5 resources" in project.rolelab("status", "-s", "friday").stdout
    assert project.rolelab("verify", "-s", "friday").returncode == 0
    assert "deleted" in project.rolelab("destroy", "-s", "friday", "--yes").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["upp"], "there is no command 'upp': did you mean up?"),
        (["Verify"], "there is no command 'Verify': did you mean verify?"),
        (["local", "statsu"], "there is no command 'statsu': did you mean status?"),
        (["xyzzy"], "there is no command 'xyzzy': they are demo, preview, up"),
    ],
)
def test_a_mistyped_command_gets_the_nearest(project: Project, words: list[str], told: str) -> None:
    refused = project.rolelab(*words)
    assert refused.returncode == 2
    assert told in refused.stderr
