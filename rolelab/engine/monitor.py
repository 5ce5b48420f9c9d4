"""The SDK's seam: Pulumi's own service definitions, carried out in process instead of over a socket.

The program's requests arrive as the protobuf messages that the Pulumi CLI would get, and errors go back as the gRPC
errors that it would send. What is not carried out is refused by name, never passed over: of a registration only the
options in `_UNDERSTOOD` are taken, so an option that a later SDK invents is refused too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from typing import Any, NoReturn, TypeVar, cast

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message as ProtobufMessage
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from rolelab.engine import functions, resource, values
from rolelab.engine.deployment import Deployment, DuplicateUrnError, Registered
from rolelab.engine.resource import Goal
from rolelab.engine.types.table import TYPES
from rolelab.errors import LabError
from rolelab.steps import Message, Severity

A = TypeVar("A")
B = TypeVar("B")

_UNDERSTOOD = frozenset(
    {
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
    }
)
_ALWAYS_SET = frozenset(
    {
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
    }
)
"""Fields that ask for nothing: what the SDK can do, and where in the program the resource is."""
_OPTION = {
    "importId": "import",
    "customTimeouts": "customTimeouts",
    "remote": "a component of another language",
    "providers": "providers",
    "pluginDownloadURL": "pluginDownloadURL",
    "packageRef": "a parameterized package",
    "replace_with": "replaceWith",
    "replacement_trigger": "replacementTrigger",
    "state_migrations": "stateMigrations",
}
"""Names of fields as people write them in a program, where they differ."""


class RefusedError(grpc.RpcError):
    """An error as the SDK expects it from gRPC."""

    def __init__(self, text: str, code: grpc.StatusCode = grpc.StatusCode.UNIMPLEMENTED) -> None:
        super().__init__(text)
        self._text = text
        self._code = code

    def code(self) -> grpc.StatusCode:
        """Return the status code."""
        return self._code

    def details(self) -> str:
        """Return the text for people."""
        return self._text


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes registrations and function calls; may answer with a Future, which the run's event loop awaits."""

    def __init__(self, deployment: Deployment, *, project: str, stack: str) -> None:
        self._deployment = deployment
        self._project = project
        self._stack = stack

    # -- what is carried out --------------------------------------------------------------------------------------

    def GetDeploymentInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: object = None
    ) -> resource_pb2.DeploymentInfo:
        """Advertise every feature: one that is not makes the SDK say "please update the Pulumi CLI" instead of ours."""
        every = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=every)

    def SupportsFeature(  # noqa: N802
        self, request: resource_pb2.SupportsFeatureRequest, context: object = None
    ) -> resource_pb2.SupportsFeatureResponse:
        """Advertise every feature, for the same reason."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: object = None
    ) -> resource_pb2.RegisterResourceResponse | Future[resource_pb2.RegisterResourceResponse]:
        """Bring one resource to what the program wants."""
        urn = resource.urn(self._stack, self._project, request.type, request.name, request.parent)
        refusal = _refusal(request)
        if refusal:
            self._deployment.error(f"{request.type} resource '{request.name}': {refusal}", urn)
            return _response(Registered(urn, ok=False))
        try:
            answer = self._deployment.register(self._goal(request, urn))
        except values.UnsupportedValueError as unsupported:
            text = f"rolelab does not take {unsupported}: use `pulumi up`"
            self._deployment.error(f"{request.type} resource '{request.name}': {text}", urn)
            answer = Registered(urn, ok=False)
        except DuplicateUrnError:
            self._deployment.error(
                f"Duplicate resource URN '{urn}'; try giving it a unique name", urn
            )
            answer = Registered(urn, ok=False)
        return _response(answer) if isinstance(answer, Registered) else _mapped(answer, _response)

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: object = None
    ) -> empty_pb2.Empty:
        """Take the outputs of a component, or of the stack."""
        self._deployment.register_outputs(request.urn, values.from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest, context: object = None
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a function."""
        function = functions.FUNCTIONS.get(request.tok)
        given = values.from_struct(request.args)
        if function is None:
            self._refuse(f"the function {request.tok}")
        if given or request.provider or request.pluginDownloadURL or request.packageRef:
            what = ", ".join(sorted(given)) or "provider"
            self._refuse(f"the function {request.tok} with {what}")
        if self._deployment.unmade(list(request.dependsOn)):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        try:
            result = function(self._deployment.cloud)
        except LabError as error:
            self._deployment.give_up(error)
            raise RefusedError(str(error), grpc.StatusCode.UNKNOWN) from None
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(values.to_struct(result))
        return response

    def SignalAndWaitForShutdown(  # noqa: N802
        self, request: empty_pb2.Empty, context: object = None
    ) -> empty_pb2.Empty:
        """Return at once: no hooks wait to be called."""
        return empty_pb2.Empty()

    # -- what is refused ------------------------------------------------------------------------------------------

    def Call(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse methods of resources."""
        self._refuse(f"the method {getattr(request, 'tok', '')}")

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest, context: object = None
    ) -> NoReturn:
        """Refuse reading a resource that is not the stack's."""
        self._refuse(f"reading an existing resource ({request.type} {request.name})")

    def ExistsResource(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse asking whether a resource exists."""
        self._refuse(f"asking whether a resource exists ({getattr(request, 'type', '')})")

    def RegisterStackTransform(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse transforms of the whole stack."""
        self._refuse("transforms")

    def RegisterStackInvokeTransform(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse transforms of function calls."""
        self._refuse("invoke transforms")

    def RegisterResourceHook(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse resource hooks."""
        self._refuse("resource hooks")

    def RegisterErrorHook(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse error hooks."""
        self._refuse("error hooks")

    def RegisterPackage(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse parameterized packages."""
        self._refuse("parameterized packages")

    def _refuse(self, what: str) -> NoReturn:
        text = f"rolelab does not carry out {what}: use `pulumi up`"
        self._deployment.error(text)
        raise RefusedError(text)

    # -- protobuf -> model ----------------------------------------------------------------------------------------

    def _goal(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> Goal:
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
                name: tuple(sorted(urns.urns))
                for name, urns in request.propertyDependencies.items()
            },
            provider=request.provider,
            aliases=self._aliases(request, urn),
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

    def _aliases(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> tuple[str, ...]:
        """Return the URNs that a resource may have had: its own aliases, and those that its parent's make.

        Source: Pulumi docs, "aliases": children of an aliased parent are aliased too.
        """
        inherited = self._deployment.aliases_of(request.parent) if request.parent else ()
        aliases = cast("Sequence[Any]", request.aliases)  # pyright: ignore[reportUnknownMemberType]
        found: dict[str, None] = {}
        for alias in aliases:
            if alias.urn:
                found[str(alias.urn)] = None
            else:
                found |= dict.fromkeys(self._spelled_out(alias.spec, request, inherited))
        for parent in inherited:
            old = _renamed_with(request.name, request.parent, parent)
            found[resource.urn(self._stack, self._project, request.type, old, parent)] = None
        found.pop(urn, None)
        return tuple(found)

    def _spelled_out(
        self, spec: Any, request: resource_pb2.RegisterResourceRequest, inherited: Sequence[str]
    ) -> Generator[str]:
        """Return the URNs that an alias in parts stands for; a part that is not given is as it is now."""
        given: str = spec.name
        parents: list[str] = [request.parent, *inherited]
        if spec.noParent:
            parents = [""]
        elif spec.parentUrn:
            parents = [spec.parentUrn]
        for parent in parents:
            name = given or _renamed_with(request.name, request.parent, parent)
            stack, project = spec.stack or self._stack, spec.project or self._project
            yield resource.urn(stack, project, spec.type or request.type, name, parent)


def _renamed_with(name: str, parent: str, former: str) -> str:
    """Return the name that a child had when its parent was called otherwise: `lab-role` was `old-role`."""
    if not parent or not former:
        return name
    now, then = resource.urn_name(parent), resource.urn_name(former)
    return f"{then}{name[len(now) :]}" if now != then and name.startswith(now) else name


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes what the program logs."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def Log(self, request: engine_pb2.LogRequest, context: object = None) -> empty_pb2.Empty:  # noqa: N802
        """Hand a message on; debugging ones, which the SDK itself makes by the thousand, are dropped."""
        severity = _SEVERITY.get(request.severity)
        if severity is not None:
            self._deployment.tell(Message(severity, request.message.rstrip("\n"), request.urn))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse: there is no Pulumi CLI here whose version could be compared."""
        text = "rolelab does not carry out requirePulumiVersion: use `pulumi up`"
        self._deployment.error(text)
        raise RefusedError(text)


_SEVERITY = {
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}


def _refusal(request: resource_pb2.RegisterResourceRequest) -> str:
    """Say what of a registration is not carried out; empty if all is."""
    if request.custom and request.type not in TYPES:
        return f"rolelab does not know this resource type (it knows {', '.join(sorted(TYPES))}): use `pulumi up`"
    strange = [
        _OPTION.get(field.name, field.name)
        for field, value in request.ListFields()
        if field.name not in _UNDERSTOOD and field.name not in _ALWAYS_SET and _asks(value)
    ]
    if request.provider:
        strange.append("provider")
    if strange:
        return f"rolelab does not carry out the resource option {', '.join(sorted(strange))}: use `pulumi up`"
    return ""


def _asks(value: Any) -> bool:
    """Tell whether a field asks for something; `hooks` is always there as an empty message."""
    return value.ByteSize() > 0 if isinstance(value, ProtobufMessage) else bool(value)


def _response(answer: Registered) -> resource_pb2.RegisterResourceResponse:
    if not answer.ok:
        return resource_pb2.RegisterResourceResponse(urn=answer.urn, result=resource_pb2.FAIL)
    return resource_pb2.RegisterResourceResponse(
        urn=answer.urn,
        id=answer.id,
        object=values.to_struct(answer.outputs),
        result=resource_pb2.SUCCESS,
    )


def _mapped(future: Future[A], change: Callable[[A], B]) -> Future[B]:
    """Return a future of the changed result."""
    changed: Future[B] = Future()

    def done(finished: Future[A]) -> None:
        try:
            changed.set_result(change(finished.result()))
        except BaseException as error:  # noqa: BLE001 - whoever awaits the future gets it
            changed.set_exception(error)

    future.add_done_callback(done)
    return changed
