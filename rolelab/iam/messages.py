"""AWS's AccessDenied sentences: read, written, and held against a decision.

Source: IAM User Guide, "Troubleshoot access denied error messages"; AWS Security Blog, "Enhanced access denied error
messages with policy ARNs" (2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from rolelab.iam.evaluate import Decision
from rolelab.iam.model import Layer
from rolelab.iam.request import CredentialState, PrincipalKind, Request

_KINDS = {
    "identity-based policy": Layer.IDENTITY,
    "resource-based policy": Layer.RESOURCE,
    "role trust policy": Layer.TRUST,
    "permissions boundary": Layer.BOUNDARY,
    "session policy": Layer.SESSION,
    "service control policy": Layer.SERVICE_CONTROL,
    "resource control policy": Layer.RESOURCE_CONTROL,
    "VPC endpoint policy": Layer.VPC_ENDPOINT,
}
_NAMES = {layer: name for name, layer in _KINDS.items()}
_KIND = "|".join(re.escape(kind) for kind in _KINDS)

_SENTENCE = re.compile(
    r"User: (?P<principal>\S*) is not authorized to perform: (?P<action>[\w-]+:[\w*]+)"
    r"(?: on resource: (?P<resource>\"[^\"]*\"|\S+?))?"
    r"(?:"
    rf",? because no (?P<implicit>{_KIND}) allows the (?P<named>[\w-]+:[\w*]+) action"
    # AWS writes "a sessions policy", and of a trust "the role trust policy".
    r"|,? with an explicit deny in (?:an?|the) (?P<explicit>sessions policy|"
    + _KIND
    + r")(?:: ?(?P<arn>arn:\S+))?"
    r")?\.?\s*\Z",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the \w+ operation[^:]*: (?P<text>.*)\Z",
    re.DOTALL,
)
_ROOT = "Roles may not be assumed by root accounts."
_WITH_SESSION = re.compile(
    r"Cannot call (GetSessionToken|GetFederationToken) with session credentials\.?\s*\Z"
)
_BARE = re.compile(r"access ?denied\.?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What AWS's sentence says; fields it leaves out are empty or None."""

    principal: str = ""
    action: str = ""
    resource: str = ""
    layer: Layer | None = None
    is_explicit: bool = False
    policy_arn: str = ""


class Agreement(Enum):
    """How a sentence goes with a decision."""

    AGREES = "agrees"
    SILENT = "gives no reason"
    DIFFERS = "differs"
    NOT_UNDERSTOOD = "not understood"


def parse(sentence: str) -> Refusal | None:
    """Read a sentence, alone or as the AWS CLI and boto3 wrap it; None when it is none of AWS's forms."""
    text = sentence.strip()
    wrapped = _WRAPPED.search(text)
    if wrapped:
        text = wrapped.group("text").strip()
    if _BARE.match(text):
        return Refusal()
    if text.rstrip(".") == _ROOT.rstrip("."):
        return Refusal(action="sts:AssumeRole", layer=Layer.CREDENTIALS)
    with_session = _WITH_SESSION.match(text)
    if with_session:
        return Refusal(action=f"sts:{with_session.group(1)}", layer=Layer.CREDENTIALS)
    found = _SENTENCE.match(text)
    if not found:
        return None
    implicit, explicit = found.group("implicit"), found.group("explicit")
    kind = (implicit or explicit or "").lower().replace("sessions policy", "session policy")
    layer = next((layer for name, layer in _KINDS.items() if name.lower() == kind), None)
    resource = (found.group("resource") or "").strip('"')
    arn = (found.group("arn") or "").rstrip(".")
    return Refusal(
        found.group("principal"), found.group("action"), resource, layer, bool(explicit), arn
    )


def render(refusal: Refusal) -> str:
    """Write a sentence as AWS does; `Access Denied` when nothing is known."""
    if not refusal.action:
        return "Access Denied"
    if refusal.layer is Layer.CREDENTIALS:
        name = refusal.action.partition(":")[2]
        return _ROOT if name == "AssumeRole" else f"Cannot call {name} with session credentials"
    words = f"User: {refusal.principal} is not authorized to perform: {refusal.action}"
    words += f" on resource: {refusal.resource}" if refusal.resource else ""
    if refusal.layer is None or refusal.layer not in _NAMES:
        return words
    if not refusal.is_explicit:
        return f"{words} because no {_NAMES[refusal.layer]} allows the {refusal.action} action"
    name = {Layer.TRUST: "the role trust policy", Layer.SESSION: "a sessions policy"}.get(
        refusal.layer
    )
    if name is None:
        article = "an" if refusal.layer is Layer.IDENTITY else "a"
        name = f"{article} {_NAMES[refusal.layer]}"
    return f"{words} with an explicit deny in {name}" + (
        f": {refusal.policy_arn}" if refusal.policy_arn else ""
    )


def refusal_of(decision: Decision) -> Refusal:
    """Return what AWS would say of a refusal; of a missing role it gives no reason."""
    request = decision.request
    if decision.layer is Layer.CREDENTIALS and _has_words(request):
        return Refusal(action=request.action, layer=Layer.CREDENTIALS)
    layer = decision.layer if decision.layer in _NAMES else None
    arn = ""
    if decision.is_explicit and decision.place is not None:
        named = (
            policy
            for policy in decision.policies.at(decision.layer)
            if policy.name == decision.place.policy
        )
        arn = next((policy.arn for policy in named), "")
    resource = request.resource if request.resource != "*" else ""
    return Refusal(
        request.principal.arn, decision.action, resource, layer, decision.is_explicit, arn
    )


def _has_words(request: Request) -> bool:
    """Whether AWS has a sentence of its own for these credentials and this call."""
    if request.principal.credential is not CredentialState.ACTIVE:
        return False
    if request.action == "sts:AssumeRole":
        return request.principal.kind is PrincipalKind.ROOT
    is_token = request.action in ("sts:GetSessionToken", "sts:GetFederationToken")
    return is_token and request.principal.temporary


def agreement(sentence: str, decision: Decision) -> Agreement:
    """Say whether AWS's sentence and a decision tell of the same refusal."""
    said = parse(sentence)
    if said is None:
        return Agreement.NOT_UNDERSTOOD
    if decision.allowed:
        return Agreement.DIFFERS
    if (
        said.action
        and decision.action
        and said.action.lower()
        not in (
            decision.action.lower(),
            decision.request.action.lower(),
        )
    ):
        return Agreement.DIFFERS
    if said.layer is None:
        return Agreement.SILENT
    # AWS names one kind of policy even when several refuse.
    agrees = said.layer in decision.refusing and said.is_explicit is decision.is_explicit
    return Agreement.AGREES if agrees else Agreement.DIFFERS
