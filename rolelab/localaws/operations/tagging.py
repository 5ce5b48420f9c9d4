"""Tags of whatever can have them: checked, added, removed, listed.

For users, roles and server certificates the case of a key does not count; for all else it does.

Source: IAM User Guide, "Tags for AWS Identity and Access Management resources"; what IAM answers.
"""

from __future__ import annotations

from collections.abc import Callable

from rolelab.iam.quotas import TAGS_PER_ENTITY
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import Tagged, TagRecord
from rolelab.localaws.operations import pages
from rolelab.localaws.operations.api_call import ApiCall, Result

Find = Callable[[ApiCall], Tagged]
"""Returns what the call names."""


def new(call: ApiCall, *, case_counts: bool = False) -> list[TagRecord]:
    """Return the tags that a new entity is given, checked.

    Raises:
        AwsError: InvalidInput, LimitExceeded.
    """
    tags = call.tags()
    _check(tags, case_counts=case_counts)
    return tags


def add(find: Find, *, case_counts: bool = False) -> Callable[[ApiCall], None]:
    """Return the operation that adds tags; a tag replaces one with the same key."""

    def operation(call: ApiCall) -> None:
        record, tags = find(call), new(call, case_counts=case_counts)
        held = (*(record.get("Tags") or ()), *tags)
        merged = {_key(tag["Key"], case_counts=case_counts): tag for tag in held}
        _check(list(merged.values()), case_counts=case_counts)
        record["Tags"] = list(merged.values())

    return operation


def remove(find: Find, *, case_counts: bool = False) -> Callable[[ApiCall], None]:
    """Return the operation that removes tags by their keys."""

    def operation(call: ApiCall) -> None:
        record = find(call)
        gone = {_key(key, case_counts=case_counts) for key in call.texts("TagKeys")}
        record["Tags"] = [
            tag
            for tag in record.get("Tags") or ()
            if _key(tag["Key"], case_counts=case_counts) not in gone
        ]

    return operation


def listed(find: Find, *, case_counts: bool = False) -> Callable[[ApiCall], Result]:
    """Return the operation that lists tags by their keys, where case counts shorter ones first."""

    def order(tag: TagRecord) -> str:
        return f"{len(tag['Key']):03d}{tag['Key']}" if case_counts else tag["Key"].lower()

    def operation(call: ApiCall) -> Result:
        return pages.listing(call, "Tags", find(call).get("Tags") or (), order)

    return operation


def _key(key: str, *, case_counts: bool) -> str:
    return key if case_counts else key.lower()


def _check(tags: list[TagRecord], *, case_counts: bool) -> None:
    if len({_key(tag["Key"], case_counts=case_counts) for tag in tags}) != len(tags):
        why = "" if case_counts else " Please note that Tag keys are case insensitive."
        raise AwsError("InvalidInput", f"Duplicate tag keys found.{why}")
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise AwsError("InvalidInput", "Tag keys that start with aws: are reserved for system use.")
    if len(tags) > TAGS_PER_ENTITY:
        raise AwsError("LimitExceeded", "The number of tags has reached the maximum limit.")
