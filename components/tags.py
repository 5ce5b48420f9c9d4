"""The tags that tell whose a resource is: what a sweep of an account looks for, and a bill is split by."""

from collections.abc import Mapping

import pulumi


def tags(purpose: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return lab (the Pulumi project), stack and purpose, with the caller's own tags beside them."""
    return {
        **(more or {}),
        "lab": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "purpose": purpose,
    }
