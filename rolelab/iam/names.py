"""What IAM's names and ids look like, each pattern once; `fullmatch` is how they are asked.

Lengths and the faults of a name in words are in `components.limits`, which the lab's program needs
itself.

Source: IAM User Guide, "IAM and AWS STS quotas" (name requirements), "IAM identifiers" (unique
identifiers); IAM API Reference, CreateUser; STS API Reference, AssumeRole (RoleSessionName).
"""

from __future__ import annotations

import re

CHARACTERS = r"[A-Za-z0-9_+=,.@-]"
"""One character of the name of a user, role, group, policy or session, as part of a pattern."""

ACCOUNT_ID = re.compile(r"[0-9]{12}")
SESSION_NAME = re.compile(rf"{CHARACTERS}{{2,64}}")
PRINCIPAL_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,}")
"""Unique id of a user (AIDA) or role (AROA): what is left of a principal that was deleted."""
SERVICE_PRINCIPAL = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)"
)
SID = re.compile(r"[0-9A-Za-z]*")
"""Of a statement of a policy that IAM stores."""
IDENTITY_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
)
"""Federated principals beside the account's providers. Source: IAM User Guide, "Principal"."""
