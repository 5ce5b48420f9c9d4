"""Ways to break a lab on purpose, each with the finding that it must lead to; and what is no fault at all."""

from __future__ import annotations

from rolelab.faults import of_role, of_user
from rolelab.faults.harmless import HARMLESS
from rolelab.faults.scene import Fault, Harmless, Scene

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*of_user.FAULTS, *of_role.FAULTS)}
"""Every fault by its name."""

__all__ = ["FAULTS", "HARMLESS", "Fault", "Harmless", "Scene"]
