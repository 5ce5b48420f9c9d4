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

from rolelab.aws.callers import Callers
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.patience import LOCAL_LIMIT_S, REAL_LIMIT_S, AwsAnswer, Clock, Patience, Stopped
from rolelab.diagnosis.administrator import Administrator
from rolelab.diagnosis.role_checks import ROLE_CHECKS, compare_role
from rolelab.diagnosis.user_checks import USER_CHECKS, compare_user
from rolelab.findings import Finding
from rolelab.outputs import Lab, Learner
from rolelab.verify.checks import BEHAVIOUR, CLEANUP
from rolelab.verify.comparison import compare
from rolelab.verify.expectations import expected_of
from rolelab.verify.story import Story, Surroundings
from rolelab.verify.telling import Teller

BUCKET_PREFIX = "rolelab-verify-"
"""Every bucket of a verification begins so, then the time in UTC: one can see what it is."""
_CONTENT_SIZE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """How a verification is run."""

    read_only: bool = False
    limit_s: float | None = None
    """Seconds until an unexpected answer is believed; None: 60, and 2 on a local AWS."""
    threads: int = 16
    answer_s: float = 20.0
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


def verify(
    lab: Lab,
    endpoint: Endpoint,
    options: VerifyOptions | None = None,
    listener: Listener | None = None,
) -> list[Finding]:
    """Verify every learner and return the findings in the order of the learners and of the lesson.

    `endpoint` says where AWS is; its credentials are the administrator's. After a KeyboardInterrupt
    nothing new is asked, `on_stop` is called, what was made is removed, and the interrupt goes on.
    """
    options, listener = options or VerifyOptions(), listener or Listener()
    stop = threading.Event()
    collector = _Collector(lab, listener)
    # One more for the role.
    threads = max(1, min(options.threads, len(lab.learners) + 1))
    around = _surroundings(lab, endpoint, options, threads, stop, collector)
    try:
        _all_learners(around, threads, stop, listener.on_stop)
    finally:
        stop.set()
    return collector.in_order()


class _Collector:
    """Collects what the threads tell, and passes it on one at a time."""

    def __init__(self, lab: Lab, listener: Listener) -> None:
        self._findings: dict[str, list[Finding]] = {each.name: [] for each in lab.learners}
        self._findings[""] = []
        self._listener = listener
        self._lock = threading.Lock()

    def finding(self, finding: Finding) -> None:
        with self._lock:
            self._findings[finding.learner].append(finding)
            self._listener.on_finding(finding)

    def wait(self, learner: str, check: str, answer: AwsAnswer) -> None:
        with self._lock:
            self._listener.on_wait(learner, check, answer)

    def in_order(self) -> list[Finding]:
        return [finding for findings in self._findings.values() for finding in findings]


def _surroundings(
    lab: Lab,
    endpoint: Endpoint,
    options: VerifyOptions,
    threads: int,
    stop: threading.Event,
    collector: _Collector,
) -> Surroundings:
    clock, limit_s = options.clock, options.limit_s
    if limit_s is None:
        limit_s = LOCAL_LIMIT_S if endpoint.is_local else REAL_LIMIT_S
    patience = Patience(limit_s, _stoppable(clock, stop), is_stopped=stop.is_set)
    callers = Callers(endpoint, connections=threads, read_s=options.answer_s)
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
        on_finding=collector.finding,
        on_wait=collector.wait,
    )


def _all_learners(
    around: Surroundings, threads: int, stop: threading.Event, on_stop: Callable[[], None]
) -> None:
    with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
        stories = [
            pool.submit(_unless, stop, _tell_story, learner, around)
            for learner in around.lab.learners
        ]
        stories.append(pool.submit(_unless, stop, _tell_role, around))
        try:
            wait(stories, return_when=FIRST_EXCEPTION)
            for story in stories:
                story.result()
        except BaseException:
            # An interrupt, or an error of ours: what is under way is cleaned up, nothing is begun.
            stop.set()
            on_stop()
            raise


def _unless(stop: threading.Event, tell: Callable[..., None], *what: object) -> None:
    if not stop.is_set():
        with suppress(Stopped):
            tell(*what)


def _tell_story(learner: Learner, around: Surroundings) -> None:
    """Tell one learner's story; whatever happens in between, what was made is removed."""
    story = Story(learner, around)
    try:
        story.run(BEHAVIOUR)
        compare(
            USER_CHECKS,
            story.teller,
            around,
            lambda: compare_user(around.lab, learner, around.admin.user(learner)),
        )
    finally:
        CLEANUP.run(story, CLEANUP)


def _tell_role(around: Surroundings) -> None:
    """Compare the role; read again each time: an unexpected one may be not yet as declared."""
    compare(
        ROLE_CHECKS,
        Teller("", around.on_finding),
        around,
        lambda: compare_role(around.lab, around.admin.role(again=True)),
    )


def _stoppable(clock: Clock, stop: threading.Event) -> Clock:
    """A system clock whose sleep ends with the run; an injected one is left as it is."""

    def sleep(seconds: float) -> None:
        stop.wait(seconds)

    return replace(clock, sleep=sleep) if clock.sleep is time.sleep else clock
