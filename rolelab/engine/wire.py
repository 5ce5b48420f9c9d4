"""Pulumi's messages, and what they mean here: what of a registration is taken, and its answer.

What is not carried out is refused by name, never passed over: only the options in `_UNDERSTOOD` are
taken, so an option that a later SDK invents is refused too.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, cast

from google.protobuf.message import Message
from pulumi.runtime.proto import resource_pb2

from rolelab.engine import resource, values
from rolelab.engine.resource import Goal, Registered
from rolelab.engine.stack import Stack
from rolelab.engine.types.table import TYPES

_UNDERSTOOD = frozenset(
    [
        "type",
        "name",
        "parent",
        "custom",
        "object",
        "protect",
        "dependencies",
        "propertyDependencies",
        "provider",
        "deleteBeforeReplace",
        "deleteBeforeReplaceDefined",
        "ignoreChanges",
        "additionalSecretOutputs",
        "aliases",
        "replaceOnChanges",
        "retainOnDelete",
        "deletedWith",
    ]
)
_ALWAYS_SET = frozenset(
    [
        "version",
        "acceptSecrets",
        "acceptResources",
        "supportsPartialValues",
        "supportsResultReporting",
        "aliasSpecs",
        "accepts_byte_string",
        "sourcePosition",
        "stackTrace",
        "parentStackTraceHandle",
    ]
)
"""Fields that ask for nothing: what the SDK can do, and where in the program the resource is."""
_OPTION = {
    "importId": "import",
    "remote": "a component of another language",
    "packageRef": "a parameterized package",
    "replace_with": "replaceWith",
    "replacement_trigger": "replacementTrigger",
    "state_migrations": "stateMigrations",
}
"""Names of fields as people write them in a program, where they differ."""


def refusal(request: resource_pb2.RegisterResourceRequest) -> str:
    """Return what of a registration is not carried out, in words; empty if all is."""
    if request.custom and request.type not in TYPES:
        return (
            f"rolelab does not know this resource type (it knows {', '.join(sorted(TYPES))}):"
            " use `pulumi up`"
        )
    refused = [
        _OPTION.get(field.name, field.name)
        for field, value in request.ListFields()
        if field.name not in _UNDERSTOOD and field.name not in _ALWAYS_SET and _asks(value)
    ]
    if request.provider:
        refused.append("provider")
    if not refused:
        return ""
    options = ", ".join(sorted(refused))
    return f"rolelab does not carry out the resource option {options}: use `pulumi up`"


def _asks(value: Any) -> bool:
    """Return whether a field asks for something; `hooks` is always there as an empty message."""
    return value.ByteSize() > 0 if isinstance(value, Message) else bool(value)


def urn_of(request: resource_pb2.RegisterResourceRequest, stack: Stack) -> str:
    """Return the URN of what is registered."""
    name = stack.project.name
    return resource.urn(stack.name, name, request.type, request.name, request.parent)


def goal(
    request: resource_pb2.RegisterResourceRequest,
    urn: str,
    stack: Stack,
    former_parents: Sequence[str],
) -> Goal:
    """Return what a registration declares; `former_parents` are URNs that its parent may have had.

    Raises:
        UnsupportedValueError: an input is of a kind that is not carried out.
    """
    return Goal(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=values.from_struct(request.object),
        parent=request.parent,
        # From sets: sorted, so that an unchanged program gives an unchanged state.
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={
            name: tuple(sorted(urns.urns)) for name, urns in request.propertyDependencies.items()
        },
        provider=request.provider,
        aliases=_aliases(request, urn, stack, former_parents),
        protect=request.protect,
        ignore_changes=tuple(request.ignoreChanges),
        secret_outputs=tuple(request.additionalSecretOutputs),
        replace_on_changes=tuple(request.replaceOnChanges),
        delete_before_replace=request.deleteBeforeReplace
        if request.deleteBeforeReplaceDefined
        else None,
        retain=request.retainOnDelete,
        deleted_with=request.deletedWith,
    )


def response(registered: Registered) -> resource_pb2.RegisterResourceResponse:
    """Return the answer to a registration."""
    if not registered.ok:
        return resource_pb2.RegisterResourceResponse(urn=registered.urn, result=resource_pb2.FAIL)
    return resource_pb2.RegisterResourceResponse(
        urn=registered.urn,
        id=registered.id,
        object=values.to_struct(registered.outputs),
        result=resource_pb2.SUCCESS,
    )


def _aliases(
    request: resource_pb2.RegisterResourceRequest,
    urn: str,
    stack: Stack,
    former_parents: Sequence[str],
) -> tuple[str, ...]:
    """Return the URNs that a resource may have had: by its own aliases, and by its parent's.

    Source: Pulumi docs, "aliases": children of an aliased parent are aliased too.
    """
    aliases = cast("Sequence[Any]", request.aliases)  # pyright: ignore[reportUnknownMemberType]
    urns: dict[str, None] = {}
    for alias in aliases:
        if alias.urn:
            urns[str(alias.urn)] = None
        else:
            urns |= dict.fromkeys(_spelled_out(alias.spec, request, stack, former_parents))
    for parent in former_parents:
        name = _renamed_with(request.name, request.parent, parent)
        urns[resource.urn(stack.name, stack.project.name, request.type, name, parent)] = None
    urns.pop(urn, None)
    return tuple(urns)


def _spelled_out(
    spec: Any,
    request: resource_pb2.RegisterResourceRequest,
    stack: Stack,
    former_parents: Sequence[str],
) -> Generator[str]:
    """Return the URNs that an alias in parts stands for; a part that it lacks is as it is now."""
    parents: list[str] = [request.parent, *former_parents]
    if spec.noParent:
        parents = [""]
    elif spec.parentUrn:
        parents = [spec.parentUrn]
    for parent in parents:
        name: str = spec.name or _renamed_with(request.name, request.parent, parent)
        stack_name, project = spec.stack or stack.name, spec.project or stack.project.name
        yield resource.urn(stack_name, project, spec.type or request.type, name, parent)


def _renamed_with(name: str, parent: str, former: str) -> str:
    """Return a child's name when its parent was called otherwise: `lab-role` was `old-role`."""
    if not parent or not former:
        return name
    now, then = resource.urn_name(parent), resource.urn_name(former)
    return f"{then}{name[len(now) :]}" if now != then and name.startswith(now) else name
