"""One learner's story, as the lesson tells it: refused, switched, at work, switched back, refused again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rolelab.aws import assuming
from rolelab.aws.assuming import Identity, RoleSession
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials
from rolelab.aws.patience import Answer, Outcome, Patience
from rolelab.diagnosis import actions
from rolelab.diagnosis.administrator import Administrator, NoAnswer, NotLookedAt
from rolelab.diagnosis.declared import compare_user
from rolelab.diagnosis.situation import NEEDS, Reason, Situation
from rolelab.findings import Finding, Verdict
from rolelab.outputs import Lab, Learner
from rolelab.switch import SHORTEST_S
from rolelab.verify.buckets import Buckets
from rolelab.verify.checks import BEHAVIOUR, USER
from rolelab.verify.comparison import compare
from rolelab.verify.expectations import Leave
from rolelab.verify.telling import Teller

WORKS = "works"
REFUSED = "refused (AccessDenied)"
CLEANUP = "cleanup.buckets"
_LONGEST_SESSION_S = 43200
_WORK = tuple(
    check for check in BEHAVIOUR if check.startswith("during.") and check != "during.list-users"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all learners share: the lab, whom to ask, how patiently, and whom to tell."""

    lab: Lab
    callers: Callers
    admin: Administrator
    patience: Patience
    leave: Leave
    """What the role is meant to be allowed."""
    is_local: bool
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
        self._own = learner.credentials
        self._switch = around.lab.switch(learner, seconds=SHORTEST_S)
        self._session: RoleSession | None = None
        self._buckets = Buckets(around.patience)
        self._teller = Teller(learner.name, around.on_finding)
        self._teller.hide(learner.secret_access_key, learner.console_password)
        self._situation: Situation | None = None

    def run(self) -> None:
        """Tell the whole story; whatever happens in between, what was made is removed."""
        try:
            self._tell_all()
            compare(
                USER,
                self._teller,
                self._around,
                lambda admin: admin.user(self._learner),
                lambda user: compare_user(self._around.lab, self._learner, user),
            )
        finally:
            self._clean_up()

    def _tell_all(self) -> None:
        teller = self._teller
        rest = [check for check in BEHAVIOUR if check != CLEANUP]
        if not self._identity():
            teller.skip(
                rest, "not asked: without a key of the learner's own, a refusal would mean nothing"
            )
            return
        self._without_permission("before")
        session = self._assume()
        if session is None:
            off = (
                "there is no session"
                if self._around.lab.grant
                else "the grant is off, so there is no session"
            )
            teller.skip(rest, f"not asked: {off}")
            return
        self._limit()
        self._at_work(session)
        self._expect(
            "during.list-users",
            session.credentials,
            actions.list_users,
            works=self._may("during.list-users"),
        )
        self._without_permission("after")

    # -- the steps ----------------------------------------------------------------------------------------------

    def _identity(self) -> bool:
        wanted = Identity(account_id=self._around.lab.account_id, arn=self._learner.user_arn)
        answer = self._ask(
            "identity.caller",
            self._own,
            assuming.caller,
            _worked(lambda who: who == wanted),
            lambda who: who,
        )
        got = (
            f"{answer.value.arn} of account {answer.value.account_id}"
            if answer.value
            else answer.got
        )
        return self._tell(
            "identity.caller", answer, answer.value == wanted, expected=wanted.arn, got=got
        )

    def _without_permission(self, when: str) -> None:
        self._expect(
            f"{when}.list-buckets",
            self._own,
            lambda c: actions.list_buckets(c, "rolelab-"),
            works=False,
        )
        check = f"{when}.create-bucket"
        if self._around.read_only:
            self._teller.skip(
                [check], "not asked: --read-only, and it would make a bucket if it were allowed"
            )
        else:
            self._expect(
                check, self._own, self._buckets.making(self._around.new_bucket()), works=False
            )
        self._expect(f"{when}.list-users", self._own, actions.list_users, works=False)

    def _assume(self) -> RoleSession | None:
        """Assume the role; return the session where there is one and there should be."""
        lab = self._around.lab
        if not lab.grant:
            self._expect("assume.role", self._own, self._switching, works=False)
            return None
        answer = self._ask(
            "assume.role",
            self._own,
            self._switching,
            self._is_right,
            lambda session: session.identity,
        )
        session: RoleSession | None = answer.value
        if not self._tell(
            "assume.role", answer, session is not None, expected=WORKS, got=answer.got
        ):
            return None
        assert session is not None  # noqa: S101 - told above
        key = session.credentials.access_key_id
        wanted = self._switch.session_arn
        self._session = session
        self._teller.hide(session.credentials.secret_access_key, session.credentials.session_token)
        self._tell(
            "assume.temporary", answer, key.startswith("ASIA"), expected="ASIA…", got=f"{key[:4]}…"
        )
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

    def _limit(self) -> None:
        """Ask for a session a second longer than the role's limit: refused as a wrong parameter, not for want of leave.

        Source: STS API Reference, AssumeRole, DurationSeconds.
        """
        around, check = self._around, "assume.limit"
        seconds = around.lab.role.max_session_duration + 1
        if seconds > _LONGEST_SESSION_S:
            self._teller.skip(
                [check], "not asked: the role's limit is the longest session that AWS knows"
            )
            return

        def refused(answer: Answer) -> bool:
            return answer.outcome is Outcome.OTHER and answer.code == "ValidationError"

        longer = replace(self._switch, seconds=seconds)
        answer = self._ask(
            check,
            self._own,
            lambda _: assuming.assume(around.callers, longer, around.patience.clock),
            refused,
        )
        expected = "refused (ValidationError)"
        right = refused(answer)
        self._tell(check, answer, right, expected=expected, got=expected if right else answer.got)

    def _at_work(self, session: RoleSession) -> None:
        keys, around = session.credentials, self._around
        lists = self._may("during.list-buckets")
        if around.read_only:
            self._expect(
                "during.list-buckets",
                keys,
                lambda c: actions.list_buckets(c, "rolelab-"),
                works=lists,
            )
            self._teller.skip(_WORK, "not asked: --read-only")
            return
        leave = {check: self._may(check) for check in _WORK}
        bucket = around.new_bucket()
        makes = leave["during.create-bucket"]
        made = False
        if not makes:
            self._expect("during.create-bucket", keys, self._buckets.making(bucket), works=makes)
        elif all(leave.values()) or around.admin.is_there:
            made = self._expect(
                "during.create-bucket", keys, self._buckets.making(bucket), works=True
            )
        else:
            why = "not asked: the role is not meant to remove a bucket again, and nobody else here may"
            self._teller.skip(["during.create-bucket"], why)
        self._lists(keys, bucket if made else "", works=lists)
        if made and makes:
            self._in_bucket(keys, bucket, leave)
        else:
            self._teller.skip(_WORK, "not asked: there is no bucket")

    def _lists(self, keys: Credentials, bucket: str, *, works: bool | None) -> None:
        """List the buckets; where one was made it must be among them, perhaps a little later."""
        check = "during.list-buckets"
        if not (works and bucket):
            self._expect(check, keys, lambda c: actions.list_buckets(c, "rolelab-"), works=works)
            return
        is_listed = _worked(lambda names: bucket in names)
        listed = self._ask(check, keys, lambda c: actions.list_buckets(c, bucket), is_listed)
        worked = listed.outcome is Outcome.WORKED
        missing = worked and bucket not in listed.value
        self._tell(
            check,
            listed,
            worked and not missing,
            expected="works, and shows the new bucket",
            got="works, without the new bucket" if missing else listed.got,
        )

    def _in_bucket(self, keys: Credentials, bucket: str, leave: dict[str, bool | None]) -> None:
        content = self._around.content
        put = "during.put-object"
        if self._expect(
            put, keys, lambda c: actions.put_object(c, bucket, content), works=leave[put]
        ):
            get, copy = "during.get-object", "during.copy-object"
            self._reads_back(get, keys, lambda c: actions.get_object(c, bucket), works=leave[get])
            self._reads_back(
                copy, keys, lambda c: actions.copy_object(c, bucket), works=leave[copy]
            )
        else:
            self._teller.skip(
                ("during.get-object", "during.copy-object"), "not asked: there is no object"
            )
        is_empty = self._empties(keys, bucket, works=leave["during.empty-bucket"])
        self._deletes(keys, bucket, is_empty=is_empty, works=leave["during.delete-bucket"])

    def _deletes(
        self, keys: Credentials, bucket: str, *, is_empty: bool, works: bool | None
    ) -> None:
        check = "during.delete-bucket"
        if not works or is_empty:
            if self._expect(check, keys, lambda c: actions.delete_bucket(c, bucket), works=works):
                self._buckets.deleted(bucket)
            return
        answer = self._ask(
            check,
            keys,
            lambda c: actions.delete_bucket(c, bucket),
            lambda a: a.code in ("", "BucketNotEmpty"),
        )
        if answer.code == "BucketNotEmpty":
            self._teller.skip(
                [check], "not told: the role may delete it, but it could not be emptied"
            )
        else:
            self._tell(
                check, answer, answer.outcome is Outcome.WORKED, expected=WORKS, got=answer.got
            )

    def _empties(self, keys: Credentials, bucket: str, *, works: bool | None) -> bool:
        check = "during.empty-bucket"
        if not works:
            return self._expect(check, keys, lambda c: actions.empty_bucket(c, bucket), works=works)
        emptied = self._ask(
            check, keys, lambda c: actions.empty_bucket(c, bucket), _worked(lambda left: not left)
        )
        left = len(emptied.value or ())
        worked = emptied.outcome is Outcome.WORKED
        got = f"{left} objects are left" if left else emptied.got
        return self._tell(check, emptied, worked and not left, expected=WORKS, got=got)

    def _reads_back(
        self, check: str, keys: Credentials, call: Callable[[Clients], bytes], *, works: bool | None
    ) -> None:
        if not works:
            self._expect(check, keys, call, works=works)
            return
        content = self._around.content
        answer = self._ask(check, keys, call, _worked(lambda got: got == content), lambda got: got)
        differs = answer.outcome is Outcome.WORKED and answer.value != content
        self._tell(
            check,
            answer,
            answer.outcome is Outcome.WORKED and not differs,
            expected="works, byte for byte",
            got="other bytes than were written" if differs else answer.got,
        )

    def _switching(self, _: Clients) -> RoleSession:
        return assuming.assume(self._around.callers, self._switch, self._around.patience.clock)

    def _is_right(self, answer: Answer) -> bool:
        session: RoleSession | None = answer.value
        return (
            session is not None
            and session.credentials.access_key_id.startswith("ASIA")
            and self._ends_in_time(session)
            and session.identity.arn == self._switch.session_arn
        )

    def _ends_in_time(self, session: RoleSession) -> bool:
        return 0 < session.lasts_s <= self._around.lab.role.max_session_duration

    # -- asking and telling -------------------------------------------------------------------------------------

    def _may(self, check: str) -> bool | None:
        """Whether the role is meant to be allowed what a check asks for; None where that is not known."""
        partition = self._around.lab.role.arn.split(":")[1]
        needs = NEEDS[check.partition(".")[2]]
        answers = [
            self._around.leave(action, on.format(partition=partition)) for action, on in needs
        ]
        return None if None in answers else all(answers)

    def _expect(
        self, check: str, keys: Credentials, call: Callable[[Clients], Any], *, works: bool | None
    ) -> bool:
        """Ask for something that should work, or be refused with AccessDenied; tell, and return whether it worked."""
        if works is None:
            self._teller.skip([check], _NOT_KNOWN)
            return False
        wanted = Outcome.WORKED if works else Outcome.DENIED
        answer = self._ask(check, keys, call, lambda a: a.outcome is wanted)
        right = answer.outcome is wanted
        self._tell(check, answer, right, expected=WORKS if works else REFUSED, got=answer.got)
        return answer.outcome is Outcome.WORKED

    def _ask(
        self,
        check: str,
        keys: Credentials,
        call: Callable[[Clients], Any],
        hoped_for: Callable[[Answer], bool],
        likeness: Callable[[Any], object] = lambda _: None,
    ) -> Answer:
        around = self._around
        with calling_as(keys):
            return around.patience.ask(
                lambda: call(around.callers),
                hoped_for,
                likeness=likeness,
                on_wait=lambda answer: around.on_wait(self._learner.name, check, answer),
            )

    def _tell(self, check: str, answer: Answer, right: bool, *, expected: str, got: str) -> bool:
        is_wrong = not right and answer.outcome is not Outcome.NO_ANSWER
        reason = self._reason(check, answer) if is_wrong else None
        return self._teller.tell(check, answer, right, expected=expected, got=got, reason=reason)

    def _reason(self, check: str, answer: Answer) -> Reason | None:
        """Say why, where the policies can be read and the answer is about permissions or the key."""
        if answer.outcome is Outcome.OTHER or (
            check == "assume.limit" and answer.outcome is not Outcome.WORKED
        ):
            return None
        around = self._around
        try:
            if self._situation is None:
                self._situation = Situation(
                    lab=around.lab,
                    learner=self._learner,
                    user=around.admin.user(self._learner),
                    role=around.admin.role(),
                    document=around.admin.document,
                    now=around.patience.clock.now(),
                    is_local=around.is_local,
                )
            works = answer.outcome is Outcome.WORKED
            return self._situation.because(check, works=works, said=answer.said)
        except NotLookedAt as not_looked:
            return Reason(why=(f"Why was not looked at: {not_looked}.",))
        except NoAnswer as lost:
            return Reason(why=(f"Why could not be found out: {lost}.",))

    def _clean_up(self) -> None:
        around = self._around
        if around.read_only:
            self._teller.skip([CLEANUP], "nothing was made: --read-only")
            return
        keys = ([self._session.credentials] if self._session else []) + [self._own]
        left, answer, is_certain = self._buckets.remove(
            around.callers, keys, around.admin.credentials
        )
        if not left:
            self._teller.add(
                CLEANUP, Verdict.PASS, expected="nothing is left", got="nothing is left"
            )
            return
        self._teller.add(
            CLEANUP,
            Verdict.FAIL if is_certain else Verdict.UNKNOWN,
            expected="nothing is left",
            got=f"{'left' if is_certain else 'perhaps left'}: {', '.join(left)}",
            said=answer.said if answer else "",
            do="\n".join(f"aws s3 rb s3://{bucket} --force" for bucket in left),
        )


_NOT_KNOWN = (
    "not asked: what the role is meant to be allowed is not known without reading its policies"
)


def _worked(test: Callable[[Any], bool] = lambda _: True) -> Callable[[Answer], bool]:
    return lambda answer: answer.outcome is Outcome.WORKED and test(answer.value)
