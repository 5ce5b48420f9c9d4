"""What a property's value must look like."""

from __future__ import annotations

import json
import re
from typing import Any

from rolelab.engine.types.base import Rule


def iam_name(longest: int) -> Rule:
    """Return the rule for names of IAM entities."""
    pattern = re.compile(rf"[0-9A-Za-z=,.@_+-]{{1,{longest}}}")

    def rule(value: Any) -> str | None:
        if pattern.fullmatch(value):
            return None
        return f"must be 1 to {longest} letters, digits and +=,.@_-"

    return rule


def iam_path(value: Any) -> str | None:
    """Check the path of an IAM entity."""
    return None if re.fullmatch(r"/|/[\x21-\x7e]{1,510}/", value) else "must begin and end with /"


def policy(value: Any) -> str | None:
    """Check that a text is a JSON object, from its first character on: IAM takes no space there."""
    if value[:1].isspace():
        return "contains an invalid JSON policy: leading space characters are not allowed"
    try:
        read: Any = json.loads(value)
    except ValueError as error:
        return f"contains an invalid JSON policy: {error}"
    return None if isinstance(read, dict) else "contains an invalid JSON policy: not a JSON object"


def arn(value: Any) -> str | None:
    """Check the form of an ARN."""
    good = re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}|aws|):.+", value)
    return None if good else "is an invalid ARN: arn: invalid prefix or sections"


def between(least: int, most: int) -> Rule:
    """Return the rule for a whole number in a range, both ends included."""

    def rule(value: Any) -> str | None:
        return (
            None
            if least <= value <= most
            else f"expected to be in the range ({least} - {most}), got {value}"
        )

    return rule


def one_of(*values: str) -> Rule:
    """Return the rule for one of a few texts."""

    def rule(value: Any) -> str | None:
        return (
            None if value in values else f"expected to be one of {', '.join(values)}, got {value}"
        )

    return rule
