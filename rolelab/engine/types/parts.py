"""What users, roles and policies have in common: tags, a boundary, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from rolelab.aws import removal
from rolelab.aws.iam_calls import call
from rolelab.engine.resource import PendingOperation, Properties

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import TagTypeDef

ANSWER_WITHIN_S = 600
"""A thing that appeared later than this after an operation began was not made by it."""


def given(**parameters: Any) -> dict[str, Any]:
    """Return call parameters without those that are empty."""
    return {key: value for key, value in parameters.items() if value not in (None, "", [], {})}


def optional(inputs: Properties) -> dict[str, Any]:
    """Return the parameters of a create that a program may leave out."""
    return given(
        Description=inputs.get("description"),
        PermissionsBoundary=inputs.get("permissionsBoundary"),
        Tags=as_tags(tags_of(inputs)),
    )


# -- tags -----------------------------------------------------------------------------------------


def tags_of(properties: Properties) -> dict[str, str]:
    """Return the tags among a resource's properties."""
    return cast("dict[str, str]", properties.get("tags") or {})


def as_tags(values: Mapping[str, str]) -> list[TagTypeDef]:
    """Return tags as IAM's calls take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(values.items())]


def from_tags(values: Any) -> dict[str, str]:
    """Return tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in cast("list[dict[str, str]]", values or [])}


def update_tags(
    iam: IAMClient, entity: str, before: Properties, inputs: Properties, **which: str
) -> None:
    """Bring the tags of a user, role or policy to what the inputs say.

    Raises:
        AwsFailure: they were not changed, or only in part.
    """
    old, new = tags_of(before), tags_of(inputs)
    if gone := sorted(old.keys() - new.keys()):
        call(iam, f"Untag{entity}", **which, TagKeys=gone)
    if changed := as_tags(dict(new.items() - old.items())):
        call(iam, f"Tag{entity}", **which, Tags=changed)


# -- boundary -------------------------------------------------------------------------------------


def boundary_of(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the property for the permissions boundary of a user or role; none without one."""
    boundary = thing.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return given(permissionsBoundary=boundary)


def update_boundary(
    iam: IAMClient,
    entity: removal.Entity,
    name: str,
    before: Properties | None,
    inputs: Properties,
) -> None:
    """Bring a permissions boundary to what the inputs say; `before` None: whatever it was.

    Raises:
        AwsFailure: it was not changed.
    """
    new = inputs.get("permissionsBoundary")
    if before is not None and new == before.get("permissionsBoundary"):
        return
    if new:
        put = {f"{entity}Name": name, "PermissionsBoundary": new}
        call(iam, f"Put{entity}PermissionsBoundary", **put)
    else:
        removal.remove_boundary(iam, entity, name)


# -- whose it is ----------------------------------------------------------------------------------


def came_from(pending: PendingOperation, created: datetime) -> bool:
    """Return whether a thing of that date can be of that operation (AWS keeps whole seconds)."""
    return int(pending.at) <= created.timestamp() <= pending.at + ANSWER_WITHIN_S


def is_ours(thing: Mapping[str, Any] | None, pending: PendingOperation) -> bool:
    """Return whether a thing of that name is what an interrupted create made.

    One that somebody else made must not be adopted: it would be destroyed with the lab.
    """
    inputs = pending.resource.inputs
    return (
        thing is not None
        and "CreateDate" in thing
        and came_from(pending, thing["CreateDate"])
        and thing.get("Path") == inputs["path"]
        and from_tags(thing.get("Tags")) == tags_of(inputs)
    )
