"""Parts of AssumeRole: what is asked of both halves, and what the new session inherits.

Source: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with
assumed roles", "IAM and AWS STS condition context keys"; STS API Reference, AssumeRole.
"""

from __future__ import annotations

import re

from rolelab.iam import arns
from rolelab.iam.names import CHARACTERS
from rolelab.localaws import authorization, trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind, tags_as_keys
from rolelab.localaws.accounts.records import RoleRecord, TagRecord
from rolelab.localaws.authorization import Cause, ResourcePolicy, authorize
from rolelab.localaws.operations import sessions
from rolelab.localaws.operations.api_call import ApiCall
from rolelab.localaws.statements import Request, parsed

_ROLE = re.compile(rf"arn:[a-z-]+:iam::([0-9]{{12}}):role/(?:.*/)?({CHARACTERS}{{1,64}})")
_HOUR = 3600


def role_named(arn: str) -> tuple[str, str]:
    """Return account and name of the role that an ARN names.

    Raises:
        AwsError: ValidationError, for what is not the ARN of a role.
    """
    match = _ROLE.fullmatch(arn)
    if not match:
        raise AwsError("ValidationError", f"{arn} is invalid")
    return match[1], match[2]


def inherited_tags(call: ApiCall, tags: list[TagRecord]) -> list[TagRecord]:
    """Return the tags that the calling session passes on to the sessions made from it.

    Raises:
        AwsError: InvalidParameterValue, where the call sets one of them.
    """
    session = call.caller.session
    if session is None:
        return []
    keys = {key.lower() for key in session.get("TransitiveTagKeys") or ()}
    inherited = [tag for tag in session.get("SessionTags") or () if tag["Key"].lower() in keys]
    if {tag["Key"].lower() for tag in tags} & {tag["Key"].lower() for tag in inherited}:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with "
            "a transitive tag key from the calling session.",
        )
    return inherited


def source_identity(call: ApiCall) -> str | None:
    """Return the new session's source identity: once set, it stays through a chain of roles.

    Raises:
        AwsError: AccessDenied, for another one.
    """
    session = call.caller.session
    before = session.get("SourceIdentity") if session else None
    given = call.text("SourceIdentity") or None
    if before and given and given != before:
        unexplained = authorization.unexplained(
            call.caller.arn, "sts:SetSourceIdentity", call.text("RoleArn")
        )
        raise AwsError(
            "AccessDenied",
            f"{unexplained} because the source identity of a session cannot be changed",
        )
    return given or before


def require(
    call: ApiCall,
    role: RoleRecord,
    tags: list[TagRecord],
    transitive: list[str],
    identity: str | None,
    *,
    with_mfa: bool,
) -> None:
    """Refuse what one half does not allow, for each action that the call stands for.

    Raises:
        AwsError: AccessDenied.
    """
    _set_keys(call, role, tags, transitive, identity, with_mfa=with_mfa)
    policy = ResourcePolicy(
        parsed(trust.document_of(call.store, role)),
        owner=arns.account_of(role["Arn"]),
        cause=Cause.TRUST,
    )
    actions = {
        "sts:AssumeRole": True,
        "sts:TagSession": bool(tags),
        "sts:SetSourceIdentity": identity is not None,
    }
    for action in (action for action, asked in actions.items() if asked):
        request = Request(action, role["Arn"], call.keys)
        refusal = authorize(call.store, call.caller, request, policy)
        if refusal:
            raise AwsError("AccessDenied", refusal.message)


def _set_keys(
    call: ApiCall,
    role: RoleRecord,
    tags: list[TagRecord],
    transitive: list[str],
    identity: str | None,
    *,
    with_mfa: bool,
) -> None:
    keys = call.request_keys
    keys["sts:rolesessionname"] = call.text("RoleSessionName")
    if "ExternalId" in call.params:
        keys["sts:externalid"] = call.text("ExternalId")
    if identity:
        keys["sts:sourceidentity"] = identity
    if transitive:
        keys["sts:transitivetagkeys"] = transitive
    keys["aws:resourceaccount"] = arns.account_of(role["Arn"])
    keys |= sessions.tag_keys(tags)
    keys |= tags_as_keys(role.get("Tags"), "aws:resourcetag/")
    keys |= tags_as_keys(role.get("Tags"), "iam:resourcetag/")
    if with_mfa:
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}


def duration(call: ApiCall, role: RoleRecord) -> int:
    """Return for how many seconds the session is to last.

    Raises:
        AwsError: ValidationError, beyond the role's maximum, or an hour where a session asks.
    """
    seconds = call.number("DurationSeconds", _HOUR)
    if call.caller.kind is Kind.ROLE_SESSION and seconds > _HOUR:
        message = (
            "The requested DurationSeconds exceeds the 1 hour session limit "
            "for roles assumed by role chaining"
        )
        raise AwsError("ValidationError", message)
    if seconds > role.get("MaxSessionDuration", _HOUR):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return seconds
