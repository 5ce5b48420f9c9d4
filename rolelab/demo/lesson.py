"""The steps of the lesson in their order, and how they are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

from rolelab.aws.callers import calling_as
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.demo.acts import ADMINISTRATOR, LEARNER, ROLE, Acts, Seen
from rolelab.report.lesson_screen import LessonAnswer, LessonStep

ALLOWED, REFUSED, MADE, REMOVED = "allowed", "refused", "made", "removed"
EXPLAINED = "explained"


@dataclass(frozen=True, slots=True, kw_only=True)
class _TaughtStep(LessonStep):
    """A step with what it does, and what must come of it."""

    act: Callable[[Acts], Seen]
    expects: str = ALLOWED


STEPS = (
    _TaughtStep(
        title="Make the lab, still without the grant",
        who=ADMINISTRATOR,
        why="Pulumi makes what the program declares: a user with an access key, and a role with S3"
        " access.",
        command="rolelab up --yes    # with assume-role-lab:grant: false in Pulumi.dev.yaml",
        clicks="IAM → Users → Create user; Roles → Create role → AWS account, AmazonS3FullAccess",
        act=lambda acts: acts.make_lab(grant=False),
        expects=MADE,
    ),
    _TaughtStep(
        title="The user is somebody",
        who=LEARNER,
        why="The key works: whatever is refused from here on is refused to this user, not to a bad"
        " key.",
        command="rolelab exec -- aws sts get-caller-identity",
        clicks="sign in as {user}: the account menu says who you are",
        act=Acts.ask_who_it_is,
    ),
    _TaughtStep(
        title="The user can do nothing",
        who=LEARNER,
        why="No policy allows it anything, and what is not allowed is denied.",
        command="rolelab exec -- aws s3 ls",
        clicks="S3 → Buckets",
        act=Acts.list_buckets,
        expects=REFUSED,
    ),
    _TaughtStep(
        title="The role is there, and trusts the account",
        who=ADMINISTRATOR,
        why="Trusting the account lets its administrators decide who may assume it; it lets nobody"
        " in yet.",
        command="rolelab exec --admin -- aws iam get-role --role-name {role}",
        clicks="IAM → Roles → {role} → Trust relationships",
        act=Acts.look_at_role,
    ),
    _TaughtStep(
        title="The switch is refused",
        who=LEARNER,
        why="The role's half is there, the user's half is missing: nothing allows this user to"
        " ask.",
        command="rolelab exec -- {switch}",
        clicks="account menu → Switch role → {role}",
        act=Acts.switch,
        expects=REFUSED,
    ),
    _TaughtStep(
        title="Why it was refused",
        who=ADMINISTRATOR,
        why="Of a refused AssumeRole AWS gives no reason; rolelab reads the policies of both halves"
        " and tells it.",
        command="rolelab explain",
        clicks='the link "Why was this refused?" below the refusal',
        act=Acts.explain_switch,
        expects=EXPLAINED,
    ),
    _TaughtStep(
        title="The grant",
        who=ADMINISTRATOR,
        why="One inline policy on the user allows sts:AssumeRole on this role, and on no other.",
        command="rolelab exec --admin -- aws iam put-user-policy --user-name {user}"
        " --policy-name AssumeRole --policy-document {grant}",
        clicks="IAM → Users → {user} → Add permissions → Create inline policy → JSON",
        act=lambda acts: acts.make_lab(grant=True),
        expects=MADE,
    ),
    _TaughtStep(
        title="The switch",
        who=LEARNER,
        why="Both halves agree, so AWS hands out a key that is somebody else and ends by itself.",
        command="rolelab exec -- {switch}",
        clicks="account menu → Switch role → {role}",
        act=Acts.switch,
    ),
    _TaughtStep(
        title="S3 at work: a bucket",
        who=ROLE,
        why="The session has the role's permissions, and the user's own no longer matter.",
        command="rolelab exec --role -- aws s3 mb {bucket}",
        clicks="S3 → Buckets → Create bucket",
        act=Acts.make_bucket,
    ),
    _TaughtStep(
        title="S3 at work: write, read, remove",
        who=ROLE,
        why="AmazonS3FullAccess means all of S3: write an object, read it back, and clean up.",
        command="rolelab exec --role -- sh -c 'echo hello | aws s3 cp - {bucket}/hello.txt"
        " && aws s3 cp {bucket}/hello.txt - && aws s3 rb --force {bucket}'",
        clicks="the bucket → Upload, Download, Delete, Delete bucket",
        act=Acts.use_bucket,
    ),
    _TaughtStep(
        title="The role has its limits, too",
        who=ROLE,
        why="S3 full access says nothing of IAM, so the session is not allowed to look at users.",
        command="rolelab exec --role -- aws iam list-users",
        clicks="IAM → Users",
        act=Acts.list_users,
        expects=REFUSED,
    ),
    _TaughtStep(
        title="Switch back",
        who=LEARNER,
        why="Switching back is to use one's own key again; nothing was changed about the user.",
        command="rolelab exec -- aws sts get-caller-identity",
        clicks="account menu → Switch back",
        act=Acts.ask_who_it_is,
    ),
    _TaughtStep(
        title="Refused again",
        who=LEARNER,
        why="The permissions belonged to the session, never to the user.",
        command="rolelab exec -- aws s3 ls",
        clicks="S3 → Buckets",
        act=Acts.list_buckets,
        expects=REFUSED,
    ),
    _TaughtStep(
        title="Clean up",
        who=ADMINISTRATOR,
        why="What was declared together goes together, in reverse order of dependency.",
        command="rolelab destroy --yes",
        clicks="IAM → Roles → {role} → Delete; Users → {user} → Delete",
        act=Acts.destroy,
        expects=REMOVED,
    ),
    _TaughtStep(
        title="Nothing is left",
        who=ADMINISTRATOR,
        why="A lab that leaves a key behind leaves a door open: so look.",
        command="rolelab exec --admin -- sh -c 'aws iam list-users; aws iam list-roles; aws s3 ls'",
        clicks="IAM → Users; Roles; S3 → Buckets",
        act=Acts.look_for_what_is_left,
    ),
)


def tell(
    acts: Acts,
    on_step: Callable[[LessonStep], None],
    on_answer: Callable[[LessonStep, LessonAnswer, float], None],
) -> bool:
    """Act every step; stop at the first answer that is not what the lesson says, and clean up.

    `on_answer` gets the seconds that it took. Returns True if the whole lesson was true.
    """
    try:
        for taught in STEPS:
            texts = (taught.who, taught.command, taught.clicks)
            who, command, clicks = (text.format_map(acts.names) for text in texts)
            step = replace(taught, who=who, command=command, clicks=clicks)
            on_step(step)
            begun = time.monotonic()
            answer = _answer(acts, taught)
            on_answer(step, answer, time.monotonic() - begun)
            if not answer.as_taught:
                return False
    finally:
        acts.clean_up()
    return True


def _answer(acts: Acts, step: _TaughtStep) -> LessonAnswer:
    # The engine has words of its own for what goes wrong.
    by_engine = step.expects in (MADE, REMOVED)
    try:
        with (
            calling_as(acts.keys[step.who]),
            nullcontext() if by_engine else translated("the call"),
        ):
            as_taught, said = step.act(acts)
    except AwsFailure as failure:
        # Only AccessDenied is a refusal; a bad key or no answer says nothing about permissions.
        outcome = REFUSED if failure.kind is Kind.DENIED else "failed"
        return LessonAnswer(outcome == step.expects, outcome, (_as_cli(failure),))
    if step.expects == REFUSED:
        return LessonAnswer(False, ALLOWED, ("AWS let it through.",))
    return LessonAnswer(as_taught, step.expects, said)


def _as_cli(failure: AwsFailure) -> str:
    """Return AWS's words as its own command line prints them."""
    code, operation = failure.code, failure.operation
    return f"An error occurred ({code}) when calling the {operation} operation: {failure.said}"
