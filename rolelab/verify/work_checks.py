"""How the checks of S3 and IAM are made: refused without the role, as declared with its session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rolelab.advice import ADMIN, Advice, Command
from rolelab.aws.clients import Clients
from rolelab.diagnosis.reasons import Reason
from rolelab.findings import Verdict
from rolelab.verify import actions
from rolelab.verify.expectations import DELETE_BUCKET, EMPTY_BUCKET
from rolelab.verify.story import WORKS, BehaviourCheck, Stage, Story

Call = Callable[[Clients], object]
Prepare = Callable[[Story], Call]
"""Makes the call of a check, once for all its tries."""
Run = Callable[[Story, BehaviourCheck], None]


def refused(prepare: Prepare) -> Run:
    """Return a check of what must be refused."""

    def run(story: Story, check: BehaviourCheck) -> None:
        story.expect(check, prepare(story), works=False)

    return run


def as_declared(prepare: Prepare) -> Run:
    """Return a check of what works where the declared policies allow it, and else is refused."""

    def run(story: Story, check: BehaviourCheck) -> None:
        story.expect(check, prepare(story), works=story.allowed(*check.needs))

    return run


def listing(_: Story) -> Call:
    """List the buckets of verifications."""
    return partial(actions.list_buckets, name="rolelab-")


def listing_users(_: Story) -> Call:
    """List IAM users."""
    return actions.list_users


def making(story: Story) -> Call:
    """Make a bucket, to be removed whatever happens."""
    return story.buckets.making(story.around.new_bucket())


def create(story: Story, check: BehaviourCheck) -> None:
    """Make a bucket with the session, where somebody is allowed to remove it again."""
    works = story.allowed(*check.needs)
    if works and not (story.allowed(*EMPTY_BUCKET, *DELETE_BUCKET) or story.around.admin.is_there):
        story.skip(
            check,
            "not asked: the role is not meant to remove a bucket again, "
            "and nobody else here is allowed to",
        )
        return
    bucket = story.around.new_bucket()
    made = story.expect(check, story.buckets.making(bucket), works=works)
    if works and made:
        story.bucket, story.stage = bucket, Stage.BUCKET


def list_made(story: Story, check: BehaviourCheck) -> None:
    """List the buckets; where one was made it must be among them, perhaps a little later."""
    works, bucket = story.allowed(*check.needs), story.bucket
    if not (works and bucket):
        story.expect(check, listing(story), works=works)
        return
    answer = story.ask(
        check,
        lambda clients: actions.list_buckets(clients, bucket),
        lambda answer: answer.works and bucket in answer.value,
    )
    shows = answer.works and bucket in answer.value
    got = "works, without the new bucket" if answer.works and not shows else ""
    story.tell(check, answer, shows, expected="works, and shows the new bucket", got=got)


def put(story: Story, check: BehaviourCheck) -> None:
    """Write an object into the bucket."""
    bucket, content = story.bucket, story.around.content
    works = story.allowed(*check.needs)
    if story.expect(check, lambda c: actions.put_object(c, bucket, content), works=works):
        story.stage = Stage.OBJECT


def reading_back(call: Callable[[Clients, str], bytes]) -> Run:
    """Return a check that reads the object, or a copy of it: byte for byte."""

    def run(story: Story, check: BehaviourCheck) -> None:
        bucket, content = story.bucket, story.around.content
        works = story.allowed(*check.needs)
        if not works:
            story.expect(check, lambda clients: call(clients, bucket), works=works)
            return
        answer = story.ask(
            check,
            lambda clients: call(clients, bucket),
            lambda answer: answer.works and answer.value == content,
            likeness=lambda got: got,
        )
        same = answer.works and answer.value == content
        got = "other bytes than were written" if answer.works and not same else ""
        story.tell(check, answer, same, expected="works, byte for byte", got=got)

    return run


def empty(story: Story, check: BehaviourCheck) -> None:
    """Delete all objects of the bucket."""
    bucket, works = story.bucket, story.allowed(*check.needs)

    def call(clients: Clients) -> set[str]:
        return actions.empty_bucket(clients, bucket)

    if not works:
        story.is_empty = story.expect(check, call, works=works)
        return
    answer = story.ask(check, call, lambda answer: answer.works and not answer.value)
    left = len(answer.value or ())
    got = f"{left} objects are left" if left else ""
    story.is_empty = story.tell(check, answer, answer.works and not left, expected=WORKS, got=got)


def delete(story: Story, check: BehaviourCheck) -> None:
    """Delete the bucket; one that could not be emptied shows at least whether it is allowed."""
    bucket, works = story.bucket, story.allowed(*check.needs)

    def call(clients: Clients) -> None:
        actions.delete_bucket(clients, bucket)

    if not works or story.is_empty:
        if story.expect(check, call, works=works):
            story.buckets.deleted(bucket)
        return
    answer = story.ask(check, call, lambda answer: answer.code in ("", "BucketNotEmpty"))
    if answer.code == "BucketNotEmpty":
        story.skip(check, "not told: the role may delete it, but it could not be emptied")
    else:
        story.tell(check, answer, answer.works, expected=WORKS)


def clean_up(story: Story, check: BehaviourCheck) -> None:
    """Remove every bucket that may have been made, by whoever is allowed to."""
    around, nothing = story.around, "nothing is left"
    if around.read_only:
        story.skip(check, "nothing was made: --read-only")
        return
    sessions = [story.session.credentials] if story.session else []
    keys = [*sessions, story.learner.credentials]
    left, answer, is_certain = story.buckets.remove(around.callers, keys, around.admin.credentials)
    if not left:
        story.teller.tell(check, Verdict.PASS, expected=nothing, got=nothing)
        return
    story.teller.tell(
        check,
        Verdict.FAIL if is_certain else Verdict.UNKNOWN,
        expected=nothing,
        got=f"{'left' if is_certain else 'perhaps left'}: {', '.join(left)}",
        said=answer.said if answer else "",
        reason=Reason(advice=tuple(map(_removing, left))),
    )


def _removing(bucket: str) -> Advice:
    return Advice(command=Command(text=f"aws s3 rb s3://{bucket} --force", by=ADMIN))
