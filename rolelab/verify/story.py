"""One learner's story as the lesson tells it: refused, switched, at work, back, refused again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from rolelab.advice import OWN, SESSION
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.patience import AwsAnswer, CallOutcome, Patience
from rolelab.aws.role_session import RoleSession
from rolelab.diagnosis import reasons
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.reasons import Need, Reason
from rolelab.findings import Finding, Verdict
from rolelab.outputs import Lab, Learner
from rolelab.switch import SHORTEST_S
from rolelab.verify.buckets import Buckets
from rolelab.verify.expectations import Expected
from rolelab.verify.telling import Teller

if TYPE_CHECKING:
    from rolelab.diagnosis.situation import Situation

WORKS = "works"
REFUSED = "refused (AccessDenied)"
_NOT_KNOWN = (
    "not asked: what the role is meant to be allowed is not known without reading its policies"
)


class Stage(IntEnum):
    """How far a story must have come for a check to mean something."""

    START = 0
    KEY = 1
    """The key is the learner's own."""
    ASSUMED = 2
    """AssumeRole gave credentials."""
    SESSION = 3
    """They are the role's."""
    BUCKET = 4
    """The session has made a bucket."""
    OBJECT = 5
    """And written into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourCheck(Check):
    """A check of what a learner's own key, or the session, really can do."""

    run: Callable[[Story, BehaviourCheck], None]
    """Asks AWS, and tells what came of it."""
    requires: Stage = Stage.KEY
    needs: tuple[Need, ...] = ()
    """What policies must allow for it to work."""
    writes: bool = False
    """Whether it makes or changes something where it works."""
    because: Callable[[Situation, AwsAnswer], Reason] | None = None
    """Explains an unexpected answer; None: by what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all learners share: the lab, whom to ask, how patiently, and whom to tell."""

    lab: Lab
    callers: Callers
    admin: Administrator
    patience: Patience
    expected: Expected
    """What the role is meant to be allowed."""
    read_only: bool
    new_bucket: Callable[[], str]
    content: bytes
    on_finding: Callable[[Finding], None]
    on_wait: Callable[[str, str, AwsAnswer], None]
    """Learner, check, and the answer that is not believed yet."""


class Story:
    """How far one learner has come, whom to ask and whom to tell; the checks move it on."""

    def __init__(self, learner: Learner, around: Surroundings) -> None:
        self.learner = learner
        self.around = around
        self.switch = around.lab.switch(learner, seconds=SHORTEST_S)
        self.buckets = Buckets(around.patience)
        self.teller = Teller(learner.name, around.on_finding)
        self.teller.hide(learner.secret_access_key, learner.console_password)
        self.stage = Stage.START
        self.session: RoleSession | None = None
        self.bucket = ""
        """The one that the session has made."""
        self.is_empty = True
        self._situation: Situation | None = None

    def run(self, checks: Iterable[BehaviourCheck]) -> None:
        """Make the checks in order; those that would mean nothing are skipped, with the reason."""
        for check in checks:
            why_not = self._why_not(check)
            if why_not:
                self.skip(check, f"not asked: {why_not}")
            else:
                check.run(self, check)

    def _why_not(self, check: BehaviourCheck) -> str:
        lacks = check.requires > self.stage
        if lacks and self.stage < Stage.KEY:
            return "without a key of the learner's own, a refusal would mean nothing"
        if lacks and self.stage < Stage.SESSION:
            off = "" if self.around.lab.grant else "the grant is off, so "
            return f"{off}there is no session"
        if self.around.read_only and check.writes:
            would = ", and it would make a bucket if it were allowed" if check.who == OWN else ""
            return f"--read-only{would}"
        if lacks:
            return f"there is no {'bucket' if self.stage < Stage.BUCKET else 'object'}"
        return ""

    def allowed(self, *needs: Need) -> bool | None:
        """Return whether the role is meant to be allowed all of it; None where it is not known."""
        answers = [self.around.expected(need) for need in needs]
        return None if None in answers else all(answers)

    # -- asking and telling -----------------------------------------------------------------------

    def expect(
        self, check: BehaviourCheck, call: Callable[[Clients], object], *, works: bool | None
    ) -> bool:
        """Ask for what should work or be refused; tell what came, and return whether it worked."""
        if works is None:
            self.skip(check, _NOT_KNOWN)
            return False
        hoped_for = CallOutcome.WORKED if works else CallOutcome.DENIED
        answer = self.ask(check, call, lambda answer: answer.outcome is hoped_for)
        right = answer.outcome is hoped_for
        self.tell(check, answer, right, expected=WORKS if works else REFUSED)
        return answer.works

    def ask(
        self,
        check: BehaviourCheck,
        call: Callable[[Clients], object],
        hoped_for: Callable[[AwsAnswer], bool],
        likeness: Callable[[object], object] = lambda _: None,
    ) -> AwsAnswer:
        """Ask by the check's credentials until the hoped-for answer comes or another is sure."""
        around = self.around
        asking = self.session if check.who == SESSION and self.session else self.learner
        with calling_as(asking.credentials):
            return around.patience.ask(
                lambda: call(around.callers),
                hoped_for,
                likeness=likeness,
                on_wait=lambda answer: around.on_wait(self.learner.name, check.id, answer),
            )

    def tell(
        self, check: BehaviourCheck, answer: AwsAnswer, right: bool, *, expected: str, got: str = ""
    ) -> bool:
        """Tell what came of a check, and why if it is wrong; return whether it was right."""
        lost = answer.outcome is CallOutcome.NO_ANSWER
        is_explained = not right and not lost and answer.outcome is not CallOutcome.OTHER
        self.teller.tell(
            check,
            Verdict.PASS if right else Verdict.UNKNOWN if lost else Verdict.FAIL,
            expected=expected,
            got=got or answer.got,
            said=answer.said,
            reason=self._reason(check, answer)
            if is_explained
            else Reason(cause=(answer.outcome.value, answer.code)),
        )
        return right

    def skip(self, check: BehaviourCheck, why: str) -> None:
        """Tell that a check was skipped, and why."""
        self.teller.skip([check], why)

    def _reason(self, check: BehaviourCheck, answer: AwsAnswer) -> Reason:
        """Return why, where the policies can be read."""
        try:
            if self._situation is None:
                self._situation = self.around.admin.situation(self.learner)
            if check.because:
                return check.because(self._situation, answer)
            return reasons.of_needs(self._situation, answer, check.needs, check.who)
        except NotLookedAt as not_looked:
            why = f"Why was not looked at: {not_looked}."
        except NoAnswer as lost:
            why = f"Why could not be found out: {lost}."
        return Reason(cause=(answer.outcome.value, answer.code), why=(why,))
