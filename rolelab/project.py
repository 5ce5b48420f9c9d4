"""The Pulumi project on disk: finds its root, reads Pulumi.yaml and a stack's file as the Pulumi CLI reads them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from rolelab.errors import Faults, UsageError

_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_STACK_FILE = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a Pulumi.yaml: the program, its declared configuration, and where rolelab keeps its own files."""

    root: Path
    name: str
    declared: Mapping[str, Mapping[str, Any]]
    """Configuration keys of Pulumi.yaml, with type, default and description."""
    home: Path
    """Where rolelab keeps everything of its own: `.rolelab` beside Pulumi.yaml, unless told otherwise."""

    @property
    def local_home(self) -> Path:
        """The local AWS's own folder."""
        return self.home / "local"

    def stack_home(self, stack: str) -> Path:
        """Return the folder of one stack's state."""
        return self.home / "stacks" / stack

    def stack_file(self, stack: str) -> Path:
        """Return the stack's configuration file, which may be missing: then every key has its default."""
        return self.root / f"Pulumi.{stack}.yaml"

    def config(self, stack: str) -> dict[str, str]:
        """Return the stack's configuration as the Pulumi CLI hands it to the program: full keys, text, lists as JSON.

        Raises:
            Faults: every value of the wrong type, every missing one, every encrypted one.
            UsageError: the file is no YAML, or not of the form that Pulumi wants.
        """
        texts, faults = self.read(stack)
        if faults:
            raise Faults(faults)
        return texts

    def read(self, stack: str) -> tuple[dict[str, str], list[UsageError]]:
        """Return what of the configuration is of the declared types, and a fault for everything that is not.

        Raises:
            UsageError: the file is no YAML, or not of the form that Pulumi wants.
        """
        path = self.stack_file(stack)
        # A link that leads nowhere is there all the same: somebody meant it.
        content = _load(path) if path.exists() or path.is_symlink() else {}
        given: object = {} if content.get("config") is None else content["config"]
        if not isinstance(given, dict):
            raise UsageError(
                "config is not a mapping",
                where=path.name,
                do="give lines such as `aws:region: us-east-1`",
            )
        values = {
            self._full(str(key)): value for key, value in cast("dict[Any, Any]", given).items()
        }
        texts: dict[str, str] = {}
        faults = _strange_elements(content, path.name)
        for key, schema in self.declared.items():
            if key not in values and "default" in schema:
                values[key] = schema["default"]
            elif key not in values:
                faults.append(UsageError(f"{key} has no value", where=path.name, do="set it there"))
        for key, value in values.items():
            fault = _fault(value, self.declared.get(key, {}))
            if fault:
                faults.append(
                    UsageError(
                        f"{key.partition(':')[2]} is {_shown(value)}",
                        where=f"{path.name}, {key}",
                        do=fault,
                    )
                )
            else:
                texts[key] = _text(value)
        return texts, faults

    def _full(self, key: str) -> str:
        return key if ":" in key else f"{self.name}:{key}"


def find(start: Path | None = None) -> Project:
    """Find the project that holds `start` (default: the current folder) or one of its parents.

    Raises:
        UsageError: there is no Pulumi.yaml, or it cannot be read.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return _project(folder)
    raise UsageError("no Pulumi.yaml here or above", where=str(here), do="go to the lab's folder")


def stack_name(value: str) -> str:
    """Return the name of a stack, checked: it becomes a folder and part of every URN.

    Raises:
        UsageError: Pulumi would not take the name.
    """
    if not _STACK_NAME.fullmatch(value) or set(value) <= {"."}:
        raise UsageError(
            f"{value!r} is no name for a stack",
            where="--stack",
            do="use letters, digits, - _ and ., such as dev",
        )
    return value


def _project(root: Path) -> Project:
    path = root / "Pulumi.yaml"
    content = _load(path)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError(
            "name is missing",
            where=path.name,
            do="give the project a name, such as assume-role-lab",
        )
    declared: dict[str, Mapping[str, Any]] = {}
    keys: object = content.get("config") or {}
    if not isinstance(keys, dict):
        raise UsageError(
            "config is not a mapping", where=path.name, do="declare keys, or leave it out"
        )
    for key, schema in cast("dict[Any, Any]", keys).items():
        full = str(key) if ":" in str(key) else f"{name}:{key}"
        # The short form `key: value` declares a default.
        declared[full] = (
            cast("dict[str, Any]", schema) if isinstance(schema, dict) else {"default": schema}
        )
        if not isinstance(declared[full].get("type", ""), str):
            raise UsageError(
                "its type is no text",
                where=f"{path.name}, {full}",
                do=f"give one of {', '.join(_TYPES)}",
            )
    return Project(root, name, declared, root / ".rolelab")


def _strange_elements(content: Mapping[str, Any], where: str) -> list[UsageError]:
    """Name what a stack's file has beside its configuration, unless the Pulumi CLI keeps it there.

    Source: Pulumi docs, "Pulumi stack settings file reference".
    """
    faults: list[UsageError] = []
    for element in sorted(map(str, content.keys() - _STACK_FILE)):
        near = difflib.get_close_matches(element, _STACK_FILE, n=1)
        do = f"did you mean {near[0]}?" if near else "put configuration below config:"
        faults.append(UsageError(f"{element} is nothing that Pulumi knows", where=where, do=do))
    if content.get("environment"):
        faults.append(
            UsageError(
                "environments are for `pulumi up`", where=f"{where}, environment", do="remove it"
            )
        )
    return faults


def _fault(value: Any, schema: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, and what to do; empty if nothing is."""
    if isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"}:
        return "encrypted values are for `pulumi up`; rolelab needs no secrets, so remove it"
    wanted = schema.get("type")
    if wanted is None or wanted not in _TYPES:
        return ""
    example = json.dumps(schema.get("default"))
    if isinstance(value, str) and wanted in ("integer", "boolean"):
        # As Pulumi: a quoted "7" is an integer, a quoted "true" a boolean.
        good = (
            re.fullmatch(r"-?[0-9]+", value) if wanted == "integer" else value in ("true", "false")
        )
        return "" if good else f"give {_article(wanted)}, such as {example}"
    if not isinstance(value, _TYPES[wanted]) or (wanted == "integer" and isinstance(value, bool)):
        return f"give {_article(wanted)}, such as {example}"
    item = schema.get("items", {}).get("type") if wanted == "array" else None
    if item not in _TYPES:
        return ""
    strange = [one for one in cast("list[object]", value) if not isinstance(one, _TYPES[item])]
    return f"{_shown(strange[0])} in it must be {_article(item)}; quote it" if strange else ""


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "secure" in value:
        return "encrypted"
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    )


class _Loader(yaml.SafeLoader):
    """YAML as the Pulumi CLI reads it: `no` and `2026-01-01` are strings, a key given twice is a fault."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name, filled below

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            key = cast("object", self.construct_object(key_node, deep=True))  # pyright: ignore[reportUnknownMemberType]
            if not isinstance(key, (str, int, float, bool)) or key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return cast("dict[Any, Any]", super().construct_mapping(node, deep=deep))


for _tag, _form, _first in (
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"(~|null|Null|NULL|)$", "~nN"),
    ("int", r"[-+]?(0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(_form), [*_first, *([""] if _tag == "null" else [])]
    )


def _load(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file():
        raise UsageError("is no file", where=path.name, do="put a YAML file there")
    try:
        content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
        # What refers to itself, or has numbers and brackets without end, is nothing to work with.
        json.dumps(content, default=str)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(
            f"not valid YAML: {problem}", where=f"{path.name}{line}", do="mend that line"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(
            f"cannot be read: {said}", where=path.name, do="check the file and its permissions"
        ) from None
    except (ValueError, RecursionError):
        do = "write plain values"
        raise UsageError(
            "it refers to itself, or is nested or long without end", where=path.name, do=do
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError("not a mapping", where=path.name, do="give lines such as `config:`")
    return cast("dict[str, Any]", content)
