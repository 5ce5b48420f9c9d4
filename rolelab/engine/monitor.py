"""The SDK's seam: Pulumi's own service definitions, carried out in process instead of by a socket.

The program's requests arrive as the protobuf messages that the Pulumi CLI would get, and errors go
back as the gRPC errors that it would send.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from rolelab.engine import functions, values, wire
from rolelab.engine.cloud import Cloud
from rolelab.engine.registration import DuplicateUrnError, Registrations
from rolelab.engine.resource import Registered
from rolelab.engine.stack import Stack
from rolelab.engine.tally import Tally
from rolelab.errors import LabError
from rolelab.steps import Message, Severity

A = TypeVar("A")
B = TypeVar("B")

Response = resource_pb2.RegisterResourceResponse


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
    """Takes registrations and function calls.

    May answer with a Future, which the run's event loop awaits.
    """

    def __init__(
        self, registrations: Registrations, tally: Tally, cloud: Cloud, stack: Stack
    ) -> None:
        self._registrations = registrations
        self._tally = tally
        self._cloud = cloud
        self._stack = stack

    # -- what is carried out ----------------------------------------------------------------------

    def GetDeploymentInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: object = None
    ) -> resource_pb2.DeploymentInfo:
        """Advertise every feature.

        One that is not makes the SDK say "please update the Pulumi CLI" instead of our words.
        """
        every = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=every)

    def SupportsFeature(  # noqa: N802
        self, request: resource_pb2.SupportsFeatureRequest, context: object = None
    ) -> resource_pb2.SupportsFeatureResponse:
        """Advertise every feature, for the same reason."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: object = None
    ) -> Response | Future[Response]:
        """Bring one resource to what the program wants."""
        urn = wire.urn_of(request, self._stack)
        text = wire.refusal(request)
        if not text:
            try:
                registered = self._registered(request, urn)
            except values.UnsupportedValueError as unsupported:
                text = f"rolelab does not take {unsupported}: use `pulumi up`"
            except DuplicateUrnError:
                text = f"Duplicate resource URN '{urn}'; try giving it a unique name"
                return self._failed(urn, text)
            else:
                if isinstance(registered, Registered):
                    return wire.response(registered)
                return _mapped(registered, wire.response)
        return self._failed(urn, f"{request.type} resource '{request.name}': {text}")

    def _registered(
        self, request: resource_pb2.RegisterResourceRequest, urn: str
    ) -> Registered | Future[Registered]:
        former_parents = self._registrations.aliases_of(request.parent) if request.parent else ()
        goal = wire.goal(request, urn, self._stack, former_parents)
        return self._registrations.register(goal)

    def _failed(self, urn: str, text: str) -> Response:
        self._tally.error(text, urn)
        return wire.response(Registered(urn, ok=False))

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: object = None
    ) -> empty_pb2.Empty:
        """Take the outputs of a component, or of the stack."""
        self._registrations.register_outputs(request.urn, values.from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest, context: object = None
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a function."""
        function = functions.FUNCTIONS.get(request.tok)
        arguments = values.from_struct(request.args)
        if function is None:
            self._refuse(f"the function {request.tok}")
        is_known = function.arguments == frozenset(arguments)
        if not is_known or request.provider or request.pluginDownloadURL or request.packageRef:
            what = ", ".join(sorted(arguments)) or "provider, or without what it needs"
            self._refuse(f"the function {request.tok} with {what}")
        if self._registrations.is_unmade(list(request.dependsOn)):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        try:
            result = function.answer(self._cloud, arguments)
        except LabError as error:
            self._tally.give_up(error)
            raise RefusedError(str(error), grpc.StatusCode.UNKNOWN) from None
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(values.to_struct(result))
        return response

    def SignalAndWaitForShutdown(  # noqa: N802
        self, request: empty_pb2.Empty, context: object = None
    ) -> empty_pb2.Empty:
        """Return at once: no hooks wait to be called."""
        return empty_pb2.Empty()

    # -- what is refused --------------------------------------------------------------------------

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
        _refuse(self._tally, what)


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes what the program logs."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def Log(self, request: engine_pb2.LogRequest, context: object = None) -> empty_pb2.Empty:  # noqa: N802
        """Hand a message on; debugging ones, which the SDK makes by the thousand, are dropped."""
        severity = _SEVERITY.get(request.severity)
        if severity is not None:
            self._tally.tell(Message(severity, request.message.rstrip("\n"), request.urn))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: object, context: object = None) -> NoReturn:  # noqa: N802
        """Refuse: there is no Pulumi CLI here whose version could be compared."""
        _refuse(self._tally, "requirePulumiVersion")


_SEVERITY = {
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}


def _refuse(tally: Tally, what: str) -> NoReturn:
    text = f"rolelab does not carry out {what}: use `pulumi up`"
    tally.error(text)
    raise RefusedError(text)


def _mapped(future: Future[A], change: Callable[[A], B]) -> Future[B]:
    """Return a future of the changed result."""
    changed: Future[B] = Future()
    # Who no longer waits for it must not cancel it: the call that it is of goes on.
    changed.set_running_or_notify_cancel()

    def done(finished: Future[A]) -> None:
        try:
            changed.set_result(change(finished.result()))
        except BaseException as error:  # noqa: BLE001 - whoever awaits the future gets it
            changed.set_exception(error)

    future.add_done_callback(done)
    return changed
