"""The Pulumi SDK, loaded without the parts that hardly any program touches.

`import pulumi` loads its Automation API, which runs the Pulumi CLI, dynamic providers, and gRPC's
asynchronous half: a fifth of what a run of one learner loads. In their place stands a module that
becomes the real one at the first look into it, so a program can use them all.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

SELDOM = ("pulumi.automation", "pulumi.dynamic", "grpc.aio")
_loading = threading.RLock()


class _Placeholder(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there: the import system's own attributes are.
        with _loading:
            loader = self.__spec__.loader if self.__spec__ else None
            if type(self) is _Placeholder and loader:
                self.__class__ = ModuleType  # pyright: ignore[reportAttributeAccessIssue]
                loader.exec_module(self)
        return getattr(self, name)


def leave_out_what_is_seldom_used() -> None:
    """Put placeholders where parts of the SDK would be loaded; not for what is loaded already."""
    for name in SELDOM:
        parent = name.partition(".")[0]
        package = None if parent in sys.modules else PathFinder.find_spec(parent)
        if package is None:
            continue
        spec = PathFinder.find_spec(name, package.submodule_search_locations)
        if spec is not None:
            placeholder = module_from_spec(spec)
            placeholder.__class__ = _Placeholder
            sys.modules[name] = placeholder


def load() -> None:
    """Load what a run of the program needs, ahead of it."""
    leave_out_what_is_seldom_used()
    # The look into it loads it: pulumi_aws itself puts a placeholder there.
    getattr(import_module("pulumi_aws.iam"), "__all__", ())
    for module in ("rolelab.engine.program", "rolelab.engine.monitor"):
        import_module(module)
