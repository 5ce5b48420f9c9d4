"""A change to IAM as data: shown as the AWS CLI command that makes it, or carried out."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from rolelab.advice import ADMIN, Advice, Command
from rolelab.aws.clients import Clients
from rolelab.aws.failures import translated
from rolelab.iam.documents import in_order

_LINE = 70

Parameter = str | int | Mapping[str, object] | list[dict[str, str]]
"""A policy document is a mapping, tags are a list, True is an option without a value."""


@dataclass(frozen=True, slots=True)
class IamCall:
    """One call of the IAM API by the administrator."""

    operation: str
    """As the API Reference names it: `DetachRolePolicy`."""
    parameters: Mapping[str, Parameter]

    @property
    def command(self) -> str:
        """The AWS CLI command, an option a line where they do not fit on one."""
        return command_of("iam", self.operation, self.parameters)

    @property
    def as_command(self) -> Command:
        """The command and whose credentials it needs."""
        return Command(text=self.command, by=ADMIN)

    @property
    def advice(self) -> Advice:
        """The command as a step of what to do."""
        return Advice(command=self.as_command)

    def carry_out(self, clients: Clients) -> None:
        """Make the change.

        Raises:
            AwsFailure: AWS refuses it, or does not answer.
        """
        parameters = {
            name: json.dumps(value) if isinstance(value, Mapping) else value
            for name, value in self.parameters.items()
        }
        with translated(self.operation):
            getattr(clients.iam, _words(self.operation, "_"))(**parameters)


def command_of(service: str, operation: str, parameters: Mapping[str, Parameter]) -> str:
    """Return the AWS CLI command of a call, an option a line where they do not fit on one."""
    options = [
        f"--{_words(name, '-')}" + ("" if value is True else f" {shlex.quote(_text(value))}")
        for name, value in parameters.items()
    ]
    parts = (f"aws {service} {_words(operation, '-')}", *options)
    line = " ".join(parts)
    return line if len(line) <= _LINE and "\n" not in line else " \\\n  ".join(parts)


def _words(name: str, joint: str) -> str:
    """Return a name of the API in words: `DeleteSSHPublicKey` is delete, ssh, public, key."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", joint, name).lower()


def _text(value: Parameter) -> str:
    if isinstance(value, list):
        return json.dumps(value)
    return json.dumps(in_order(value), indent=1) if isinstance(value, Mapping) else str(value)
