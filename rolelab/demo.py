"""The lesson as a list of steps: each acts for real, and knows what AWS must answer for the lesson to be true."""

from __future__ import annotations

import secrets
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from components import documents
from rolelab import outputs, settings
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.lesson import LessonAnswer, LessonStep
from rolelab.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

T = TypeVar("T")

SESSION = "lesson"
ADMINISTRATOR = "administrator"


class Stack(Protocol):
    """The running stack, as far as the lesson needs it: the command joins the engine to it."""

    def up(self, *, grant: bool) -> Mapping[str, Any]:
        """Make the lab or update it; return the outputs with their secrets."""
        ...

    def destroy(self) -> None:
        """Remove everything."""
        ...

    def did(self) -> Sequence[str]:
        """Return what the last run did, a line a resource."""
        ...


class LessonListener(Protocol):
    """Who shows the lesson."""

    def step(self, step: LessonStep) -> None:
        """Show what is about to happen."""
        ...

    def answer(self, answer: LessonAnswer, seconds: float) -> None:
        """Show what happened."""
        ...

    def stopped(self, step: LessonStep, answer: LessonAnswer) -> None:
        """Say that it is not what the lesson says."""
        ...


class Lesson:
    """The whole story on one local AWS; the steps are to be acted in their order."""

    def __init__(self, endpoint: Endpoint, stack: Stack, config: Mapping[str, str]) -> None:
        wanted = settings.parse(config)
        if endpoint.credentials is None:
            raise ValueError("the lesson needs the administrator's key")
        self._admin = endpoint.credentials
        self._aws = Callers(endpoint)
        self._stack = stack
        self._user = wanted.learners[0]
        self._role = wanted.role_name
        with calling_as(self._admin):
            self._account = self._aws.sts.get_caller_identity()["Account"]
        self._role_arn = documents.role_arn(self._account, wanted.role_name)
        self._bucket = f"assume-role-lab-{secrets.token_hex(4)}"
        self._lab: outputs.Lab | None = None
        self._session: Credentials | None = None
        self._made = False

    def steps(self) -> list[LessonStep]:
        """Return the steps in the order of the lesson."""
        role = self._role
        learner = "rolelab exec --"
        assumed = "rolelab exec --role --"
        key = f"s3://{self._bucket}/hello.txt"
        grant = shlex.quote(documents.as_json(documents.grant(self._role_arn)))
        return [
            LessonStep(
                title="Make the lab, still without the grant",
                who=ADMINISTRATOR,
                why="Pulumi makes what the program declares: a user with an access key, and a role with S3 access.",
                command="rolelab up    # with assume-role-lab:grant: false in Pulumi.dev.yaml",
                act=lambda: self._up(grant=False),
            ),
            LessonStep(
                title="The user is somebody",
                who=self._user,
                why="The key works: whatever is refused from here on is refused to this user, not to a bad key.",
                command=f"{learner} aws sts get-caller-identity",
                act=self._who_is_the_user,
            ),
            LessonStep(
                title="The user can do nothing",
                who=self._user,
                why="No policy allows it anything, and what is not allowed is denied.",
                command=f"{learner} aws s3 ls",
                act=lambda: self._refused(self._learner(), self._aws.s3.list_buckets),
            ),
            LessonStep(
                title="The role is there, and trusts the account",
                who=ADMINISTRATOR,
                why="Trusting the account lets its administrators decide who may assume it; it lets nobody in yet.",
                command=f'(eval "$(rolelab local env)"; aws iam get-role --role-name {role})',
                act=self._look_at_the_role,
            ),
            LessonStep(
                title="The switch is refused",
                who=self._user,
                why="The role's half is there, the user's half is missing: nothing allows this user to ask.",
                command=f"{learner} aws sts assume-role --role-arn {self._role_arn} --role-session-name {SESSION}",
                act=lambda: self._refused(self._learner(), self._assume),
            ),
            LessonStep(
                title="The grant",
                who=ADMINISTRATOR,
                why="One inline policy on the user allows sts:AssumeRole on this role, and on no other.",
                command=(
                    f'(eval "$(rolelab local env)"; aws iam put-user-policy --user-name {self._user}'
                    f" --policy-name AssumeRole --policy-document {grant})"
                ),
                act=lambda: self._up(grant=True),
            ),
            LessonStep(
                title="The switch",
                who=self._user,
                why="Both halves agree, so AWS hands out a key that is somebody else and ends by itself.",
                command=f"{learner} aws sts assume-role --role-arn {self._role_arn} --role-session-name {SESSION}",
                act=self._switch,
            ),
            LessonStep(
                title="S3 at work: a bucket",
                who=f"{role} session",
                why="The session has the role's permissions, and the user's own no longer matter.",
                command=f"{assumed} aws s3 mb s3://{self._bucket}",
                act=self._make_bucket,
            ),
            LessonStep(
                title="S3 at work: write, read, remove",
                who=f"{role} session",
                why="AmazonS3FullAccess means all of S3: write an object, read it back, and clean up.",
                command=(
                    f"{assumed} sh -c 'echo hello | aws s3 cp - {key} && aws s3 cp {key} -"
                    f" && aws s3 rb --force s3://{self._bucket}'"
                ),
                act=self._use_bucket,
            ),
            LessonStep(
                title="The role has its limits, too",
                who=f"{role} session",
                why="S3 full access says nothing of IAM, so the session may not look at users.",
                command=f"{assumed} aws iam list-users",
                act=lambda: self._refused(self._assumed(), self._aws.iam.list_users),
            ),
            LessonStep(
                title="Switch back",
                who=self._user,
                why="Switching back is to use one's own key again; nothing was changed about the user.",
                command=f"{learner} aws sts get-caller-identity",
                act=self._who_is_the_user,
            ),
            LessonStep(
                title="Refused again",
                who=self._user,
                why="The permissions belonged to the session, never to the user.",
                command=f"{learner} aws s3 ls",
                act=lambda: self._refused(self._learner(), self._aws.s3.list_buckets),
            ),
            LessonStep(
                title="Clean up",
                who=ADMINISTRATOR,
                why="What was declared together goes together, in reverse order of dependency.",
                command="rolelab destroy --yes",
                act=self._destroy,
            ),
            LessonStep(
                title="Nothing is left",
                who=ADMINISTRATOR,
                why="A lab that leaves a key behind leaves a door open: so look.",
                command='(eval "$(rolelab local env)"; aws iam list-users; aws iam list-roles; aws s3 ls)',
                act=self._look_for_what_is_left,
            ),
        ]

    def tell(self, screen: LessonListener) -> bool:
        """Act every step and show it; stop at the first answer that is not what the lesson says, and clean up.

        Returns True if the whole lesson was true.
        """
        try:
            for step in self.steps():
                screen.step(step)
                begun = time.monotonic()
                answer = step.act()
                screen.answer(answer, time.monotonic() - begun)
                if not answer.as_taught:
                    screen.stopped(step, answer)
                    return False
        finally:
            if self._made:
                self._stack.destroy()
        return True

    def _up(self, *, grant: bool) -> LessonAnswer:
        self._made = True
        self._lab = outputs.parse(self._stack.up(grant=grant), where="the lesson's stack")
        did = tuple(self._stack.did())
        return LessonAnswer(bool(did) and self._lab.grant is grant, "made", did)

    def _destroy(self) -> LessonAnswer:
        self._stack.destroy()
        self._made = False
        did = tuple(self._stack.did())
        return LessonAnswer(bool(did), "removed", did)

    def _who_is_the_user(self) -> LessonAnswer:
        return self._allowed(
            self._learner(),
            lambda: self._aws.sts.get_caller_identity()["Arn"],
            lambda arn: (arn.endswith(f":user/{self._user}"), (arn,)),
        )

    def _look_at_the_role(self) -> LessonAnswer:
        def look() -> tuple[object, list[str]]:
            role = self._aws.iam.get_role(RoleName=self._role)["Role"]
            attached = self._aws.iam.list_attached_role_policies(RoleName=self._role)[
                "AttachedPolicies"
            ]
            return role.get("AssumeRolePolicyDocument"), [
                policy.get("PolicyName", "") for policy in attached
            ]

        def judge(found: tuple[object, list[str]]) -> tuple[bool, tuple[str, ...]]:
            trust, policies = found
            account = documents.account_root(self._account)
            said = (f"trusts {account}, the account itself", f"may do {', '.join(policies)}")
            return trust == documents.trust(account) and bool(policies), said

        return self._allowed(self._admin, look, judge)

    def _assume(self) -> CredentialsTypeDef:
        return self._aws.sts.assume_role(RoleArn=self._role_arn, RoleSessionName=SESSION)[
            "Credentials"
        ]

    def _switch(self) -> LessonAnswer:
        def judge(keys: CredentialsTypeDef) -> tuple[bool, tuple[str, ...]]:
            self._session = Credentials(
                access_key_id=keys["AccessKeyId"],
                secret_access_key=Secret(keys["SecretAccessKey"]),
                session_token=Secret(keys["SessionToken"]),
            )
            with calling_as(self._session):
                arn = self._aws.sts.get_caller_identity()["Arn"]
            temporary = keys["AccessKeyId"].startswith("ASIA")
            expires = f"{keys['Expiration']:%H:%M:%S} UTC"
            said = (
                f"you are now {arn}",
                f"with the temporary key {keys['AccessKeyId']}, until {expires}",
            )
            return temporary and arn.endswith(f":assumed-role/{self._role}/{SESSION}"), said

        return self._allowed(self._learner(), self._assume, judge)

    def _make_bucket(self) -> LessonAnswer:
        def make() -> list[str]:
            self._aws.s3.create_bucket(Bucket=self._bucket)
            return [bucket.get("Name", "") for bucket in self._aws.s3.list_buckets()["Buckets"]]

        return self._allowed(
            self._assumed(),
            make,
            lambda names: (self._bucket in names, (f"buckets: {', '.join(names)}",)),
        )

    def _use_bucket(self) -> LessonAnswer:
        text = b"hello"

        def work() -> tuple[bytes, int]:
            s3 = self._aws.s3
            s3.put_object(Bucket=self._bucket, Key="hello.txt", Body=text)
            back = s3.get_object(Bucket=self._bucket, Key="hello.txt")["Body"].read()
            s3.delete_object(Bucket=self._bucket, Key="hello.txt")
            s3.delete_bucket(Bucket=self._bucket)
            return back, len(s3.list_buckets()["Buckets"])

        def judge(found: tuple[bytes, int]) -> tuple[bool, tuple[str, ...]]:
            back, buckets = found
            said = (
                f"wrote {text.decode()!r}, read {back.decode()!r}",
                f"object and bucket removed: {buckets} buckets",
            )
            return found == (text, 0), said

        return self._allowed(self._assumed(), work, judge)

    def _look_for_what_is_left(self) -> LessonAnswer:
        def look() -> dict[str, int]:
            iam = self._aws.iam
            return {
                "users": len(iam.list_users()["Users"]),
                "roles": len(iam.list_roles()["Roles"]),
                "policies": len(iam.list_policies(Scope="Local")["Policies"]),
                "buckets": len(self._aws.s3.list_buckets()["Buckets"]),
            }

        def judge(left: dict[str, int]) -> tuple[bool, tuple[str, ...]]:
            return not any(left.values()), (
                ", ".join(f"{count} {what}" for what, count in left.items()),
            )

        return self._allowed(self._admin, look, judge)

    def _learner(self) -> Credentials:
        if self._lab is None:
            raise RuntimeError("the steps are to be acted in their order")
        learner = self._lab.learner(self._user)
        return Credentials(
            access_key_id=learner.access_key_id, secret_access_key=learner.secret_access_key
        )

    def _assumed(self) -> Credentials:
        if self._session is None:
            raise RuntimeError("the steps are to be acted in their order")
        return self._session

    def _allowed(
        self,
        who: Credentials,
        call: Callable[[], T],
        judge: Callable[[T], tuple[bool, tuple[str, ...]]],
    ) -> LessonAnswer:
        try:
            with calling_as(who), translated("the call"):
                as_taught, said = judge(call())
        except AwsFailure as failure:
            return LessonAnswer(False, _outcome(failure), (_as_cli(failure),))
        return LessonAnswer(as_taught, "allowed", said)

    def _refused(self, who: Credentials, call: Callable[[], object]) -> LessonAnswer:
        try:
            with calling_as(who), translated("the call"):
                call()
        except AwsFailure as failure:
            return LessonAnswer(failure.kind is Kind.DENIED, _outcome(failure), (_as_cli(failure),))
        return LessonAnswer(False, "allowed", ("AWS let it through.",))


def _outcome(failure: AwsFailure) -> str:
    # Only AccessDenied is a refusal; a bad key or no answer says nothing about permissions.
    return "refused" if failure.kind is Kind.DENIED else "failed"


def _as_cli(failure: AwsFailure) -> str:
    """Return AWS's words as its own command line prints them."""
    return f"An error occurred ({failure.code}) when calling the {failure.operation} operation: {failure.said}"
