"""The program's modules and rolelab's own: two sets, though some have the same names.

The program's folder wins for what the program imports, as under `pulumi up`, where nothing of
rolelab is in the process: a folder `components` there is the program's, whatever rolelab has of
that name. What rolelab itself imports stays rolelab's.

Source: Python documentation, "The import system": `sys.modules`, `sys.meta_path`.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

PRODUCT = Path(__file__).resolve().parents[2]
"""The folder that rolelab is imported from."""
OURS = ("rolelab", "components")
"""Packages that are installed with rolelab, whether the program wants them or not."""


@contextlib.contextmanager
def apart(root: Path) -> Generator[None]:
    """Let the program import its own modules, and forget them at its end.

    The next run in this process executes them again, as a new process would.
    """
    importlib.invalidate_caches()
    before = set(sys.modules)
    names = _names_of_both(root)
    try:
        if names:
            with _TwoSets(root, names).in_use():
                yield
        else:
            yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            is_rolelab = root == PRODUCT and name.partition(".")[0] == "rolelab"
            if file and not is_rolelab and is_of_program(Path(file), root):
                del sys.modules[name]


def is_of_program(file: Path, root: Path) -> bool:
    """Return whether a file is the project's: not rolelab's, nor of an environment in it."""
    if not file.is_relative_to(root):
        return False
    if any(part in ("site-packages", "dist-packages") for part in file.parts):
        return False
    return not (root != PRODUCT and PRODUCT.is_relative_to(root) and file.is_relative_to(PRODUCT))


def _names_of_both(root: Path) -> frozenset[str]:
    """Return the names of modules that the project has, and something else outside of it too.

    A folder without `__init__.py` gives way to an installed package, as ever in Python, but for one
    of rolelab's own. The standard library's modules are in use already, and stay what they are.
    """
    elsewhere = _path_without(root)
    names = {entry.stem for entry in root.glob("*.py")} | {
        entry.name for entry in root.iterdir() if entry.is_dir() and any(entry.glob("*.py"))
    }
    return frozenset(
        name
        for name in names - sys.stdlib_module_names - {"__main__"}
        if (other := PathFinder.find_spec(name, elsewhere)) is not None
        and (
            (root / f"{name}.py").exists()
            or (root / name / "__init__.py").exists()
            or other.origin is None
            or name in OURS
        )
    )


def _path_without(root: Path) -> list[str]:
    return [entry for entry in sys.path if Path(entry or ".").resolve() != root]


class _TwoSets:
    """Two sets of modules under the same names: the program's is in use, rolelab's at its imports.

    All imports of these names go one after the other, from whatever thread.
    """

    def __init__(self, root: Path, names: frozenset[str]) -> None:
        self._root = root
        self._names = names
        self._elsewhere = _path_without(root)
        self._lock = threading.RLock()
        self._import = builtins.__import__
        self._of_rolelab: dict[str, ModuleType] = {}
        self._is_for_rolelab = False

    @contextlib.contextmanager
    def in_use(self) -> Generator[None]:
        """Keep the two sets apart; at the end rolelab's alone is there."""
        self._of_rolelab = self._taken_out()
        sys.meta_path.insert(0, self)
        builtins.__import__ = self._imported
        try:
            yield
        finally:
            builtins.__import__ = self._import
            sys.meta_path.remove(self)
            with self._lock:
                self._taken_out()
                sys.modules.update(self._of_rolelab)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find a module of one of the names where the set that is in use has it."""
        if fullname not in self._names:
            return None
        where = self._elsewhere if self._is_for_rolelab else [str(self._root)]
        return PathFinder.find_spec(fullname, where)

    def _imported(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - as the import statement calls it
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        whose = str((globals or {}).get("__package__") or "") if level else name
        if whose.partition(".")[0] not in self._names:
            return self._import(name, globals, locals, fromlist or (), level)
        with self._lock, self._set_of(globals):
            return self._import(name, globals, locals, fromlist or (), level)

    @contextlib.contextmanager
    def _set_of(self, importer: Mapping[str, Any] | None) -> Generator[None]:
        """Put rolelab's set in use where the importer is none of the program's."""
        file = (importer or {}).get("__file__")
        if self._is_for_rolelab or not file or is_of_program(Path(file), self._root):
            yield
            return
        programs = self._taken_out()
        sys.modules.update(self._of_rolelab)
        self._is_for_rolelab = True
        try:
            yield
        finally:
            self._is_for_rolelab = False
            self._of_rolelab = self._taken_out()
            sys.modules.update(programs)

    def _taken_out(self) -> dict[str, ModuleType]:
        """Take the modules of these names out of use, and return them."""
        names = [name for name in sys.modules if name.partition(".")[0] in self._names]
        return {name: sys.modules.pop(name) for name in names}
