"""Temporary credentials: what a session is given, and how it is remembered.

Source: STS API Reference, AssumeRole, GetFederationToken; IAM User Guide, "Session policies".
"""

from __future__ import annotations

import base64
import secrets
import zlib
from itertools import islice

from rolelab.iam import arns
from rolelab.iam.grammar import PolicyUse
from rolelab.iam.quotas import SESSION_POLICIES, SESSION_POLICY_SIZE
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Keys, tags_as_keys
from rolelab.localaws.accounts.records import PassedPolicies, SessionRecord, TagRecord
from rolelab.localaws.operations import policy_lookup
from rolelab.localaws.operations.api_call import (
    ApiCall,
    Result,
    access_key_id,
    secret_access_key,
)
from rolelab.localaws.operations.requirements import require_grammar

_KEPT_S = 24 * 3600
"""How long an ended session is remembered: its key is told to be expired, and not unknown."""
_PACKED_SPACE = 455
"""Characters of tags, or bytes of packed policies."""


def tags(call: ApiCall) -> tuple[list[TagRecord], list[str]]:
    """Return the tags that a call gives the session, and which of them are transitive.

    Raises:
        AwsError: InvalidParameterValue.
    """
    given, transitive = call.tags(), call.texts("TransitiveTagKeys")
    keys = {tag["Key"].lower() for tag in given}
    if len(keys) < len(given):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    elif any(key.startswith("aws:") for key in keys):
        message = "Tag keys that start with aws: are reserved for system use."
    elif {key.lower() for key in transitive} - keys:
        message = "The specified transitive tag key must be included in the requested tags."
    else:
        return given, transitive
    raise AwsError("InvalidParameterValue", message)


def tag_keys(tags: list[TagRecord]) -> Keys:
    """Return the condition keys of the tags that a request gives."""
    keys = tags_as_keys(tags, "aws:requesttag/")
    if tags:
        keys["aws:tagkeys"] = [tag["Key"] for tag in tags]
    return keys


def policies(call: ApiCall, account: str) -> PassedPolicies | None:
    """Return the session policies that a call gives, checked.

    Raises:
        AwsError: MalformedPolicyDocument, ValidationError.
    """
    document = call.text("Policy")
    listed = call.structures("PolicyArns")
    policy_arns = [str(policy["arn"]) for policy in listed if "arn" in policy]
    if len(policy_arns) > SESSION_POLICIES:
        raise _too_long("policyArns", SESSION_POLICIES)
    if len(document) + sum(map(len, policy_arns)) > SESSION_POLICY_SIZE:
        raise _too_long("policy", SESSION_POLICY_SIZE)
    if document:
        require_grammar(document, PolicyUse.SESSION)
    missing = [arn for arn in policy_arns if call.store.managed_policy(account, arn) is None]
    if missing:
        message = (
            "At least one Policy ARN in the PolicyArns parameter does not match "
            "an existing IAM Managed Policy ARN."
        )
        lacking = [policy_lookup.lacking(call, arn) for arn in missing if arns.is_aws_policy(arn)]
        raise AwsError("ValidationError", " ".join([message, *lacking[:1]]))
    if not document and not policy_arns:
        return None
    return {"Policy": document or None, "PolicyArns": policy_arns}


def _too_long(member: str, most: int) -> AwsError:
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}",
    )


def packed_size(passed: PassedPolicies | None, tags: list[TagRecord]) -> int:
    """Return how full the space is that session policies and tags share, in per cent.

    AWS does not tell how it packs. Nine tags of 250 equal letters take 498 %, so tags are not made
    smaller; policies of 736 and 1,690 characters take 82 and 157 %, so policies are.

    Raises:
        AwsError: PackedPolicyTooLarge.
    """
    of_tags = sum(len(tag["Key"]) + len(tag["Value"]) for tag in tags)
    text = "".join([passed["Policy"] or "", *passed["PolicyArns"]]) if passed else ""
    of_policies = len(zlib.compress(text.encode())) if text else 0
    percent = round((of_tags + of_policies) * 100 / _PACKED_SPACE)
    if percent <= 100:
        return percent
    space = f"{percent}% of allotted space"
    if text:
        message = f"Packed policy consumes {space}, please use smaller policy."
    else:
        message = f"Packed size of session tags consumes {space}."
    raise AwsError("PackedPolicyTooLarge", message)


def issue(call: ApiCall, duration: int, session: SessionRecord) -> Result:
    """Make temporary credentials for a session, remember it, and return them as the API does."""
    session["SourceAccessKeyId"] = call.caller.access_key_id
    session["SourcePrincipalArn"] = call.caller.arn
    return issue_to_nobody(call.store.sessions, duration, session)


def issue_to_nobody(
    sessions: dict[str, SessionRecord], duration: int, session: SessionRecord
) -> dict[str, str]:
    """Make temporary credentials for a session that no credentials asked for: a sign-in's."""
    now = clock.now()
    secret, token = secret_access_key(), base64.b64encode(secrets.token_bytes(120)).decode()
    session["SecretAccessKey"], session["SessionToken"] = secret, token
    session["IssuedAt"], session["Expiration"] = now, now + duration
    key_id = access_key_id("ASIA")
    sessions[key_id] = session
    _forget_old(sessions, now)
    return {
        "AccessKeyId": key_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": clock.iso(now + duration),
    }


def _forget_old(sessions: dict[str, SessionRecord], now: float) -> None:
    """Forget the oldest that ended long ago; two at each new one keep the store from growing."""
    for key_id in list(islice(sessions, 2)):
        if sessions[key_id].get("Expiration", 0.0) + _KEPT_S < now:
            del sessions[key_id]
