"""Parts of AssumeRole: what is asked of both halves, and what the new session inherits.

Source: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with
assumed roles", "IAM and AWS STS condition context keys"; STS API Reference, AssumeRole.
"""

from __future__ import annotations

from rolelab.iam import Layer, Policies, arns, decide
from rolelab.iam.arns import Arn
from rolelab.iam.messages import sentence_of
from rolelab.localaws.accounts import trust
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind, tags_as_keys
from rolelab.localaws.accounts.enforcement import authorize, require_allowed, unexplained
from rolelab.localaws.accounts.records import RoleRecord, TagRecord
from rolelab.localaws.operations import sessions
from rolelab.localaws.operations.api_call import ApiCall

_HOUR = 3600


def role_named(call: ApiCall) -> RoleRecord | None:
    """Return the role that the call names; None if it does not exist, or is a user or a session.

    Raises:
        AwsError: ValidationError, for what is not an ARN.
    """
    text = call.text("RoleArn")
    arn = Arn.read(text)
    if arn is None or not (arn.partition and arn.service and arn.resource):
        raise AwsError("ValidationError", f"{text} is invalid")
    role = call.store.roles.get(arn.account, arn.name) if arn.kind == "role" else None
    return role if role is not None and role["Arn"] == text else None


def refused(call: ApiCall) -> AwsError:
    """Return the refusal of a call that no policy is asked about, for want of the role."""
    arn = call.text("RoleArn")
    request = call.asking("sts:AssumeRole", arn, arns.account_of(arn))
    return AwsError("AccessDenied", sentence_of(decide(request, Policies())))


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
        sentence = unexplained(call.caller, "sts:SetSourceIdentity", call.text("RoleArn"))
        reason = "because the source identity of a session cannot be changed"
        raise AwsError("AccessDenied", f"{sentence} {reason}")
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
    request = call.asking("sts:AssumeRole", role["Arn"], arns.account_of(role["Arn"]))
    trusted = trust.document_of(call.store, role)
    require_allowed(authorize(call.store, call.caller, request, Layer.TRUST, trusted))


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
