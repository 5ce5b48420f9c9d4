"""Is the caller allowed to do it? Their policies as they are stored, decided by `rolelab.iam`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from rolelab.iam import Decision, Layer, Policies, Policy, Request, account_rules, arns, decide
from rolelab.iam.messages import Refusal, render, sentence_of
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, Kind
from rolelab.localaws.accounts.identities import PASSWORD_RULES, IdentityStore
from rolelab.localaws.accounts.records import GroupRecord, HolderRecord, PrincipalRecord


def authorize(
    store: IdentityStore,
    caller: Caller,
    request: Request,
    layer: Layer | None = None,
    resource_policy: str = "",
) -> Decision:
    """Decide a request by the caller's policies and, where the resource has one, by its own.

    `layer`: which kind the resource's policy is, TRUST or RESOURCE.
    """
    policies = policies_of(store, caller)
    if caller.kind is Kind.USER and account_rules.counts_for(request.action):
        rules = store.password_rules.get(caller.account, PASSWORD_RULES)
        allowed = account_rules.allowed_to_user(rules, caller.arn)
        policies = policies.put(Layer.IDENTITY, (*policies.at(Layer.IDENTITY), *allowed))
    if layer is not None:
        policies = policies.put(layer, stored(resource_policy))
    return decide(request, policies)


def require_allowed(decision: Decision) -> None:
    """Refuse what was not allowed, in AWS's sentence.

    Raises:
        AwsError: AccessDenied.
    """
    if not decision.allowed:
        raise AwsError("AccessDenied", sentence_of(decision))


def unexplained(caller: Caller, action: str, resource: str) -> str:
    """Return AWS's sentence without a reason, as where the reason would tell what exists."""
    return render(Refusal(principal=caller.arn, action=action, resource=resource))


@lru_cache(maxsize=8192)
def stored(text: str, name: str = "", arn: str = "") -> Policy:
    """Return a policy as it is stored; what is not a policy at all allows and denies nothing.

    `arn`: of a managed policy, which the sentence of an explicit deny names.
    """
    policy = Policy.read(text, name, arn=arn)
    return _NOTHING if policy.document.fault else policy


_NOTHING = Policy.read({"Statement": []})


def policies_of(store: IdentityStore, caller: Caller) -> Policies:
    """Return the caller's own policies: identity-based ones, boundary, session policies."""
    layers = {Layer.IDENTITY: identity_policies(store, caller)}
    boundary = boundary_of(store, caller.account, caller.entity)
    if boundary is not None:
        layers[Layer.BOUNDARY] = boundary
    passed = caller.session.get("SessionPolicies") if caller.session else None
    if passed:
        inline = (stored(passed["Policy"]),) if passed["Policy"] else ()
        layers[Layer.SESSION] = (*inline, *_managed(store, caller.account, passed["PolicyArns"]))
    return Policies(layers)


def identity_policies(store: IdentityStore, caller: Caller) -> tuple[Policy, ...]:
    """Return the identity-based policies of the user (with its groups) or role that calls."""
    if caller.entity is None:
        return ()
    kind = "role" if caller.kind is Kind.ROLE_SESSION else "user"
    own = held_policies(store, kind, caller.account, caller.entity)
    if kind == "role":
        return own
    groups = groups_of(store, caller.account, store.users.name_of(caller.entity))
    of_groups = (held_policies(store, "group", caller.account, group) for group in groups)
    return (*own, *chain.from_iterable(of_groups))


def groups_of(store: IdentityStore, account: str, user: str) -> list[GroupRecord]:
    """Return the groups that a user is in."""
    return [group for group in store.groups.all(account) if user in group["Users"]]


def held_policies(
    store: IdentityStore, kind: str, account: str, holder: HolderRecord
) -> tuple[Policy, ...]:
    """Return the inline and attached policies of a user, role or group, without its groups' own."""
    inline = store.inline_policies(kind, account, store.of_kind[kind].name_of(holder))
    attached = _managed(store, account, holder["AttachedPolicies"])
    return (*(stored(as_text(document), name) for name, document in inline.items()), *attached)


def boundary_of(
    store: IdentityStore, account: str, entity: PrincipalRecord | None
) -> tuple[Policy, ...] | None:
    """Return the permissions boundary of a user or role, or None where there is none."""
    arn = entity.get("PermissionsBoundary") if entity else None
    return tuple(_managed(store, account, [arn])) if arn else None


def _managed(store: IdentityStore, account: str, policy_arns: list[str]) -> Iterator[Policy]:
    """Yield the default versions of managed policies, of those that exist."""
    for arn in policy_arns:
        policy = store.managed_policy(account, arn)
        if policy is not None:
            document = as_text(policy["Versions"][policy["DefaultVersionId"]]["Document"])
            yield stored(document, arns.name_of(arn), arn)


def as_text(document: object) -> str:
    """Return a stored document as text; MiniStack keeps some parsed."""
    return document if isinstance(document, str) else json.dumps(document)
