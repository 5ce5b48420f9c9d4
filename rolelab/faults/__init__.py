"""Ways to break a lab on purpose, each with what a verification must find; and harmless changes."""

from __future__ import annotations

from rolelab.faults.harmless import HARMLESS
from rolelab.faults.of_grant import GRANT_FAULTS
from rolelab.faults.of_role import ROLE_FAULTS
from rolelab.faults.of_trust import TRUST_FAULTS
from rolelab.faults.of_user import USER_FAULTS
from rolelab.faults.scene import Fault, Harmless, Scene

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*GRANT_FAULTS, *USER_FAULTS, *TRUST_FAULTS, *ROLE_FAULTS)
}
"""Every fault by its name."""

__all__ = ["FAULTS", "HARMLESS", "Fault", "Harmless", "Scene"]
