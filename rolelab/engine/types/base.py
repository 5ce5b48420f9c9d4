"""What a resource type is: its properties, and the calls that make, read, change and remove one."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.values import is_unknown

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import UserDetailTypeDef

    from rolelab.aws.failures import AwsFailure
    from rolelab.engine.cloud import Cloud

Rule = Callable[[Any], "str | None"]
"""Says what is wrong with a value; None if nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """An input of a resource type."""

    kind: type = str
    """Its JSON type: str, bool, int or dict (of texts)."""
    required: bool = False
    default: Any = None
    """What the provider fills in; None: nothing."""
    replaces: bool = False
    """A change of it needs a new resource."""
    document: bool = False
    """A policy: compared by meaning."""
    computed: bool = False
    """AWS decides where the program does not; leaving it out later changes nothing."""
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that is there: its id, and all its properties."""

    id: str
    outputs: Properties


class HalfMadeError(Exception):
    """The resource exists, but something that belongs to making it failed.

    The next run does that again.
    """

    def __init__(self, made: Made, failure: AwsFailure) -> None:
        super().__init__(str(failure))
        self.made = made
        self.failure = failure


@dataclass(frozen=True, slots=True)
class AutoName:
    """Where the provider makes up a name from the logical one."""

    property: str = "name"
    longest: int = 64
    prefix_property: str = "namePrefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How all there are of a type are listed, with the unique id that AWS gives each."""

    operation: str
    part: str
    """Where the list is in the answer."""
    unique_id: str
    """The member of an entry that no other one ever has, such as `UserId`."""
    id: str
    """The member that is the resource's id in the state."""
    name: str = ""
    """The member that is its name, where that is not the id."""
    output: str = "uniqueId"
    """The output that keeps the unique id."""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


class ResourceType(ABC):
    """One type of resource, with the tokens, properties and defaults of pulumi-aws v7."""

    token: str
    label: str
    """What AWS's own provider calls it in its errors, such as `IAM User`."""
    properties: Mapping[str, Property]
    computed: tuple[str, ...] = ()
    """Outputs that only AWS knows."""
    secret: tuple[str, ...] = ()
    """Outputs that are always secret."""
    tells: frozenset[str] = frozenset()
    """Inputs that `read` leaves out when AWS has none, such as a permissions boundary."""
    auto_name: AutoName | None = None
    exclusive: str = ""
    """The input of which AWS takes no second one of the same value (a name), or only a few (a
    user's keys)."""
    listing: Listing | None = None
    """None for what has no unique id: it hangs on something that has one, or is its own id."""
    delete_before_replace: bool = False
    """Old and new one cannot be there at the same time."""

    @cached_property
    def replacing(self) -> frozenset[str]:
        """Properties whose change needs a new resource."""
        return frozenset(name for name, known in self.properties.items() if known.replaces)

    @abstractmethod
    def create(self, cloud: Cloud, inputs: Properties) -> Made:
        """Make it.

        Raises:
            AwsFailure: it was not made, or nobody knows.
            HalfMadeError: it was made, and something after that failed.
        """

    @abstractmethod
    def read(self, cloud: Cloud, resource: Resource) -> Properties | None:
        """Return what AWS has (only what it tells: not, say, a key's secret); None if it is gone.

        Raises:
            AwsFailure: it could not be read.
        """

    def read_listed(
        self, users: Mapping[str, UserDetailTypeDef], resource: Resource
    ) -> Properties | None:
        """Return what `read` would, from a list of all users of the account.

        For types that it tells of.

        Raises:
            LookupError: the list does not tell of this one.
        """
        raise LookupError(self.token)

    def update(self, cloud: Cloud, resource: Resource, inputs: Properties) -> Made:
        """Change it into what `inputs` say; safe to be called again.

        Raises:
            AwsFailure: it was not changed, or only in part.
        """
        raise NotImplementedError(f"every change of {self.token} replaces it")

    @abstractmethod
    def delete(self, cloud: Cloud, resource: Resource) -> bool:
        """Remove it, and what would keep it from that; return whether it was there.

        Raises:
            AwsFailure: it is still there, or nobody knows.
        """

    def find(self, cloud: Cloud, pending: PendingOperation) -> Made | None:
        """Look for what an interrupted create may have made.

        None if there is none that is certainly its.

        Raises:
            AwsFailure: it could not be found out.
        """
        return None

    def lost(self, cloud: Cloud, pending: PendingOperation, known: frozenset[str]) -> str | None:
        """Return the id of what an interrupted create made, where its secret is lost.

        `known` are the ids that the state knows of this type. What is returned is removed, and
        `up` makes another one.
        """
        return None

    def moved(self, cloud: Cloud, resource: Resource, pending: PendingOperation) -> str:
        """Return the id that a resource has after an interrupted update."""
        return resource.id

    def identity(self, inputs: Properties) -> str:
        """Return the id that these inputs lead to, where that is all there is.

        Creating it again overwrites it. Empty where AWS keeps one thing from another, by a name or
        an id of its own.
        """
        return ""

    def claim(self, inputs: Properties) -> str:
        """Return what only one resource of a program can be: its id, or its name in lower case.

        Empty where AWS keeps any number of them apart.
        """
        if self.exclusive == "name":
            return str(inputs["name"]).lower()
        return self.identity(inputs)

    def outputs_after(self, outputs: Properties, inputs: Properties) -> Properties:
        """Return the outputs after an update in place: what AWS made up stays."""
        by_aws = {
            *self.computed,
            *(name for name, known in self.properties.items() if known.computed),
        }
        kept = {key: value for key, value in outputs.items() if key in by_aws}
        after = {**kept, **inputs}
        if "tagsAll" in self.computed:
            after["tagsAll"] = inputs.get("tags") or {}
        return after


def timestamp(moment: datetime) -> str:
    """Return a date as AWS's provider writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_of(document: Any) -> str:
    """Return a policy as text, whether boto3 gives it as text or already read."""
    return document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class PropertyFault:
    """What is wrong with one property of a registration."""

    property: str
    reason: str
    value: Any = field(default=None, repr=False)


_KINDS = {int: "number", str: "string", bool: "bool", dict: "map"}


def fault_of(name: str, known: Property, value: Any) -> PropertyFault | None:
    """Check one value (secrets opened) against its property.

    An unknown one is right until it is known.
    """
    if is_unknown(value):
        return None
    good = isinstance(value, known.kind) and not (known.kind is int and isinstance(value, bool))
    if known.kind is dict and good:
        good = all(isinstance(one, str) for one in cast("dict[str, object]", value).values())
    if not good:
        return PropertyFault(name, f"expected a {_KINDS[known.kind]}", value)
    reason = known.rule(value) if known.rule else None
    return PropertyFault(name, reason, value) if reason else None
