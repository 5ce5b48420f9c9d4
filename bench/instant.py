"""The program alone: run by the SDK against a monitor that answers every request at once.

`python -m bench.instant STACK` in the project's folder. What an unchanged `up` takes beyond this is
the engine's. The loop, the collector's settings and the leaving without tear-down are as in the
engine, or the comparison would flatter it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi.runtime
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2

from rolelab import project


class Loop(asyncio.SelectorEventLoop):
    """Calls what the SDK would hand to a thread on the spot: nothing waits here."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Call the function now."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the SDK's to handle, as if a thread had raised it
            future.set_exception(error)
        return future


ANSWERS: dict[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": "0" * 12,
        "arn": "arn",
        "userId": "0" * 12,
        "id": "0",
    },
    "aws:index/getPartition:getPartition": {
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
    },
    "aws:index/getRegion:getRegion": {
        "region": "us-east-1",
        "name": "us-east-1",
        "id": "us-east-1",
    },
}


class Monitor:
    """Says yes to every registration."""

    def GetDeploymentInfo(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Say that every feature is there."""
        return resource_pb2.DeploymentInfo(
            supportedFeatures=resource_pb2.ResourceMonitorFeature.values()
        )

    def Invoke(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Answer one of the program's three functions."""
        content = struct_pb2.Struct()
        content.update(ANSWERS[request.tok])
        return resource_pb2.ResourceInvokeResponse(**{"return": content})  # pyright: ignore[reportArgumentType]

    def RegisterResource(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Give back the inputs as outputs, with an id and an ARN."""
        answer = resource_pb2.RegisterResourceResponse(
            urn=f"urn:pulumi:s::p::{request.type}::{request.name}"
        )
        if request.custom:
            answer.id = request.name
            answer.object.CopyFrom(request.object)
            answer.object.update({"arn": f"arn:aws:iam::{'0' * 12}:{request.name}", "secret": "s"})
        return answer

    def RegisterResourceOutputs(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Take outputs, and forget them."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Go on at once."""
        return empty_pb2.Empty()


class Engine:
    """Keeps the stack's own resource, drops what is logged."""

    def __init__(self) -> None:
        self._urn = ""

    def SetRootResource(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Keep the stack's URN."""
        self._urn = request.urn
        return engine_pb2.SetRootResourceResponse()

    def GetRootResource(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Return the stack's URN."""
        return engine_pb2.GetRootResourceResponse(urn=self._urn)

    def Log(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Drop it."""
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - the protocol's name
        """Agree."""
        return engine_pb2.RequirePulumiVersionResponse()


def main(stack: str) -> None:
    """Run the program once."""
    found = project.find()
    settings = pulumi.runtime.Settings(
        project=found.name,
        stack=stack,
        monitor=Monitor(),
        engine=Engine(),
        parallel=16,
        dry_run=False,
        root_directory=str(found.root),
    )
    pulumi.runtime.configure(settings)
    pulumi.runtime.set_all_config(found.config(stack))
    loop = Loop()
    asyncio.set_event_loop(loop)
    sys.path.insert(0, str(found.root))
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _program(found.root)))


def _program(root: Path) -> None:
    runpy.run_path(str(root / "__main__.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)
