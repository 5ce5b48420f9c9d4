"""S3's operations, as AWS's own service model tells them: what says which one a request is.

The model is data: method and path, the sub-resource in the path's query (`?policy`), and which
members stand in the query or in a header, required or not.

Source: botocore/data/s3/*/service-2.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import cast
from urllib.parse import parse_qsl

from typing_extensions import NotRequired, TypedDict

from rolelab.localaws.http.service_models import content_of

_ELSEWHERE = frozenset({"ListDirectoryBuckets", "WriteGetObjectResponse"})
"""Operations that have an endpoint of their own: of directory buckets, of Object Lambda."""


class Level(IntEnum):
    """What a path names."""

    SERVICE = 0
    BUCKET = 1
    OBJECT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Operation:
    """One operation; names of headers are in lower case."""

    name: str
    method: str
    level: Level
    markers: Mapping[str, str]
    """The sub-resource: what stands in the query of each such request, with its value."""
    required: frozenset[str]
    """Parameters of the query without which it is not this operation."""
    parameters: frozenset[str]
    """All parameters of the query but the markers."""
    numbers: frozenset[str]
    """Those of the parameters that are whole numbers."""
    required_headers: frozenset[str]
    headers: frozenset[str]
    has_metadata: bool
    """Whether headers `x-amz-meta-…` belong to it."""
    has_body: bool
    root: str = ""
    """Name of its body's XML element; empty where the body is not XML."""

    @property
    def names(self) -> frozenset[str]:
        """All names that may stand in the query."""
        return self.parameters | self.markers.keys()

    @property
    def distinction(self) -> int:
        """How many parts of a request say so: CopyObject has more than PutObject."""
        return len(self.markers) + len(self.required) + len(self.required_headers)


class _S3Member(TypedDict):
    shape: str
    location: NotRequired[str]
    locationName: NotRequired[str]


class _Shape(TypedDict):
    type: NotRequired[str]
    members: NotRequired[dict[str, _S3Member]]
    required: NotRequired[list[str]]
    payload: NotRequired[str]


class _Http(TypedDict):
    method: str
    requestUri: str


class _Given(TypedDict):
    http: _Http
    input: NotRequired[dict[str, str]]
    deprecated: NotRequired[bool]


class _S3Content(TypedDict):
    operations: dict[str, _Given]
    shapes: dict[str, _Shape]


@dataclass(frozen=True, slots=True)
class S3Model:
    """All operations of S3."""

    by_place: Mapping[tuple[str, Level], tuple[S3Operation, ...]]
    """By method and level, the most distinct first."""
    subresources: frozenset[str]
    """What a request names one of at most."""
    distinctive: frozenset[str]
    """Parameters that say which operation is meant, sub-resources among them."""

    def at(self, method: str, level: Level) -> tuple[S3Operation, ...]:
        """Return what a method does at a level."""
        return self.by_place.get((method, level), ())


@cache
def s3_model() -> S3Model:
    """Return the model of S3, read once."""
    content = cast("_S3Content", content_of("s3"))
    operations = [
        _operation(name, given, content["shapes"])
        for name, given in content["operations"].items()
        if not given.get("deprecated") and name not in _ELSEWHERE
    ]
    places: dict[tuple[str, Level], list[S3Operation]] = {}
    for operation in sorted(operations, key=lambda one: -one.distinction):
        places.setdefault((operation.method, operation.level), []).append(operation)
    markers = frozenset(name for one in operations for name in one.markers)
    required = frozenset(name for one in operations for name in one.required)
    return S3Model(
        by_place={place: tuple(found) for place, found in places.items()},
        subresources=(markers | {"uploadId"}) - {"select-type"},
        distinctive=markers | required | {"versionId"},
    )


def _operation(name: str, given: _Given, shapes: Mapping[str, _Shape]) -> S3Operation:
    path, _, query = given["http"]["requestUri"].partition("?")
    shape = shapes[given["input"]["shape"]] if "input" in given else _Shape()
    members = shape.get("members", {})
    required = frozenset(shape.get("required", ()))

    numbers = frozenset(
        name
        for name, member in members.items()
        if shapes[member["shape"]].get("type") in ("integer", "long")
    )

    payload = members.get(shape.get("payload", ""), _S3Member(shape=""))
    is_xml = shapes.get(payload["shape"], _Shape()).get("type") == "structure"

    def located(place: str, names: frozenset[str] = frozenset(members)) -> frozenset[str]:
        return frozenset(
            member.get("locationName", "")
            for member_name, member in members.items()
            if member_name in names and member.get("location") == place
        )

    def lower(names: frozenset[str]) -> frozenset[str]:
        return frozenset(header.lower() for header in names)

    return S3Operation(
        name=name,
        method=given["http"]["method"],
        level=Level.OBJECT if "{Key+}" in path else Level("{Bucket}" in path),
        markers=dict(parse_qsl(query, keep_blank_values=True)),
        required=located("querystring", required),
        parameters=located("querystring"),
        numbers=located("querystring", numbers),
        required_headers=lower(located("header", required)),
        headers=lower(located("header")),
        has_metadata=bool(located("headers")),
        has_body="payload" in shape,
        root=payload.get("locationName", "") if is_xml else "",
    )
