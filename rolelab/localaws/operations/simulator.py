"""The policy simulator: what policies allow, without anything being done.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from rolelab.iam import Decision, Layer, Policies, Policy, Principal, Request, arns, names
from rolelab.iam.arns import Arn
from rolelab.iam.decision import decide_by_policies
from rolelab.iam.documents import Effect
from rolelab.iam.grammar import PolicyUse, malformed
from rolelab.iam.language.patterns import keys_in
from rolelab.iam.language.statements import applies
from rolelab.iam.request import Context, Lack, keys_of_any_request
from rolelab.iam.voices import reading_of
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Keys, tags_as_keys
from rolelab.localaws.accounts.enforcement import (
    boundary_of,
    groups_of,
    held_policies,
    stored,
)
from rolelab.localaws.accounts.records import HolderRecord, RoleRecord, UserRecord
from rolelab.localaws.operations import lookup, pages, statement_places
from rolelab.localaws.operations.api_call import ApiCall, Result

_OF_ANYBODY = {"aws:viaawsservice": "false", "aws:principalisawsservice": "false"}
_ALL = "*"
_EVERYTHING = Policy.read({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def simulate_principal(call: ApiCall) -> Result:
    """SimulatePrincipalPolicy: a user's, group's or role's policies, with what is given beside."""
    source = call.text("PolicySourceArn")
    kind, record = _source(call, source)
    own, boundary = [*_held(call, kind, record)], None
    keys: Keys = tags_as_keys(record.get("Tags"), "aws:principaltag/")
    if kind != "group":
        boundary = boundary_of(call.store, call.account, cast("UserRecord | RoleRecord", record))
    if kind == "user":
        for group in groups_of(call.store, call.account, call.store.users.name_of(record)):
            own += _held(call, "group", group)
    own += _given(call, "PolicyInputList")
    organizations = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": True}}
    return _simulated(call, own, boundary, _caller(call, source), keys, organizations)


def simulate_custom(call: ApiCall) -> Result:
    """SimulateCustomPolicy: given policies alone."""
    return _simulated(call, _given(call, "PolicyInputList"), None, _caller(call, ""), {}, {})


def _held(call: ApiCall, kind: str, holder: HolderRecord) -> Iterator[Policy]:
    """Yield the policies of a user, role or group by the names that a simulation has for them."""
    name = call.store.of_kind[kind].name_of(holder)
    for policy in held_policies(call.store, kind, call.account, holder):
        yield policy if policy.arn else replace(policy, name=f"{kind}_{name}_{policy.name}")


def _source(call: ApiCall, source: str) -> tuple[str, HolderRecord]:
    arn = Arn.read(source)
    if arn and arn.kind in ("user", "role", "group") and arn.account == call.account:
        record = call.store.of_kind[arn.kind].get(arn.account, arn.name)
        if record is not None and record["Arn"] == source:
            return arn.kind, record
    raise lookup.no_such(f"The entity {source} cannot be found.")


def _caller(call: ApiCall, source: str) -> Principal | None:
    """Return who is to call: CallerArn, or else whose policies they are; None for nobody.

    Raises:
        AwsError: InvalidInput, where a resource's policy has nobody to be held against.
    """
    text = call.text("CallerArn") or source
    arn = Arn.read(text)
    if arn is not None and arn.service == "iam" and arn.kind in ("user", "role", "group"):
        return Principal.user(text)
    if arn is not None:
        raise AwsError("InvalidInput", f"Invalid ARN: {text} is not a user, group or role.")
    if "ResourcePolicy" in call.params:
        message = "CallerArn is required when a ResourcePolicy is specified."
        raise AwsError("InvalidInput", message)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Simulation:
    """What the calls of one simulation have in common."""

    policies: Policies
    keys: Keys
    principal: Principal
    owner: str
    """Account of the resources."""

    def result(self, action: str, resource: str) -> Mapping[str, object]:
        """Return what comes of one action on one resource."""
        request = Request(
            principal=self.principal,
            action=action,
            resource=resource,
            resource_account=self.owner,
            is_complete=True,
        )
        context = Context.of(request, self.keys)
        decision = decide_by_policies(request, self.policies, context)
        shared: dict[str, object] = {
            "MatchedStatements": list(_matched(decision, context)),
            "MissingContextValues": _missing(self.policies, context),
        }
        if self.policies.has(Layer.BOUNDARY):
            allowed = self._by(Layer.BOUNDARY, request, context).allowed
            shared["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        if request.is_cross_account:
            shared["EvalDecisionDetails"] = {
                "IAM Policy": _word(self._by(Layer.IDENTITY, request, context)),
                "Resource Policy": _word(self._by_resource(request, context)),
            }
        word = _word(decision)
        result = {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": word}
        if resource == _ALL:
            return result | shared
        own = {"EvalResourceName": resource, "EvalResourceDecision": word, **shared}
        return {**result, "EvalDecisionDetails": {}, **shared, "ResourceSpecificResults": [own]}

    def _by(self, layer: Layer, request: Request, context: Context) -> Decision:
        """Decide by the policies of one layer, as if they were the caller's only ones."""
        at_home = replace(request, resource_account=request.principal.account)
        alone = Policies({Layer.IDENTITY: self.policies.at(layer)})
        return decide_by_policies(at_home, alone, context)

    def _by_resource(self, request: Request, context: Context) -> Decision:
        """Decide by the resource's policy, as if the caller's own allowed everything."""
        policies = Policies.of(
            {Layer.IDENTITY: _EVERYTHING, Layer.RESOURCE: self.policies.at(Layer.RESOURCE)}
        )
        return decide_by_policies(request, policies, context)


def _word(decision: Decision) -> str:
    if decision.is_explicit:
        return "explicitDeny"
    return "allowed" if decision.allowed else "implicitDeny"


def _simulated(
    call: ApiCall,
    own: Iterable[Policy],
    boundary: tuple[Policy, ...] | None,
    caller: Principal | None,
    keys: Keys,
    organizations: Mapping[str, object],
) -> Result:
    principal = caller or Principal.user(arns.iam(call.account, "user", "nobody"))
    of_resource = _resource_policy(call)
    simulation = _Simulation(
        policies=Policies.of(
            {
                Layer.IDENTITY: own,
                Layer.BOUNDARY: _given(call, "PermissionsBoundaryPolicyInputList") or boundary,
                Layer.RESOURCE: of_resource,
            }
        ),
        keys={**_surroundings(call), **_keys_of(caller), **keys, **_context(call)},
        principal=principal,
        # Without a policy of the resource it does not matter whose it is.
        owner=_owner(call, principal) if of_resource else principal.account,
    )
    results = [
        {**simulation.result(action, resource), **organizations}
        for action in call.texts("ActionNames")
        for resource in call.texts("ResourceArns") or [_ALL]
    ]
    return pages.listing(
        call,
        "EvaluationResults",
        enumerate(results),
        lambda numbered: f"{numbered[0]:06d}",
        lambda numbered: numbered[1],
    )


def _owner(call: ApiCall, principal: Principal) -> str:
    owner = call.text("ResourceOwner")
    parsed = Arn.read(owner)
    account = parsed.account if parsed else owner
    if owner and not names.ACCOUNT_ID.fullmatch(account):
        raise AwsError("InvalidInput", f"Invalid resource owner: {owner}")
    return account or principal.account


def _surroundings(call: ApiCall) -> Keys:
    any_request = keys_of_any_request(clock.moment())
    return {**_OF_ANYBODY, **any_request, "aws:sourceip": call.source_ip}


def _keys_of(caller: Principal | None) -> Keys:
    if caller is None:
        return {}
    keys: Keys = {"aws:principalarn": caller.arn, "aws:principalaccount": caller.account}
    return keys | ({"aws:username": caller.name} if ":user/" in caller.arn else {})


def _context(call: ApiCall) -> Keys:
    """Return the condition keys that the call gives."""
    keys: Keys = {}
    for entry in call.structures("ContextEntries"):
        values = cast("list[str]", entry.get("ContextKeyValues", []))
        many = str(entry.get("ContextKeyType", "")).endswith("List")
        name = str(entry.get("ContextKeyName", "")).lower()
        keys[name] = values if many else values[0] if values else ""
    return keys


def _matched(decision: Decision, context: Context) -> Iterator[Mapping[str, object]]:
    """Yield the statements that decided: all that deny, or else all that allow; none otherwise."""
    if not (decision.is_explicit or decision.allowed):
        return
    effect = Effect.DENY if decision.is_explicit else Effect.ALLOW
    for layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.RESOURCE):
        for policy in decision.policies.at(layer):
            reading = reading_of(layer, policy, decision.asked, context)
            for statement in policy.document.statements:
                is_one = statement.effect is effect and applies(statement, reading)[0]
                # What allows is the caller's or the resource's: a boundary only limits.
                if is_one and (decision.is_explicit or layer is not Layer.BOUNDARY):
                    yield _told(policy, layer, statement.index)


def _told(policy: Policy, layer: Layer, index: int) -> Mapping[str, object]:
    of_resource = layer is Layer.RESOURCE
    told: dict[str, object] = {
        "SourcePolicyId": policy.name,
        "SourcePolicyType": "Resource Policy" if of_resource else "IAM Policy",
    }
    text = policy.text
    start, end = statement_places.spans(text)[index]
    return told | {
        "StartPosition": statement_places.position(text, start),
        "EndPosition": statement_places.position(text, end),
    }


def _missing(policies: Policies, context: Context) -> list[str]:
    """Return the keys without a value that conditions and variables of the policies name."""
    found: Iterable[str] = (
        key
        for layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.RESOURCE)
        for policy in policies.at(layer)
        for key in _keys_in(policy)
    )
    missing = {key.lower(): key for key in found if isinstance(context.get(key), Lack)}
    return sorted(missing.values())


def _keys_in(policy: Policy) -> Iterator[str]:
    document = policy.document
    for statement in document.statements:
        texts = [*(statement.resources or ()), *(statement.not_resources or ())]
        for condition in statement.conditions:
            yield condition.key
            texts += condition.values
        if document.has_variables:
            yield from (key for text in texts for key in keys_in(text))


def _given(call: ApiCall, member: str) -> tuple[Policy, ...]:
    documents = call.texts(member)
    for document in documents:
        message = malformed(document, PolicyUse.USER_INLINE)
        if message:
            raise AwsError("InvalidInput", message)
    return tuple(
        stored(document, f"{member}.{number}") for number, document in enumerate(documents, 1)
    )


def _resource_policy(call: ApiCall) -> Policy | None:
    document = call.text("ResourcePolicy")
    if not document:
        return None
    policy = Policy.read(document, "ResourcePolicy")
    if policy.document.fault:
        raise AwsError("InvalidInput", "Syntax errors in policy.")
    return policy
