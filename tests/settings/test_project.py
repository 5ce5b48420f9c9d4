"""Pulumi.yaml and the stack's file are read as the Pulumi CLI reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rolelab import project, settings
from rolelab.errors import Faults, UsageError

DECLARED = """
name: exp
runtime: python
config:
  names: {type: array, items: {type: string}, default: [a]}
  exp:count: {type: integer, default: 0}
  on: {type: boolean, default: true}
  text: {type: string, default: hello}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project's folder."""
    (tmp_path / "Pulumi.yaml").write_text(DECLARED)
    return tmp_path


def config(folder: Path, stack_file: str) -> dict[str, str]:
    """Read a stack's configuration."""
    (folder / "Pulumi.dev.yaml").write_text(stack_file)
    return project.find(folder).config("dev")


def test_values_reach_the_program_as_pulumi_hands_them_over(folder: Path) -> None:
    """Lists as JSON text, the project's prefix filled in, defaults like set values."""
    assert config(
        folder, "config:\n  names: [x, 'y']\n  exp:count: 7\n  aws:region: eu-west-1\n"
    ) == {
        "exp:names": '["x","y"]',
        "exp:count": "7",
        "exp:on": "true",
        "exp:text": "hello",
        "aws:region": "eu-west-1",
    }


def test_quoted_numbers_and_flags_are_what_they_say(folder: Path) -> None:
    """The Pulumi CLI takes a quoted "7" for an integer and a quoted "false" for a boolean."""
    assert config(folder, "config:\n  count: '7'\n  on: 'false'\n")["exp:on"] == "false"


def test_yaml_is_not_norwegian(folder: Path) -> None:
    """`no` is a learner's name and a date is text, as in the Pulumi CLI; to PyYAML they are not."""
    assert (
        config(folder, "config:\n  names: [no, on, 2026-01-01, 1_000]\n")["exp:names"]
        == '["no","on","2026-01-01","1_000"]'
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("count: 3.5", "count is 3.5 (Pulumi.dev.yaml, exp:count): give an integer, such as 0"),
        ("count: true", "count is true (Pulumi.dev.yaml, exp:count): give an integer, such as 0"),
        ("on: no", 'on is "no" (Pulumi.dev.yaml, exp:on): give a boolean, such as true'),
        ("names: a", 'names is "a" (Pulumi.dev.yaml, exp:names): give an array, such as ["a"]'),
        (
            "names: [1]",
            "names has 1 in it (Pulumi.dev.yaml, exp:names): give a string each: quote it",
        ),
        (
            "text: {secure: abc}",
            "text is encrypted (Pulumi.dev.yaml, exp:text): encrypted values are for `pulumi up`",
        ),
    ],
)
def test_a_value_of_the_wrong_type_names_key_value_and_example(
    folder: Path, line: str, fault: str
) -> None:
    """The Pulumi CLI says only which type it wants."""
    with pytest.raises(Faults) as caught:
        config(folder, f"config:\n  {line}\n")
    assert str(caught.value).startswith(fault)


def test_wrong_types_are_told_all_at_once(folder: Path) -> None:
    """Two wrong values are two lines."""
    with pytest.raises(Faults) as caught:
        config(folder, "config:\n  count: x\n  on: 7\n")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("config: [", "not valid YAML: .*line"),
        ("config: 7", "config is not a mapping"),
        ("- a", "not a mapping"),
        ("config: []", "config is not a mapping"),
        ("config: false", "config is not a mapping"),
        ("config: {names: &a [*a]}", "refers to itself"),
        ("[" * 20000, "nested or long without end"),
        (f"config: {{count: {'9' * 6000}}}", "nested or long without end"),
        ("config:\n  on: true\n  on: false\n", "'on' is given twice .*line 3"),
        ("config: {a: !!python/name:os.system x}", "not valid YAML"),
    ],
)
def test_a_broken_file_is_one_line_with_its_place(folder: Path, text: str, fault: str) -> None:
    """No traceback of a YAML parser reaches a learner."""
    with pytest.raises(UsageError, match=fault) as caught:
        config(folder, text)
    assert "Pulumi.dev.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("confg: {on: false}", "confg is nothing that Pulumi knows .*did you mean config"),
        ("environment: [x]", "environments are for `pulumi up`"),
    ],
)
def test_what_would_be_ignored_is_refused(folder: Path, text: str, fault: str) -> None:
    """A mistyped `config:` would otherwise be a lab with every key at its default."""
    with pytest.raises(Faults, match=fault):
        config(folder, text)
    assert config(folder, "encryptionsalt: v1:abc\nconfig: {}\n")["exp:count"] == "0"


def test_a_file_that_is_none_is_refused(folder: Path) -> None:
    """A link that leads nowhere was meant to lead somewhere; a pipe would never answer."""
    stack_file = folder / "Pulumi.dev.yaml"
    stack_file.symlink_to(folder / "nowhere")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        project.find(folder).config("dev")
    stack_file.unlink()
    os.mkfifo(stack_file)
    with pytest.raises(UsageError, match="is not a file"):
        project.find(folder).config("dev")


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("config: 5", "config is not a mapping"),
        ("config: {a: {type: [b]}}", "its type is not a text"),
    ],
)
def test_a_broken_pulumi_yaml_is_one_line(tmp_path: Path, declared: str, fault: str) -> None:
    """The project's own file is written by people, too."""
    (tmp_path / "Pulumi.yaml").write_text(f"name: x\n{declared}\n")
    with pytest.raises(UsageError, match=fault):
        project.find(tmp_path)


def test_the_project_is_found_from_a_folder_inside_it(folder: Path) -> None:
    """Commands work in docs/ and tests/ as well."""
    (folder / "a" / "b").mkdir(parents=True)
    assert project.find(folder / "a" / "b").root == folder.resolve()


def test_no_project_is_said_and_not_guessed(tmp_path: Path) -> None:
    """Outside of a project there is nothing to work on."""
    with pytest.raises(UsageError, match=r"no Pulumi\.yaml here or above"):
        project.find(tmp_path)


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "x" * 101])
def test_a_stack_name_that_would_be_a_path_is_refused(name: str) -> None:
    """A stack's name becomes a folder."""
    with pytest.raises(UsageError, match="is not a name for a stack"):
        project.stack_name(name)


def test_an_item_of_the_wrong_type_does_not_hide_what_is_wrong_with_the_others(
    folder: Path,
) -> None:
    root = Path(__file__).parents[2]
    (folder / "Pulumi.yaml").write_text((root / "Pulumi.yaml").read_text())
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  assume-role-lab:learners: [7, Anna Müller, true]\n"
    )
    texts, faults = project.find(folder).read("dev")
    assert [fault.what for fault in faults] == ["learners has 7 in it", "learners has true in it"]
    with pytest.raises(Faults, match="'Anna Müller' contains ' ü'"):
        settings.parse(texts)
