"""Why AWS answered what it answered: one learner's policies as they exist, decided and put in words.

The decision is made from the policies themselves by `rolelab.iam`; AWS's own sentence is held against it. Where the
two differ, or something could not be read, that is said and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rolelab.aws.iam_entities import ActualGroup, ActualRole, ActualUser, Documents, Renamed
from rolelab.diagnosis import declared
from rolelab.diagnosis.declared import Deviation
from rolelab.diagnosis.iam_calls import Call
from rolelab.iam import (
    CredentialState,
    Decision,
    Layer,
    Policies,
    Policy,
    Principal,
    Request,
    decide,
)
from rolelab.iam.explain import Explanation, explain
from rolelab.iam.request import ORGANIZATION_KEYS
from rolelab.outputs import Lab, Learner

_LOOPBACK = "127.0.0.1"
EXAMPLE_BUCKET = "rolelab-verify-example"
_BUCKET = "arn:{partition}:s3:::" + EXAMPLE_BUCKET
_OBJECT = _BUCKET + "/rolelab/proof"

NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "list-buckets": (("s3:ListAllMyBuckets", "*"),),
    "create-bucket": (("s3:CreateBucket", _BUCKET),),
    "put-object": (("s3:PutObject", _OBJECT),),
    "get-object": (("s3:GetObject", _OBJECT),),
    "copy-object": (("s3:GetObject", _OBJECT), ("s3:PutObject", f"{_OBJECT}-copy")),
    "empty-bucket": (("s3:ListBucket", _BUCKET), ("s3:DeleteObject", _OBJECT)),
    "delete-bucket": (("s3:DeleteBucket", _BUCKET),),
    "list-users": (("iam:ListUsers", "*"),),
}
"""Last part of a check's id -> what policies must allow for it: actions, each on a resource."""

# Which deviations explain a refusal (or a wrong leave) of which layer, for the learner's own key and for the session.
_OWN_LAYERS = {
    Layer.IDENTITY: (
        "declared.grant",
        "declared.user-inline",
        "declared.user-managed",
        "declared.user-groups",
    ),
    Layer.BOUNDARY: ("declared.user-boundary",),
    Layer.TRUST: (
        "declared.trust-principal",
        "declared.trust-conditions",
        "declared.trust-statements",
    ),
    Layer.CREDENTIALS: ("declared.user", "declared.user-key"),
    Layer.MISSING_ROLE: ("declared.role",),
}
_SESSION_LAYERS = {
    Layer.IDENTITY: ("declared.role-managed", "declared.role-inline"),
    Layer.BOUNDARY: ("declared.role-boundary",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, and what to do: lines of text, and the calls that put it right."""

    why: tuple[str, ...]
    do: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()

    @property
    def advice(self) -> str:
        """What to do, with the commands that do it, as text; lines that begin with a blank stay as they are."""
        commands = (f"  {line}" for call in self.calls for line in call.command.splitlines())
        return "\n".join((*self.do, *commands))


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One learner and the role as they exist, with what they should be."""

    lab: Lab
    learner: Learner
    user: ActualUser | Renamed | None
    role: ActualRole | None
    document: Callable[[str], Any] = field(repr=False)
    """Document of a managed policy by its ARN."""
    now: datetime
    is_local: bool
    """On the local AWS there is no organization whose policies nobody can read."""

    # -- decisions ----------------------------------------------------------------------------------------------

    def assume(self) -> Decision:
        """Decide AssumeRole by the learner's own key."""
        return decide(self._assuming(), self.own_policies)

    def own(self, action: str, resource: str = "*") -> Decision:
        """Decide anything else by the learner's own key."""
        return decide(self._request(self._own, action, resource), self.own_policies)

    def session(self, action: str, resource: str = "*") -> Decision:
        """Decide something for the session."""
        return decide(self._request(self._session, action, resource), self.session_policies)

    @property
    def own_policies(self) -> Policies:
        """Every policy that bears on the learner's own key, and the role's trust."""
        user = self.user
        if not isinstance(user, ActualUser):
            return Policies(trust=self._trust)
        return Policies(
            identity=(
                *self._of(f"user {user.name}", user.inline, user.attached),
                *(policy for group in user.groups for policy in self._of_group(group)),
            ),
            boundary=self._boundary(user.boundary, f"user {user.name}"),
            trust=self._trust,
        )

    @property
    def session_policies(self) -> Policies:
        """Every policy that bears on the session."""
        if self.role is None:
            return Policies()
        return Policies(
            identity=self._of(f"role {self.role.name}", self.role.inline, self.role.attached),
            boundary=self._boundary(self.role.boundary, f"role {self.role.name}"),
        )

    @property
    def declared_own(self) -> Policies:
        """What should bear on the learner's own key."""
        inline: Documents = self.user.inline if isinstance(self.user, ActualUser) else {}
        name = next(iter(inline), declared.GRANT_NAME)
        owner = f"user {self.learner.user_name}"
        grant = (
            (Policy.read(declared.grant_of(self.lab), name, owner=owner),) if self.lab.grant else ()
        )
        return Policies(
            identity=grant,
            trust=Policy.read(declared.trust_of(self.lab), owner=f"role {self.lab.role.name}"),
        )

    @property
    def declared_session(self) -> Policies | None:
        """What should bear on the session; None where the outputs do not tell."""
        arns = self.lab.role.managed_policies
        return (
            Policies(identity=self._of(f"role {self.lab.role.name}", {}, arns))
            if arns is not None
            else None
        )

    def deviations(self) -> list[Deviation]:
        """Return everything that is not as declared."""
        return [
            *declared.compare_user(self.lab, self.learner, self.user),
            *declared.compare_role(self.lab, self.role),
        ]

    # -- reasons ------------------------------------------------------------------------------------------------

    def because(self, check: str, *, works: bool, said: str = "") -> Reason:
        """Say why a behaviour check ended as it did (`works`: AWS allowed it) though the other was expected."""
        if check == "identity.caller":
            return self._of_credentials()
        if check == "assume.limit":
            return self._of_limit()
        if check == "assume.role":
            return self._told(self.assume(), works=works, said=said, of_session=False)
        step, _, action = check.partition(".")
        of_session = step == "during"
        decisions = [
            (self.session if of_session else self.own)(
                name, resource.format(partition=self._partition)
            )
            for name, resource in NEEDS.get(action, ())
        ]
        telling = next(
            (d for d in decisions if d.allowed is works), decisions[0] if decisions else None
        )
        if telling is None:
            return Reason(why=())
        return self._told(telling, works=works, said=said, of_session=of_session)

    def explain_assume(self, *, said: str = "", works: bool | None = None) -> Reason:
        """Say whether the learner may assume the role and why; `works` and `said` are what AWS answered just now."""
        decision = self.assume()
        if works is not None and decision.allowed is not None and decision.allowed is not works:
            return self._contradicted(decision, works=works)
        if decision.allowed or not self.lab.grant:
            return _as_reason(explain(decision, said=said))
        return self._told(decision, works=False, said=said, of_session=False)

    def explain(
        self, action: str, resource: str, *, of_session: bool, bucket_policy: Policy | None
    ) -> Reason:
        """Say whether the learner's own key, or the session, may do something, and why."""
        policies = self.session_policies if of_session else self.own_policies
        unread = frozenset[Layer]()
        request = self._request(self._session if of_session else self._own, action, resource)
        if action.lower() == "sts:assumerole":
            request = replace(request, context={**self._assuming().context, **request.context})
            trust = self._trust if resource == self.lab.role.arn else None
            unread = (
                frozenset[Layer]() if resource == self.lab.role.arn else frozenset({Layer.TRUST})
            )
            policies = replace(policies, trust=trust, unread=unread)
        decision = decide(request, replace(policies, resource=bucket_policy))
        return _as_reason(explain(decision))

    def _told(self, decision: Decision, *, works: bool, said: str, of_session: bool) -> Reason:
        layers = _SESSION_LAYERS if of_session else _OWN_LAYERS
        if decision.allowed is not None and decision.allowed is not works:
            return self._contradicted(decision, works=works)
        should = self.declared_session if of_session else self.declared_own
        explanation = explain(decision, said=said, want_allowed=not works, declared=should)
        # A wrong refusal is of the layers that refuse, a wrong leave of the one that allows.
        involved = (
            tuple(layers) if decision.allowed is None else decision.refusing or (decision.layer,)
        )
        checks = {check for layer in involved for check in layers.get(layer, ())}
        found = [deviation for deviation in self.deviations() if deviation.check in checks]
        do: list[str] = []
        for proposal in explanation.proposals[:1]:
            do += [proposal.what, *(f"  {line}" for line in proposal.diff().splitlines())]
        do += [deviation.advice for deviation in found if deviation.advice]
        return Reason(
            why=(explanation.summary, *explanation.details),
            do=tuple(do),
            calls=tuple(call for deviation in found for call in deviation.calls),
        )

    def _contradicted(self, decision: Decision, *, works: bool) -> Reason:
        by = explain(decision, want_allowed=None).summary
        if works:
            after = "AWS allowed it all the same: a removal may not have taken effect yet, or the policies changed since."
        else:
            after = (
                "AWS refused it all the same: the change may not have taken effect everywhere yet, "
                "or a policy that cannot be read from here refuses"
                + ("." if self.is_local else " (of the organization, for one).")
            )
        return Reason(
            why=(f"By the policies as they are now: {by}", after), do=("Verify again in a minute.",)
        )

    def _of_limit(self) -> Reason:
        found = [
            deviation
            for deviation in declared.compare_role(self.lab, self.role)
            if deviation.check == "declared.role-session-limit"
        ]
        if not found:
            return Reason(
                why=(
                    "The role has the declared limit, and AWS allowed more: it may not have taken effect yet.",
                )
            )
        return Reason(why=found[0].why, calls=found[0].calls)

    def _of_credentials(self) -> Reason:
        found = [
            deviation
            for deviation in declared.compare_user(self.lab, self.learner, self.user)
            if deviation.check in _OWN_LAYERS[Layer.CREDENTIALS]
        ]
        if not found:
            return Reason(
                why=(
                    "The access key exists and is active: the secret access key in the outputs is not its own.",
                ),
                do=(f"Make the key anew: {declared.REFRESH} after deleting the key.",),
            )
        return Reason(
            why=tuple(line for deviation in found for line in deviation.why),
            do=tuple(deviation.advice for deviation in found if deviation.advice),
            calls=tuple(call for deviation in found for call in deviation.calls),
        )

    # -- the evaluator's words for what exists ------------------------------------------------------------------

    @property
    def _partition(self) -> str:
        return declared.partition_of(self.lab.role.arn)

    @property
    def _trust(self) -> Policy | None:
        if self.role is None or self.role.arn != self.lab.role.arn:
            return None
        return Policy.read(self.role.trust, owner=f"role {self.role.name}")

    @property
    def _own(self) -> Principal:
        if not isinstance(self.user, ActualUser):
            return Principal.user(self.learner.user_arn, credential=CredentialState.DELETED)
        status = self.user.keys.get(self.learner.access_key_id)
        state = {"Active": CredentialState.ACTIVE, None: CredentialState.DELETED}.get(
            status, CredentialState.INACTIVE
        )
        return Principal.user(
            self.user.arn, self.user.unique_id, tags=self.user.tags, credential=state
        )

    @property
    def _session(self) -> Principal:
        role = self.role
        return Principal.role_session(
            self.lab.role.arn,
            self.learner.session_name,
            role.unique_id if role else "",
            tags=role.tags if role else None,
            issued=self.now,
        )

    def _request(self, principal: Principal, action: str, resource: str) -> Request:
        context = {"aws:RequestedRegion": self.lab.region} | (
            {"aws:SourceIp": _LOOPBACK} if self.is_local else {}
        )
        unknown = frozenset[str]() if self.is_local else ORGANIZATION_KEYS
        return Request(
            principal=principal,
            action=action,
            resource=resource,
            context=context,
            now=self.now,
            unknown=unknown,
        )

    def _assuming(self) -> Request:
        """The learner's switch."""
        asked = self.lab.switch(self.learner).request(self._own)
        request = self._request(asked.principal, asked.action, asked.resource)
        tags = self.role.tags if self.role else None
        return replace(request, context={**request.context, **asked.context}, resource_tags=tags)

    def _of(self, owner: str, inline: Documents, attached: tuple[str, ...]) -> tuple[Policy, ...]:
        return (
            *(Policy.read(document, name, owner=owner) for name, document in inline.items()),
            *(
                Policy.read(self.document(arn), arn.rsplit("/", 1)[-1], owner=owner, arn=arn)
                for arn in attached
            ),
        )

    def _of_group(self, group: ActualGroup) -> tuple[Policy, ...]:
        return self._of(f"group {group.name}", group.inline, group.attached)

    def _boundary(self, arn: str, owner: str) -> Policy | None:
        return (
            Policy.read(self.document(arn), arn.rsplit("/", 1)[-1], owner=owner, arn=arn)
            if arn
            else None
        )


def _as_reason(explanation: Explanation) -> Reason:
    do: list[str] = []
    for number, proposal in enumerate(explanation.proposals):
        do.append(f"{'Or: ' if number else ''}{proposal.what}")
        do += [f"  {line}" for line in proposal.diff().splitlines()]
        if proposal.widens:
            do.append(f"This also allows: {'; '.join(proposal.widens)}.")
    return Reason(why=(explanation.summary, *explanation.details), do=tuple(do))
