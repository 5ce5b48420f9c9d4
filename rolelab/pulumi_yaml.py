"""YAML as the Pulumi CLI reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, cast

import yaml

from rolelab.errors import UsageError


class _PulumiLoader(yaml.SafeLoader):
    """Takes `no` and `2026-01-01` for strings, and a key that is given twice for a fault."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name, filled below

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            construct = cast("Callable[..., object]", self.construct_object)  # pyright: ignore[reportUnknownMemberType]
            key = construct(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)) or key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


for _tag, _form, _first in (
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"(~|null|Null|NULL|)$", "~nN"),
    ("int", r"[-+]?(0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?$", "-+0123456789"),
):
    _PulumiLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(_form), [*_first, *([""] if _tag == "null" else [])]
    )


def read(path: Path) -> dict[str, object]:
    """Return the mapping that a file holds; an empty one for an empty file.

    Raises:
        UsageError: it cannot be read, or does not hold a mapping of plain values.
    """
    if path.exists() and not path.is_file():
        raise UsageError("is not a file", where=path.name, do="put a YAML file there")
    try:
        text = path.read_text(encoding="utf-8")
        content: object = yaml.load(text, Loader=_PulumiLoader)  # noqa: S506 - a SafeLoader
        # What refers to itself, or has numbers and brackets without end, is nothing to work with.
        json.dumps(content, default=str)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = f"not valid YAML: {problem}"
        raise UsageError(what, where=f"{path.name}{line}", do="fix that line") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        do = "check the file and its permissions"
        raise UsageError(f"cannot be read: {reason}", where=path.name, do=do) from None
    except (ValueError, RecursionError):
        what = "it refers to itself, or is nested or long without end"
        raise UsageError(what, where=path.name, do="write plain values") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError("not a mapping", where=path.name, do="give lines such as `config:`")
    return cast("dict[str, object]", content)
