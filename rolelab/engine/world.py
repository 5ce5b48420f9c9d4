"""What is known to exist, and what was begun: the state in memory, changed only by journal lines.

Each change is a small JSON object (a *line*). The same `apply` carries out a line when it is
written and when the journal is read again after a death, so that the two cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from rolelab.engine import values
from rolelab.engine.resource import STACK_TYPE, PendingOperation, Properties, Resource
from rolelab.engine.stack import Home

Line = dict[str, Any]


@dataclass(slots=True)
class World:
    """The resources of one stack, and the operations whose outcome is not known."""

    home: Home | None = None
    """The AWS that all this is in; None before the first run."""
    live: dict[str, Resource] = field(default_factory=dict[str, Resource])
    """URN -> the resource that has it."""
    pending_deletions: list[Resource] = field(default_factory=list[Resource])
    """Replaced resources whose deletion is pending."""
    pending_operations: dict[int, PendingOperation] = field(
        default_factory=dict[int, PendingOperation]
    )
    """Operations begun, by number: those of a run under way, or of one that was killed."""

    @property
    def stack(self) -> Resource | None:
        """The stack's own resource, whose outputs are the stack's outputs."""
        return next(
            (resource for resource in self.live.values() if resource.type == STACK_TYPE), None
        )

    @property
    def everything(self) -> list[Resource]:
        """All resources, the replaced ones included."""
        return [*self.live.values(), *self.pending_deletions]

    @property
    def holds_anything(self) -> bool:
        """Whether there is, or may be, anything in AWS."""
        return bool(self.live or self.pending_deletions or self.pending_operations)

    def located(self, resource: Resource) -> Resource:
        """Return a resource as AWS is to be asked for it: secrets opened, under its present name.

        A user keeps its keys, policies and password when it is renamed, so the old name in them
        leads nowhere.
        """
        inputs = values.plain(resource.inputs)
        for name, urns in resource.replacing.items():
            for urn in urns:
                owner = self.live.get(urn)
                if owner is not None and inputs.get(name) in owner.formerly:
                    inputs[name] = owner.id
        return replace(resource, inputs=inputs)

    def apply(self, line: Line) -> None:
        """Carry out one line."""
        if "begin" in line:
            self.pending_operations[line["n"]] = PendingOperation.from_json(line["begin"])
        elif "n" in line:
            self._end(
                self.pending_operations.pop(line["n"]), line.get("ok", False), line.get("resource")
            )
        elif "put" in line:
            self._put(Resource.from_json(line["put"]))
        elif "drop" in line:
            self._drop(line["drop"], line.get("id", ""), pending_deletion=line.get("doomed", False))
        elif "rename" in line:
            self._rename(*cast("tuple[str, str]", line["rename"]))
        else:
            raise ValueError(f"no such line: {sorted(line)}")

    def _end(self, pending: PendingOperation, ok: bool, made: Properties | None) -> None:
        if not ok:
            return
        target = pending.resource
        if pending.op == "delete":
            self._drop(target.urn, target.id, pending_deletion=pending.pending_deletion)
            return
        if pending.replaces:
            self._replace(target.urn)
        if made is not None:
            self._put(Resource.from_json(made))

    def _put(self, resource: Resource) -> None:
        self.live[resource.urn] = resource

    def _replace(self, urn: str) -> None:
        old = self.live.pop(urn, None)
        if old is not None:
            self.pending_deletions.append(old)

    def _drop(self, urn: str, id_: str, *, pending_deletion: bool) -> None:
        if pending_deletion:
            self.pending_deletions = [
                old for old in self.pending_deletions if (old.urn, old.id) != (urn, id_)
            ]
        else:
            self.live.pop(urn, None)

    def _rename(self, old: str, new: str) -> None:
        """Give a resource another URN, wherever it is referred to."""
        self.live = {new if urn == old else urn: resource for urn, resource in self.live.items()}
        for resource in self.everything:
            if resource.urn == old:
                resource.urn = new
            if resource.parent == old:
                resource.parent = new
            if resource.deleted_with == old:
                resource.deleted_with = new
            if old in resource.dependencies:
                resource.dependencies = [
                    new if one == old else one for one in resource.dependencies
                ]
                resource.replacing = {
                    name: [new if one == old else one for one in urns]
                    for name, urns in resource.replacing.items()
                }

    def check(self) -> list[str]:
        """Return what is wrong with this state, in words; between two lines nothing ever is.

        References are not looked at: while a role is replaced, a grant may name one that is gone.
        """
        replaced = {(old.urn, old.id) for old in self.pending_deletions}
        faults = [
            f"{resource.urn} is kept as {urn}"
            for urn, resource in self.live.items()
            if urn != resource.urn
        ]
        faults += [
            f"{resource.urn} has no id"
            for resource in self.everything
            if resource.custom and not resource.id
        ]
        if len(replaced) < len(self.pending_deletions):
            faults.append("a replaced resource is kept twice")
        operations = self.pending_operations.values()
        faults += [
            f"pending {pending.op} of {pending.resource.urn} meets another state"
            for pending in operations
            if not self._can_be(pending, replaced)
        ]
        if len({(one.resource.urn, one.pending_deletion) for one in operations}) < len(operations):
            faults.append("two operations on one resource are pending")
        return faults

    def _can_be(self, pending: PendingOperation, replaced: set[tuple[str, str]]) -> bool:
        """Return whether an operation can be pending in this state."""
        target = pending.resource
        if pending.pending_deletion:
            return (target.urn, target.id) in replaced
        needs_it = pending.op != "create" or pending.replaces
        return needs_it == (target.urn in self.live)

    def to_json(self) -> Properties:
        """Return what the snapshot holds."""
        return {
            "instance": str(self.home or ""),
            "resources": [resource.to_json() for resource in self.live.values()],
            "doomed": [resource.to_json() for resource in self.pending_deletions],
            "pending": {
                str(number): pending.to_json()
                for number, pending in self.pending_operations.items()
            },
        }

    @classmethod
    def from_json(cls, values: Properties) -> World:
        """Read what `to_json` wrote."""
        resources = [Resource.from_json(one) for one in values["resources"]]
        return cls(
            home=Home.parse(values["instance"]),
            live={resource.urn: resource for resource in resources},
            pending_deletions=[Resource.from_json(one) for one in values["doomed"]],
            pending_operations={
                int(number): PendingOperation.from_json(one)
                for number, one in values["pending"].items()
            },
        )
