"""One learner and the role as they exist, and what AWS decides for them, by `rolelab.iam`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rolelab.advice import OWN, SESSION, Who
from rolelab.aws.iam_entities import ActualGroup, ActualRole, ActualUser, Documents, Renamed
from rolelab.diagnosis import declared
from rolelab.diagnosis.declared import Deviations
from rolelab.diagnosis.role_checks import compare_role
from rolelab.diagnosis.user_checks import compare_user
from rolelab.iam import (
    CredentialState,
    Decision,
    Layer,
    Policies,
    Policy,
    Principal,
    Request,
    arns,
    decide,
)
from rolelab.iam.layers import RESOURCE_LAYERS
from rolelab.iam.request import ORGANIZATION_KEYS
from rolelab.outputs import Lab, Learner

_LOOPBACK = "127.0.0.1"
_OF_NOTHING = Policies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One learner and the role as they exist, with what they should be."""

    lab: Lab
    learner: Learner
    user: ActualUser | Renamed | None
    role: ActualRole | None
    document: Callable[[str], object] = field(repr=False)
    """Document of a managed policy by its ARN."""
    now: datetime
    is_local: bool
    """On the local AWS there is no organization whose policies nobody can read."""
    supposed: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    """Condition keys that somebody supposes of the requests: they win over those worked out."""
    mfa: bool = False
    """Whether a code was given where a user signed in to the console."""
    issued: datetime | None = None
    """When the role's session, or the sign-in, began; None where nobody knows."""
    of_account: tuple[Policy, ...] = ()
    """What rules of the account allow the user without a policy of their own, where it counts."""

    def deviations(self) -> Deviations:
        """Return everything that is not as declared."""
        return {
            **compare_user(self.lab, self.learner, self.user),
            **compare_role(self.lab, self.role),
        }

    def begun(self) -> Situation:
        """Return the same with a session of the role that begins now."""
        return replace(self, issued=self.now)

    # -- decisions --------------------------------------------------------------------------------

    def of_switch(self) -> Decision:
        """Decide AssumeRole by the learner's own key."""
        return decide(self._switch(), self.policies(OWN))

    def of_call(
        self,
        who: Who,
        action: str,
        resource: str = "*",
        *,
        of_resource: Policies = _OF_NOTHING,
    ) -> Decision:
        """Decide any call by the learner's own key, or by the session.

        `of_resource`: the policies that the resource itself has.
        """
        request = self.request(self._own if who == OWN else self._session, action, resource)
        if action.lower() == "sts:assumerole":
            sent = self._switch().context
            request = replace(request, context={**sent, **request.context, **self.supposed})
        policies = self.policies(who)
        for layer in RESOURCE_LAYERS:
            policies = policies.put(layer, of_resource.by_layer.get(layer))
        return decide(request, replace(policies, unread=of_resource.unread))

    def policies(self, who: Who) -> Policies:
        """Return every policy that bears on the own key (the trust too), or on the session."""
        if who == SESSION:
            return self._of_session
        user = self.user
        if not isinstance(user, ActualUser):
            return Policies.of({Layer.TRUST: self._trust})
        identity = (
            *self._of(f"user {user.name}", user.inline, user.attached),
            *(policy for group in user.groups for policy in self._of_group(group)),
            *self.of_account,
        )
        boundary = self._boundary(user.boundary, f"user {user.name}")
        return Policies.of(
            {Layer.IDENTITY: identity, Layer.BOUNDARY: boundary, Layer.TRUST: self._trust}
        )

    def declared_policies(self, who: Who) -> Policies | None:
        """Return what should bear on them; None where the outputs do not tell."""
        owner = f"role {self.lab.role.name}"
        if who == SESSION:
            attached = self.lab.role.managed_policies
            if attached is None:
                return None
            said = self.lab.role.policy_documents
            declared_ones = self._of(owner, {}, attached, said.get)
            return Policies({Layer.IDENTITY: declared_ones})
        inline: Documents = self.user.inline if isinstance(self.user, ActualUser) else {}
        name = next(iter(inline), declared.GRANT_NAME)
        user = f"user {self.learner.user_name}"
        grant = Policy.read(self.lab.grant_policy, name, owner=user)
        trust = Policy.read(self.lab.trust_policy, owner=owner)
        return Policies.of({Layer.IDENTITY: grant if self.lab.grant else (), Layer.TRUST: trust})

    # -- the evaluator's words for what exists ----------------------------------------------------

    @property
    def _of_session(self) -> Policies:
        role = self.role
        if role is None:
            return Policies()
        now = {arn: policy.document for arn, policy in role.policies.items()}
        identity = self._of(f"role {role.name}", role.inline, role.attached, now.get)
        boundary = self._boundary(role.boundary, f"role {role.name}")
        return Policies.of({Layer.IDENTITY: identity, Layer.BOUNDARY: boundary})

    @property
    def _trust(self) -> Policy | None:
        if self.role is None or self.role.arn != self.lab.role.arn:
            return None
        return Policy.read(self.role.trust, owner=f"role {self.role.name}")

    @property
    def _own(self) -> Principal:
        if not isinstance(self.user, ActualUser):
            return Principal.user(self.learner.user_arn, credential=CredentialState.DELETED)
        if self.learner.session_token:
            return Principal.user(
                self.user.arn,
                self.user.unique_id,
                tags=self.user.tags,
                is_console=True,
                mfa=self.mfa,
                issued=self.issued,
            )
        status = self.user.keys.get(self.learner.access_key_id)
        state = {"Active": CredentialState.ACTIVE, None: CredentialState.DELETED}.get(
            status, CredentialState.INACTIVE
        )
        return Principal.user(
            self.user.arn, self.user.unique_id, tags=self.user.tags, credential=state
        )

    @property
    def _session(self) -> Principal:
        role, arn = self.role, self.lab.role.arn
        is_there = role is not None and role.arn == arn
        return Principal.role_session(
            arn,
            self.learner.session_name,
            role.unique_id if role else "",
            tags=role.tags if role else None,
            issued=self.issued,
            credential=CredentialState.ACTIVE if is_there else CredentialState.ORPHANED,
        )

    def request(self, principal: Principal, action: str, resource: str = "*") -> Request:
        """Return a call by anybody at this time and place, and with what is supposed of it."""
        local = {"aws:SourceIp": _LOOPBACK} if self.is_local else {}
        return Request(
            principal=principal,
            action=action,
            resource=resource,
            context={"aws:RequestedRegion": self.lab.region, **local, **self.supposed},
            now=self.now,
            unknown=frozenset() if self.is_local else ORGANIZATION_KEYS,
        )

    def _switch(self) -> Request:
        """The learner's switch, with what surrounds the call."""
        asked = self.lab.switch(self.learner).request(self._own)
        request = self.request(asked.principal, asked.action, asked.resource)
        tags = self.role.tags if self.role else None
        context = {**request.context, **asked.context, **self.supposed}
        return replace(request, context=context, resource_tags=tags)

    def _of(
        self,
        owner: str,
        inline: Documents,
        attached: tuple[str, ...],
        known: Callable[[str], object] = lambda _: None,
    ) -> tuple[Policy, ...]:
        """Return an owner's policies; `known` has the documents that need not be read."""
        return (
            *(Policy.read(document, name, owner=owner) for name, document in inline.items()),
            *(
                Policy.read(
                    known(arn) or self.document(arn), arns.name_of(arn), owner=owner, arn=arn
                )
                for arn in attached
            ),
        )

    def _of_group(self, group: ActualGroup) -> tuple[Policy, ...]:
        return self._of(f"group {group.name}", group.inline, group.attached)

    def _boundary(self, arn: str, owner: str) -> Policy | None:
        return self._of(owner, {}, (arn,))[0] if arn else None
