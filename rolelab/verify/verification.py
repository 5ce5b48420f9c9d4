"""The verification as a whole: learners in parallel, one result, nothing left behind."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace

from rolelab import interrupts
from rolelab.aws import own_calls
from rolelab.aws.callers import Callers
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.patience import LOCAL_LIMIT_S, REAL_LIMIT_S, AwsAnswer, Clock, Patience, Stopped
from rolelab.diagnosis.administrator import Administrator
from rolelab.diagnosis.role_checks import ROLE_CHECKS, compare_role
from rolelab.diagnosis.user_checks import USER_CHECKS, compare_user
from rolelab.findings import Finding
from rolelab.outputs import Lab, Learner
from rolelab.verify import notes
from rolelab.verify.buckets import BUCKET_PREFIX
from rolelab.verify.checks import BEHAVIOUR, CLEANUP
from rolelab.verify.comparison import compare
from rolelab.verify.expectations import expected_of
from rolelab.verify.story import Story, Surroundings
from rolelab.verify.telling import Teller

_CONTENT_SIZE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """How a verification is run."""

    read_only: bool = False
    limit_s: float | None = None
    """Seconds until an unexpected answer is believed; None: 60, and 2 on a local AWS."""
    threads: int = 16
    answer_s: float | None = None
    """Seconds after which a request without an answer counts as lost."""
    admin: bool = True
    """Whether to use administrator's credentials: the endpoint's, or what the environment holds."""
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told while a verification runs: from its threads, but one at a time."""

    on_finding: Callable[[Finding], None] = lambda _: None
    on_wait: Callable[[str, str, AwsAnswer], None] = lambda _learner, _check, _answer: None
    """Learner, check, and the answer that is not believed yet."""
    on_stop: Callable[[], None] = lambda: None
    on_note: Callable[[str], None] = lambda _: None
    """What is no failure, and good to know."""


def verify(
    lab: Lab,
    endpoint: Endpoint,
    options: VerifyOptions | None = None,
    listener: Listener | None = None,
) -> list[Finding]:
    """Verify every learner and return the findings in the order of the learners and of the lesson.

    `endpoint` says where AWS is; its credentials are the administrator's. After a signal nothing
    new is asked, `on_stop` is called, and what was made is removed.

    Raises:
        KeyboardInterrupt: a signal came. Only after the third one is anything left behind.
    """
    return _Verification(lab, endpoint, options or VerifyOptions(), listener or Listener()).run()


class _Verification:
    """One run: its threads, what they tell, and how it is stopped."""

    def __init__(
        self, lab: Lab, endpoint: Endpoint, options: VerifyOptions, listener: Listener
    ) -> None:
        self._listener = listener
        self._stop = threading.Event()
        self._telling = threading.Lock()
        names = [learner.name for learner in lab.learners]
        self._findings: dict[str, list[Finding]] = {name: [] for name in (*names, "")}
        # One more for the role.
        self._threads = max(1, min(options.threads, len(lab.learners) + 1))
        self._around = self._surroundings(lab, endpoint, options)

    def _surroundings(self, lab: Lab, endpoint: Endpoint, options: VerifyOptions) -> Surroundings:
        clock, limit_s = options.clock, options.limit_s
        if limit_s is None:
            limit_s = LOCAL_LIMIT_S if endpoint.is_local else REAL_LIMIT_S
        patience = Patience(limit_s, _stoppable(clock, self._stop), is_stopped=self._stop.is_set)
        callers = Callers(
            endpoint,
            connections=self._threads,
            read_s=options.answer_s,
            purpose=own_calls.VERIFY,
        )
        admin = Administrator(endpoint, callers, lab, patience, is_used=options.admin)
        return Surroundings(
            lab=lab,
            callers=callers,
            admin=admin,
            patience=patience,
            expected=expected_of(lab, admin.document),
            read_only=options.read_only,
            new_bucket=lambda: f"{BUCKET_PREFIX}{clock.now():%Y%m%d%H%M%S}-{secrets.token_hex(8)}",
            content=os.urandom(_CONTENT_SIZE),
            on_finding=self._on_finding,
            on_wait=self._on_wait,
        )

    def _on_finding(self, finding: Finding) -> None:
        with self._telling:
            self._findings[finding.learner].append(finding)
            self._listener.on_finding(finding)

    def _on_wait(self, learner: str, check: str, answer: AwsAnswer) -> None:
        with self._telling:
            self._listener.on_wait(learner, check, answer)

    def run(self) -> list[Finding]:
        """Verify; after a signal, clean up and raise KeyboardInterrupt."""
        findings = interrupts.run(self._tell_all, self._interrupted, waits_for=2)
        if self._stop.is_set():
            raise KeyboardInterrupt
        return findings

    def _interrupted(self, _signal_name: str) -> None:
        if not self._stop.is_set():
            self._stop.set()
            self._listener.on_stop()

    def _tell_all(self) -> list[Finding]:
        """Tell every story and compare the role, side by side; return all findings in order."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="verify") as pool:
            stories = [
                pool.submit(self._tell_story, learner) for learner in self._around.lab.learners
            ]
            stories.append(pool.submit(self._compare_role))
            stories.append(pool.submit(self._take_notes))
            try:
                wait(stories, return_when=FIRST_EXCEPTION)
                for story in stories:
                    story.result()
            except BaseException:
                # An error of ours: what is under way cleans up, nothing is begun.
                self._stop.set()
                raise
        return [finding for findings in self._findings.values() for finding in findings]

    def _tell_story(self, learner: Learner) -> None:
        """Tell one learner's story; whatever happens in between, what was made is removed."""
        if self._stop.is_set():
            return
        around = self._around
        story = Story(learner, around)
        try:
            story.run(BEHAVIOUR)
            compare(
                USER_CHECKS,
                story.teller,
                around,
                lambda: compare_user(around.lab, learner, around.admin.user(learner)),
            )
        except Stopped:
            pass
        finally:
            CLEANUP.run(story, CLEANUP)

    def _compare_role(self) -> None:
        """Compare the role; read again each time: an unexpected one may be not yet as declared."""
        around = self._around
        with suppress(Stopped):
            compare(
                ROLE_CHECKS,
                Teller("", around.on_finding),
                around,
                lambda: compare_role(around.lab, around.admin.role(again=True)),
            )

    def _take_notes(self) -> None:
        """Look who else gets in: told, and no verdict on the lab."""
        around = self._around
        with suppress(Stopped):
            now = around.patience.clock.now()
            for note in notes.of_lab(around.lab, around.callers, around.admin, now):
                with self._telling:
                    self._listener.on_note(note)


def _stoppable(clock: Clock, stop: threading.Event) -> Clock:
    """A system clock whose sleep ends with the run; an injected one is left as it is."""

    def sleep(seconds: float) -> None:
        stop.wait(seconds)

    return replace(clock, sleep=sleep) if clock.sleep is time.sleep else clock
