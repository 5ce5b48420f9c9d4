"""Ways to break a lab on purpose, each with what a verification must find; and harmless changes."""

from __future__ import annotations

import random
from dataclasses import dataclass

from rolelab.faults.harmless import HARMLESS
from rolelab.faults.of_credentials import CREDENTIAL_FAULTS
from rolelab.faults.of_grant import GRANT_FAULTS
from rolelab.faults.of_role import ROLE_FAULTS
from rolelab.faults.of_trust import TRUST_FAULTS
from rolelab.faults.of_user import USER_FAULTS
from rolelab.faults.scene import Fault, Harmless, Scene
from rolelab.outputs import Learner


@dataclass(frozen=True, slots=True)
class FaultKind:
    """The faults of one part of the lab."""

    part: str
    is_shared: bool
    """Whether every learner of the role has them, and not only the one whose lab is broken."""
    faults: tuple[Fault, ...]


KINDS = (
    FaultKind("the grant", False, GRANT_FAULTS),
    FaultKind("the learner's user", False, (*USER_FAULTS, *CREDENTIAL_FAULTS)),
    FaultKind("the role's trust policy", True, TRUST_FAULTS),
    FaultKind("the role and what it may do", True, ROLE_FAULTS),
)
"""All faults, by the part that they are of."""
FAULTS: dict[str, Fault] = {fault.name: fault for kind in KINDS for fault in kind.faults}
"""Every fault by its name."""
SHARED = frozenset(fault.name for kind in KINDS if kind.is_shared for fault in kind.faults)
"""Names of the faults that every learner of the role has."""


def drawn(learner: Learner, seed: int | None, *, own_half: bool) -> Fault:
    """Draw a fault that fits a learner and can be mended; the same one for the same seed.

    With `own_half` none that others of the role would have as well.
    """
    fitting = [
        fault
        for fault in FAULTS.values()
        if fault.is_mendable and fault.fits(learner) and not (own_half and fault.name in SHARED)
    ]
    return random.Random(seed).choice(fitting)  # noqa: S311 - a lottery, not a secret


__all__ = [
    "FAULTS",
    "HARMLESS",
    "KINDS",
    "SHARED",
    "Fault",
    "FaultKind",
    "Harmless",
    "Scene",
    "drawn",
]
