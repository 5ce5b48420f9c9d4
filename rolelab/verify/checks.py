"""All checks in the order of the lesson: one entry each, from which it is run, told, documented."""

from __future__ import annotations

from functools import partial

from rolelab.advice import ADMIN, OWN, SESSION
from rolelab.diagnosis import reasons
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.role_checks import ROLE_CHECKS
from rolelab.diagnosis.user_checks import USER_CHECKS
from rolelab.verify import actions, expectations, switch_checks, work_checks
from rolelab.verify.story import BehaviourCheck, Stage
from rolelab.verify.work_checks import as_declared, reading_back, refused


def _without_role(phase: str, requires: Stage) -> tuple[BehaviourCheck, ...]:
    """What the own key must be refused, before the switch and after it."""
    check = partial(BehaviourCheck, who=OWN, part="direct", requires=requires)
    return (
        check(
            id=f"{phase}.list-buckets",
            action="s3:ListAllMyBuckets",
            title="list buckets",
            needs=expectations.LIST_BUCKETS,
            run=refused(work_checks.listing),
        ),
        check(
            id=f"{phase}.create-bucket",
            action="s3:CreateBucket",
            title="make a bucket",
            needs=expectations.CREATE_BUCKET,
            writes=True,
            run=refused(work_checks.making),
        ),
        check(
            id=f"{phase}.list-users",
            action="iam:ListUsers",
            title="list IAM users",
            needs=expectations.LIST_USERS,
            run=refused(work_checks.listing_users),
        ),
    )


_switch = partial(BehaviourCheck, part="switch")
_work = partial(BehaviourCheck, who=SESSION, part="work", requires=Stage.SESSION)

BEHAVIOUR = (
    BehaviourCheck(
        id="identity.caller",
        who=OWN,
        action="sts:GetCallerIdentity",
        title="the key belongs to the learner's user",
        failure="the key is not that of the learner's user",
        part="user",
        requires=Stage.START,
        run=switch_checks.ask_identity,
        because=reasons.of_credentials,
    ),
    *_without_role("before", Stage.KEY),
    _switch(
        id="assume.role",
        who=OWN,
        action="sts:AssumeRole",
        title="assume the role",
        run=switch_checks.assume,
        because=reasons.of_switch,
    ),
    _switch(
        id="assume.temporary",
        who=SESSION,
        title="the session's key is temporary",
        failure="the session's key is not temporary",
        requires=Stage.ASSUMED,
        run=switch_checks.look_at_key,
    ),
    _switch(
        id="assume.expiry",
        who=SESSION,
        title="the session ends in time",
        failure="the session does not end in time",
        requires=Stage.ASSUMED,
        run=switch_checks.look_at_end,
    ),
    _switch(
        id="assume.identity",
        who=SESSION,
        action="sts:GetCallerIdentity",
        title="the session is the role's",
        failure="the session is not the role's",
        requires=Stage.ASSUMED,
        run=switch_checks.look_at_identity,
    ),
    _switch(
        id="assume.limit",
        who=OWN,
        action="sts:AssumeRole",
        title="assume the role for longer than its limit",
        requires=Stage.SESSION,
        run=switch_checks.exceed_limit,
        because=reasons.of_limit,
    ),
    _work(
        id="during.create-bucket",
        action="s3:CreateBucket",
        title="make a bucket",
        needs=expectations.CREATE_BUCKET,
        writes=True,
        run=work_checks.create,
    ),
    _work(
        id="during.list-buckets",
        action="s3:ListAllMyBuckets",
        title="list buckets",
        needs=expectations.LIST_BUCKETS,
        run=work_checks.list_made,
    ),
    _work(
        id="during.put-object",
        action="s3:PutObject",
        title="write an object",
        needs=expectations.PUT_OBJECT,
        requires=Stage.BUCKET,
        writes=True,
        run=work_checks.put,
    ),
    _work(
        id="during.get-object",
        action="s3:GetObject",
        title="read it back",
        needs=expectations.GET_OBJECT,
        requires=Stage.OBJECT,
        writes=True,
        run=reading_back(actions.get_object),
    ),
    _work(
        id="during.copy-object",
        action="s3:PutObject",
        title="copy it",
        needs=expectations.COPY_OBJECT,
        requires=Stage.OBJECT,
        writes=True,
        run=reading_back(actions.copy_object),
    ),
    _work(
        id="during.empty-bucket",
        action="s3:DeleteObject",
        title="empty the bucket",
        needs=expectations.EMPTY_BUCKET,
        requires=Stage.BUCKET,
        writes=True,
        run=work_checks.empty,
    ),
    _work(
        id="during.delete-bucket",
        action="s3:DeleteBucket",
        title="delete the bucket",
        needs=expectations.DELETE_BUCKET,
        requires=Stage.BUCKET,
        writes=True,
        run=work_checks.delete,
    ),
    _work(
        id="during.list-users",
        action="iam:ListUsers",
        title="list IAM users",
        needs=expectations.LIST_USERS,
        run=as_declared(work_checks.listing_users),
    ),
    *_without_role("after", Stage.SESSION),
)
"""What each learner's own key and session can do."""

CLEANUP = BehaviourCheck(
    id="cleanup.buckets",
    who=ADMIN,
    action="s3:DeleteBucket",
    title="nothing is left of the verification",
    failure="something is left of the verification",
    run=work_checks.clean_up,
)
"""Made last, whatever happened before."""

CHECKS: dict[str, Check] = {
    check.id: check for check in (*BEHAVIOUR, CLEANUP, *USER_CHECKS, *ROLE_CHECKS)
}
"""Every check by its id."""
