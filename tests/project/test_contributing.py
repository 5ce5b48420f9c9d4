"""CONTRIBUTING.md names homes that are there, and targets that the Makefile has."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_home_is_there() -> None:
    """A newcomer looks there first."""
    homes = [word for word in re.findall(r"`([\w./*-]+)`", PAGE) if "/" in word]
    assert len(homes) > 20
    assert [home for home in homes if not list(ROOT.glob(home))] == []


def test_every_table_is_where_the_page_says() -> None:
    tables = re.findall(r"`([A-Z_]{4,}|[A-Z][a-z]+)` in `(rolelab[\w./]+)`", PAGE)
    tables += [("USER_CHECKS", "rolelab/diagnosis/"), ("ROLE_CHECKS", "rolelab/diagnosis/")]
    assert len(tables) >= 8
    for table, home in tables:
        files = [ROOT / home] if home.endswith(".py") else list((ROOT / home).glob("*.py"))
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        assert re.search(rf"^(class )?{table}\b", text, re.MULTILINE), (table, home)


def test_every_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([\w-]+)", PAGE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
