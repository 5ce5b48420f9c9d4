"""What credentials can do whatever policies allow, and which further actions a call stands for.

Source: AWS STS API Reference, AssumeRole, GetSessionToken, GetFederationToken, GetCallerIdentity;
IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed
roles"; Amazon S3 API Reference, GetObject (404 only for whoever is allowed to list).
"""

from __future__ import annotations

from dataclasses import replace

from rolelab.iam.principals import CredentialState, PrincipalKind
from rolelab.iam.request import Request

ASSUME_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
ASSUMES = frozenset(action.lower() for action in ASSUME_ACTIONS)
_MAY_NEED_MORE = ASSUMES | {"sts:getfederationtoken", "s3:getobject"}
_STS_FOR_TOKENS = frozenset(
    {"sts:assumerole", "sts:getcalleridentity", "sts:tagsession", "sts:setsourceidentity"}
)
_LONG_TERM_ONLY = ("sts:getsessiontoken", "sts:getfederationtoken")
_BUCKET_POLICY_ACTIONS = frozenset(
    {"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"}
)
_USER_OR_ROOT = (PrincipalKind.USER, PrincipalKind.ROOT)


def further_requests(request: Request) -> tuple[Request, ...]:
    """Return what else a call needs: `sts:TagSession`, `sts:SetSourceIdentity`, s3:ListBucket."""
    action = request.action.lower()
    if action not in _MAY_NEED_MORE:
        return ()
    keys = {key.lower() for key in request.context}
    has_tags = "aws:tagkeys" in keys or any(key.startswith("aws:requesttag/") for key in keys)
    further: list[Request] = []
    if action in ASSUMES:
        if has_tags or "sts:transitivetagkeys" in keys:
            further.append(replace(request, action="sts:TagSession"))
        if "sts:sourceidentity" in keys or request.principal.source_identity:
            further.append(replace(request, action="sts:SetSourceIdentity"))
    elif action == "sts:getfederationtoken" and "aws:tagkeys" in keys:
        further.append(replace(request, action="sts:TagSession"))
    elif action == "s3:getobject" and not request.object_exists:
        bucket = request.resource.split("/", 1)[0]
        further.append(replace(request, action="s3:ListBucket", resource=bucket))
    return tuple(further)


def needs_no_policy(request: Request) -> str:
    """Return why everybody with such credentials is allowed it; empty where policies decide."""
    action = request.action.lower()
    if action == "sts:getcalleridentity":
        return "everybody may ask who they are, even against an explicit deny"
    is_long_term = request.principal.kind in _USER_OR_ROOT and not request.principal.temporary
    if action == "sts:getsessiontoken" and is_long_term:
        return "a user needs no permission for GetSessionToken, and no policy can refuse it"
    return ""


def is_rescue(request: Request) -> bool:
    """Return whether a bucket's own policy cannot refuse it: to its owner's root, to change that.

    Source: Amazon S3 API Reference, GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy ("the root
    principal in a bucket owner's AWS account can perform …, even if the bucket policy explicitly
    denies the root principal's access").
    """
    is_owner = request.principal.kind is PrincipalKind.ROOT and not request.is_cross_account
    return is_owner and request.action.lower() in _BUCKET_POLICY_ACTIONS


def cannot(request: Request) -> str:
    """Return why the credentials cannot do it at all; empty where policies decide."""
    principal, action = request.principal, request.action.lower()
    kind = principal.kind
    if kind is PrincipalKind.ROOT and action == "sts:assumerole":
        return "an account's root user cannot assume a role"
    if action == "sts:assumerole" and _changes_source_identity(request):
        identity = principal.source_identity
        return f"the session's source identity is {identity}, and cannot be changed"
    if kind is PrincipalKind.FEDERATED and action.startswith(("iam:", "sts:")):
        return (
            "credentials of GetFederationToken cannot call IAM, and of STS GetCallerIdentity only"
        )
    if kind in _USER_OR_ROOT and principal.temporary and not principal.is_console:
        if action.startswith("iam:") and not principal.mfa:
            return "credentials of GetSessionToken can call IAM only if they were made with MFA"
        if action.startswith("sts:") and action not in _STS_FOR_TOKENS:
            calls = "AssumeRole and GetCallerIdentity of STS only"
            return f"credentials of GetSessionToken can call {calls}"
    if action in _LONG_TERM_ONLY and kind is PrincipalKind.ROLE_SESSION:
        name = request.action.partition(":")[2]
        return f"{name} takes the long-term credentials of a user, not a session's"
    return ""


def no_longer_count(request: Request) -> str:
    """Return why credentials are taken for nobody's; empty where they count."""
    state = request.principal.credential
    return "" if state is CredentialState.ACTIVE else f"the credentials are {state.value}"


def _changes_source_identity(request: Request) -> bool:
    before = request.principal.source_identity
    if not before:
        return False
    sent = [value for key, value in request.context.items() if key.lower() == "sts:sourceidentity"]
    return bool(sent) and sent[0] != before
