"""The picture in docs/how-it-works.md shows the packages, floors and arrows that there are."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
Arrows = dict[str, set[str]]


def picture() -> tuple[Arrows, Arrows, list[set[str]]]:
    """Return what is shown: packages with their imports, rooms of localaws likewise, floors."""
    block = re.search(r"^```\n(package .*?)\n\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    column = block[1].index("▶")
    packages: Arrows = {}
    rooms: Arrows = {}
    floors: list[set[str]] = [set()]
    arrows: set[str] = set()
    for line in block[2].splitlines():
        if line.startswith("─"):
            floors.append(set())
            continue
        if name := re.match(r"\w+", line):
            arrows = packages[name[0]] = set()
            floors[-1].add(name[0])
        elif name := re.match(r" {2}(\w+)", line):
            arrows = rooms[name[1]] = set()
        arrows |= set(line[column:].strip("▶ ").split())
    return packages, rooms, floors


def imports(depth: int, within: str = "") -> Arrows:
    """Return which packages import which, at a depth below the root package."""
    graph = grimp.build_graph("rolelab", "components")
    arrows: Arrows = defaultdict(set)

    def name(module: str) -> str:
        parts = module.split(".")
        return parts[0] if parts[0] == "components" else ".".join(parts[depth : depth + 1])

    for module in graph.modules:
        if not module.startswith(within) or not name(module):
            continue
        arrows[name(module)] |= {
            name(other)
            for other in graph.find_modules_directly_imported_by(module)
            if other.startswith(within) and name(other) not in ("", name(module))
        }
    return dict(arrows)


def test_the_picture_shows_the_packages_and_what_each_imports() -> None:
    shown, _, _ = picture()
    there = imports(1)
    del there["__main__"]
    assert shown == there


def test_the_picture_shows_the_rooms_of_the_local_aws() -> None:
    _, shown, _ = picture()
    assert shown == imports(2, "rolelab.localaws")


def test_the_floors_of_the_picture_are_those_that_lint_holds() -> None:
    tomllib = pytest.importorskip("tomllib")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["id"] == "layers"
    )
    held = [set(re.findall(r"rolelab\.(\w+)", layer)) for layer in contract["layers"]]
    _, _, floors = picture()
    assert floors == [*held, {"components"}]
