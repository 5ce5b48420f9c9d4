"""What one layer of policies says of a request, before the layers are weighed against each other.

Source: IAM User Guide, "Policy evaluation logic"; "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rolelab.iam.documents import Effect
from rolelab.iam.language.naming import Grip
from rolelab.iam.language.statements import Reading, applies
from rolelab.iam.layers import RESOURCE_LAYERS, Layer, Place, Policy
from rolelab.iam.request import Context, Request


@dataclass(slots=True)  # of one decision: frozen it would take three times as long
class Voice:
    """What one layer says: three-valued, with the first statements that it says it by."""

    layer: Layer
    allows: bool | None = False
    by_role: bool | None = False
    directly: bool | None = False
    denies: bool | None = False
    allow: Place | None = None
    deny: Place | None = None


_ALL_OPEN = (None, None, None, None)


def reading_of(
    layer: Layer,
    policy: Policy,
    request: Request,
    context: Context,
    *,
    is_bounded: bool | None = False,
) -> Reading:
    """Return what the statements of a policy of this layer are read with."""
    has_variables, names_principals = policy.document.has_variables, layer in RESOURCE_LAYERS
    return Reading(request, context, has_variables, names_principals, is_bounded)


def hear(
    layer: Layer,
    policies: Iterable[Policy],
    request: Request,
    context: Context,
    *,
    is_unread: bool = False,
    is_bounded: bool | None = False,
) -> Voice:
    """Return what the policies of one layer say; a layer that is `is_unread` may say anything."""
    allows, by_role, directly, denies = _ALL_OPEN if is_unread else (False, False, False, False)
    allow: Place | None = None
    deny: Place | None = None
    strongest = Grip.NONE
    for policy in policies:
        if policy.document.fault:
            allows, by_role, directly, denies = (
                answer or None for answer in (allows, by_role, directly, denies)
            )
            continue
        reading = reading_of(layer, policy, request, context, is_bounded=is_bounded)
        for statement in policy.document.statements:
            applied, grip = applies(statement, reading)
            if applied is False:
                continue
            if statement.effect is Effect.DENY:
                denies = denies or applied
                if applied and deny is None:
                    deny = Place(layer, policy, statement)
                continue
            allows = allows or applied
            if grip >= Grip.ROLE:
                by_role = by_role or applied
            if grip is Grip.DIRECT:
                directly = directly or applied
            if applied and grip > strongest:
                allow, strongest = Place(layer, policy, statement), grip
    return Voice(layer, allows, by_role, directly, denies, allow, deny)
