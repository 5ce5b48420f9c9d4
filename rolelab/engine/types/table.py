"""The resource types that the engine knows, by token."""

from __future__ import annotations

from rolelab.engine.types.access_key import AccessKeyType
from rolelab.engine.types.attachment import PolicyAttachmentType
from rolelab.engine.types.base import ResourceType
from rolelab.engine.types.inline_policy import InlinePolicyType
from rolelab.engine.types.login_profile import UserLoginProfileType
from rolelab.engine.types.managed_policy import PolicyType
from rolelab.engine.types.role import RoleType
from rolelab.engine.types.user import UserType

TYPES: dict[str, ResourceType] = {
    known.token: known
    for known in (
        UserType(),
        AccessKeyType(),
        UserLoginProfileType(),
        RoleType(),
        PolicyAttachmentType("Role"),
        PolicyAttachmentType("User"),
        InlinePolicyType("User"),
        InlinePolicyType("Role"),
        PolicyType(),
    )
}
"""Token -> type. To teach the engine another one: a file beside this one, and a line here."""
