"""The verification as a whole: learners in parallel, one result, nothing left behind."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace

from rolelab.aws.callers import Ambient, Callers
from rolelab.aws.endpoint import Credentials, Endpoint, is_loopback
from rolelab.aws.patience import (
    LOCAL_LIMIT_S,
    REAL_LIMIT_S,
    Answer,
    Clock,
    Patience,
    Stopped,
)
from rolelab.diagnosis.administrator import Administrator
from rolelab.diagnosis.declared import compare_role
from rolelab.findings import Finding
from rolelab.outputs import Lab, Learner
from rolelab.verify.checks import ROLE
from rolelab.verify.comparison import compare
from rolelab.verify.expectations import declared_leave
from rolelab.verify.story import Story, Surroundings
from rolelab.verify.telling import Teller

BUCKET_PREFIX = "rolelab-verify-"
"""Every bucket of a verification begins so, then the time in UTC: whoever finds one knows what it is."""
_CONTENT_SIZE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
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


def run(
    lab: Lab,
    endpoint: Endpoint,
    *,
    options: Options | None = None,
    on_finding: Callable[[Finding], None] = lambda _: None,
    on_wait: Callable[[str, str, Answer], None] = lambda _learner, _check, _answer: None,
    on_stop: Callable[[], None] = lambda: None,
) -> list[Finding]:
    """Verify every learner and return the findings in the order of the learners and of the lesson.

    `endpoint` says where AWS is; its credentials are the administrator's. `on_finding` and `on_wait` (learner, check,
    answer not believed yet) are called from the threads, one at a time. After a KeyboardInterrupt nothing new is
    asked, `on_stop` is called, what was made is removed, and the interrupt goes on.
    """
    options = options or Options()
    local = endpoint.url is not None and is_loopback(endpoint.url)
    limit_s = (
        options.limit_s if options.limit_s is not None else LOCAL_LIMIT_S if local else REAL_LIMIT_S
    )
    # One more for the role.
    threads = max(1, min(options.threads, len(lab.learners) + 1))
    stop, telling = threading.Event(), threading.Lock()
    found: dict[str, list[Finding]] = {learner.name: [] for learner in lab.learners} | {"": []}

    def tell(finding: Finding) -> None:
        with telling:
            found[finding.learner].append(finding)
            on_finding(finding)

    def tell_wait(learner: str, check: str, answer: Answer) -> None:
        with telling:
            on_wait(learner, check, answer)

    patience = Patience(limit_s, _stoppable(options.clock, stop), is_stopped=stop.is_set)
    callers = Callers(endpoint, connections=threads, read_s=options.answer_s)
    admin = Administrator(
        callers, _administrators(endpoint) if options.admin else None, lab, patience
    )
    around = Surroundings(
        lab=lab,
        callers=callers,
        admin=admin,
        patience=patience,
        leave=declared_leave(lab, admin.document),
        is_local=local,
        read_only=options.read_only,
        new_bucket=lambda: (
            f"{BUCKET_PREFIX}{options.clock.now():%Y%m%d%H%M%S}-{secrets.token_hex(8)}"
        ),
        content=os.urandom(_CONTENT_SIZE),
        on_finding=tell,
        on_wait=tell_wait,
    )
    try:
        _all_learners(lab.learners, around, threads, stop, on_stop)
    finally:
        stop.set()
    return [finding for findings in found.values() for finding in findings]


def _all_learners(
    learners: tuple[Learner, ...],
    around: Surroundings,
    threads: int,
    stop: threading.Event,
    on_stop: Callable[[], None],
) -> None:
    def tell_story(learner: Learner) -> None:
        if stop.is_set():
            return
        with suppress(Stopped):
            Story(learner, around).run()

    def tell_role() -> None:
        if stop.is_set():
            return
        teller = Teller("", around.on_finding)
        lab = around.lab
        # Read anew each time: an unexpected role may be one that is not yet as declared.
        with suppress(Stopped):
            compare(
                ROLE,
                teller,
                around,
                lambda admin: admin.role(again=True),
                lambda role: compare_role(lab, role),
            )

    with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
        stories: list[Future[None]] = [pool.submit(tell_story, learner) for learner in learners]
        stories.append(pool.submit(tell_role))
        try:
            wait(stories, return_when=FIRST_EXCEPTION)
            for story in stories:
                story.result()
        except BaseException:
            # An interrupt, or an error of ours: what is under way is cleaned up, the rest is not begun.
            stop.set()
            on_stop()
            raise


def _administrators(endpoint: Endpoint) -> Callable[[], Credentials]:
    """Return what gives the administrator's credentials: the endpoint's own, or what the environment holds."""
    known = endpoint.credentials
    return Ambient().current if known is None else lambda: known


def _stoppable(clock: Clock, stop: threading.Event) -> Clock:
    """A system clock whose sleep ends with the run; an injected one is left as it is."""

    def sleep(seconds: float) -> None:
        stop.wait(seconds)

    return replace(clock, sleep=sleep) if clock.sleep is time.sleep else clock
