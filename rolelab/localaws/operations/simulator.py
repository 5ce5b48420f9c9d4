"""The policy simulator: what policies allow, without anything being done.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from rolelab.iam.arns import Arn
from rolelab.localaws.accounts import caller as callers
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Caller, Keys, Kind, Policies
from rolelab.localaws.accounts.records import HolderRecord, RoleRecord, UserRecord
from rolelab.localaws.documents import check_identity
from rolelab.localaws.operations import lookup, pages
from rolelab.localaws.operations.api_call import ApiCall, Result
from rolelab.localaws.statements import Decision, Request, decide, parsed


def simulate_principal(call: ApiCall) -> Result:
    """SimulatePrincipalPolicy: a user's, group's or role's policies, with what is given beside."""
    source = call.text("PolicySourceArn")
    kind, record = _source(call, source)
    if kind == "group":
        own, boundary = callers.held_policies(call.store, kind, call.account, record), None
    else:
        principal = Caller(
            kind=Kind.USER if kind == "user" else Kind.ROLE_SESSION,
            account=call.account,
            arn=source,
            principal_id="",
            access_key_id="",
            name=call.store.of_kind[kind].name_of(record),
            entity=cast("UserRecord | RoleRecord", record),
        )
        own = callers.identity_policies(call.store, principal)
        boundary = callers.boundary(call.store, principal)
    own = [*own, *_parsed(call, "PolicyInputList")]
    keys = callers.tags_as_keys(record.get("Tags")) | {
        "aws:principalarn": source,
        "aws:principalaccount": call.account,
    }
    if kind == "user":
        keys["aws:username"] = call.store.users.name_of(record)
    return _simulated(call, own, _given_boundary(call) or boundary, keys)


def simulate_custom(call: ApiCall) -> Result:
    """SimulateCustomPolicy: given policies alone."""
    return _simulated(call, _parsed(call, "PolicyInputList"), _given_boundary(call), {})


def _source(call: ApiCall, source: str) -> tuple[str, HolderRecord]:
    arn = Arn.read(source)
    if arn and arn.kind in ("user", "role", "group") and arn.account == call.account:
        record = call.store.of_kind[arn.kind].get(arn.account, arn.name)
        if record is not None and record["Arn"] == source:
            return arn.kind, record
    raise lookup.no_such(f"The entity {source} cannot be found.")


def _simulated(call: ApiCall, own: Policies, boundary: Policies | None, keys: Keys) -> Result:
    keys = keys | _context(call)

    def value_of(name: str) -> str | list[str] | None:
        lower = name.lower()
        if lower in keys:
            return keys[lower]
        return callers.global_key(
            lower, region=call.region, source_ip=call.source_ip, user_agent=""
        )

    results = [
        _result(Request(action, resource, value_of), own, boundary)
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


def _result(request: Request, own: Policies, boundary: Policies | None) -> Result:
    layers = [own] if boundary is None else [own, boundary]
    decisions = [decide(policies, request) for policies in layers]
    if Decision.DENY in decisions:
        decision = "explicitDeny"
    else:
        decision = "allowed" if set(decisions) == {Decision.ALLOW} else "implicitDeny"
    result: dict[str, object] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": _missing(own, request.keys),
    }
    if boundary is not None:
        allowed = decisions[1] is Decision.ALLOW
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return result


def _missing(own: Policies, value_of: Callable[[str], object]) -> list[str]:
    blocks = (
        block for policy in own for statement in policy for block in statement.conditions.values()
    )
    names = {key for block in blocks for key in block}
    return sorted(name for name in names if value_of(name) is None)


def _parsed(call: ApiCall, member: str) -> Policies:
    return [parsed(document) for document in _checked(call.texts(member))]


def _checked(documents: Iterable[str]) -> Iterable[str]:
    for document in documents:
        try:
            check_identity(document)
        except AwsError as error:
            raise AwsError("InvalidInput", error.message) from None
        yield document


def _given_boundary(call: ApiCall) -> Policies | None:
    return _parsed(call, "PermissionsBoundaryPolicyInputList") or None
