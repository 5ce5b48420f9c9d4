"""What the engine knows of a resource, of a registration, and of an operation under way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

STACK_TYPE = "pulumi:pulumi:Stack"

Properties = dict[str, Any]
"""A resource's properties as JSON: camelCase names; secrets and unknown values as in `values`."""


@dataclass(slots=True, kw_only=True)
class Resource:
    """A resource as the state knows it; the field names are those of Pulumi's own state."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    outputs: Properties = field(default_factory=dict[str, Any])
    parent: str = ""
    dependencies: list[str] = field(default_factory=list[str])
    provider: str = ""
    """Reference of the provider that made it, `<urn>::<id>`; the default one has none."""
    protect: bool = False
    retain: bool = False
    """`retainOnDelete`: a delete leaves it in AWS."""
    deleted_with: str = ""
    """URN of the resource whose deletion takes this one along."""
    stale: bool = False
    """An update was begun and its outcome never learned: it is to be made again."""
    automatic: list[str] = field(default_factory=list[str])
    """Inputs that the provider made up, a name: kept from run to run."""
    formerly: list[str] = field(default_factory=list[str])
    """Ids that it had before it was renamed in place."""
    replacing: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    """Properties whose change replaces it -> the URNs that their values come from."""

    @property
    def name(self) -> str:
        """The logical name, the last part of the URN."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def refers_to(self) -> set[str]:
        """URNs that must outlive it: what it depends on, its parent, its provider."""
        provider = self.provider.rpartition("::")[0]
        others = {*self.dependencies, self.parent, self.deleted_with, provider}
        return others - {"", self.urn}

    def to_json(self) -> Properties:
        """Return what the state file holds; what is empty is left out."""
        kept = {"urn": self.urn, "type": self.type, "custom": self.custom}
        for key in _FIELDS:
            if value := getattr(self, key):
                kept[key] = value
        return kept

    @classmethod
    def from_json(cls, values: Properties) -> Resource:
        """Read what `to_json` wrote.

        Raises:
            TypeError: it is of another form.
        """
        for name, value in values.items():
            if not isinstance(value, _KINDS.get(name, object)):
                raise TypeError(f"{name} is {value!r}")
        return cls(**values)


_FIELDS = (
    "id", "inputs", "outputs", "parent", "dependencies", "provider", "protect", "retain",
    "deleted_with", "stale", "automatic", "formerly", "replacing",
)  # fmt: skip
_KINDS: dict[str, type] = {
    "urn": str, "type": str, "custom": bool, "id": str, "inputs": dict, "outputs": dict,
    "parent": str, "dependencies": list, "provider": str, "protect": bool, "retain": bool,
    "deleted_with": str, "stale": bool, "automatic": list, "formerly": list, "replacing": dict,
}  # fmt: skip
"""What a state of another form would be found out by only later, in the middle of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A registration: what the program wants one resource to be."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    provider: str = ""
    aliases: tuple[str, ...] = ()
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    """None: the resource type decides."""
    retain: bool = False
    deleted_with: str = ""

    def resource(
        self, *, inputs: Properties, automatic: Sequence[str] = (), replacing: Collection[str] = ()
    ) -> Resource:
        """Return the resource that is wanted, not made yet.

        `replacing` are the properties whose change replaces one of that type.
        """
        return Resource(
            urn=self.urn,
            type=self.type,
            custom=self.custom,
            inputs=inputs,
            parent=self.parent,
            dependencies=list(self.dependencies),
            provider=self.provider,
            protect=self.protect,
            retain=self.retain,
            deleted_with=self.deleted_with,
            automatic=list(automatic),
            replacing={
                name: list(urns)
                for name, urns in self.property_dependencies.items()
                if urns and name in replacing
            },
        )


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program learns of a registration."""

    urn: str
    id: str = ""
    """Empty while it is not known."""
    outputs: Properties = field(default_factory=dict[str, Any])
    ok: bool = True
    """False: it failed or was skipped; its outputs are unknown then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOperation:
    """An operation that was begun: what recovery needs to find out what became of it."""

    op: str
    """create, update or delete."""
    at: float
    """Seconds since the epoch, before the first call; of a create by AWS's clock."""
    resource: Resource
    """As it will be (create, update), or as it is (delete)."""
    pending_deletion: bool = False
    """A delete of a replaced resource, not of the one that has the URN now."""
    replaces: bool = False
    """A create that leaves the deletion of the URN's present holder pending."""

    def to_json(self) -> Properties:
        """Return the journal's form."""
        kept: Properties = {"op": self.op, "at": self.at, "resource": self.resource.to_json()}
        if self.pending_deletion:
            kept["doomed"] = True
        if self.replaces:
            kept["replaces"] = True
        return kept

    @classmethod
    def from_json(cls, values: Properties) -> PendingOperation:
        """Read what `to_json` wrote."""
        return cls(
            op=values["op"],
            at=values["at"],
            resource=Resource.from_json(cast("Properties", values["resource"])),
            pending_deletion=values.get("doomed", False),
            replaces=values.get("replaces", False),
        )


def urn(stack: str, project: str, type_: str, name: str, parent: str = "") -> str:
    """Return a resource's URN; the stack is not part of its children's type chain.

    Source: Pulumi docs, "Resource names", URNs.
    """
    chain = urn_type(parent) if parent else ""
    if chain and chain != STACK_TYPE:
        type_ = f"{chain}${type_}"
    return f"urn:pulumi:{stack}::{project}::{type_}::{name}"


def urn_type(value: str) -> str:
    """Return the type chain of a URN, such as `lab:index:Lab$aws:iam/user:User`."""
    return value.split("::", 3)[2]


def urn_name(value: str) -> str:
    """Return the logical name in a URN (which may itself hold `::`)."""
    return value.split("::", 3)[3]
