"""STS: who am I, switching to a role, and the other temporary credentials.

Source: AWS STS API Reference, AssumeRole, GetSessionToken, GetFederationToken, GetCallerIdentity;
IAM User Guide, "Compare AWS STS credentials".
"""

from __future__ import annotations

from rolelab.iam import arns
from rolelab.iam.messages import cannot_with_session
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind
from rolelab.localaws.accounts.enforcement import authorize, require_allowed
from rolelab.localaws.operations import assuming, mfa, sessions
from rolelab.localaws.operations.api_call import ApiCall, Result

_HOUR = 3600


def get_caller_identity(call: ApiCall) -> Result:
    """GetCallerIdentity: no policy can refuse it."""
    return {"UserId": call.caller.principal_id, "Account": call.account, "Arn": call.caller.arn}


def assume_role(call: ApiCall) -> Result:
    """AssumeRole: both halves asked, for each action that the call stands for."""
    arn, name = call.text("RoleArn"), call.text("RoleSessionName")
    role, account = assuming.role_named(call), arns.account_of(arn)
    tags, transitive = sessions.tags(call)
    policies = sessions.policies(call, account)
    if role is None or call.caller.kind in (Kind.ROOT, Kind.FEDERATED):
        # What does not exist is not told from what one is not allowed to.
        raise assuming.refused(call)
    inherited = assuming.inherited_tags(call, tags)
    identity = assuming.source_identity(call)
    assuming.require(call, role, tags, transitive, identity, with_mfa=mfa.check_code(call))
    all_tags, unique_id = inherited + tags, f"{role['RoleId']}:{name}"
    packed = sessions.packed_size(policies, all_tags)
    session_arn = arns.assumed_role(account, role["RoleName"], name)
    credentials = sessions.issue(
        call,
        assuming.duration(call, role),
        {
            "Arn": session_arn,
            "UserId": unique_id,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
            "RoleArn": arn,
            "RoleId": role["RoleId"],
            "SessionTags": all_tags,
            "TransitiveTagKeys": [tag["Key"] for tag in inherited] + transitive,
            "SourceIdentity": identity,
            "SessionPolicies": policies,
        },
    )
    return {
        "Credentials": credentials,
        "AssumedRoleUser": {"AssumedRoleId": unique_id, "Arn": session_arn},
        "SourceIdentity": identity,
        "PackedPolicySize": packed if policies or all_tags else None,
    }


def get_session_token(call: ApiCall) -> Result:
    """GetSessionToken: of a user or root, never of a session; no policy can refuse it."""
    caller = call.caller
    _require_long_term(call)
    duration = _long_term_duration(call)
    with_mfa = mfa.check_code(call)
    credentials = sessions.issue(
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
    return {"Credentials": credentials}


def get_federation_token(call: ApiCall) -> Result:
    """GetFederationToken: the user's permissions, cut down to the policies passed."""
    caller, name = call.caller, call.text("Name")
    _require_long_term(call)
    tags, _ = sessions.tags(call)
    policies = sessions.policies(call, caller.account)
    arn, unique_id = arns.federated_user(caller.account, name), f"{caller.account}:{name}"
    call.request_keys.update(sessions.tag_keys(tags))
    require_allowed(authorize(call.store, caller, call.asking("sts:GetFederationToken", arn)))
    packed = sessions.packed_size(policies, tags)
    credentials = sessions.issue(
        call,
        _long_term_duration(call),
        {
            "Arn": arn,
            "UserId": unique_id,
            "AccountId": caller.account,
            "PrincipalType": "FederatedUser",
            "PrincipalName": caller.name,
            "ParentId": caller.principal_id,
            "SessionTags": tags,
            "SessionPolicies": policies,
        },
    )
    return {
        "Credentials": credentials,
        "FederatedUser": {"FederatedUserId": unique_id, "Arn": arn},
        "PackedPolicySize": packed or 0,
    }


def get_access_key_info(call: ApiCall) -> Result:
    """GetAccessKeyInfo: which account a key belongs to."""
    key_id = call.text("AccessKeyId")
    session = call.store.sessions.get(key_id)
    account = call.store.keys.account_of(key_id) or (session["AccountId"] if session else None)
    if account is None:
        raise AwsError("ValidationError", "Access key ID is not valid.")
    return {"Account": account}


def decode_authorization_message(_: ApiCall) -> Result:
    """DecodeAuthorizationMessage: none of the services here encodes any."""
    raise AwsError("InvalidAuthorizationMessageException", "Message is not valid")


def _long_term_duration(call: ApiCall) -> int:
    """Return for how long, in seconds: 12 hours, of root an hour at most."""
    if call.caller.kind is Kind.ROOT:
        return min(call.number("DurationSeconds", _HOUR), _HOUR)
    return call.number("DurationSeconds", 12 * _HOUR)


def _require_long_term(call: ApiCall) -> None:
    if call.caller.session is not None:
        raise AwsError("AccessDenied", cannot_with_session(call.operation))
