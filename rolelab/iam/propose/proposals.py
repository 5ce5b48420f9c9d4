"""The smallest change that puts a decision right, tried on the evaluator before it is proposed.

Candidates are made for the layer that decides, near misses first; each is evaluated, and what it
changes beside the request is measured on probes (other actions, resources, callers, parameters).
The one that changes least is proposed. Nothing is proposed that would need `*`, or a policy that
AWS owns to be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rolelab.iam.credentials import further_requests
from rolelab.iam.decision import Decision, decide
from rolelab.iam.documents import Condition
from rolelab.iam.language.operators import NULL, used
from rolelab.iam.language.patterns import fill_text, has_wildcard
from rolelab.iam.layers import DOCUMENT_LAYERS, Layer, Policies
from rolelab.iam.principals import PrincipalKind
from rolelab.iam.propose import closing, opening
from rolelab.iam.propose.changes import Change, between
from rolelab.iam.propose.opening import Candidate
from rolelab.iam.propose.probes import newly_allowed
from rolelab.iam.request import Context, Lack, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change that was tried: with it the decision is as wanted."""

    what: str
    """What to do, a sentence for each step."""
    changes: tuple[Change, ...] = ()
    """Documents to change; empty when it is the request that is to be another."""
    request: Request | None = field(default=None, repr=False)
    """The changed request, where no policy is wrong but the call is."""
    policies: Policies = field(repr=False)
    """All policies after the change."""
    widens: tuple[str, ...] = ()
    """What else is allowed afterwards that was refused before, of what was probed."""

    def diff(self) -> str:
        """Return the unified diffs of all changed documents."""
        return "\n".join(change.diff() for change in self.changes)


_STEPS = 6
"""Refusals in a row that a proposal puts right: both halves, both limits, an organization's."""


def propose(
    decision: Decision,
    *,
    want_allowed: bool = True,
    declared: Policies | None = None,
    keep: Sequence[Request] = (),
) -> tuple[Proposal, ...]:
    """Return what puts a decision right, best first; nothing where it is right or nothing would.

    `declared`: the policies as they should be; where going back to them suffices, that is proposed
    first. Then come changes of the call (no `changes`), then of the policies. `keep`: requests that
    have to stay allowed when access is taken away.
    """
    if decision.allowed is None or decision.allowed is want_allowed:
        return ()
    proposals: list[Proposal] = []
    if declared is not None:
        proposals += _restored(decision, declared, want_allowed)
    if want_allowed:
        proposals += _other_request(decision)
        proposals += _opened(decision)
    else:
        proposals += _closed(decision, keep)
    return tuple(proposals)


# Going back to what was declared


def _restored(decision: Decision, declared: Policies, want_allowed: bool) -> list[Proposal]:
    policies = decision.policies
    # What refuses first, then the rest: only as much is put back as is needed.
    for layer in dict.fromkeys((decision.layer, *decision.refusing, *DOCUMENT_LAYERS)):
        if (
            layer in DOCUMENT_LAYERS
            and decide(decision.request, policies).allowed is not want_allowed
        ):
            policies = policies.put(layer, declared.by_layer.get(layer))
    changes = between(decision.policies, policies)
    if not changes or decide(decision.request, policies).allowed is not want_allowed:
        return []
    what = f"Put back what was declared: {' and '.join(change.where for change in changes)}."
    return [Proposal(what=what, changes=changes, policies=policies)]


# Another call: the policy is right to ask for something that was not sent


_PARAMETERS = {
    "sts:externalid": "Send the external id {value} (ExternalId).",
    "sts:rolesessionname": "Name the session {value} (RoleSessionName).",
    "sts:sourceidentity": "Send the source identity {value} (SourceIdentity).",
    "aws:securetransport": "Call by HTTPS.",
}


def _other_request(decision: Decision) -> Iterator[Proposal]:
    request, policies = decision.request, decision.policies
    for conditions, is_deny in _asking(decision):
        changed, what = _sending(request, conditions, is_deny=is_deny)
        if what and decide(changed, policies).allowed:
            yield Proposal(what=what, request=changed, policies=policies)
            return
    if request.principal.issued is not None and request.now is not None:
        renewed = replace(
            request, principal=replace(request.principal, issued=request.now + timedelta(seconds=1))
        )
        if decide(renewed, policies).allowed:
            what = "Get new credentials: those from before the change stay refused."
            yield Proposal(what=what, request=renewed, policies=policies)


def _asking(decision: Decision) -> Iterator[tuple[list[Condition], bool]]:
    """Yield the conditions that alone are in the way: of the deny that hits, or a near miss."""
    if decision.is_explicit and decision.place is not None:
        yield list(decision.place.statement.conditions), True
    for near in decision.near:
        conditions = [
            mismatch.condition for mismatch in near.mismatches if mismatch.condition is not None
        ]
        if len(conditions) == len(near.mismatches):
            yield conditions, False


def _sending(
    request: Request, conditions: Iterable[Condition], *, is_deny: bool
) -> tuple[Request, str]:
    """Return the request with what conditions ask for, and words; none if nothing can be sent."""
    said: list[str] = []
    for condition in conditions:
        key, use = condition.key.lower(), used(condition.operator)
        if use is None:
            continue
        if key == "aws:multifactorauthpresent":
            request, words = _with_mfa(request)
            said.append(words)
            continue
        value = _sendable(condition.values, request)
        # What a Deny asks for is the value that its negated operator excepts.
        if not value or use.is_negated is not is_deny or use.operator is NULL:
            continue
        if key in _PARAMETERS or key.startswith("aws:requesttag/"):
            request = replace(request, context=_with(request.context, condition.key, value))
            tag = condition.key.partition("/")[2]
            said.append(
                _PARAMETERS.get(key, f"Pass the session tag {tag}={{value}}.").format(value=value)
            )
    return request, " ".join(dict.fromkeys(said))


def _with_mfa(request: Request) -> tuple[Request, str]:
    if request.action.lower() == "sts:assumerole":
        changed = replace(
            request, context=_with(request.context, "aws:MultiFactorAuthPresent", "true")
        )
        return changed, "Give the code of the MFA device (SerialNumber and TokenCode)."
    if request.principal.kind is PrincipalKind.USER:
        with_token = replace(request.principal, temporary=True, mfa=True, issued=request.now)
        return replace(
            request, principal=with_token
        ), "Use credentials of GetSessionToken made with an MFA code."
    return request, ""


def _with(
    context: Mapping[str, str | Sequence[str]], key: str, value: str
) -> dict[str, str | Sequence[str]]:
    return {name: given for name, given in context.items() if name.lower() != key.lower()} | {
        key: value
    }


def _sendable(values: Sequence[str], request: Request) -> str:
    """Return the first value that can be sent as it stands, variables filled in."""
    context = Context(request)
    for value in values:
        text = fill_text(value, context, variables=True)
        if not isinstance(text, Lack) and text and not has_wildcard(text):
            return text
    return ""


# Policies that refuse, opened as little as possible


def _opened(decision: Decision) -> Iterator[Proposal]:
    """Yield the change that opens least; where it narrows a limit or deny, also its removal."""
    narrowest = _opening(decision)
    if narrowest is not None:
        yield narrowest
    if narrowest is None or decision.is_explicit or decision.layer is Layer.BOUNDARY:
        whole = _opening(decision, whole=True)
        if whole is not None and (narrowest is None or whole.changes != narrowest.changes):
            yield whole


def _opening(decision: Decision, *, whole: bool = False) -> Proposal | None:
    before, said = decision, list[str]()
    for step in range(_STEPS):
        # Only what refuses first is taken away whole; the rest of the way is the narrowest again.
        best = _best_opening(decision, whole=whole and step == 0)
        if best is None:
            return None
        said.append(best.what)
        decision = decide(before.request, best.policies)
        if decision.allowed:
            opened = newly_allowed(before.request, before.policies, decision.policies)
            return Proposal(
                what=" ".join(said),
                changes=between(before.policies, decision.policies),
                policies=decision.policies,
                widens=tuple(each.words for each in opened if not each.is_variant),
            )
    return None


def _best_opening(decision: Decision, *, whole: bool) -> Candidate | None:
    """Return the candidate that gets further and changes least beside the request."""
    ranked: list[tuple[int, int, int, int, Candidate]] = []
    for order, candidate in enumerate(opening.candidates(decision)):
        if whole and not candidate.is_whole:
            continue
        if _gets_further(decision, decide(decision.request, candidate.policies)):
            opened = len(newly_allowed(decision.request, decision.policies, candidate.policies))
            closed = len(newly_allowed(decision.request, candidate.policies, decision.policies))
            size = sum(change.size for change in between(decision.policies, candidate.policies))
            ranked.append((opened, closed, size, order, candidate))
    return min(ranked, key=lambda entry: entry[:4])[4] if ranked else None


def _gets_further(before: Decision, after: Decision) -> bool:
    if after.allowed is not False:
        return after.allowed is True
    if before.is_explicit and after.is_explicit:
        return _stage(after)[0] >= _stage(before)[0] and _deny(after) != _deny(before)
    return _stage(after) > _stage(before)


def _stage(decision: Decision) -> tuple[int, bool, int]:
    """Return how far a refused request gets: its action, explicit denies, layers that refuse."""
    actions = [
        decision.request.action,
        *(further.action for further in further_requests(decision.request)),
    ]
    return actions.index(decision.action), not decision.is_explicit, -len(decision.refusing)


def _deny(decision: Decision) -> tuple[object, ...]:
    # With statement 1 gone the next deny may be statement 1: the count tells them apart.
    count = sum(len(policy.document.statements) for policy in decision.policies.at(decision.layer))
    return *_deciding(decision), count


def _deciding(decision: Decision) -> tuple[object, ...]:
    place = decision.place
    if place is None:
        return (decision.layer,)
    return decision.layer, place.policy.name, place.policy.owner, place.statement


# Policies that allow too much, closed as little as possible


def _closed(decision: Decision, keep: Sequence[Request]) -> list[Proposal]:
    before, said = decision, list[str]()
    kept = [request for request in keep if decide(request, before.policies).allowed]
    for _ in range(_STEPS):
        best = _best_closing(decision, kept)
        if best is None:
            return []
        said.append(best.what)
        decision = decide(before.request, best.policies)
        if decision.allowed is False:
            changes = between(before.policies, decision.policies)
            return [Proposal(what=" ".join(said), changes=changes, policies=decision.policies)]
    return []


def _best_closing(decision: Decision, keep: Sequence[Request]) -> Candidate | None:
    ranked: list[tuple[bool, int, int, int, Candidate]] = []
    for order, candidate in enumerate(closing.candidates(decision, keep)):
        after = decide(decision.request, candidate.policies)
        is_same = after.allowed and _deciding(after) == _deciding(decision)
        if (
            after.allowed is None
            or is_same
            or newly_allowed(decision.request, decision.policies, candidate.policies)
        ):
            continue
        if all(decide(request, candidate.policies).allowed for request in keep):
            closed = len(newly_allowed(decision.request, candidate.policies, decision.policies))
            size = sum(change.size for change in between(decision.policies, candidate.policies))
            ranked.append((bool(after.allowed), closed, size, order, candidate))
    return min(ranked, key=lambda entry: entry[:4])[4] if ranked else None
