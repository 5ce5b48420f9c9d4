"""IAM's grammar of policy documents: what AWS refuses to store, where, in AWS's words if known.

There are three grammars, with words of their own: `identity` for what is attached to users, groups,
roles and sessions, `trust` for trust policies, and S3's `bucket`, which is asked by itself.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements
reference", "IAM and AWS STS quotas".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.limits import policy_size
from rolelab.iam.documents import PolicyError, RepeatedElement, decode
from rolelab.iam.grammar import identity, trust
from rolelab.iam.grammar.model import INVALID_JSON, LEGACY, SYNTAX, GrammarFault, PolicyUse

__all__ = ["GrammarFault", "PolicyUse", "faults", "malformed"]


def faults(document: object, use: PolicyUse) -> tuple[GrammarFault, ...]:
    """Return the faults of a document (mapping or JSON text), in the order in which AWS looks."""
    if isinstance(document, str) and not document.lstrip().startswith("{"):
        return (GrammarFault("document", _not_json(use)),)
    try:
        raw = decode(document)
    except RepeatedElement:
        return (GrammarFault("document", SYNTAX),)
    except PolicyError:
        return (GrammarFault("document", _not_json(use)),)
    if isinstance(document, str) and document[:1] != "{":
        return (*_before_white_space(raw, use), GrammarFault("document", _white_space(use)))
    of_grammar = trust.faults(raw) if use is PolicyUse.TRUST else identity.faults(raw, use)
    return (*of_grammar, *_size(document if isinstance(document, str) else raw, use))


def malformed(document: str, use: PolicyUse) -> str:
    """Return AWS's message for the first fault of grammar; empty where there is none."""
    for fault in faults(document, use):
        if fault.code == "MalformedPolicyDocument":
            return fault.what
    return ""


def _before_white_space(raw: Mapping[str, object], use: PolicyUse) -> Iterator[GrammarFault]:
    """Yield what is told before the white space that a document must not begin with."""
    if use is not PolicyUse.TRUST:
        yield from identity.first_faults(raw, use)


def _white_space(use: PolicyUse) -> str:
    return "JSON strings must not have leading spaces" if use is PolicyUse.TRUST else LEGACY


def _not_json(use: PolicyUse) -> str:
    return INVALID_JSON if use in (PolicyUse.TRUST, PolicyUse.SESSION) else SYNTAX


def _size(document: Mapping[str, object] | str, use: PolicyUse) -> Iterator[GrammarFault]:
    size = policy_size(document)
    if use.limit is not None and size > use.limit:
        what = f"has {size} characters without white space, at most {use.limit} are allowed"
        code = "PackedPolicyTooLarge" if use is PolicyUse.SESSION else "LimitExceeded"
        yield GrammarFault("document", what, code)
