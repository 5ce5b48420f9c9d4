"""AWS's AccessDenied sentences: read, written, and held against a decision.

How much a sentence tells depends on the service. IAM names the kind of policy. S3 does so too, to
callers of the bucket's account only, with the ARN in quotes; to all others it says `Access Denied`.
What its Block Public Access prevents is refused in the same form, whatever policies say.
STS tells of an explicit deny, and gives no reason where nothing allows.

Source: IAM User Guide, "Troubleshoot access denied error messages"; Amazon S3 User Guide,
"Troubleshoot access denied (403 Forbidden) errors in Amazon S3"; AWS Security Blog, "Enhanced
access denied error messages with policy ARNs" (2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from rolelab.iam.decision import Decision
from rolelab.iam.layers import DOCUMENT_LAYERS, Layer
from rolelab.iam.principals import CredentialState, PrincipalKind
from rolelab.iam.request import Request

_S3, _STS = "s3", "sts"
_BY_NAME = {layer.value.lower(): layer for layer in DOCUMENT_LAYERS}
_KIND = "|".join(map(re.escape, _BY_NAME))
_DENYING = {
    Layer.IDENTITY: "an identity-based policy",
    Layer.TRUST: "the role trust policy",
    Layer.SESSION: "a sessions policy",
}
"""How a sentence names what denies explicitly, where that is not `a` and the layer's name."""

PREVENTED = {"BlockPublicPolicy": "policies", "BlockPublicAcls": "ACLs"}
"""Setting of S3's Block Public Access -> what of a public kind it prevents."""

_SENTENCE = re.compile(
    r"User: (?P<principal>\S*) is not authorized to perform: (?P<action>[\w-]+:[\w*]+)"
    # S3 puts the ARN in quotes; IAM may put a word before a name: `role s3Access`.
    r"(?: on resource: (?P<resource>\".*\"|(?:[a-z]+ ){0,2}\S+?))?"
    r"(?:"
    rf",? because no (?P<implicit>{_KIND}) allows the (?P<named>[\w-]+:[\w*]+) action"
    rf"|,? with an explicit deny in (?:an?|the) (?P<explicit>sessions policy|{_KIND})"
    r"(?:: ?(?P<arn>arn:\S+))?"
    r"|,? because public \w+ are prevented by the (?P<setting>\w+) setting"
    r" in S3 Block Public Access"
    r")?\.?\s*\Z",
    re.IGNORECASE | re.DOTALL,
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
    prevented_by: str = ""
    """The setting of S3's Block Public Access that refuses it, whatever policies say."""


class Agreement(Enum):
    """How a sentence goes with a decision."""

    AGREES = "agrees"
    SILENT = "gives no reason"
    DIFFERS = "differs"
    NOT_UNDERSTOOD = "not understood"


def parse(sentence: str) -> Refusal | None:
    """Read a sentence, also as the AWS CLI and boto3 wrap it; None if it is not one of AWS's."""
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
    parts = _SENTENCE.match(text)
    if not parts:
        return None
    implicit, explicit = parts["implicit"], parts["explicit"]
    kind = (implicit or explicit or "").lower().replace("sessions policy", "session policy")
    return Refusal(
        principal=parts["principal"],
        action=parts["action"],
        resource=(parts["resource"] or "").removeprefix('"').removesuffix('"'),
        layer=_BY_NAME.get(kind),
        is_explicit=bool(explicit),
        policy_arn=(parts["arn"] or "").rstrip("."),
        prevented_by=parts["setting"] if parts["setting"] in PREVENTED else "",
    )


def render(refusal: Refusal) -> str:
    """Write a sentence as AWS does; `Access Denied` when nothing is known."""
    if not refusal.action:
        return "Access Denied"
    layer = refusal.layer
    if layer is Layer.CREDENTIALS:
        name = refusal.action.partition(":")[2]
        return _ROOT if name == "AssumeRole" else cannot_with_session(name)
    words = f"User: {refusal.principal} is not authorized to perform: {refusal.action}"
    words += _on_resource(refusal)
    if refusal.prevented_by:
        what, setting = PREVENTED[refusal.prevented_by], refusal.prevented_by
        why = f"because public {what} are prevented by the {setting} setting"
        return f"{words} {why} in S3 Block Public Access."
    if layer is None:
        return words
    if not refusal.is_explicit:
        return f"{words} because no {layer.value} allows the {refusal.action} action"
    arn = f": {refusal.policy_arn}" if refusal.policy_arn else ""
    return f"{words} with an explicit deny in {_DENYING.get(layer) or f'a {layer.value}'}{arn}"


def _on_resource(refusal: Refusal) -> str:
    if not refusal.resource:
        return ""
    quote = '"' if _service(refusal.action) == _S3 else ""
    return f" on resource: {quote}{refusal.resource}{quote}"


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def cannot_with_session(operation: str) -> str:
    """Return the sentence of an operation of STS that takes long-term credentials only."""
    return f"Cannot call {operation} with session credentials"


def refusal_of(decision: Decision) -> Refusal:
    """Return what AWS tells of a refusal, which may be without a reason."""
    request, layer = decision.request, decision.layer
    service = _service(decision.action)
    if service == _S3 and request.principal.account != request.account:
        return Refusal()
    if layer is Layer.CREDENTIALS and _has_words(request):
        return Refusal(action=request.action, layer=Layer.CREDENTIALS)
    if request.principal.credential is CredentialState.ORPHANED:
        # Sessions outlive their role; what is gone has no policy that allows anything.
        layer = Layer.IDENTITY
    has_reason = layer in DOCUMENT_LAYERS and (service != _STS or decision.is_explicit)
    on = decision.asked.resource
    return Refusal(
        principal=request.principal.arn,
        action=decision.action,
        # Of a list of all buckets S3 names no resource.
        resource="" if service == _S3 and on == "*" else on,
        layer=layer if has_reason else None,
        is_explicit=decision.is_explicit,
        policy_arn=decision.place.policy.arn if decision.is_explicit and decision.place else "",
    )


def sentence_of(decision: Decision) -> str:
    """Return AWS's message for a request that was refused."""
    return render(refusal_of(decision))


def _has_words(request: Request) -> bool:
    """Whether AWS has a sentence of its own for these credentials and this call."""
    if request.principal.credential is not CredentialState.ACTIVE:
        return False
    if request.action == "sts:AssumeRole":
        return request.principal.kind is PrincipalKind.ROOT
    is_token = request.action in ("sts:GetSessionToken", "sts:GetFederationToken")
    return is_token and request.principal.temporary


def agreement(sentence: str, decision: Decision) -> Agreement:
    """Return whether AWS's sentence and a decision tell of the same refusal."""
    said = parse(sentence)
    if said is None:
        return Agreement.NOT_UNDERSTOOD
    if decision.allowed:
        return Agreement.DIFFERS
    if (
        said.action
        and decision.action
        and said.action.lower() not in (decision.action.lower(), decision.request.action.lower())
    ):
        return Agreement.DIFFERS
    if said.layer is None:
        return Agreement.SILENT
    # AWS names one kind of policy even when several refuse.
    agrees = said.layer in decision.refusing and said.is_explicit is decision.is_explicit
    return Agreement.AGREES if agrees else Agreement.DIFFERS
