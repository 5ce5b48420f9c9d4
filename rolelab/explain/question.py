"""`rolelab explain`: one question about a learner's permissions, answered from the policies as they exist."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rolelab.aws import assuming
from rolelab.aws.callers import Ambient, Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint, is_loopback
from rolelab.aws.failures import AwsFailure, translated
from rolelab.aws.patience import Answer, Clock, Outcome, Patience
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.situation import Reason, Situation
from rolelab.errors import CannotTell, UsageError
from rolelab.iam import Policy
from rolelab.outputs import Lab, Learner
from rolelab.switch import SHORTEST_S

ASSUME = "sts:AssumeRole"
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_BUCKET = re.compile(r"arn:[a-z-]+:s3:::([^/*?]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether the learner's own key, or the role's session, may do something."""

    action: str = ASSUME
    resource: str = ""
    """ARN; empty for the role where it is to be assumed, else for `*`."""
    of_session: bool = False


def why(
    lab: Lab,
    learner: Learner,
    endpoint: Endpoint,
    question: Question,
    *,
    clock: Clock | None = None,
) -> Reason:
    """Answer the question; for the lab's own switch AWS is asked as well, and both must agree or both are told.

    Raises:
        UsageError: the action or the resource is none.
        CannotTell: the policies cannot be read.
    """
    if not _ACTION.fullmatch(question.action):
        raise UsageError(
            f"{question.action} is no action",
            where="ACTION",
            do="name one such as s3:ListAllMyBuckets",
        )
    if question.resource not in ("", "*") and not question.resource.startswith("arn:"):
        raise UsageError(
            f"{question.resource} is no ARN",
            where="RESOURCE",
            do="give one such as arn:aws:s3:::a-bucket",
        )
    clock = clock or Clock()
    callers, known = Callers(endpoint), endpoint.credentials
    is_local = endpoint.url is not None and is_loopback(endpoint.url)
    # One question is asked in passing: no waiting for changes to take effect, only for lost answers.
    patience = Patience(1.0 if is_local else 5.0, clock)
    admin = Administrator(callers, (lambda: known) if known else Ambient().current, lab, patience)
    try:
        situation = Situation(
            lab=lab,
            learner=learner,
            user=admin.user(learner),
            role=admin.role(),
            document=admin.document,
            now=clock.now(),
            is_local=is_local,
        )
        return _answer(situation, question, callers, admin, clock)
    except NotLookedAt as refused:
        raise CannotTell(
            f"the policies cannot be read: {refused}", do="use administrator's credentials"
        ) from None
    except NoAnswer as lost:
        raise CannotTell(f"AWS does not answer: {lost.answer.code}", do="try again") from None


def _answer(
    situation: Situation, question: Question, callers: Callers, admin: Administrator, clock: Clock
) -> Reason:
    role = situation.lab.role.arn
    is_switch = question.action.lower() == ASSUME.lower() and question.resource in ("", role)
    if is_switch and not question.of_session:
        answer = _try(situation, callers, clock)
        if answer.outcome is Outcome.KEY_REFUSED:
            return situation.because("identity.caller", works=False)
        known = answer.outcome in (Outcome.WORKED, Outcome.DENIED)
        return situation.explain_assume(
            said=answer.said, works=answer.outcome is Outcome.WORKED if known else None
        )
    resource = question.resource or (role if is_switch else "*")
    bucket = _BUCKET.match(resource) if question.action.startswith("s3:") else None
    policy = _bucket_policy(callers, admin, bucket[1]) if bucket else None
    return situation.explain(
        question.action, resource, of_session=question.of_session, bucket_policy=policy
    )


def _try(situation: Situation, callers: Callers, clock: Clock) -> Answer:
    """Really try the switch, once: it changes nothing, and AWS's own words belong to the answer."""
    learner = situation.learner
    switch = situation.lab.switch(learner, seconds=SHORTEST_S)
    once = Patience(0.0, clock)
    with calling_as(learner.credentials):
        return once.ask(
            lambda: assuming.assume(callers, switch, clock),
            lambda _: True,
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
            raise NotLookedAt(
                f"policy of bucket {bucket}: {failure.said or failure.code}"
            ) from None
    return Policy.read(text, owner=f"bucket {bucket}")
