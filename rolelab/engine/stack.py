"""A stack, and the AWS that its resources are in: what every run of the engine is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rolelab.aws.endpoint import Endpoint
from rolelab.project import Project


@dataclass(frozen=True, slots=True)
class Home:
    """The AWS that a state belongs to: in another one nothing of it exists.

    Its text is in the state file: `<id>` or `<id>/<account>` of a local AWS, `<URL>/<access key>`
    of an endpoint that the environment named.
    """

    kind: Literal["local", "endpoint"]
    id: str
    """Of the local AWS, which has another one after each new start from nothing; else the URL."""
    account: str = ""
    """Where it is not the local AWS's first one; the access key id, which names it, elsewhere."""

    @classmethod
    def named(cls, url: str, access_key_id: str) -> Home:
        """Return the home at an endpoint."""
        return cls("endpoint", url.rstrip("/"), access_key_id)

    @classmethod
    def parse(cls, text: str) -> Home | None:
        """Read a home as the state file has it; None for an empty text: before the first run."""
        if not text:
            return None
        if "://" in text:
            url, _, key = text.rpartition("/")
            return cls("endpoint", url, key)
        id_, _, account = text.partition("/")
        return cls("local", id_, account)

    def __str__(self) -> str:
        return f"{self.id}/{self.account}" if self.account else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack of a project: what it is made of, and where."""

    project: Project
    name: str
    configuration: Mapping[str, str]
    """Full key -> text, as the program reads it; `destroy` runs no program and needs none."""
    endpoint: Endpoint
    home: Home
    """What `endpoint` leads to."""

    @property
    def folder(self) -> Path:
        """Where its state is."""
        return self.project.stack_home(self.name)
