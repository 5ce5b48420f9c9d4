"""Reads values out of a stack's outputs, and names each that is missing or strange."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rolelab.errors import UsageError
from rolelab.nearest import natural
from rolelab.secret import MASKED, Secret

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes for a value that it does not know, after a failed run: it is not there."""
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Form:
    """What a text has to look like, as a pattern and in words."""

    pattern: str
    words: str
    ending: str = ""
    """What comes after the pattern, as it stands: one pattern does for the names of a class."""

    def fits(self, value: str) -> bool:
        """Return whether a text is of this form."""
        start = value.removesuffix(self.ending)
        is_ended = value.endswith(self.ending)
        return is_ended and re.fullmatch(self.pattern, start, re.ASCII) is not None


# Source: IAM User Guide, "IAM identifiers" (ARNs, names) and "IAM and AWS STS quotas".
ACCOUNT = Form(r"\d{12}", "an account's id of 12 digits")
REGION = Form(r"[a-z]{2,}(-[a-z0-9]+)+", "a region such as us-east-1")
NAME = Form(r"[\w+=,.@-]{1,64}", "a name of IAM")
KEY_ID = Form(r"[A-Za-z0-9]{16,128}", "an access key's id")
POLICY_ARN = Form(r"arn:[a-z-]+:iam::(aws|\d{12}):policy/[\x21-\x7e]+", "a managed policy's ARN")


def arn_of(kind: str, name: str, account_id: str) -> Form:
    """Return the form of a user's or role's ARN, with any path."""
    pattern = rf"arn:[a-z-]+:iam::{account_id}:{kind}/([\x21-\x7e]+/)?"
    return Form(pattern, f"the ARN of {kind} {name} of account {account_id}", ending=name)


class OutputsReader:
    """Reads one mapping of the outputs. Every method raises UsageError for what it cannot take."""

    def __init__(self, values: object, where: str, path: str = "") -> None:
        self._where = where
        self._path = path
        if not isinstance(values, Mapping):
            raise self._lacks("")
        self._values = cast("Mapping[str, Any]", values)

    def inner(self, key: str) -> OutputsReader:
        """Return the reader of a mapping within this one."""
        return OutputsReader(self._values.get(key), self._where, f"{self._path}{key}.")

    def names(self) -> list[str]:
        """Return the keys, in the order of people; each a name that can be shown."""
        if not self._values:
            raise self._lacks("")
        for name in self._values:
            if not (name and name.isprintable()):
                raise self._strange("", f"has {name!r}, which is not a name")
        return sorted(self._values, key=natural)

    def text(self, key: str, form: Form | None = None) -> str:
        """Return a text that is not empty, of a form where one is given."""
        value = self._values.get(key)
        if not isinstance(value, str) or value in ("", UNKNOWN):
            raise self._lacks(key)
        return self._formed(key, value, form) if form else value

    def secret(self, key: str) -> Secret:
        """Return a secret, which must not be masked."""
        value = self.text(key)
        if value == MASKED:
            what = f"{self._path}{key} is masked"
            raise UsageError(what, where=self._where, do="write the outputs with --show-secrets")
        return Secret(value)

    def optional_secret(self, key: str) -> Secret | None:
        """Return a secret, None where there is none."""
        return self.secret(key) if self._values.get(key) is not None else None

    def seconds(self, key: str, bounds: tuple[int, int]) -> int:
        """Return a whole number of seconds within bounds."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._lacks(key)
        least, most = bounds
        # Compared, not converted: NaN and the infinities of Python's JSON have no whole number.
        if not (least <= value <= most and value == int(value)):
            words = f"a whole number of seconds from {least} to {most}"
            raise self._strange(key, f"is {_shown(value)}, not {words}")
        return int(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self._lacks(key)
        return value

    def optional_texts(self, key: str, form: Form) -> tuple[str, ...] | None:
        """Return a list of texts, None where the outputs do not tell."""
        value = self._optional(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self._lacks(key)
        texts = cast("list[object]", value)
        if not all(isinstance(text, str) for text in texts):
            raise self._lacks(key)
        return tuple(self._formed(key, text, form) for text in cast("list[str]", texts))

    def optional_document(self, key: str) -> Mapping[str, object] | None:
        """Return a policy document, None where the outputs do not tell."""
        value = self._optional(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, Mapping):
            raise self._lacks(key)
        document = cast("Mapping[str, object]", value)
        statements = statements_of(document)
        if not (statements and all(statements)):
            raise self._strange(key, "is not a policy document with statements")
        return document

    def documents(self, key: str, form: Form) -> dict[str, Mapping[str, object]]:
        """Return policy documents by name, none where the outputs do not tell."""
        value = self._optional(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._lacks(key)
        reader = self.inner(key)
        names = [
            self._formed(key, str(name), form) for name in cast("Mapping[object, object]", value)
        ]
        read = {name: reader.optional_document(name) for name in names}
        return {name: document for name, document in read.items() if document is not None}

    def optional_tags(self, key: str) -> dict[str, str]:
        """Return tags, none where the outputs do not tell."""
        tags = self._optional(key)
        if tags is None:
            return {}
        if not isinstance(tags, Mapping):
            raise self._lacks(key)
        pairs = cast("Mapping[object, object]", tags).items()
        if not all(isinstance(part, str) for pair in pairs for part in pair):
            raise self._strange(key, "is not tags with texts as their values")
        return dict(cast("Mapping[str, str]", tags))

    def _optional(self, key: str) -> object:
        value: object = self._values.get(key)
        return None if value == UNKNOWN else value

    def _formed(self, key: str, value: str, form: Form) -> str:
        if not form.fits(value):
            raise self._strange(key, f"is {_shown(value)}, not {form.words}")
        return value

    def _lacks(self, key: str) -> UsageError:
        what = f"{self._path}{key}".rstrip(".") or "the outputs"
        do = "run `rolelab up` (or `pulumi up`) to its end, then try again"
        return UsageError(f"the outputs lack {what}", where=self._where, do=do)

    def _strange(self, key: str, what: str) -> UsageError:
        output = f"{self._path}{key}".rstrip(".")
        do = "use the outputs as the stack gives them"
        return UsageError(f"{output} {what}", where=self._where, do=do)


def statements_of(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the statements of a policy document; an empty mapping for what is none."""
    listed = document.get("Statement")
    statements = cast("list[object]", listed) if isinstance(listed, list) else [listed]
    return [mapping_of(statement) for statement in statements]


def mapping_of(value: object) -> Mapping[str, object]:
    """Return a mapping as it is, and an empty one for anything else."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def first_text(value: object) -> str:
    """Return a text, or the first of a list of them; empty where there is none."""
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    return next((text for text in listed if isinstance(text, str)), "")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
