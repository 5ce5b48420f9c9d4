"""The program's folder wins for what the program imports, whatever its packages are called."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rolelab.steps import Event
from tests.engine.stacks import StackRunner

ROOT = Path(__file__).resolve().parents[2]
USER = 'aws.iam.User("u", name="ada")\n'


def _write(stack: StackRunner, name: str, text: str) -> None:
    path = stack.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("has_init", [True, False], ids=["package", "folder"])
def test_a_folder_of_the_programs_is_the_programs(stack: StackRunner, *, has_init: bool) -> None:
    """Also where rolelab has one of that name; an edit shows at once."""
    if has_init:
        _write(stack, "components/__init__.py", "")
    _write(stack, "components/vpc.py", "from components import documents\nNAME = documents.NAME\n")
    _write(stack, "components/documents.py", 'NAME = "first"\n')
    program = USER + 'from components import vpc\npulumi.export("name", vpc.NAME)'
    assert stack.up(program).outputs == {"name": "first"}
    _write(stack, "components/documents.py", 'NAME = "the second"\n')
    assert stack.up().outputs == {"name": "the second"}
    from components import documents

    assert Path(documents.__file__) == ROOT / "components" / "documents.py"
    assert stack.destroy().ok


@pytest.mark.parametrize(
    "name",
    ["rolelab", "components", "click", "rich", "yaml", "botocore", "ministack", "bench", "tests"],
)
@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
def test_a_module_called_like_one_in_use_is_the_programs(
    stack: StackRunner, name: str, file: str
) -> None:
    """While rolelab, in whose process it runs, goes on with its own."""
    _write(stack, file.format(name), 'WHOSE = "the program\'s"\n')
    before = sys.modules.get(name)
    ran = stack.up(f'{USER}import {name}\npulumi.export("whose", {name}.WHOSE)')
    assert ran.errors == []
    assert ran.outputs == {"whose": "the program's"}
    assert sys.modules.get(name) is before
    assert stack.left() == {"users": ["ada"]}
    assert stack.destroy().ok


def test_relative_imports_and_late_ones_are_the_programs_too(stack: StackRunner) -> None:
    _write(stack, "components/__init__.py", "")
    _write(stack, "components/one.py", "from .documents import NAME\n")
    _write(stack, "components/documents.py", 'NAME = "relative"\n')
    _write(stack, "components/limits.py", 'NAME = "late"\n')
    ran = stack.up("""
    import importlib
    from components.one import NAME

    def late(_):
        from components import limits
        return limits.NAME + importlib.import_module("components.documents").NAME

    user = aws.iam.User("u", name="ada")
    pulumi.export("names", pulumi.Output.concat(NAME, " ", user.arn.apply(late)))
    """)
    assert ran.errors == []
    assert ran.outputs == {"names": "relative laterelative"}


@pytest.mark.parametrize("in_thread", [False, True], ids=["same thread", "another thread"])
def test_what_rolelab_imports_meanwhile_is_rolelabs(stack: StackRunner, *, in_thread: bool) -> None:
    """Commands import what they need when they need it, on whatever thread."""
    _write(stack, "components/__init__.py", "")
    _write(stack, "components/links.py", "")
    _write(stack, "rolelab.py", "")
    found: list[str] = []

    def look() -> None:
        from components import links
        from rolelab import secret

        found.extend((links.__file__ or "", secret.__file__ or ""))

    def listener(_: Event) -> None:
        if in_thread:
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
        else:
            look()

    stack.listener = listener
    assert stack.up(USER + "import rolelab\nfrom components import links\nlinks").errors == []
    assert set(found) == {str(ROOT / "components/links.py"), str(ROOT / "rolelab/secret.py")}


def test_two_programs_one_after_the_other_have_a_set_each(
    stack: StackRunner, tmp_path: Path, make_stack: Callable[[Path], StackRunner]
) -> None:
    other = make_stack(tmp_path / "other")
    for one, name in ((stack, "one"), (other, "two"), (stack, "one")):
        _write(one, "components/__init__.py", f'NAME = "{name}"\n')
        one.stack = name
        program = 'import components\npulumi.export("name", components.NAME)'
        assert one.up(program).outputs == {"name": name}


def test_an_installed_package_stays_what_it_is_beside_a_folder_of_its_name(
    stack: StackRunner,
) -> None:
    """A folder `pulumi` with scripts in it, say: Python takes the package, so does rolelab."""
    _write(stack, "pulumi/notes.py", "")
    assert stack.up(USER).errors == []


def test_the_components_need_no_rolelab() -> None:
    """Whoever copies the folder has nothing else of ours."""
    code = "import sys; sys.modules['rolelab'] = None; import components.lab, components.grant"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
