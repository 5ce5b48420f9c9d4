"""The tags that say whose a resource is, for a sweep of an account and for a bill."""

from collections.abc import Mapping

import pulumi


def tags(purpose: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return lab (the Pulumi project), stack and purpose, with the caller's own tags."""
    return {
        **(more or {}),
        "lab": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "purpose": purpose,
    }
