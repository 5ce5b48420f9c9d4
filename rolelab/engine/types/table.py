"""The resource types that the engine knows, by token."""

from __future__ import annotations

from rolelab.engine.types.access_key import AccessKey
from rolelab.engine.types.attachment import RolePolicyAttachment, UserPolicyAttachment
from rolelab.engine.types.base import ResourceType
from rolelab.engine.types.inline_policy import RolePolicy, UserPolicy
from rolelab.engine.types.login_profile import UserLoginProfile
from rolelab.engine.types.managed_policy import Policy
from rolelab.engine.types.role import Role
from rolelab.engine.types.user import User

TYPES: dict[str, ResourceType] = {
    known.token: known
    for known in (
        User(),
        AccessKey(),
        UserLoginProfile(),
        Role(),
        RolePolicyAttachment(),
        UserPolicyAttachment(),
        UserPolicy(),
        RolePolicy(),
        Policy(),
    )
}
"""Token -> type. To teach the engine another one: a file beside this one, and a line here."""
