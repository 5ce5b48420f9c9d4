"""How a component refuses a value that IAM would refuse: before its first child."""

from collections.abc import Iterable


def refuse(what: str, faults: Iterable[str]) -> None:
    """Raise one ValueError that holds every fault.

    Raises:
        ValueError: there is a fault.
    """
    if listed := "; ".join(faults):
        raise ValueError(f"{what}: {listed}")
