"""A stack, and the AWS that its resources are in: what every run of the engine is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rolelab.aws.endpoint import Endpoint, normal
from rolelab.project import Project


@dataclass(frozen=True, slots=True)
class Home:
    """The AWS and the account that a state belongs to: in another one nothing of it exists.

    Its text is in the state file: `<id>` or `<id>/<account>` of a local AWS, `<URL>/<account>` of
    an endpoint that the environment named.
    """

    kind: Literal["local", "endpoint"]
    id: str
    """Of the local AWS, which has another one after each new start from nothing; else the URL."""
    account: str = ""
    """Where it is not the local AWS's first one. Elsewhere twelve digits once AWS has told them;
    until then, and in a state of an earlier version, the access key id."""

    @classmethod
    def named(cls, url: str, access_key_id: str) -> Home:
        """Return the home at an endpoint."""
        return cls("endpoint", normal(url), access_key_id)

    @classmethod
    def parse(cls, text: str) -> Home | None:
        """Read a home as the state file has it; None for an empty text: before the first run."""
        if not text:
            return None
        if "://" in text:
            url, _, account = text.rpartition("/")
            return cls.named(url, account)
        id_, _, account = text.partition("/")
        return cls("local", id_, account)

    @property
    def words(self) -> str:
        """It, for people."""
        place = self.id if self.kind == "endpoint" else f"the local AWS {self.id}"
        return f"{place}, account {self.account}" if self.account.isdigit() else place

    def is_beside(self, other: Home | None) -> bool:
        """Return whether it is the same AWS, whatever the account."""
        return other is not None and (self.kind, self.id) == (other.kind, other.id)

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
