"""Assuming the role as a learner, for hands-on work: patient where the grant is new, clear where it is refused."""

from __future__ import annotations

from collections.abc import Callable

from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.endpoint import Credentials, Endpoint, is_loopback
from rolelab.aws.patience import (
    LOCAL_LIMIT_S,
    REAL_LIMIT_S,
    Answer,
    Clock,
    Outcome,
    Patience,
)
from rolelab.diagnosis import actions
from rolelab.diagnosis.actions import Identity, Session
from rolelab.errors import CannotTell, LabError
from rolelab.outputs import Lab, Learner

HANDS_ON_S = 3600
"""What AWS gives where nothing is asked for; every role allows it."""


def session_arn(lab: Lab, learner: Learner) -> str:
    """Return the ARN of a learner's session: the role's path is not part of it.

    Source: IAM User Guide, "IAM identifiers", assumed-role session principals.
    """
    partition = lab.role.arn.split(":")[1]
    role = lab.role.arn.rsplit("/", 1)[-1]
    return f"arn:{partition}:sts::{lab.account_id}:assumed-role/{role}/{learner.session_name}"


def switch(callers: Callers, lab: Lab, learner: Learner, seconds: int, clock: Clock) -> Session:
    """Assume the role and ask whom AWS takes the session for: a key broken on the way is found out at once.

    The caller is the one named by `calling_as`.

    Raises:
        AwsFailure: either call failed.
    """
    credentials, expires, at = actions.assume(callers, lab.role.arn, learner.session_name, seconds)
    with calling_as(credentials):
        identity: Identity = actions.caller(callers)
    lasts_s = (expires - (at or clock.now())).total_seconds()
    return Session(credentials=credentials, expires=expires, lasts_s=lasts_s, identity=identity)


def assume(
    lab: Lab,
    learner: Learner,
    endpoint: Endpoint,
    *,
    limit_s: float | None = None,
    clock: Clock | None = None,
    on_wait: Callable[[Answer], None] = lambda _: None,
) -> Session:
    """Return a session of the role for a learner.

    Raises:
        LabError: AWS refuses it, in AWS's own words.
        CannotTell: AWS is out of reach or throttles to the end.
    """
    clock = clock or Clock()
    local = endpoint.url is not None and is_loopback(endpoint.url)
    patience = Patience(
        limit_s if limit_s is not None else LOCAL_LIMIT_S if local else REAL_LIMIT_S, clock
    )
    callers = Callers(endpoint)
    own = Credentials(
        access_key_id=learner.access_key_id, secret_access_key=learner.secret_access_key
    )
    with calling_as(own):
        answer = patience.ask(
            lambda: switch(callers, lab, learner, HANDS_ON_S, clock),
            lambda answer: answer.outcome is Outcome.WORKED,
            on_wait=on_wait,
        )
    if isinstance(answer.value, Session):
        return answer.value
    where = f"{learner.name} to {lab.role.arn}"
    if answer.outcome is Outcome.NO_ANSWER:
        raise CannotTell(
            f"AWS did not answer AssumeRole: {answer.code}",
            where=where,
            do=answer.said or "try again",
        )
    if answer.outcome is Outcome.DENIED:
        raise LabError(
            f"AWS refuses the switch: {answer.said}", where=where, do="`rolelab explain` says why"
        )
    raise LabError(
        f"AWS does not take the key: {answer.code}: {answer.said}",
        where=where,
        do="run `rolelab verify`",
    )
