"""One learner's story, as the lesson tells it: refused, switched, at work, switched back, refused again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials
from rolelab.aws.failures import AwsFailure
from rolelab.findings import Finding, Verdict
from rolelab.outputs import Lab, Learner
from rolelab.verification import actions
from rolelab.verification.actions import Identity, Session
from rolelab.verification.checks import CHECKS
from rolelab.verification.patience import Answer, Outcome, Patience
from rolelab.verification.switch import session_arn, switch

WORKS = "works"
REFUSED = "refused (AccessDenied)"
CLEANUP = "cleanup.buckets"
_LONGEST_WORDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all learners share: the lab, whom to ask, how patiently, and whom to tell."""

    lab: Lab
    callers: Callers
    admin: Clients | None
    """The administrator's clients: for removing what nobody else may remove; None without them."""
    patience: Patience
    read_only: bool
    new_bucket: Callable[[], str]
    content: bytes
    on_finding: Callable[[Finding], None]
    on_wait: Callable[[str, str, Answer], None]
    """Learner, check, and the answer that is not believed yet."""


class Story:
    """Runs the checks of one learner in order and tells each finding as it comes."""

    def __init__(self, learner: Learner, around: Surroundings) -> None:
        self._learner = learner
        self._around = around
        self._own = Credentials(access_key_id=learner.access_key_id, secret_access_key=learner.secret_access_key)
        self._session: Session | None = None
        self._buckets: dict[str, bool] = {}
        """Buckets that may exist -> whether an answer about them was lost."""
        self._told: set[str] = set()

    def run(self) -> None:
        """Tell the whole story; whatever happens in between, what was made is removed."""
        try:
            self._tell_all()
        finally:
            self._clean_up()

    def _tell_all(self) -> None:
        if not self._identity():
            self._skip_rest("not asked: without a key of the learner's own, a refusal would mean nothing")
            return
        self._without_permission("before")
        session = self._switch()
        if session is None:
            off = "the grant is off, so there is no session" if not self._around.lab.grant else "there is no session"
            self._skip_rest(f"not asked: {off}")
            return
        self._at_work(session)
        self._expect("during.list-users", session.credentials, actions.list_users, works=False)
        self._without_permission("after")

    # -- the steps ----------------------------------------------------------------------------------------------

    def _identity(self) -> bool:
        wanted = Identity(account_id=self._around.lab.account_id, arn=self._learner.user_arn)
        answer = self._ask("identity.caller", self._own, actions.caller, _worked(lambda who: who == wanted))
        got = f"{answer.value.arn} of account {answer.value.account_id}" if answer.value else answer.got
        return self._tell("identity.caller", answer, answer.value == wanted, expected=wanted.arn, got=got)

    def _without_permission(self, when: str) -> None:
        self._expect(f"{when}.list-buckets", self._own, lambda c: actions.list_buckets(c, "rolelab-"), works=False)
        check = f"{when}.create-bucket"
        if self._around.read_only:
            self._skip(check, "not asked: --read-only, and it would make a bucket if it were wrongly allowed")
        else:
            self._expect(check, self._own, self._making(self._around.new_bucket()), works=False)
        self._expect(f"{when}.list-users", self._own, actions.list_users, works=False)

    def _switch(self) -> Session | None:
        """Assume the role; return the session where there is one and there should be."""
        lab = self._around.lab
        if not lab.grant:
            self._expect("assume.role", self._own, self._switching, works=False)
            return None
        answer = self._ask("assume.role", self._own, self._switching, self._is_right)
        session: Session | None = answer.value
        if not self._tell("assume.role", answer, session is not None, expected=WORKS, got=answer.got):
            return None
        assert session is not None  # noqa: S101 - told above
        key = session.credentials.access_key_id
        wanted = session_arn(lab, self._learner)
        self._session = session
        self._tell("assume.temporary", answer, key.startswith("ASIA"), expected="ASIA…", got=f"{key[:4]}…")
        self._tell(
            "assume.expiry",
            answer,
            self._ends_in_time(session),
            expected=f"at most {lab.role.max_session_duration} s",
            got=f"{session.lasts_s:.0f} s, until {session.expires:%H:%M:%S} UTC",
        )
        is_role = session.identity.arn == wanted
        self._tell("assume.identity", answer, is_role, expected=wanted, got=session.identity.arn)
        return session if is_role else None

    def _at_work(self, session: Session) -> None:
        keys, around = session.credentials, self._around
        if around.read_only:
            self._expect("during.list-buckets", keys, lambda c: actions.list_buckets(c, "rolelab-"), works=True)
            for check in CHECKS:
                if check.startswith("during.") and check not in ("during.list-buckets", "during.list-users"):
                    self._skip(check, "not asked: --read-only")
            return
        bucket, content = around.new_bucket(), around.content
        made = self._expect("during.create-bucket", keys, self._making(bucket), works=True)
        listed = self._ask(
            "during.list-buckets",
            keys,
            lambda c: actions.list_buckets(c, bucket),
            _worked(lambda names: not made or bucket in names),
        )
        missing = made and listed.outcome is Outcome.WORKED and bucket not in listed.value
        self._tell(
            "during.list-buckets",
            listed,
            listed.outcome is Outcome.WORKED and not missing,
            expected="works, and shows the new bucket" if made else WORKS,
            got="works, without the new bucket" if missing else listed.got,
        )
        if not made:
            self._skip_rest("not asked: there is no bucket", only="during.", but=("during.list-users",))
            return
        if self._expect("during.put-object", keys, lambda c: actions.put_object(c, bucket, content), works=True):
            self._reads_back("during.get-object", keys, lambda c: actions.get_object(c, bucket))
            self._reads_back("during.copy-object", keys, lambda c: actions.copy_object(c, bucket))
        else:
            for check in ("during.get-object", "during.copy-object"):
                self._skip(check, "not asked: there is no object")
        emptied = self._ask(
            "during.empty-bucket", keys, lambda c: actions.empty_bucket(c, bucket), _worked(lambda left: not left)
        )
        left = len(emptied.value or ())
        self._tell(
            "during.empty-bucket",
            emptied,
            emptied.outcome is Outcome.WORKED and not left,
            expected=WORKS,
            got=f"{left} objects are left" if left else emptied.got,
        )
        self._expect("during.delete-bucket", keys, lambda c: actions.delete_bucket(c, bucket), works=True)

    def _reads_back(self, check: str, keys: Credentials, call: Callable[[Clients], bytes]) -> None:
        content = self._around.content
        answer = self._ask(check, keys, call, _worked(lambda got: got == content))
        differs = answer.outcome is Outcome.WORKED and answer.value != content
        self._tell(
            check,
            answer,
            answer.outcome is Outcome.WORKED and not differs,
            expected="works, byte for byte",
            got="other bytes than were written" if differs else answer.got,
        )

    def _switching(self, _: Clients) -> Session:
        around = self._around
        return switch(around.callers, around.lab, self._learner, actions.SESSION_S, around.patience.clock)

    def _is_right(self, answer: Answer) -> bool:
        session: Session | None = answer.value
        return (
            session is not None
            and session.credentials.access_key_id.startswith("ASIA")
            and self._ends_in_time(session)
            and session.identity.arn == session_arn(self._around.lab, self._learner)
        )

    def _ends_in_time(self, session: Session) -> bool:
        return 0 < session.lasts_s <= self._around.lab.role.max_session_duration

    # -- asking and telling -------------------------------------------------------------------------------------

    def _expect(self, check: str, keys: Credentials, call: Callable[[Clients], Any], *, works: bool) -> bool:
        """Ask for something that should work, or be refused with AccessDenied; tell, and return whether it is so."""
        wanted = Outcome.WORKED if works else Outcome.DENIED
        answer = self._ask(check, keys, call, lambda a: a.outcome is wanted)
        return self._tell(check, answer, answer.outcome is wanted, expected=WORKS if works else REFUSED, got=answer.got)

    def _ask(
        self, check: str, keys: Credentials, call: Callable[[Clients], Any], hoped_for: Callable[[Answer], bool]
    ) -> Answer:
        around = self._around
        with calling_as(keys):
            return around.patience.ask(
                lambda: call(around.callers),
                hoped_for,
                on_wait=lambda answer: around.on_wait(self._learner.name, check, answer),
            )

    def _tell(self, check: str, answer: Answer, right: bool, *, expected: str, got: str) -> bool:
        wrong = Verdict.UNKNOWN if answer.outcome is Outcome.NO_ANSWER else Verdict.FAIL
        verdict = Verdict.PASS if right else wrong
        self._add(check, verdict, expected=expected, got=got, said=self._clean(answer.said))
        return right

    def _skip(self, check: str, why: str) -> None:
        self._add(check, Verdict.SKIPPED, expected="", got="", do=why)

    def _skip_rest(self, why: str, *, only: str = "", but: Iterable[str] = ()) -> None:
        for check in CHECKS:
            if check.startswith(only) and check not in self._told and check not in (*but, CLEANUP):
                self._skip(check, why)

    def _add(self, check: str, verdict: Verdict, *, expected: str, got: str, said: str = "", do: str = "") -> None:
        known = CHECKS[check]
        self._told.add(check)
        self._around.on_finding(
            Finding(
                check=check,
                learner=self._learner.name,
                verdict=verdict,
                expected=expected,
                got=got,
                said=said,
                do=do,
                who=known.who,
                action=known.action,
                what=known.title,
            )
        )

    def _clean(self, said: str) -> str:
        """AWS's words in one line; a refused signature is answered with the request, session token and all."""
        secrets = [self._learner.secret_access_key]
        if self._session:
            secrets.append(self._session.credentials.secret_access_key)
            secrets += [token] if (token := self._session.credentials.session_token) else []
        for secret in secrets:
            said = said.replace(secret.reveal(), "[secret]")
        line = " ".join(said.split(" The Canonical String", 1)[0].split())
        return line if len(line) <= _LONGEST_WORDS else f"{line[:_LONGEST_WORDS]}…"

    # -- what was made is removed -------------------------------------------------------------------------------

    def _making(self, bucket: str) -> Callable[[Clients], None]:
        """Return the call that makes a bucket; the bucket is remembered unless AWS said that it was not made."""

        def make(clients: Clients) -> None:
            self._buckets.setdefault(bucket, False)
            try:
                actions.create_bucket(clients, bucket)
            except AwsFailure as failure:
                if not failure.answered:
                    self._buckets[bucket] = True
                elif not self._buckets[bucket]:
                    del self._buckets[bucket]
                raise

        return make

    def _clean_up(self) -> None:
        around = self._around
        if around.read_only:
            self._skip(CLEANUP, "nothing was made: --read-only")
            return
        left = {bucket: answer for bucket in list(self._buckets) if (answer := self._remove(bucket))}
        if not left:
            self._add(CLEANUP, Verdict.PASS, expected="nothing is left", got="nothing is left")
            return
        names = ", ".join(left)
        answer = next(iter(left.values()))
        # A bucket whose making was never confirmed may not exist: then nobody knows.
        known = answer.outcome is not Outcome.NO_ANSWER and not all(self._buckets[bucket] for bucket in left)
        self._add(
            CLEANUP,
            Verdict.FAIL if known else Verdict.UNKNOWN,
            expected="nothing is left",
            got=f"{'left' if known else 'perhaps left'}: {names}",
            said=self._clean(answer.said),
            do="; ".join(f"aws s3 rb s3://{bucket} --force" for bucket in left),
        )

    def _remove(self, bucket: str) -> Answer | None:
        """Remove a bucket by whoever may; return None when it is gone, or else what the last one was answered."""
        around = self._around
        answer: Answer | None = None
        for keys in ([self._session.credentials] if self._session else []) + [self._own]:
            with calling_as(keys):
                answer = self._removed(around.callers, bucket)
            if answer is None:
                return None
        return self._removed(around.admin, bucket) if around.admin else answer

    def _removed(self, clients: Clients, bucket: str) -> Answer | None:
        answer = self._around.patience.ask(
            lambda: actions.remove_bucket(clients, bucket),
            # A refusal ends it as well: somebody else is asked then.
            lambda answer: answer.outcome in (Outcome.WORKED, Outcome.DENIED, Outcome.KEY_REFUSED),
            stoppable=False,
        )
        return None if answer.outcome is Outcome.WORKED else answer


def _worked(test: Callable[[Any], bool] = lambda _: True) -> Callable[[Answer], bool]:
    return lambda answer: answer.outcome is Outcome.WORKED and test(answer.value)
