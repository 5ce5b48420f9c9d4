"""How the checks of the key and of the switch are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from rolelab.aws import role_session
from rolelab.aws.clients import Clients
from rolelab.aws.patience import AwsAnswer, CallOutcome
from rolelab.aws.role_session import Identity, RoleSession
from rolelab.verify.story import WORKS, BehaviourCheck, Stage, Story

_LONGEST_S = 43200
"""Source: STS API Reference, AssumeRole, DurationSeconds."""


def ask_identity(story: Story, check: BehaviourCheck) -> None:
    """Ask whose key it is; only the learner's own makes a refusal mean something."""
    own = Identity(account_id=story.around.lab.account_id, arn=story.learner.user_arn)
    answer = story.ask(
        check,
        role_session.caller,
        lambda answer: answer.works and answer.value == own,
        likeness=lambda identity: identity,
    )
    who: Identity | None = answer.value
    got = f"{who.arn} of account {who.account_id}" if who else ""
    if story.tell(check, answer, who == own, expected=own.arn, got=got):
        story.stage = Stage.KEY


def assume(story: Story, check: BehaviourCheck) -> None:
    """Assume the role; with the grant off it must be refused."""
    if not story.around.lab.grant:
        story.expect(check, _assuming(story), works=False)
        return
    answer = story.ask(
        check,
        _assuming(story),
        lambda answer: answer.works and _is_right(story, answer.value),
        likeness=attrgetter("identity"),
    )
    session: RoleSession | None = answer.value
    if story.tell(check, answer, session is not None, expected=WORKS) and session:
        keys = session.credentials
        story.teller.hide(keys.secret_access_key, keys.session_token)
        story.session, story.stage = session, Stage.ASSUMED


def _assuming(story: Story) -> Callable[[Clients], RoleSession]:
    around = story.around
    return lambda _: role_session.assume(around.callers, story.switch, around.patience.clock)


def _is_right(story: Story, session: RoleSession) -> bool:
    return _is_temporary(session) and _ends_in_time(story, session) and _is_roles(story, session)


def _is_temporary(session: RoleSession) -> bool:
    return session.credentials.access_key_id.startswith("ASIA")


def _ends_in_time(story: Story, session: RoleSession) -> bool:
    return 0 < session.lasts_s <= story.around.lab.role.max_session_duration


def _is_roles(story: Story, session: RoleSession) -> bool:
    return session.identity.arn == story.switch.session_arn


def look_at_key(story: Story, check: BehaviourCheck) -> None:
    """Look whether the session's key is a temporary one."""
    session = _session(story)
    got = f"{session.credentials.access_key_id[:4]}…"
    story.tell(check, _WORKED, _is_temporary(session), expected="ASIA…", got=got)


def look_at_end(story: Story, check: BehaviourCheck) -> None:
    """Look whether the session ends within the role's limit."""
    session, limit_s = _session(story), story.around.lab.role.max_session_duration
    expected = f"at most {limit_s} s"
    got = f"{session.lasts_s:.0f} s, until {session.expires:%H:%M:%S} UTC"
    story.tell(check, _WORKED, _ends_in_time(story, session), expected=expected, got=got)


def look_at_identity(story: Story, check: BehaviourCheck) -> None:
    """Look whom AWS takes the session for; nothing is asked with a session of another role."""
    session, expected = _session(story), story.switch.session_arn
    got = session.identity.arn
    if story.tell(check, _WORKED, _is_roles(story, session), expected=expected, got=got):
        story.stage = Stage.SESSION


def exceed_limit(story: Story, check: BehaviourCheck) -> None:
    """Ask for a session a second longer than the role's limit: a wrong parameter, so refused."""
    around = story.around
    seconds = around.lab.role.max_session_duration + 1
    if seconds > _LONGEST_S:
        story.skip(check, "not asked: the role's limit is the longest session that AWS knows")
        return

    def refused(answer: AwsAnswer) -> bool:
        return answer.outcome is CallOutcome.OTHER and answer.code == "ValidationError"

    switch, clock = replace(story.switch, seconds=seconds), around.patience.clock
    answer = story.ask(check, lambda _: role_session.assume(around.callers, switch, clock), refused)
    right, expected = refused(answer), "refused (ValidationError)"
    story.tell(check, answer, right, expected=expected, got=expected if right else answer.got)


_WORKED = AwsAnswer(outcome=CallOutcome.WORKED)


def _session(story: Story) -> RoleSession:
    assert story.session is not None  # noqa: S101 - these checks require Stage.ASSUMED
    return story.session
