"""How a component refuses what it cannot take: before its first child."""

import difflib
from collections.abc import Iterable, Iterator, Mapping


def refuse(what: str, faults: Iterable[str]) -> None:
    """Raise one ValueError that holds every fault.

    Raises:
        ValueError: there is a fault.
    """
    if listed := "; ".join(faults):
        raise ValueError(f"{what}: {listed}")


def require(kind: type, args: Mapping[str, object], name: str) -> None:
    """Hold the arguments of the component called `name` to their TypedDict.

    Raises:
        ValueError: one is missing, or is none of its arguments.
    """
    component = f"{kind.__name__.removesuffix('Args')} {name!r}"
    refuse(f"the arguments of {component}", _faults(kind, args))


def _faults(kind: type, args: Mapping[str, object]) -> Iterator[str]:
    known: Iterable[str] = kind.__annotations__
    needed: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    for key in sorted(needed - args.keys()):
        yield f"{key} is missing"
    for key in sorted(args.keys() - set(known)):
        near = difflib.get_close_matches(key, known, n=1)
        yield f"{key} is not one of them" + (f", did you mean {near[0]}?" if near else "")
