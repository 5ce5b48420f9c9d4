"""STS: who am I, switching to a role, and the other temporary credentials.

Source: AWS STS API Reference, AssumeRole, GetSessionToken, GetFederationToken, GetCallerIdentity; IAM User Guide,
"Compare AWS STS credentials", "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Any

from rolelab.iam.quotas import SESSION_POLICIES, SESSION_POLICY_SIZE
from rolelab.localaws import authorization, trust
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Kind, tags_as_keys
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.authorization import Cause, ResourcePolicy, authorize
from rolelab.localaws.documents import check_identity
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.http.shapes import iso
from rolelab.localaws.operations.api_call import (
    Call,
    Handler,
    Result,
    access_key_id,
    secret_access_key,
    tags_of,
)
from rolelab.localaws.operations.mfa import check_code
from rolelab.localaws.statements import Request, parsed

_ROLE = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):role/(?:.*/)?([\w+=,.@-]{1,64})", re.ASCII)
_HOUR = 3600
_KEPT_S = 24 * 3600
"""How long an ended session is remembered, so that its key is told to be expired and not unknown."""


def get_caller_identity(call: Call) -> Result:
    """GetCallerIdentity: no policy can refuse it."""
    return {"UserId": call.caller.principal_id, "Account": call.account, "Arn": call.caller.arn}


def assume_role(call: Call) -> Result:
    """AssumeRole: both halves asked, for each action that the call stands for."""
    caller, params = call.caller, call.params
    arn, name = params["RoleArn"], params["RoleSessionName"]
    found = _ROLE.fullmatch(arn)
    if not found:
        raise AwsError("ValidationError", f"{arn} is invalid")
    tags, transitive = _session_tags(call)
    policies = _session_policies(call, found[1])
    if caller.kind is Kind.ROOT:
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.")
    unexplained = AwsError(
        "AccessDenied", authorization.unexplained(caller.arn, "sts:AssumeRole", arn)
    )
    role = call.store.get("role", found[1], found[2])
    if caller.kind is Kind.FEDERATED or role is None or role["Arn"] != arn:
        # What does not exist is not told from what one may not have.
        raise unexplained
    inherited = _transitive(caller.session)
    if {tag["Key"].lower() for tag in tags} & {tag["Key"].lower() for tag in inherited}:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with "
            "a transitive tag key from the calling session.",
        )
    identity = _source_identity(call)
    with_mfa = check_code(call.store, caller, params.get("SerialNumber"), params.get("TokenCode"))
    _set_keys(call, role, tags, transitive, identity, with_mfa=with_mfa)
    for action in _actions(tags, identity):
        _require(call, role, action)
    duration = _role_duration(call, role)
    session_tags = inherited + tags
    kept = [tag["Key"] for tag in inherited] + transitive
    return _issue(
        call,
        duration,
        {
            "Arn": f"arn:aws:sts::{found[1]}:assumed-role/{role['RoleName']}/{name}",
            "UserId": f"{role['RoleId']}:{name}",
            "AccountId": found[1],
            "PrincipalType": "AssumedRole",
            "RoleArn": role["Arn"],
            "RoleId": role["RoleId"],
            "SessionTags": session_tags,
            "TransitiveTagKeys": kept,
            "SourceIdentity": identity,
            "SessionPolicies": policies,
        },
    ) | {
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role['RoleId']}:{name}",
            "Arn": f"arn:aws:sts::{found[1]}:assumed-role/{role['RoleName']}/{name}",
        },
        "SourceIdentity": identity,
        "PackedPolicySize": _packed(policies, session_tags),
    }


def get_session_token(call: Call) -> Result:
    """GetSessionToken: of a user or root, never of a session; no policy can refuse it."""
    caller = call.caller
    _require_long_term(call)
    duration = _long_term_duration(call)
    with_mfa = check_code(
        call.store, caller, call.params.get("SerialNumber"), call.params.get("TokenCode")
    )
    return _issue(
        call,
        duration,
        {
            "Arn": caller.arn,
            "UserId": caller.principal_id,
            "AccountId": caller.account,
            "PrincipalType": "Root" if caller.kind is Kind.ROOT else "User",
            "PrincipalName": caller.name,
            "MfaAt": clock.now() if with_mfa else None,
        },
    )


def get_federation_token(call: Call) -> Result:
    """GetFederationToken: the user's permissions, cut down to the policies passed."""
    caller, name = call.caller, call.params["Name"]
    _require_long_term(call)
    tags, _ = _session_tags(call)
    policies = _session_policies(call, caller.account)
    arn = f"arn:aws:sts::{caller.account}:federated-user/{name}"
    for action in ("sts:GetFederationToken", *(["sts:TagSession"] if tags else [])):
        call.request_keys.update(_tag_keys(tags))
        refusal = authorize(call.store, caller, Request(action, arn, call.keys))
        if refusal:
            raise AwsError("AccessDenied", refusal.message)
    user = {"FederatedUserId": f"{caller.account}:{name}", "Arn": arn}
    return _issue(
        call,
        _long_term_duration(call),
        {
            "Arn": arn,
            "UserId": f"{caller.account}:{name}",
            "AccountId": caller.account,
            "PrincipalType": "FederatedUser",
            "PrincipalName": caller.name,
            "ParentId": caller.principal_id,
            "SessionTags": tags,
            "SessionPolicies": policies,
        },
    ) | {"FederatedUser": user, "PackedPolicySize": _packed(policies, tags)}


def get_access_key_info(call: Call) -> Result:
    """GetAccessKeyInfo: which account a key belongs to."""
    key_id = call.params["AccessKeyId"]
    session = call.store.session(key_id)
    account = call.store.key_account(key_id) or (session["AccountId"] if session else None)
    if account is None:
        raise AwsError("ValidationError", "Access key ID is not valid.")
    return {"Account": account}


def decode_authorization_message(_: Call) -> Result:
    """DecodeAuthorizationMessage: none of the services here encodes any."""
    raise AwsError("InvalidAuthorizationMessageException", "Message is not valid")


# -- parts of AssumeRole --------------------------------------------------------------------------------------------


def _actions(tags: list[dict[str, str]], identity: str | None) -> list[str]:
    """Return the actions that both halves must allow."""
    actions = ["sts:AssumeRole"]
    if tags:
        actions.append("sts:TagSession")
    if identity:
        actions.append("sts:SetSourceIdentity")
    return actions


def _require(call: Call, role: Record, action: str) -> None:
    statements = parsed(trust.document_of(call.store, role))
    policy = ResourcePolicy(statements, owner=role["Arn"].split(":")[4], cause=Cause.TRUST)
    refusal = authorize(call.store, call.caller, Request(action, role["Arn"], call.keys), policy)
    if refusal:
        raise AwsError("AccessDenied", refusal.message)


def _set_keys(
    call: Call,
    role: Record,
    tags: list[dict[str, str]],
    transitive: list[str],
    identity: str | None,
    *,
    with_mfa: bool,
) -> None:
    """Set the condition keys of an AssumeRole request.

    Source: IAM User Guide, "IAM and AWS STS condition context keys".
    """
    params, keys = call.params, call.request_keys
    keys["sts:rolesessionname"] = params["RoleSessionName"]
    if "ExternalId" in params:
        keys["sts:externalid"] = params["ExternalId"]
    if identity:
        keys["sts:sourceidentity"] = identity
    if transitive:
        keys["sts:transitivetagkeys"] = transitive
    keys.update(_tag_keys(tags))
    keys["aws:resourceaccount"] = role["Arn"].split(":")[4]
    keys.update(tags_as_keys(role.get("Tags"), "aws:resourcetag/"))
    keys.update(tags_as_keys(role.get("Tags"), "iam:resourcetag/"))
    if with_mfa:
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = "0"


def _tag_keys(tags: list[dict[str, str]]) -> dict[str, str | list[str]]:
    keys = tags_as_keys(tags, "aws:requesttag/")
    if tags:
        keys["aws:tagkeys"] = [tag["Key"] for tag in tags]
    return keys


def _session_tags(call: Call) -> tuple[list[dict[str, str]], list[str]]:
    """Return the tags for the session, and which of them are transitive.

    Raises:
        AwsError: InvalidParameterValue.
    """
    tags = tags_of(call.params)
    transitive: list[str] = list(call.params.get("TransitiveTagKeys", ()))
    keys = {tag["Key"].lower() for tag in tags}
    if len(keys) < len(tags):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    elif any(key.startswith("aws:") for key in keys):
        message = "Tag keys that start with aws: are reserved for system use."
    elif {key.lower() for key in transitive} - keys:
        message = "The specified transitive tag key must be included in the requested tags."
    else:
        return tags, transitive
    raise AwsError("InvalidParameterValue", message)


def _transitive(session: Record | None) -> list[dict[str, str]]:
    """Return the tags that a session passes on to the sessions made from it."""
    kept = {key.lower() for key in (session or {}).get("TransitiveTagKeys") or ()}
    return [tag for tag in (session or {}).get("SessionTags") or () if tag["Key"].lower() in kept]


def _source_identity(call: Call) -> str | None:
    """Return the source identity of the new session: once set, it stays through a chain of roles.

    Raises:
        AwsError: AccessDenied, for another one.
    """
    before = (call.caller.session or {}).get("SourceIdentity")
    given = call.params.get("SourceIdentity")
    if before and given and given != before:
        unexplained = authorization.unexplained(
            call.caller.arn, "sts:SetSourceIdentity", call.params["RoleArn"]
        )
        raise AwsError(
            "AccessDenied",
            f"{unexplained} because the source identity of a session cannot be changed",
        )
    return given or before


def _session_policies(call: Call, account: str) -> dict[str, Any] | None:
    """Return the session policies of a request, checked.

    Raises:
        AwsError: MalformedPolicyDocument, ValidationError.
    """
    policy = call.params.get("Policy")
    arns = [one["arn"] for one in call.params.get("PolicyArns", ()) if "arn" in one]
    length = len(policy or "") + sum(map(len, arns))
    if length > SESSION_POLICY_SIZE or len(arns) > SESSION_POLICIES:
        name, most = (
            ("policyArns", SESSION_POLICIES)
            if len(arns) > SESSION_POLICIES
            else ("policy", SESSION_POLICY_SIZE)
        )
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}",
        )
    if policy is not None:
        check_identity(policy)
    if not all(call.store.managed_policy(account, arn) for arn in arns):
        message = "At least one Policy ARN in the PolicyArns parameter does not match an existing IAM Managed Policy ARN."
        raise AwsError("ValidationError", message)
    return {"Policy": policy, "PolicyArns": arns} if policy is not None or arns else None


def _role_duration(call: Call, role: Record) -> int:
    """Return for how many seconds the session is to last.

    Raises:
        AwsError: ValidationError, beyond the role's maximum, or beyond an hour where a role's session asks.
    """
    wanted = call.params.get("DurationSeconds", _HOUR)
    if call.caller.kind is Kind.ROLE_SESSION and wanted > _HOUR:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise AwsError("ValidationError", message)
    if wanted > role.get("MaxSessionDuration", _HOUR):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return wanted


def _long_term_duration(call: Call) -> int:
    """Return the duration of GetSessionToken and GetFederationToken: 12 hours, of root an hour at most."""
    if call.caller.kind is Kind.ROOT:
        return min(call.params.get("DurationSeconds", _HOUR), _HOUR)
    return call.params.get("DurationSeconds", 12 * _HOUR)


def _require_long_term(call: Call) -> None:
    if call.caller.session is not None:
        raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials")


def _packed(policies: dict[str, Any] | None, tags: list[dict[str, str]]) -> int | None:
    """Return how full the packed policies and tags are, in per cent; AWS does not tell how it packs."""
    if not policies and not tags:
        return None
    length = len((policies or {}).get("Policy") or "") + sum(
        map(len, (policies or {}).get("PolicyArns") or ())
    )
    length += sum(len(tag["Key"]) + len(tag["Value"]) for tag in tags)
    return min(100, -(-length * 100 // 4096))


def _issue(call: Call, duration: int, session: Record) -> dict[str, Any]:
    """Make temporary credentials and remember what they stand for."""
    now = clock.now()
    record: Record = {
        **session,
        "SecretAccessKey": secret_access_key(),
        "SessionToken": base64.b64encode(secrets.token_bytes(120)).decode(),
        "Expiration": now + duration,
        "IssuedAt": now,
        "SourceAccessKeyId": call.caller.access_key_id,
        "SourcePrincipalArn": call.caller.arn,
    }
    sessions = call.store.sessions()
    key_id = access_key_id("ASIA")
    sessions[key_id] = record
    _forget_old(sessions, now)
    return {
        "Credentials": {
            "AccessKeyId": key_id,
            "SecretAccessKey": record["SecretAccessKey"],
            "SessionToken": record["SessionToken"],
            "Expiration": iso(record["Expiration"]),
        }
    }


def _forget_old(sessions: dict[str, Record], now: float) -> None:
    """Forget the oldest sessions that ended long ago; two at each new one keep the store from growing."""
    for key_id in list(_first(sessions, 2)):
        if sessions[key_id]["Expiration"] + _KEPT_S < now:
            del sessions[key_id]


def _first(sessions: dict[str, Record], count: int) -> list[str]:
    keys: list[str] = []
    for key_id in sessions:
        keys.append(key_id)
        if len(keys) == count:
            break
    return keys


HANDLERS: dict[str, Handler] = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
    "GetSessionToken": get_session_token,
    "GetFederationToken": get_federation_token,
    "GetAccessKeyInfo": get_access_key_info,
    "DecodeAuthorizationMessage": decode_authorization_message,
}
