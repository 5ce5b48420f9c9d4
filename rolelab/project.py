"""The Pulumi project on disk: Pulumi.yaml and a stack's file, as the Pulumi CLI reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rolelab import pulumi_yaml, whole_file
from rolelab.errors import Faults, UsageError
from rolelab.nearest import did_you_mean

_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_STACK_FILE = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_QUOTED = {"integer": re.compile(r"-?[0-9]+"), "boolean": re.compile("true|false")}
"""As Pulumi: a quoted "7" is an integer, a quoted "true" a boolean."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a Pulumi.yaml: the program and its declared configuration."""

    root: Path
    name: str
    declared: Mapping[str, Mapping[str, Any]]
    """Configuration keys of Pulumi.yaml, with type, default and description."""
    home: Path
    """Where rolelab keeps its own files: `.rolelab` beside Pulumi.yaml, unless told otherwise."""

    @property
    def local_home(self) -> Path:
        """The local AWS's own folder."""
        return self.home / "local"

    def stack_home(self, stack: str) -> Path:
        """Return the folder of one stack's state."""
        return self.home / "stacks" / stack

    def stack_file(self, stack: str) -> Path:
        """Return the stack's configuration file; without one every key has its default."""
        return self.root / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """Return the names of the stacks: they have a file, or a state that outlived it."""
        with_file = {path.name[7:-5] for path in self.root.glob("Pulumi.*.yaml")}
        with_state = {path.parent.name for path in self.home.glob("stacks/*/state.json")}
        return sorted(with_file | with_state)

    def existing(self, stack: str, *, by_file: bool = False) -> str:
        """Return the name of a stack that there is; `by_file`: with its configuration.

        Raises:
            UsageError: Pulumi would not take the name, or there is no such stack.
        """
        stack = stack_name(stack)
        file = self.stack_file(stack)
        if file.exists() or file.is_symlink():
            return stack
        create = f"`rolelab up -s {stack} --create` makes one with every key's default"
        if stack in self.stacks():
            if not by_file:
                return stack
            do = f"put it back; {create}; `rolelab destroy -s {stack}` does without"
            raise UsageError(f"stack {stack} has lost its file", where=file.name, do=do)
        do = did_you_mean(stack, self.stacks(), otherwise=create)
        do = do if do == create else f"{do} {create}"
        raise UsageError(f"no such stack: {stack}", where=f"--stack, {file.name}", do=do)

    @property
    def is_program(self) -> bool:
        """Whether a program can be run here: there is a Pulumi.yaml."""
        return (self.root / "Pulumi.yaml").is_file()

    def require_program(self) -> None:
        """Refuse a project without a Python program.

        Raises:
            UsageError: there is none.
        """
        if not (self.root / "__main__.py").is_file():
            do = "the embedded engine runs Python programs only: put one there"
            raise UsageError("there is no __main__.py", where=str(self.root), do=do)

    def create_stack(self, stack: str) -> bool:
        """Write a stack's file with every key's default where it has none; tell if it was written.

        Raises:
            UsageError: Pulumi would not take the name, or the file cannot be written.
        """
        file = self.stack_file(stack_name(stack))
        if file.exists() or file.is_symlink():
            return False
        try:
            whole_file.replace(file, "config:\n  aws:region: us-east-1\n", mode=0o644)
        except OSError as error:
            do = "make the folder writable for you"
            raise UsageError(
                f"cannot be written: {error.strerror}", where=str(file), do=do
            ) from None
        return True

    def config(self, stack: str) -> dict[str, str]:
        """Return a stack's configuration as the Pulumi CLI hands it to the program.

        That is full keys and text, lists as JSON.

        Raises:
            Faults: every value of the wrong type, every missing one, every encrypted one.
            UsageError: the file is not YAML, or not of the form that Pulumi wants.
        """
        texts, faults = self.read(stack)
        if faults:
            raise Faults(faults)
        return texts

    def read(self, stack: str) -> tuple[dict[str, str], list[UsageError]]:
        """Return what is of the declared types, and a fault for everything else.

        Raises:
            UsageError: the file is not YAML, or not of the form that Pulumi wants.
        """
        path = self.stack_file(stack)
        # A link that leads nowhere is there all the same: somebody meant it.
        content = pulumi_yaml.read(path) if path.exists() or path.is_symlink() else {}
        values = _configuration(content, path.name, "give lines such as `aws:region: us-east-1`")
        values = {_full(key, self.name): value for key, value in values.items()}
        texts: dict[str, str] = {}
        faults = [*_strange_elements(content, path.name)]
        for key, schema in self.declared.items():
            if key not in values and "default" in schema:
                values[key] = schema["default"]
            elif key not in values:
                faults.append(UsageError(f"{key} has no value", where=path.name, do="set it there"))
        for key, value in values.items():
            name, where = key.partition(":")[2], f"{path.name}, {key}"
            schema = self.declared.get(key, {})
            if do := _remedy(value, schema):
                faults.append(UsageError(f"{name} is {_shown(value)}", where=where, do=do))
                continue
            strange = _strange_items(value, schema)
            if strange:
                do = f"give {_article(schema['items']['type'])} each: quote it"
                faults += [
                    UsageError(f"{name} has {_shown(item)} in it", where=where, do=do)
                    for item in strange
                ]
            # What else is wrong with a list is told at once, too.
            texts[key] = value if isinstance(value, str) else _as_json(_without(value, strange))
        return texts, faults


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


def find_or_here() -> Project:
    """Find the project; where there is none, the current folder is one without a program.

    Raises:
        UsageError: Pulumi.yaml cannot be read.
    """
    here = Path.cwd().resolve()
    if any((folder / "Pulumi.yaml").is_file() for folder in (here, *here.parents)):
        return find(here)
    return Project(here, "", {}, here / ".rolelab")


def stack_name(value: str) -> str:
    """Return the name of a stack, checked: it becomes a folder and part of every URN.

    Raises:
        UsageError: Pulumi would not take the name.
    """
    if not _STACK_NAME.fullmatch(value) or set(value) <= {"."}:
        do = "use letters, digits, - _ and ., such as dev"
        raise UsageError(f"{value!r} is not a name for a stack", where="--stack", do=do)
    return value


def _project(root: Path) -> Project:
    file = "Pulumi.yaml"
    content = pulumi_yaml.read(root / file)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        do = "give the project a name, such as assume-role-lab"
        raise UsageError("name is missing", where=file, do=do)
    declared: dict[str, Mapping[str, Any]] = {}
    for key, schema in _configuration(content, file, "declare keys, or leave it out").items():
        full = _full(key, name)
        # The short form `key: value` declares a default.
        declared[full] = schema if isinstance(schema, dict) else {"default": schema}
        if not isinstance(declared[full].get("type", ""), str):
            do = f"give one of {', '.join(_TYPES)}"
            raise UsageError("its type is not a text", where=f"{file}, {full}", do=do)
    return Project(root, name, declared, root / ".rolelab")


def _configuration(content: Mapping[str, object], file: str, do: str) -> dict[str, object]:
    config: object = {} if content.get("config") is None else content["config"]
    if not isinstance(config, dict):
        raise UsageError("config is not a mapping", where=file, do=do)
    return cast("dict[str, object]", config)


def _full(key: object, project: str) -> str:
    return str(key) if ":" in str(key) else f"{project}:{key}"


def _strange_elements(content: Mapping[str, object], file: str) -> Iterator[UsageError]:
    """Name what a stack's file has beside what the Pulumi CLI keeps there.

    Source: Pulumi docs, "Pulumi stack settings file reference".
    """
    for element in sorted(map(str, content.keys() - _STACK_FILE)):
        do = did_you_mean(element, _STACK_FILE, otherwise="put configuration below config:")
        yield UsageError(f"{element} is nothing that Pulumi knows", where=file, do=do)
    if content.get("environment"):
        where = f"{file}, environment"
        yield UsageError("environments are for `pulumi up`", where=where, do="remove it")


def _remedy(value: object, schema: Mapping[str, Any]) -> str:
    """Return what to do about a value that the program cannot get; empty for one that it can."""
    if _is_encrypted(value):
        return "encrypted values are for `pulumi up`; rolelab needs no secrets, so remove it"
    kind = schema.get("type", "")
    if kind in _TYPES and not _is_of(kind, value):
        return f"give {_article(kind)}, such as {json.dumps(schema.get('default'))}"
    return ""


def _strange_items(value: object, schema: Mapping[str, Any]) -> list[object]:
    """Return the items of a list that are not of the declared type."""
    item = schema.get("items", {}).get("type")
    if item not in _TYPES or not isinstance(value, list):
        return []
    return [each for each in cast("list[object]", value) if not _is_of(item, each)]


def _without(value: object, items: Sequence[object]) -> object:
    listed = cast("list[object]", value)
    return [item for item in listed if item not in items] if items else value


def _is_of(kind: str, value: object) -> bool:
    if isinstance(value, str) and kind in _QUOTED:
        return _QUOTED[kind].fullmatch(value) is not None
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, object]", value)) == {"secure"}


def _shown(value: object) -> str:
    if _is_encrypted(value):
        return "encrypted"
    return json.dumps(value, ensure_ascii=False, default=str)


def _as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
