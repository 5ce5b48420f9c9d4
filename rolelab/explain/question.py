"""One question about a learner's permissions, answered from the policies as they exist."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rolelab.advice import OWN, SESSION, Advice
from rolelab.aws import role_session
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.failures import AwsFailure, translated
from rolelab.aws.patience import AwsAnswer, CallOutcome, Clock, Patience
from rolelab.diagnosis import reasons
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.reasons import Reason
from rolelab.diagnosis.situation import Situation
from rolelab.errors import CannotTell, UsageError
from rolelab.iam import Decision, Policy, arns
from rolelab.iam.explain import explain
from rolelab.outputs import Lab, Learner
from rolelab.switch import SHORTEST_S

ASSUME = "sts:AssumeRole"
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether the learner's own key, or the role's session, is allowed something.

    Raises:
        UsageError: the action or the resource is not one.
    """

    action: str = ASSUME
    resource: str = ""
    """ARN; empty for the role where it is to be assumed, else for `*`."""
    of_session: bool = False

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            raise UsageError(
                f"{self.action} is not an action",
                where="ACTION",
                do="name one such as s3:ListAllMyBuckets",
            )
        if self.resource not in ("", "*") and not self.resource.startswith("arn:"):
            raise UsageError(
                f"{self.resource} is not an ARN",
                where="RESOURCE",
                do="give one such as arn:aws:s3:::a-bucket",
            )


def why(lab: Lab, learner: Learner, endpoint: Endpoint, question: Question) -> Reason:
    """AwsAnswer the question.

    For the lab's own switch AWS is asked as well; where the two do not agree both are told.

    Raises:
        CannotTell: the policies cannot be read.
    """
    clock, callers = Clock(), Callers(endpoint)
    # One question, asked in passing: no waiting for changes to take effect, only for lost answers.
    patience = Patience(1.0 if endpoint.is_local else 5.0, clock)
    admin = Administrator(endpoint, callers, lab, patience)
    try:
        situation = admin.situation(learner)
        return _answer(situation, question, callers, admin, clock)
    except NotLookedAt as refused:
        what = f"the policies cannot be read: {refused}"
        raise CannotTell(what, do="use administrator's credentials") from None
    except NoAnswer as lost:
        raise CannotTell(f"AWS does not answer: {lost.answer.code}", do="try again") from None


def _answer(
    situation: Situation, question: Question, callers: Callers, admin: Administrator, clock: Clock
) -> Reason:
    role = situation.lab.role.arn
    is_switch = question.action.lower() == ASSUME.lower() and question.resource in ("", role)
    if is_switch and not question.of_session:
        return _of_switch(situation, _try(situation, callers, clock))
    resource = question.resource or (role if is_switch else "*")
    bucket = arns.bucket_of(resource) if question.action.startswith("s3:") else ""
    policy = _bucket_policy(callers, admin, bucket) if bucket else None
    who = SESSION if question.of_session else OWN
    return _all_of(situation.of_call(who, question.action, resource, bucket_policy=policy))


def _of_switch(situation: Situation, answer: AwsAnswer) -> Reason:
    """Explain what AWS answered to the switch just now."""
    if answer.outcome is CallOutcome.KEY_REFUSED:
        return reasons.of_credentials(situation, answer)
    decision, works = situation.of_switch(), answer.outcome is CallOutcome.WORKED
    is_told = answer.outcome in (CallOutcome.WORKED, CallOutcome.DENIED)
    if is_told and decision.allowed is not None and decision.allowed is not works:
        return reasons.contradicted(situation, decision, works=works)
    if decision.allowed or not situation.lab.grant:
        return _all_of(decision, said=answer.said)
    return reasons.of_decision(situation, decision, works=False, said=answer.said, who=OWN)


def _all_of(decision: Decision, *, said: str = "") -> Reason:
    """Return the decision in words, and every change that would turn it."""
    explanation = explain(decision, said=said)
    steps: list[Advice] = []
    for number, proposal in enumerate(explanation.proposals):
        sentence = f"{'Or: ' if number else ''}{proposal.what}"
        steps.append(Advice(sentence=sentence, diff=proposal.diff()))
        if proposal.widens:
            steps.append(Advice(sentence=f"This also allows: {'; '.join(proposal.widens)}."))
    return Reason(why=(explanation.summary, *explanation.details), advice=tuple(steps))


def _try(situation: Situation, callers: Callers, clock: Clock) -> AwsAnswer:
    """Really try the switch, once: it changes nothing, and AWS's own words belong to the answer."""
    switch = situation.lab.switch(situation.learner, seconds=SHORTEST_S)
    with calling_as(situation.learner.credentials):
        return Patience(0.0, clock).ask(
            lambda: role_session.assume(callers, switch, clock), lambda _: True
        )


def _bucket_policy(callers: Clients, admin: Administrator, bucket: str) -> Policy | None:
    """Read a bucket's policy; None where there is no policy, or no such bucket."""
    with calling_as(admin.require()):
        try:
            with translated("GetBucketPolicy"):
                text = callers.s3.get_bucket_policy(Bucket=bucket)["Policy"]
        except AwsFailure as failure:
            if failure.code in ("NoSuchBucketPolicy", "NoSuchBucket"):
                return None
            what = f"policy of bucket {bucket}: {failure.said or failure.code}"
            raise NotLookedAt(what) from None
    return Policy.read(text, owner=f"bucket {bucket}")
