"""The policy simulator: what policies allow, without anything being done.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy.
"""

from __future__ import annotations

from typing import cast

from rolelab.iam import Effect, Policy, Principal, Request
from rolelab.iam.arns import Arn
from rolelab.iam.grammar import PolicyUse, malformed
from rolelab.iam.request import Context, Lack, keys_of_any_request
from rolelab.iam.voices import said_by
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, Keys, tags_as_keys
from rolelab.localaws.accounts.enforcement import (
    boundary_of,
    held_policies,
    identity_policies,
    stored,
)
from rolelab.localaws.accounts.records import HolderRecord, RoleRecord, UserRecord
from rolelab.localaws.operations import lookup, pages
from rolelab.localaws.operations.api_call import ApiCall, Result

_Some = tuple[Policy, ...]
_OF_ANYBODY = {"aws:viaawsservice": "false", "aws:principalisawsservice": "false"}


def simulate_principal(call: ApiCall) -> Result:
    """SimulatePrincipalPolicy: a user's, group's or role's policies, with what is given beside."""
    source = call.text("PolicySourceArn")
    kind, record = _source(call, source)
    own, boundary = held_policies(call.store, kind, call.account, record), None
    keys: Keys = {
        **tags_as_keys(record.get("Tags"), "aws:principaltag/"),
        "aws:principalarn": source,
        "aws:principalaccount": call.account,
    }
    if kind != "group":
        entity = cast("UserRecord | RoleRecord", record)
        boundary = boundary_of(call.store, call.account, entity)
        name = call.store.of_kind[kind].name_of(record)
        if kind == "user":
            keys["aws:username"] = name
            principal = Principal.user(source)
            user = Caller(principal=principal, access_key_id="", name=name, entity=entity)
            own = identity_policies(call.store, user)
    own = (*own, *_given(call, "PolicyInputList"))
    return _simulated(call, own, _given_boundary(call) or boundary, keys)


def simulate_custom(call: ApiCall) -> Result:
    """SimulateCustomPolicy: given policies alone."""
    return _simulated(call, _given(call, "PolicyInputList"), _given_boundary(call), {})


def _source(call: ApiCall, source: str) -> tuple[str, HolderRecord]:
    arn = Arn.read(source)
    if arn and arn.kind in ("user", "role", "group") and arn.account == call.account:
        record = call.store.of_kind[arn.kind].get(arn.account, arn.name)
        if record is not None and record["Arn"] == source:
            return arn.kind, record
    raise lookup.no_such(f"The entity {source} cannot be found.")


def _simulated(call: ApiCall, own: _Some, boundary: _Some | None, keys: Keys) -> Result:
    known: Keys = {
        **_OF_ANYBODY,
        **keys_of_any_request(clock.moment()),
        "aws:requestedregion": call.region,
        "aws:sourceip": call.source_ip,
        **keys,
        **_context(call),
    }
    results = [
        _result(call.asking(action, resource), known, own, boundary)
        for action in call.texts("ActionNames")
        for resource in call.texts("ResourceArns") or ["*"]
    ]
    return pages.listing(
        call,
        "EvaluationResults",
        enumerate(results),
        lambda numbered: f"{numbered[0]:06d}",
        lambda numbered: numbered[1],
    )


def _context(call: ApiCall) -> Keys:
    """Return the condition keys that the call gives."""
    keys: Keys = {}
    for entry in call.structures("ContextEntries"):
        values = cast("list[str]", entry.get("ContextKeyValues", []))
        many = str(entry.get("ContextKeyType", "")).endswith("List")
        name = str(entry.get("ContextKeyName", "")).lower()
        keys[name] = values if many else values[0] if values else ""
    return keys


def _result(request: Request, known: Keys, own: _Some, boundary: _Some | None) -> Result:
    context = Context.of(request, known)
    layers = [own] if boundary is None else [own, boundary]
    effects = [said_by(policies, request, context) for policies in layers]
    if Effect.DENY in effects:
        decision = "explicitDeny"
    else:
        decision = "allowed" if set(effects) == {Effect.ALLOW} else "implicitDeny"
    result: dict[str, object] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": _missing(own, context),
    }
    if boundary is not None:
        allowed = effects[1] is Effect.ALLOW
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return result


def _missing(own: _Some, context: Context) -> list[str]:
    statements = (statement for policy in own for statement in policy.document.statements)
    keys = {condition.key for statement in statements for condition in statement.conditions}
    return sorted(key for key in keys if isinstance(context.get(key), Lack))


def _given(call: ApiCall, member: str) -> _Some:
    documents = call.texts(member)
    for document in documents:
        message = malformed(document, PolicyUse.USER_INLINE)
        if message:
            raise AwsError("InvalidInput", message)
    return tuple(map(stored, documents))


def _given_boundary(call: ApiCall) -> _Some | None:
    return _given(call, "PermissionsBoundaryPolicyInputList") or None
