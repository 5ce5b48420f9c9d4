"""The decision: AWS's documented evaluation logic over all policies that bear on a request.

Same account: an identity-based or a resource-based policy allows (a role's trust policy always must); a permissions
boundary and a session policy limit, except for a caller the resource-based policy names directly. Across accounts
both halves must allow. An explicit deny anywhere wins. What is not known makes a decision unknown where it matters.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic",
"Permissions boundaries for IAM entities", "Policies and permissions in IAM (Session policies)";
AWS STS API Reference, AssumeRole, GetSessionToken, GetFederationToken, GetCallerIdentity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from rolelab.iam.conditions import all_of, any_of
from rolelab.iam.match import Grip, Match, Mismatch, match
from rolelab.iam.model import Effect, Layer, Place, Policy
from rolelab.iam.request import Context, CredentialState, PrincipalKind, Request

ASSUME_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_ASSUMES = frozenset(action.lower() for action in ASSUME_ACTIONS)
_TRUSTED_ACTIONS = _ASSUMES | {"sts:tagsession", "sts:setsourceidentity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Every policy that bears on the request; what does not exist is left out."""

    identity: tuple[Policy, ...] = ()
    """Of the user and its groups, or of the session's role: inline and managed."""
    boundary: Policy | None = None
    """Permissions boundary of the user or role that asks."""
    session: tuple[Policy, ...] | None = None
    """Session policies passed when the caller's session was made; None: none were."""
    trust: Policy | None = None
    """Of the role to be assumed; None: there is no such role."""
    resource: Policy | None = None
    """Resource-based policy of anything else, such as a bucket policy."""
    service_control: tuple[tuple[Policy, ...], ...] = ()
    """For the caller's account, a tuple per level (root, unit, account): each level must allow."""
    resource_control: tuple[tuple[Policy, ...], ...] = ()
    """For the resource's account, likewise."""
    vpc_endpoint: Policy | None = None
    unread: frozenset[Layer] = frozenset()
    """Layers that nobody could read: nothing is concluded from their emptiness."""

    def at(self, layer: Layer) -> tuple[Policy, ...]:
        """Return the policies of one layer."""
        if layer is Layer.IDENTITY:
            return self.identity
        if layer is Layer.SESSION:
            return self.session or ()
        if layer in (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL):
            levels = (
                self.service_control if layer is Layer.SERVICE_CONTROL else self.resource_control
            )
            return tuple(policy for level in levels for policy in level)
        only = {
            Layer.BOUNDARY: self.boundary,
            Layer.TRUST: self.trust,
            Layer.RESOURCE: self.resource,
            Layer.VPC_ENDPOINT: self.vpc_endpoint,
        }.get(layer)
        return () if only is None else (only,)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A statement that would have allowed (with one or two elements otherwise), and what did not fit."""

    place: Place
    mismatches: tuple[Mismatch, ...]
    policy: Policy = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What AWS answers, and the reason."""

    allowed: bool | None
    """None: not known; `unknown` says what."""
    layer: Layer
    """The layer that refused, or that allowed."""
    is_explicit: bool = False
    """Refused by a statement with `Deny`, not for want of an `Allow`."""
    place: Place | None = None
    """The deciding statement; None when one is missing."""
    reason: str = ""
    """In words, where the layer alone does not say it."""
    action: str = ""
    """The action that was decided: AssumeRole with tags also needs `sts:TagSession`."""
    refusing: tuple[Layer, ...] = ()
    """Every layer that has to change before the request is allowed."""
    near: tuple[NearMiss, ...] = ()
    """Nearest statements of the refusing layers, best first."""
    unknown: tuple[str, ...] = ()
    matched: Match | None = field(default=None, repr=False)
    request: Request = field(repr=False)
    policies: Policies = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one layer says: three-valued, with the statements it says it by."""

    layer: Layer
    allows: bool | None = False
    by_role: bool | None = False
    directly: bool | None = False
    denies: bool | None = False
    allow: tuple[Policy, Match] | None = None
    deny: tuple[Policy, Match] | None = None
    matches: tuple[tuple[Policy, Match], ...] = ()
    unknown: tuple[str, ...] = ()


def decide(request: Request, policies: Policies) -> Decision:
    """Decide a request; of several actions that one call needs, the first that is not allowed is reported."""
    decision = _decide(request, policies)
    if decision.allowed is not True:
        return decision
    for further in further_requests(request):
        also = _decide(further, policies)
        if also.allowed is not True:
            return replace(also, request=request)
    return decision


def further_requests(request: Request) -> tuple[Request, ...]:
    """Return what else the same call must be allowed.

    Source: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles";
    Amazon S3 API Reference, GetObject (404 only for whoever may list).
    """
    action = request.action.lower()
    if action in _ASSUMES:
        keys = {key.lower() for key in request.context}
        further: list[Request] = []
        if {"aws:tagkeys", "sts:transitivetagkeys"} & keys or any(
            key.startswith("aws:requesttag/") for key in keys
        ):
            further.append(replace(request, action="sts:TagSession"))
        if "sts:sourceidentity" in keys or request.principal.source_identity:
            further.append(replace(request, action="sts:SetSourceIdentity"))
        return tuple(further)
    if action == "sts:getfederationtoken" and any(
        key.lower() == "aws:tagkeys" for key in request.context
    ):
        return (replace(request, action="sts:TagSession"),)
    if action == "s3:getobject" and not request.object_exists:
        return (
            replace(request, action="s3:ListBucket", resource=request.resource.split("/", 1)[0]),
        )
    return ()


def _decide(request: Request, policies: Policies) -> Decision:
    by_credentials = _credentials(request, policies)
    if by_credentials is not None:
        return by_credentials
    is_trust = request.action.lower() in _TRUSTED_ACTIONS and ":role/" in request.resource
    if is_trust and policies.trust is None and Layer.TRUST not in policies.unread:
        reason = f"there is no role {request.resource}"
        return Decision(
            allowed=False,
            layer=Layer.MISSING_ROLE,
            reason=reason,
            action=request.action,
            refusing=(Layer.MISSING_ROLE,),
            request=request,
            policies=policies,
        )
    return _by_policies(request, policies, Layer.TRUST if is_trust else Layer.RESOURCE)


_STS_FOR_TOKENS = frozenset(
    {"sts:assumerole", "sts:getcalleridentity", "sts:tagsession", "sts:setsourceidentity"}
)


def _credentials(request: Request, policies: Policies) -> Decision | None:
    principal, action = request.principal, request.action.lower()
    reason = ""
    if principal.credential is not CredentialState.ACTIVE:
        reason = f"the credentials are {principal.credential.value}"
    elif action == "sts:getcalleridentity":
        return Decision(
            allowed=True,
            layer=Layer.NO_POLICY_NEEDED,
            reason="everybody may ask who they are, even against an explicit deny",
            action=request.action,
            request=request,
            policies=policies,
        )
    elif principal.kind is PrincipalKind.ROOT and action == "sts:assumerole":
        reason = "an account's root user cannot assume a role"
    elif (
        action == "sts:assumerole"
        and principal.source_identity
        and _changes_source_identity(request)
    ):
        reason = (
            f"the session's source identity is {principal.source_identity}, and cannot be changed"
        )
    elif principal.kind is PrincipalKind.FEDERATED_USER and action.startswith(("iam:", "sts:")):
        reason = (
            "credentials of GetFederationToken cannot call IAM, and of STS GetCallerIdentity only"
        )
    elif principal.kind in (PrincipalKind.USER, PrincipalKind.ROOT) and principal.temporary:
        if action.startswith("iam:") and not principal.mfa:
            reason = "credentials of GetSessionToken can call IAM only if they were made with MFA"
        elif action.startswith("sts:") and action not in _STS_FOR_TOKENS:
            reason = "credentials of GetSessionToken can call AssumeRole and GetCallerIdentity of STS only"
    elif (
        action in ("sts:getsessiontoken", "sts:getfederationtoken")
        and principal.kind is PrincipalKind.ROLE_SESSION
    ):
        reason = f"{request.action.partition(':')[2]} takes the long-term credentials of a user, not a session's"
    elif action == "sts:getsessiontoken" and principal.kind in (
        PrincipalKind.USER,
        PrincipalKind.ROOT,
    ):
        return Decision(
            allowed=True,
            layer=Layer.NO_POLICY_NEEDED,
            reason="a user needs no permission for GetSessionToken, and no policy can refuse it",
            action=request.action,
            request=request,
            policies=policies,
        )
    if not reason:
        return None
    return Decision(
        allowed=False,
        layer=Layer.CREDENTIALS,
        reason=reason,
        action=request.action,
        refusing=(Layer.CREDENTIALS,),
        request=request,
        policies=policies,
    )


def _changes_source_identity(request: Request) -> bool:
    sent = [value for key, value in request.context.items() if key.lower() == "sts:sourceidentity"]
    return bool(sent) and sent[0] != request.principal.source_identity


_SESSION_KINDS = (PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER)
_OUTSIDE = (PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY, PrincipalKind.ANONYMOUS)


def _by_policies(request: Request, policies: Policies, resource_layer: Layer) -> Decision:
    context = Context(request)

    def look(layer: Layer, found: Iterable[Policy]) -> _Found:
        return _look(layer, found, request, context, policies)

    principal = request.principal
    guards = [
        look(layer, level)
        for layer, levels in (
            (Layer.SERVICE_CONTROL, policies.service_control if principal.account else ()),
            (Layer.RESOURCE_CONTROL, policies.resource_control),
        )
        for level in levels
    ]
    unread = (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL, Layer.VPC_ENDPOINT)
    guards += [look(layer, ()) for layer in unread if layer in policies.unread]
    if policies.vpc_endpoint is not None:
        guards.append(look(Layer.VPC_ENDPOINT, (policies.vpc_endpoint,)))
    resource = look(resource_layer, policies.at(resource_layer))
    is_outside = principal.kind in _OUTSIDE
    is_root = principal.kind is PrincipalKind.ROOT
    identity = look(Layer.IDENTITY, () if is_outside or is_root else policies.identity)
    if is_root or (
        principal.kind is PrincipalKind.FEDERATED_USER and principal.entity_arn.endswith(":root")
    ):
        identity = replace(identity, allows=True, unknown=())
    limits = _limits(request, policies, look)

    everything = [*guards, resource, identity, *limits]
    denied = next((found for found in everything if found.denies), None)
    if denied is not None and denied.deny is not None:
        policy, matched = denied.deny
        return Decision(
            allowed=False,
            layer=denied.layer,
            is_explicit=True,
            place=_place(denied.layer, policy, matched),
            action=request.action,
            refusing=tuple(dict.fromkeys(found.layer for found in everything if found.denies)),
            matched=matched,
            request=request,
            policies=policies,
        )

    paths = _paths(request, resource, identity, limits)
    allowed = all_of([*(guard.allows for guard in guards), any_of(path.holds for path in paths)])
    unknown = tuple(dict.fromkeys(why for found in everything for why in found.unknown))
    if allowed is False:
        return _refused(request, policies, guards, paths, everything)
    if allowed is None or any(found.denies is None for found in everything):
        return Decision(
            allowed=None,
            layer=Layer.UNKNOWN,
            reason="; ".join(unknown),
            action=request.action,
            unknown=unknown,
            near=_near(everything, {found.layer for found in everything}),
            request=request,
            policies=policies,
        )
    path = next(path for path in paths if path.holds)
    by = path.granting
    place = _place(by.layer, *by.allow) if by.allow is not None else None
    return Decision(
        allowed=True,
        layer=by.layer if by.allow is not None else Layer.CREDENTIALS,
        place=place,
        reason=""
        if by.allow is not None
        else "an account's root user may do everything in its account",
        action=request.action,
        matched=by.allow[1] if by.allow is not None else None,
        request=request,
        policies=policies,
    )


@dataclass(frozen=True, slots=True)
class _Path:
    """One way to be allowed: everything on it must hold."""

    granting: _Found
    needs: tuple[tuple[Layer, bool | None], ...]
    explains: bool = True
    """Whether a refusal is told by this path; a caller nobody named is not missed in the resource's policy."""

    @property
    def holds(self) -> bool | None:
        return all_of(answer for _, answer in self.needs)

    @property
    def refusing(self) -> tuple[Layer, ...]:
        return tuple(dict.fromkeys(layer for layer, answer in self.needs if answer is False))


def _paths(
    request: Request, resource: _Found, identity: _Found, limits: list[_Found]
) -> list[_Path]:
    limited = tuple((limit.layer, limit.allows) for limit in limits)
    by_identity = ((Layer.IDENTITY, identity.allows), *limited)
    named = (resource.layer, resource.allows)
    if request.principal.kind in _OUTSIDE:
        return [_Path(resource, (named,))]
    if request.is_cross_account:
        # The trust policy first: without it nothing the caller's own account says is of use.
        needs = (named, *by_identity) if resource.layer is Layer.TRUST else (*by_identity, named)
        return [_Path(identity if identity.allow else resource, needs)]
    directly = _Path(resource, ((resource.layer, resource.directly),), explains=False)
    by_role = (resource.layer, resource.by_role)
    through_role = _Path(resource, (by_role, *limited), explains=resource.by_role is not False)
    if resource.layer is Layer.TRUST:
        return [_Path(identity, (named, *by_identity)), directly, through_role]
    return [_Path(identity, by_identity), directly, through_role]


def _limits(
    request: Request, policies: Policies, look: Callable[[Layer, Iterable[Policy]], _Found]
) -> list[_Found]:
    principal = request.principal
    limits: list[_Found] = []
    if policies.boundary is not None or Layer.BOUNDARY in policies.unread:
        limits.append(look(Layer.BOUNDARY, policies.at(Layer.BOUNDARY)))
    if principal.kind in _SESSION_KINDS:
        # A federated user without a session policy has no permissions but those a resource gives it by name.
        if policies.session is not None or Layer.SESSION in policies.unread:
            limits.append(look(Layer.SESSION, policies.session or ()))
        elif principal.kind is PrincipalKind.FEDERATED_USER:
            limits.append(_Found(Layer.SESSION))
    return limits


def _look(
    layer: Layer, policies: Iterable[Policy], request: Request, context: Context, given: Policies
) -> _Found:
    names_principals = layer in (Layer.TRUST, Layer.RESOURCE)
    unknown: list[str] = []
    matches: list[tuple[Policy, Match]] = []
    allow: tuple[Policy, Match] | None = None
    deny: tuple[Policy, Match] | None = None
    answers: dict[str, list[bool | None]] = {
        "allows": [],
        "by_role": [],
        "directly": [],
        "denies": [],
    }
    if layer in given.unread:
        unknown.append(f"the {layer.value} could not be read")
        for each in answers.values():
            each.append(None)
    for policy in policies:
        document = policy.document
        if document.fault:
            unknown.append(f"{layer.value} {policy.name}".strip() + f": {document.fault}")
            for each in answers.values():
                each.append(None)
            continue
        for statement in document.statements:
            found = match(
                statement,
                request,
                context,
                variables=document.has_variables,
                names_principals=names_principals,
            )
            matches.append((policy, found))
            if found.applies is None:
                unknown += [
                    f"{why} ({_place(layer, policy, found)})" for why in found.unknown if why
                ]
            if statement.effect is Effect.DENY:
                answers["denies"].append(found.applies)
                if found.applies and deny is None:
                    deny = (policy, found)
                continue
            answers["allows"].append(found.applies)
            answers["by_role"].append(found.applies if found.grip >= Grip.ROLE else False)
            answers["directly"].append(found.applies if found.grip is Grip.DIRECT else False)
            if found.applies and (allow is None or found.grip > allow[1].grip):
                allow = (policy, found)
    return _Found(
        layer,
        any_of(answers["allows"]),
        any_of(answers["by_role"]),
        any_of(answers["directly"]),
        any_of(answers["denies"]),
        allow,
        deny,
        tuple(matches),
        tuple(unknown),
    )


def _refused(
    request: Request,
    policies: Policies,
    guards: list[_Found],
    paths: list[_Path],
    everything: list[_Found],
) -> Decision:
    guarding = tuple(dict.fromkeys(guard.layer for guard in guards if guard.allows is False))
    # The shortest way to being allowed; the first of equals is the usual one.
    path = min((path for path in paths if path.explains), key=lambda path: len(path.refusing))
    on_path = path.refusing if all(each.holds is False for each in paths) else ()
    refusing = guarding + on_path
    return Decision(
        allowed=False,
        layer=refusing[0],
        action=request.action,
        refusing=refusing,
        near=_near(everything, set(refusing)),
        request=request,
        policies=policies,
    )


def _near(everything: list[_Found], layers: set[Layer]) -> tuple[NearMiss, ...]:
    found: list[tuple[int, int, NearMiss]] = []
    for order, each in enumerate(everything):
        if each.layer not in layers:
            continue
        for policy, matched in each.matches:
            if matched.statement.effect is Effect.ALLOW and matched.mismatches:
                near = NearMiss(_place(each.layer, policy, matched), matched.mismatches, policy)
                found.append((_distance(matched), order, near))
    found.sort(key=lambda entry: entry[:2])
    return tuple(near for distance, _, near in found[:3] if distance < _FAR)


_FAR = 100


def _distance(matched: Match) -> int:
    # A statement about another action is no near miss unless it is about the same service.
    distance = 10 * len(matched.mismatches)
    for mismatch in matched.mismatches:
        if mismatch.element in ("Action", "NotAction"):
            service = mismatch.got[0].partition(":")[0].lower()
            same = any(wanted.partition(":")[0].lower() == service for wanted in mismatch.wanted)
            distance += 15 if same else _FAR
    return distance


def _place(layer: Layer, policy: Policy, matched: Match) -> Place:
    return Place(layer, policy.name, policy.owner, matched.statement.index, matched.statement.sid)
