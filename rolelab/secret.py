"""Secrets that do not show themselves by accident: values, and the keys that hold one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

MASKED = "[secret]"
"""What stands for a secret where its value is not told."""


@final
class Secret:
    """A string hidden from `str`, `repr`, formats and tracebacks; `reveal()` where it is used."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASKED!r})"

    def __str__(self) -> str:
        return MASKED

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An access key, with the session token where the key is temporary (`ASIA…`)."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None

    @classmethod
    def temporary(cls, answer: Mapping[str, object]) -> Credentials:
        """Return temporary credentials as STS answers them: three texts by their names."""
        return cls(
            access_key_id=str(answer["AccessKeyId"]),
            secret_access_key=Secret(str(answer["SecretAccessKey"])),
            session_token=Secret(str(answer["SessionToken"])),
        )
