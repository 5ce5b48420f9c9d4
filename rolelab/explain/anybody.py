"""Why a user, a role's session or root is allowed a call or refused it, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rolelab.aws import iam_entities, own_calls
from rolelab.aws.callers import Callers, administrator
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.patience import Clock, Patience
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.reasons import Reason
from rolelab.diagnosis.situation import Situation
from rolelab.errors import CannotTell, LabError, UsageError
from rolelab.explain.question import Question, of_call
from rolelab.explain.resources import ResourceReader
from rolelab.iam.arns import Arn
from rolelab.outputs import DeclaredRole, Lab, Learner
from rolelab.secret import Secret


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """Whether a call is allowed (None: it depends on what is not known), and why."""

    allowed: bool | None
    reason: Reason


def why(endpoint: Endpoint, who: str, question: Question) -> WhyAnswer:
    """Answer for a principal by its ARN; the policies are read as the administrator.

    Raises:
        UsageError: the ARN is not one of a user, a role or a session.
        LabError: there is no such user or role, or AWS refused to show it.
        CannotTell: AWS does not answer.
    """
    arn = Arn.read(who)
    if arn is None or arn.kind not in ("root", "user", "role", "assumed-role"):
        raise UsageError(f"{who} is not the ARN of a user, a role or a session", where="who")
    if arn.kind == "root":
        said = "The root user is allowed everything in its account, but for what a policy of the "
        return WhyAnswer(True, Reason(why=(f"{said}resource denies.",)))
    question = replace(question, of_session=arn.kind != "user")
    with administrator(endpoint, purpose=own_calls.EXPLAIN) as callers:
        situation = question.supposed_in(_situation(callers, endpoint, arn))
        admin = Administrator(endpoint, callers, situation.lab, Patience(1.0, Clock()))
        reader = ResourceReader(callers, admin, arn.account)
        try:
            decision, reason = of_call(situation, question, reader, "")
            return WhyAnswer(decision.allowed, reason)
        except (NotLookedAt, NoAnswer) as unread:
            raise CannotTell(f"the policies cannot be read: {unread}", do="try again") from None


def _situation(callers: Callers, endpoint: Endpoint, arn: Arn) -> Situation:
    """Return the user, or the role, with everything that bears on it.

    Raises:
        LabError: it is not there.
    """
    name = arn.resource.split("/")[1] if arn.kind == "assumed-role" else arn.name
    user = iam_entities.read_user(callers, name) if arn.kind == "user" else None
    role = None if arn.kind == "user" else iam_entities.read_role(callers, name)
    if user is None and role is None:
        kind = "user" if arn.kind == "user" else "role"
        raise LabError(f"there is no {kind} {name}", where=str(arn))
    declared = DeclaredRole(
        name=role.name if role else "",
        arn=role.arn if role else "",
        max_session_duration=role.max_session_duration if role else 0,
    )
    learner = Learner(
        name=arn.name,
        user_name=arn.name,
        user_arn=user.arn if user else "",
        access_key_id="",
        secret_access_key=Secret(""),
        console_password=None,
        session_token=Secret(""),
        is_by_hand=True,
    )
    lab = Lab(
        account_id=arn.account,
        region=endpoint.region,
        role=declared,
        learners=(learner,),
    )
    return Situation(
        lab=lab,
        learner=learner,
        user=user,
        role=role,
        document=iam_entities.ManagedPolicies(callers).document,
        now=callers.clock.moment(),
        is_local=endpoint.is_local,
    )
