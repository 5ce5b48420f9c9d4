"""What else a change opens: other actions, resources, parameters, and other callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rolelab.iam import arns
from rolelab.iam.credentials import further_requests
from rolelab.iam.decision import decide
from rolelab.iam.layers import Layer, Policies
from rolelab.iam.principals import Principal
from rolelab.iam.request import Request

_ACTIONS = {
    "s3": (
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteBucket",
        "s3:CreateBucket",
    ),
    "sts": ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:GetFederationToken"),
    "iam": ("iam:ListUsers", "iam:GetRole", "iam:CreateUser", "iam:PutUserPolicy"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that is allowed after a change and was not before."""

    words: str
    is_variant: bool
    """The same request with other parameters, which any repair without a condition opens."""


@dataclass(frozen=True, slots=True)
class _Probe:
    words: str
    request: Request
    is_stranger: bool = False
    is_variant: bool = False
    is_other_role: bool = False


def newly_allowed(request: Request, before: Policies, after: Policies) -> tuple[Opened, ...]:
    """Return the probes that `after` allows and `before` does not."""
    own = {each.action.lower() for each in further_requests(request)}
    return tuple(
        Opened(probe.words, probe.is_variant)
        for probe in _probes(request)
        if probe.request.action.lower() not in own
        # A trust policy is one role's: it says nothing of the others.
        and not (probe.is_other_role and before.at(Layer.TRUST) != after.at(Layer.TRUST))
        and decide(probe.request, _of_stranger(after) if probe.is_stranger else after).allowed
        and not decide(probe.request, _of_stranger(before) if probe.is_stranger else before).allowed
    )


def _of_stranger(policies: Policies) -> Policies:
    # Somebody else has none of the caller's own policies.
    own = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
    rest = {layer: held for layer, held in policies.by_layer.items() if layer not in own}
    return Policies(rest, policies.unread)


def _probes(request: Request) -> Iterator[_Probe]:
    principal, resource = request.principal, request.resource
    service = request.action.partition(":")[0].lower()
    for other in dict.fromkeys((service, "iam", "s3", "sts")):
        for action in _ACTIONS.get(other, (f"{other}:SomethingElse",)):
            if action.lower() != request.action.lower():
                on = _resource_for(action, resource) if other == service else "*"
                yield _Probe(f"{action} on {on}", replace(request, action=action, resource=on))
    if resource != "*":
        siblings = (resource + "-other", resource.rsplit("/", 1)[0] + "/something-else")
        for other in siblings if "/" in resource else siblings[:1]:
            yield _Probe(
                f"{request.action} on {other}",
                replace(request, resource=other),
                is_other_role=":role/" in resource,
            )
    for key in request.context:
        if key.lower().startswith(("sts:", "aws:requesttag", "aws:multifactorauth")):
            rest = {name: value for name, value in request.context.items() if name != key}
            yield _Probe(f"the same without {key}", replace(request, context=rest), is_variant=True)
        elif key.lower() == "aws:sourceip":
            elsewhere = {**request.context, key: "198.51.100.77"}
            yield _Probe(
                "the same from another address",
                replace(request, context=elsewhere),
                is_variant=True,
            )
    if principal.account:
        for words, stranger in _strangers(principal):
            yield _Probe(
                f"{request.action} by {words}",
                replace(request, principal=stranger),
                is_stranger=True,
            )


def _resource_for(action: str, resource: str) -> str:
    """Return what an action of the service would be on: a bucket's is not on its objects."""
    if action in ("s3:ListAllMyBuckets", "sts:GetFederationToken", "iam:ListUsers"):
        return "*"
    if not action.startswith("s3:"):
        return resource
    if resource == "*":
        resource = arns.bucket("some-bucket")
    if not action.endswith("Object"):
        return resource.split("/", 1)[0]
    return resource if "/" in resource else resource + "/something"


def _strangers(principal: Principal) -> Iterator[tuple[str, Principal]]:
    foreign = "999900009999" if principal.account != "999900009999" else "888800008888"

    def somebody(account: str, kind: str) -> str:
        return arns.iam(account, kind, "somebody-else", partition=principal.partition)

    own_user, own_role = (somebody(principal.account, kind) for kind in ("user", "role"))
    yield "another user", Principal.user(own_user, "AIDASOMEBODYELSE00001")
    stranger = Principal.user(somebody(foreign, "user"), "AIDASOMEBODYELSE00002")
    yield "another account", stranger
    yield "another role", Principal.role_session(own_role, "session", "AROASOMEBODYELSE00003")
