"""The decision: AWS's documented evaluation logic over all policies that bear on a request.

Same account: an identity-based or a resource-based policy allows (a role's trust policy always
must); a permissions boundary and a session policy limit, except for a caller the resource-based
policy names directly. Across accounts both halves must allow. An explicit deny anywhere wins. What
is not known makes a decision unknown where it matters; where everything is known
(`Request.is_complete`) a decision has two values.

Nothing is collected for explaining while a request is decided: `Decision.near` looks again, when it
is asked.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic",
"Permissions boundaries for IAM entities", "Policies and permissions in IAM (Session policies)".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from rolelab.iam import credentials
from rolelab.iam.documents import Effect
from rolelab.iam.language.conditions import all_of, any_of
from rolelab.iam.language.statements import Mismatch, applies, mismatches, unknowns
from rolelab.iam.layers import GUARDS, RESOURCE_LAYERS, Layer, Place, Policies, Policy
from rolelab.iam.principals import OUTSIDE, PrincipalKind
from rolelab.iam.request import Context, Request
from rolelab.iam.voices import Voice, hear, reading_of

_TRUSTED_ACTIONS = credentials.ASSUMES | {"sts:tagsession", "sts:setsourceidentity"}
_LIMITED_BY_SESSION = (PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A statement that nearly allowed (but for one or two elements), and what did not fit."""

    place: Place
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What AWS answers, and the reason."""

    allowed: bool | None
    """None: not known; `unknown` has what."""
    layer: Layer
    """The layer that refused, or that allowed."""
    is_explicit: bool = False
    """Refused by a statement with `Deny`, not for want of an `Allow`."""
    place: Place | None = None
    """The deciding statement; None when one is missing."""
    reason: str = ""
    """In words, where the layer alone does not tell."""
    refusing: tuple[Layer, ...] = ()
    """Every layer that has to change before the request is allowed."""
    unknown: tuple[str, ...] = ()
    request: Request = field(repr=False)
    """The call."""
    asked: Request = field(repr=False)
    """What was decided: the call itself, or a further action that it stands for."""
    policies: Policies = field(repr=False)

    @property
    def action(self) -> str:
        """The action that was decided: AssumeRole with tags also needs `sts:TagSession`."""
        return self.asked.action

    @property
    def near(self) -> tuple[NearMiss, ...]:
        """The nearest statements of the refusing layers, best first."""
        if self.is_explicit or self.allowed:
            return ()
        return _near_misses(self)


def decide(request: Request, policies: Policies) -> Decision:
    """Decide a request; of several actions that it needs, the first not allowed is reported."""
    decision = _decide(request, policies)
    if decision.allowed is not True:
        return decision
    for further in credentials.further_requests(request):
        also = _decide(further, policies)
        if also.allowed is not True:
            return replace(also, request=request)
    return decision


def _decide(request: Request, policies: Policies) -> Decision:
    action, resource = request.action.lower(), request.resource
    gone = credentials.no_longer_count(request)
    if gone:
        return _refused(request, policies, Layer.CREDENTIALS, reason=gone)
    free = credentials.needs_no_policy(request)
    if free:
        return _allowed(request, policies, Layer.NO_POLICY_NEEDED, reason=free)
    cannot = credentials.cannot(request)
    if cannot:
        return _refused(request, policies, Layer.CREDENTIALS, reason=cannot)
    is_role = ":role/" in resource
    if action not in _TRUSTED_ACTIONS or not (is_role or action in credentials.ASSUMES):
        return decide_by_policies(request, policies)
    if not is_role and resource != "*":
        reason = f"{resource} is not the ARN of a role"
        return _refused(request, policies, Layer.MISSING_ROLE, reason=reason)
    if is_role and not policies.has(Layer.TRUST):
        reason = f"there is no role {resource}"
        return _refused(request, policies, Layer.MISSING_ROLE, reason=reason)
    layer = Layer.TRUST if is_role else Layer.RESOURCE
    return decide_by_policies(request, policies, resource_layer=layer)


def _allowed(
    request: Request, policies: Policies, layer: Layer, place: Place | None = None, reason: str = ""
) -> Decision:
    return Decision(
        allowed=True,
        layer=layer,
        place=place,
        reason=reason,
        request=request,
        asked=request,
        policies=policies,
    )


def _refused(
    request: Request,
    policies: Policies,
    *layers: Layer,
    deny: Place | None = None,
    reason: str = "",
) -> Decision:
    """Return a refusal by these layers, the first of them named; `deny`: what is explicit."""
    return Decision(
        allowed=False,
        layer=layers[0],
        is_explicit=deny is not None,
        place=deny,
        reason=reason,
        refusing=layers,
        request=request,
        asked=request,
        policies=policies,
    )


def _unsure(request: Request, policies: Policies, unknown: tuple[str, ...]) -> Decision:
    return Decision(
        allowed=None,
        layer=Layer.UNKNOWN,
        reason="; ".join(unknown),
        unknown=unknown,
        request=request,
        asked=request,
        policies=policies,
    )


def decide_by_policies(
    request: Request,
    policies: Policies,
    context: Context | None = None,
    *,
    resource_layer: Layer = Layer.RESOURCE,
) -> Decision:
    """Decide one action by policies alone, whatever the credentials are.

    `context`: the condition keys, where they are not those that follow from the request.
    """
    context = context or Context(request)
    principal = request.principal

    def listen(layer: Layer, held: Iterable[Policy]) -> Voice:
        is_unread, is_bounded = layer in policies.unread, policies.has_boundary
        return hear(layer, held, request, context, is_unread=is_unread, is_bounded=is_bounded)

    guards: list[Voice] = []
    for layer in GUARDS:
        if policies.has(layer) and (principal.account or layer is not Layer.SERVICE_CONTROL):
            guards += [listen(layer, level) for level in policies.levels(layer) or [()]]
    own = () if credentials.is_rescue(request) else policies.at(resource_layer)
    resource = listen(resource_layer, own)
    identity = _hear_identity(request, listen(Layer.IDENTITY, _of_caller(request, policies)))
    limits = [listen(layer, policies.at(layer)) for layer in _limits(request, policies)]

    voices = [*guards, identity, *limits, resource]
    deny = next((voice.deny for voice in voices if voice.denies), None)
    if deny is not None:
        return _refused(request, policies, *_layers(v for v in voices if v.denies), deny=deny)
    # The first is the usual one, and is enough where it holds.
    path = next((path for path in _paths(request, resource, identity, limits) if path.holds), None)
    if path is None or guards:
        paths = list(_paths(request, resource, identity, limits))
        by_path = any_of(each.holds for each in paths)
        if all_of((*(guard.allows for guard in guards), by_path)) is False:
            return _refused(request, policies, *_refusing(guards, paths))
    is_unsure = any(voice.denies is None for voice in voices)
    if path is None or is_unsure or any(guard.allows is None for guard in guards):
        return _unsure(request, policies, _unknown(request, context, policies, voices))
    if path.granting.allow is None:
        reason = "an account's root user is allowed everything in its account"
        return _allowed(request, policies, Layer.CREDENTIALS, reason=reason)
    return _allowed(request, policies, path.granting.layer, path.granting.allow)


def _layers(voices: Iterable[Voice]) -> tuple[Layer, ...]:
    return tuple(dict.fromkeys(voice.layer for voice in voices))


def _of_caller(request: Request, policies: Policies) -> tuple[Policy, ...]:
    has_none = request.principal.kind in OUTSIDE or request.principal.kind is PrincipalKind.ROOT
    return () if has_none else policies.at(Layer.IDENTITY)


def _hear_identity(request: Request, voice: Voice) -> Voice:
    principal = request.principal
    is_of_root = principal.kind is PrincipalKind.FEDERATED and principal.entity_arn.endswith(
        ":root"
    )
    if principal.kind is PrincipalKind.ROOT or is_of_root:
        return Voice(Layer.IDENTITY, allows=True, denies=voice.denies, deny=voice.deny)
    return voice


def _limits(request: Request, policies: Policies) -> list[Layer]:
    limits = [Layer.BOUNDARY] if policies.has(Layer.BOUNDARY) else []
    kind = request.principal.kind
    # A federated user without a session policy has no permissions but those a resource gives it by
    # name.
    if kind in _LIMITED_BY_SESSION and (
        policies.has(Layer.SESSION) or kind is PrincipalKind.FEDERATED
    ):
        limits.append(Layer.SESSION)
    return limits


@dataclass(slots=True)
class _Path:
    """One way to be allowed: everything on it must hold."""

    granting: Voice
    needs: tuple[tuple[Layer, bool | None], ...]
    explains: bool = True
    """Whether this path explains a refusal; a resource's policy need not name every caller."""

    @property
    def holds(self) -> bool | None:
        return all_of(answer for _, answer in self.needs)

    @property
    def refusing(self) -> tuple[Layer, ...]:
        return tuple(dict.fromkeys(layer for layer, answer in self.needs if answer is False))


def _paths(
    request: Request, resource: Voice, identity: Voice, limits: list[Voice]
) -> Iterator[_Path]:
    limited = tuple((limit.layer, limit.allows) for limit in limits)
    by_identity = ((Layer.IDENTITY, identity.allows), *limited)
    named = (resource.layer, resource.allows)
    if request.principal.kind in OUTSIDE:
        yield _Path(resource, (named,))
    elif request.is_cross_account:
        yield _Path(identity if identity.allow else resource, (*by_identity, named))
    else:
        is_trust = resource.layer is Layer.TRUST
        yield _Path(identity, (named, *by_identity) if is_trust else by_identity)
        yield _Path(resource, ((resource.layer, resource.directly),), explains=False)
        by_role = (resource.layer, resource.by_role)
        yield _Path(resource, (by_role, *limited), explains=resource.by_role is not False)


def _refusing(guards: list[Voice], paths: list[_Path]) -> tuple[Layer, ...]:
    guarding = _layers(guard for guard in guards if guard.allows is False)
    # The shortest way to being allowed; the first of equals is the usual one.
    path = min((path for path in paths if path.explains), key=lambda path: len(path.refusing))
    on_path = path.refusing if all(each.holds is False for each in paths) else ()
    return guarding + on_path


def _unknown(
    request: Request, context: Context, policies: Policies, voices: list[Voice]
) -> tuple[str, ...]:
    """Return what is not known, in words."""
    words: list[str] = []
    for layer in _layers(voices):
        if layer in policies.unread:
            words.append(f"the {layer.value} could not be read")
        for policy in policies.at(layer):
            if policy.document.fault:
                words.append(f"{layer.value} {policy.name}".strip() + f": {policy.document.fault}")
            reading = reading_of(layer, policy, request, context, is_bounded=policies.has_boundary)
            for statement in policy.document.statements:
                if applies(statement, reading)[0] is None:
                    place = Place(layer, policy, statement)
                    words += [f"{why} ({place})" for why in unknowns(statement, reading)]
    return tuple(dict.fromkeys(words))


# -- near misses -----------------------------------------------------------------------------------

_MOST_NEAR = 3
_FAR = 100


def _near_misses(decision: Decision) -> tuple[NearMiss, ...]:
    request = decision.asked
    context = Context(request)
    near: list[NearMiss] = []
    for layer in (*GUARDS, *RESOURCE_LAYERS, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION):
        if layer not in decision.refusing and decision.allowed is not None:
            continue
        for policy in decision.policies.at(layer):
            reading = reading_of(layer, policy, request, context)
            for statement in policy.document.statements:
                if statement.effect is Effect.ALLOW:
                    missed = mismatches(statement, reading)
                    near += [NearMiss(Place(layer, policy, statement), missed)] if missed else []
    near.sort(key=_distance)
    return tuple(each for each in near[:_MOST_NEAR] if _distance(each) < _FAR)


def _distance(near: NearMiss) -> int:
    # A statement about another action is no near miss unless it is about the same service.
    distance = 10 * len(near.mismatches)
    for mismatch in near.mismatches:
        if mismatch.element in ("Action", "NotAction"):
            service = mismatch.got[0].partition(":")[0].lower()
            same = any(each.partition(":")[0].lower() == service for each in mismatch.wanted)
            distance += 15 if same else _FAR
    return distance
