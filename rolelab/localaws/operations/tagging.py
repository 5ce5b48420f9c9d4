"""Tags of whatever can have them: checked, added, removed, listed."""

from __future__ import annotations

from collections.abc import Callable

from rolelab.iam.quotas import TAGS_PER_ENTITY
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import Tagged, TagRecord
from rolelab.localaws.operations import pages
from rolelab.localaws.operations.api_call import ApiCall, Result

Find = Callable[[ApiCall], Tagged]
"""Returns what the call names."""


def new(call: ApiCall) -> list[TagRecord]:
    """Return the tags that a new entity is given, checked.

    Raises:
        AwsError: InvalidInput, LimitExceeded.
    """
    tags = call.tags()
    _check(tags)
    return tags


def add(find: Find) -> Callable[[ApiCall], None]:
    """Return the operation that adds tags; a tag replaces one whose key differs in case only."""

    def operation(call: ApiCall) -> None:
        record, tags = find(call), new(call)
        merged = {tag["Key"].lower(): tag for tag in (*(record.get("Tags") or ()), *tags)}
        _check(list(merged.values()))
        record["Tags"] = list(merged.values())

    return operation


def remove(find: Find) -> Callable[[ApiCall], None]:
    """Return the operation that removes tags by their keys."""

    def operation(call: ApiCall) -> None:
        record, gone = find(call), {key.lower() for key in call.texts("TagKeys")}
        record["Tags"] = [tag for tag in record.get("Tags") or () if tag["Key"].lower() not in gone]

    return operation


def listed(find: Find) -> Callable[[ApiCall], Result]:
    """Return the operation that lists tags."""

    def operation(call: ApiCall) -> Result:
        return pages.listing(call, "Tags", find(call).get("Tags") or (), lambda tag: tag["Key"])

    return operation


def _check(tags: list[TagRecord]) -> None:
    keys = {tag["Key"].lower() for tag in tags}
    if len(keys) != len(tags):
        raise AwsError(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    if any(key.startswith("aws:") for key in keys):
        raise AwsError("InvalidInput", "Tag keys that start with aws: are reserved for system use.")
    if len(tags) > TAGS_PER_ENTITY:
        raise AwsError(
            "LimitExceeded",
            f"The number of tags has reached the maximum limit of {TAGS_PER_ENTITY}.",
        )
