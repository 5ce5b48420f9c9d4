"""One question about a learner's permissions, answered from the policies as they exist."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from rolelab.advice import OWN, SESSION, Advice, Command, Who
from rolelab.aws import own_calls, role_session
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.iam_entities import ActualUser
from rolelab.aws.patience import AwsAnswer, CallOutcome, Clock, Patience
from rolelab.diagnosis import reasons
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.reasons import Reason
from rolelab.diagnosis.situation import Situation
from rolelab.errors import CannotTell, UsageError
from rolelab.explain import public_access, request_context, ways
from rolelab.explain.request_context import Supposed
from rolelab.explain.resources import ResourceReader
from rolelab.iam import Decision, Layer, actions
from rolelab.iam.explain import explain
from rolelab.iam.language.operators import moment
from rolelab.outputs import Lab, Learner
from rolelab.switch import SHORTEST_S

ASSUME = "sts:AssumeRole"
_SUPPOSE = "Suppose a value: --context KEY=VALUE, in the console the field Context."
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether the learner's own key, or the role's session, is allowed something.

    Raises:
        UsageError: the action, the resource or the context is not one.
    """

    action: str = ASSUME
    resource: str = ""
    """ARN; empty for the role where it is to be assumed, else for `*`."""
    of_session: bool = False
    context: Supposed = field(default_factory=dict[str, "tuple[str, ...]"])
    """Condition keys that the request is supposed to have, over those that are worked out."""

    def is_switch_of(self, lab: Lab) -> bool:
        """Return whether it asks about assuming the lab's role."""
        return self.action.lower() == ASSUME.lower() and self.resource in ("", lab.role.arn)

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            do = "name one such as s3:ListAllMyBuckets"
            raise UsageError(f"{self.action} is not an action", where="ACTION", do=do)
        if actions.named(self.action) is None:
            near = actions.nearest(self.action)
            do = f"the nearest is {near}" if near else "name one such as s3:ListAllMyBuckets"
            raise UsageError(f"AWS has no such action: {self.action}", where="ACTION", do=do)
        if self.resource not in ("", "*") and not self.resource.startswith("arn:"):
            raise UsageError(
                f"{self.resource} is not an ARN",
                where="RESOURCE",
                do="give one such as arn:aws:s3:::a-bucket",
            )
        request_context.check(self.context, self.action)

    def supposed_in(self, situation: Situation) -> Situation:
        """Return a situation in which the requests have this context, the time included."""
        times = ("aws:currenttime", "aws:epochtime")
        given = (self.context[key][0] for key in self.context if key.lower() in times)
        now = next(filter(None, map(moment, given)), situation.now)
        # A session that begins now begins then.
        issued = now if situation.issued == situation.now else situation.issued
        return replace(situation, supposed=self.context, now=now, issued=issued)


def why(
    lab: Lab, learner: Learner, endpoint: Endpoint, question: Question, *, options: str = ""
) -> Reason:
    """Answer the question.

    For the lab's own switch AWS is asked as well; where the two do not agree both are told. What is
    supposed of a request cannot be tried: with a context the policies alone decide.
    `options`: those by which a command of rolelab finds this lab and this learner.

    Raises:
        CannotTell: the policies cannot be read.
    """
    clock, callers = Clock(), Callers(endpoint, purpose=own_calls.EXPLAIN)
    # One question, asked in passing: no waiting for changes to take effect, only for lost answers.
    patience = Patience(1.0 if endpoint.is_local else 5.0, clock)
    admin = Administrator(endpoint, callers, lab, patience)
    try:
        situation = question.supposed_in(admin.situation(learner))
        if question.is_switch_of(lab) and not question.of_session:
            if question.context:
                return _of_supposed_switch(situation)
            return _of_switch(situation, _try(situation, callers, clock))
        reader = ResourceReader(callers, admin, lab.account_id)
        return of_call(situation, question, reader, options)[1]
    except NotLookedAt as refused:
        what = f"the policies cannot be read: {refused}"
        raise CannotTell(what, do="use administrator's credentials") from None
    except NoAnswer as lost:
        raise CannotTell(f"AWS does not answer: {lost.answer.code}", do="try again") from None


def of_call(
    situation: Situation, question: Question, reader: ResourceReader, options: str | None
) -> tuple[Decision, Reason]:
    """Decide any other call, by the policies alone, and explain it.

    `options`: as in `why`; None where no outputs tell of the learner, as rolelab's commands need.
    """
    role = situation.lab.role.arn if question.is_switch_of(situation.lab) else ""
    name = question.resource or role or "*"
    resource = reader.read(name)
    if isinstance(situation.user, ActualUser):
        rules = reader.account_rules(situation.user.arn, question.action)
        situation = replace(situation, of_account=rules)

    def decide(by: Situation, who: Who) -> Decision:
        return by.of_call(who, question.action, name, of_resource=resource.policies)

    who = SESSION if question.of_session else OWN
    decision = decide(situation, who)
    if decision.layer is Layer.CREDENTIALS and decision.allowed is False:
        return decision, _of_nobody(situation, decision, who)
    is_told = decision.layer is Layer.MISSING_ROLE
    if resource.missing and not is_told and not resource.need_not_be_there(question.action):
        # No policy is proposed for what is not there.
        reason = Reason(why=(explain(decision, want_allowed=None).summary, resource.missing))
    else:
        reason = all_of(decision)
    if who == OWN and decision.allowed is False and decide(situation.begun(), SESSION).allowed:
        # What belongs to the role is not given to the user: that is the lesson.
        reason = replace(reason, advice=_switch_instead(situation, question.action, options))
    return decision, public_access.told(reason, decision, reader, question.context)


def _of_nobody(situation: Situation, decision: Decision, who: Who) -> Reason:
    """Explain a refusal of credentials that count for nothing."""
    reason = reasons.of_own_key(situation) if who == OWN else reasons.of_missing_role(situation)
    return replace(reason, why=(explain(decision, want_allowed=None).summary, *reason.why))


def _switch_instead(situation: Situation, action: str, options: str | None) -> tuple[Advice, ...]:
    """Return how to do with the role what the own key is refused."""
    role, user = situation.lab.role.name, situation.learner.user_arn
    by_command = "" if options is None else f"rolelab exec{options} --role"
    steps = [
        Advice(sentence=f"Switch to the role {role}: its session is allowed to call {action}."),
        *ways.by_switching(role, by_command),
    ]
    if not situation.of_switch().allowed:
        asked = f" --who {user}" if options is None else options
        steps.append(
            Advice(
                sentence="The switch itself is refused now; find out why first.",
                command=Command(text=f"rolelab explain{asked}", by=OWN),
            )
        )
    return tuple(steps)


def _of_switch(situation: Situation, answer: AwsAnswer) -> Reason:
    """Explain what AWS answered to the switch just now."""
    if answer.outcome is CallOutcome.KEY_REFUSED:
        return reasons.of_own_key(situation)
    decision, works = situation.of_switch(), answer.outcome is CallOutcome.WORKED
    is_told = answer.outcome in (CallOutcome.WORKED, CallOutcome.DENIED)
    if is_told and decision.allowed is not None and decision.allowed is not works:
        return reasons.contradicted(situation, decision, works=works)
    if decision.allowed or not situation.lab.grant:
        return all_of(decision, said=answer.said)
    return reasons.of_decision(situation, decision, works=False, said=answer.said, who=OWN)


def _of_supposed_switch(situation: Situation) -> Reason:
    """Explain what the policies say of the switch with what is supposed of it."""
    decision = situation.of_switch()
    if decision.layer is Layer.CREDENTIALS and decision.allowed is False:
        reason = _of_nobody(situation, decision, OWN)
    elif decision.allowed is False and situation.lab.grant:
        reason = reasons.of_decision(situation, decision, works=False, said="", who=OWN)
    else:
        reason = all_of(decision)
    keys = " and ".join(
        f"{key} {' and '.join(values)}" for key, values in situation.supposed.items()
    )
    note = f"It was not tried: the policies were held against a request with {keys}."
    return replace(reason, why=(*reason.why, note))


def all_of(decision: Decision, *, said: str = "") -> Reason:
    """Return the decision in words, and every change that would turn it."""
    explanation = explain(decision, said=said)
    steps: list[Advice] = []
    if any(each.startswith("the value of ") for each in decision.unknown):
        steps.append(Advice(sentence=_SUPPOSE))
    for number, proposal in enumerate(explanation.proposals):
        sentence = f"{'Or: ' if number else ''}{proposal.what}"
        steps.append(Advice(sentence=sentence, diff=proposal.diff()))
        steps += ways.of_proposal(proposal, decision.request)
        if proposal.widens:
            steps.append(Advice(sentence=f"This also allows: {'; '.join(proposal.widens)}."))
    steps += ways.of_account(decision)
    return Reason(
        why=(explanation.summary, *explanation.details),
        advice=tuple(steps),
        is_known=decision.allowed is not None,
    )


def _try(situation: Situation, callers: Callers, clock: Clock) -> AwsAnswer:
    """Really try the switch, once: it changes nothing, and AWS's own words belong to the answer."""
    switch = situation.lab.switch(situation.learner, seconds=SHORTEST_S)
    with calling_as(situation.learner.credentials):
        return Patience(0.0, clock).ask(
            lambda: role_session.assume(callers, switch, clock), lambda _: True
        )
