"""Why a user, a role's session or root is allowed a call or refused it, whoever made them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from rolelab.advice import ADMIN, OWN, SESSION, Advice, CommandPlace
from rolelab.aws import iam_entities, own_calls
from rolelab.aws.callers import Callers, administrator
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.iam_entities import ActualRole, ActualUser
from rolelab.aws.patience import Clock, Patience
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.reasons import Reason
from rolelab.diagnosis.situation import Situation
from rolelab.errors import CannotTell, LabError, UsageError
from rolelab.explain import public_access
from rolelab.explain.question import ASSUME, Question, all_of, of_call
from rolelab.explain.resources import ResourceReader
from rolelab.iam import Decision, Layer, Principal, decide, names
from rolelab.iam.arns import Arn
from rolelab.iam.documents import Effect
from rolelab.iam.language.patterns import action_matches, has_wildcard
from rolelab.outputs import DeclaredRole, Lab, Learner
from rolelab.secret import Secret

_BY_A_ROLE = (
    "Or, as the lesson does it: let a role be allowed it that trusts the account, and give the "
    "user sts:AssumeRole on that role alone."
)
_MOST_ROLES = 5
_SESSION_POLICY = (
    "Whether a session policy was passed when the session began is not known here: it would have "
    "to allow this as well."
)
_RESOURCE = re.compile(r"root|(?:user|role|assumed-role)/.+")


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """Whether a call is allowed (None: it depends on what is not known), and why."""

    allowed: bool | None
    reason: Reason

    @classmethod
    def of(cls, decision: Decision, reason: Reason) -> WhyAnswer:
        """Return what was decided by the policies, and what else counts."""
        return cls(None if reason.depends else decision.allowed, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whom a question is about, and what is known of the credentials that they ask with."""

    arn: Arn
    unique_id: str = ""
    """Of the user, or of the role; empty where whoever has the name now is meant."""
    mfa: bool = False
    """Whether a code was given where they signed in."""
    issued: datetime | None = None
    """When the session began; None where nobody knows."""

    @classmethod
    def of(cls, text: str) -> Asker:
        """Return whom an ARN names.

        Raises:
            UsageError: it is not the ARN of a user, a role, a session or root.
        """
        arn = Arn.read(text)
        is_of_account = arn is not None and bool(names.ACCOUNT_ID.fullmatch(arn.account))
        if arn is None or not is_of_account or not _RESOURCE.fullmatch(arn.resource):
            do = "give one such as arn:aws:iam::000000000000:user/testuser"
            what = f"{text or 'nothing'} is not the ARN of a user, a role or a session"
            raise UsageError(what, where="who", do=do)
        return cls(arn=arn)

    @property
    def name(self) -> str:
        """Of the user, or of the role."""
        is_session = self.arn.kind == "assumed-role"
        return self.arn.resource.split("/")[1] if is_session else self.arn.name


def why(endpoint: Endpoint, asker: Asker, question: Question, *, at_hand: str = "") -> WhyAnswer:
    """Answer for a principal; the policies are read as the administrator of its account.

    `at_hand`: the account that `rolelab exec --admin` works in; commands are told for no other.

    Raises:
        LabError: there is no such user or role, or AWS refused to show it.
        CannotTell: AWS does not answer.
    """
    arn = asker.arn
    question = replace(question, of_session=arn.kind not in ("user", "root"))
    with administrator(endpoint, purpose=own_calls.EXPLAIN) as callers:
        situation = question.supposed_in(_situation(callers, endpoint, asker))
        admin = Administrator(endpoint, callers, situation.lab, Patience(1.0, Clock()))
        reader = ResourceReader(callers, admin, arn.account)
        try:
            if arn.kind == "root":
                decision = _of_root(situation, question, reader)
                reason = public_access.told(all_of(decision), decision, reader, question.context)
            else:
                situation = _with_role(situation, callers, question)
                decision, reason = of_call(situation, question, reader, None)
                if decision.allowed is False and situation.role is None:
                    reason = replace(reason, advice=(*reason.advice, *_as_in_the_lesson(question)))
            if decision.allowed and arn.kind == "assumed-role" and asker.issued is None:
                reason = replace(reason, why=(*reason.why, _SESSION_POLICY))
            advice = tuple(_placed(reason.advice, is_at_hand=arn.account == at_hand))
            return WhyAnswer.of(decision, replace(reason, advice=advice))
        except NotLookedAt as unread:
            do = "ask as somebody of the account that it belongs to"
            raise CannotTell(f"the policies cannot be read: {unread}", do=do) from None
        except NoAnswer as lost:
            raise CannotTell(f"AWS does not answer: {lost.answer.code}", do="try again") from None


def _as_in_the_lesson(question: Question) -> Iterator[Advice]:
    """Yield what is better than to give a user work's own permissions; IAM's are no work."""
    if question.action.partition(":")[0].lower() not in ("iam", "sts"):
        yield Advice(sentence=_BY_A_ROLE)


def _placed(steps: Iterable[Advice], *, is_at_hand: bool) -> Iterator[Advice]:
    """Yield steps with the administrator's commands complete, or without them."""
    place = CommandPlace(as_admin="rolelab exec --admin --")
    for step in steps:
        if is_at_hand or step.command is None or step.command.by != ADMIN:
            yield from place.advise([step])


def _with_role(situation: Situation, callers: Callers, question: Question) -> Situation:
    """Return a user's situation with the role that they may switch to: the lesson's way.

    Of several it is the first that is allowed what is asked; of none, nothing changes.
    """
    found: list[Situation] = []
    for name, arn in _granted(situation):
        role = iam_entities.read_role(callers, name)
        if role is not None and role.arn == arn:
            declared = replace(situation.lab.role, name=name, arn=arn)
            lab = replace(situation.lab, role=declared)
            found.append(replace(situation, role=role, lab=lab))
    asked, resource = question.action, question.resource or "*"
    can = (each for each in found if each.begun().of_call(SESSION, asked, resource).allowed)
    return next(can, found[0] if found else situation)


def _granted(situation: Situation) -> Iterator[tuple[str, str]]:
    """Yield name and ARN of the roles that policies of the user let them assume by name."""
    if situation.user is None:
        return
    seen: dict[str, str] = {}
    for policy in situation.policies(OWN).at(Layer.IDENTITY):
        for statement in policy.document.statements:
            if statement.effect is not Effect.ALLOW:
                continue
            assumes = any(action_matches(each, ASSUME) for each in statement.actions or ())
            for text in statement.resources or () if assumes else ():
                arn = Arn.read(text)
                is_one = arn is not None and arn.kind == "role" and not has_wildcard(text)
                if arn and is_one and arn.account == situation.lab.account_id and "$" not in text:
                    seen[text] = arn.name
    yield from ((name, arn) for arn, name in list(seen.items())[:_MOST_ROLES])


def _of_root(situation: Situation, question: Question, reader: ResourceReader) -> Decision:
    """Decide a call of the root user: nothing but a policy of the resource can refuse it."""
    root, resource = Principal.root(situation.lab.account_id), question.resource or "*"
    request = situation.request(root, question.action, resource)
    return decide(request, reader.read(resource).policies)


def _require(asker: Asker, found: ActualUser | ActualRole | None) -> None:
    """Require that whoever has the name now is the one that is asked about.

    Raises:
        LabError: it is not there, or another one.
    """
    kind = "user" if asker.arn.kind == "user" else "role"
    if asker.unique_id and (found is None or found.unique_id != asker.unique_id):
        what = f"the {kind} {asker.name}, whose session it is, was deleted"
        other = "; another one has its name" if found else ""
        do = "sign in again" if kind == "user" else "switch back"
        raise LabError(f"{what}{other}", where=str(asker.arn), do=do)
    # The ARN of a session does not hold the role's path.
    is_same = found is not None and (
        asker.arn.kind == "assumed-role" or found.arn == str(asker.arn)
    )
    if not is_same:
        other = f"the one of this name is {found.arn}" if found else ""
        raise LabError(f"there is no {kind} {asker.name}", where=str(asker.arn), do=other)


def _situation(callers: Callers, endpoint: Endpoint, asker: Asker) -> Situation:
    """Return the user, or the role, with everything that bears on it.

    Raises:
        LabError: it is not there.
    """
    arn, name = asker.arn, asker.name
    user = iam_entities.read_user(callers, name) if arn.kind == "user" else None
    role = iam_entities.read_role(callers, name) if arn.kind in ("role", "assumed-role") else None
    if arn.kind != "root":
        _require(asker, user or role)
    declared = DeclaredRole(
        name=role.name if role else "",
        arn=role.arn if role else "",
        max_session_duration=role.max_session_duration if role else 0,
    )
    learner = Learner(
        # Sessions are named for their user.
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
    now = callers.clock.moment()
    return Situation(
        lab=lab,
        learner=learner,
        user=user,
        role=role,
        document=iam_entities.ManagedPolicies(callers).document,
        now=now,
        is_local=endpoint.is_local,
        mfa=asker.mfa,
        # Of a role the question is what a session of it would be allowed that begins now.
        issued=now if arn.kind == "role" else asker.issued,
    )
