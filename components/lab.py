"""The whole lab: users who can do nothing, a role that they share, permission to switch to it."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from . import documents, limits, links
from .faults import refuse, require
from .grant import AssumeRoleGrant
from .role import AssumableRole
from .tags import tags
from .user import NoPermissionUser

GRANT_NAME = "AssumeRole"
"""Name of each learner's grant; a user of the lab has this one and no other."""
BATCH = 25
"""Learners declared at once; all 1,000 of a class at once would take three times the memory."""
BATCHES_UNDER_WAY = 4
"""Batches that may be unfinished while the next is declared, so that AWS is kept busy."""


@contextmanager
def _tasks_begun() -> Generator[list["asyncio.Future[Any]"]]:
    """Note the tasks that the block begins; to look through all of a class's would be quadratic."""
    loop = asyncio.get_running_loop()
    factory, begun = loop.get_task_factory(), list["asyncio.Future[Any]"]()

    def noting(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> "asyncio.Future[Any]":
        if factory is None:
            begun.append(asyncio.Task(work, loop=loop, **options))
        else:
            begun.append(factory(loop, work, **options))  # pyright: ignore[reportCallIssue]
        return begun[-1]

    loop.set_task_factory(noting)
    try:
        yield begun
    finally:
        loop.set_task_factory(factory)


class AssumeRoleLabArgs(TypedDict):
    """Who learns, and which role they switch to."""

    learners: NotRequired[list[str]]
    """Names of the learners' users (more can be enrolled from the program)."""
    role_name: str
    """Name of the role that they share."""
    managed_policies: list[str]
    """What the role may do: names of AWS managed policies, or ARNs."""
    grant: NotRequired[bool]
    """Whether the learners may assume the role (default); false is the lesson before the grant."""
    max_session_duration: NotRequired[int]
    """The longest session in seconds, 3600 (default) to 43200."""
    console: NotRequired[bool]
    """Whether each learner also gets a password for the AWS console."""
    tags: NotRequired[dict[str, str]]
    """Tags beside lab, stack and purpose."""


class AssumeRoleLab(pulumi.ComponentResource):
    """Users without permissions, a role that trusts their account, the grant that joins them."""

    account_id: pulumi.Output[str]
    """The account that the lab is in, twelve digits."""
    role_name: pulumi.Output[str]
    """Name of the role."""
    role_arn: pulumi.Output[str]
    """ARN of the role."""
    console_sign_in_url: pulumi.Output[str]
    """Where the account's users sign in to the console."""
    switch_role_url: pulumi.Output[str]
    """Where a signed-in learner switches to the role."""

    def __init__(
        self,
        name: str,
        args: AssumeRoleLabArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("assume-role-lab:index:AssumeRoleLab", name, None, opts)
        require(AssumeRoleLabArgs, args, name)
        self._name = name
        self._args = args
        named = args.get("learners", [])
        bad = [f"{learner!r} {fault}" for learner in named for fault in limits.name(learner)]
        refuse("learners", bad + limits.unique_names(named))
        inherited = pulumi.InvokeOptions(parent=self)
        account = aws.get_caller_identity(opts=inherited).account_id
        partition = aws.get_partition(opts=inherited).partition
        self.managed_policies = [
            documents.managed_policy(policy, partition) for policy in args["managed_policies"]
        ]
        self.role_tags = tags("role", args.get("tags"))
        self.trust_policy = documents.trust(documents.account_root(account, partition))
        role = AssumableRole(
            f"{name}-role",
            {
                "role_name": args["role_name"],
                "trust_policy": self.trust_policy,
                "managed_policies": [*self.managed_policies],
                "max_session_duration": args.get(
                    "max_session_duration", limits.ROLE_SESSION_SECONDS[0]
                ),
                "tags": args.get("tags", {}),
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.account_id = pulumi.Output.from_input(account)
        self.role_name = role.role_name
        self.role_arn = role.role_arn
        self.console_sign_in_url = pulumi.Output.from_input(links.sign_in(account, partition))
        self.switch_role_url = pulumi.Output.from_input(
            links.switch_role(account, args["role_name"], partition=partition)
        )
        self._policy = AssumeRoleGrant.policy_for(role.role_arn)
        self._enrolled: dict[str, NoPermissionUser] = {}
        self._taken: set[str] = set()
        for learner in named:
            self.enrol(learner)
        self.register_outputs({"role_name": role.role_name, "role_arn": role.role_arn})

    @property
    def learners(self) -> dict[str, NoPermissionUser]:
        """The users by learner, in the order of enrolment."""
        return dict(self._enrolled)

    def enrol(self, learner: str) -> NoPermissionUser:
        """Add one learner: the user, and the grant where the lab grants.

        Raises:
            ValueError: IAM does not take the name, or it is enrolled already, in whatever case.
        """
        if learner.lower() in self._taken:
            refuse("learners", limits.unique_names([*self._enrolled, learner]))
        self._taken.add(learner.lower())
        child = pulumi.ResourceOptions(parent=self)
        user = NoPermissionUser(
            f"{self._name}-{learner}",
            {
                "user_name": learner,
                "console": self._args.get("console", False),
                "tags": self._args.get("tags", {}),
            },
            child,
        )
        if self._args.get("grant", True):
            AssumeRoleGrant(
                f"{self._name}-{learner}",
                {
                    "user_name": user.user_name,
                    "role_arn": self.role_arn,
                    "policy": self._policy,
                    "policy_name": GRANT_NAME,
                },
                child,
            )
        self._enrolled[learner] = user
        return user

    async def enrol_all(self, learners: Iterable[str]) -> None:
        """Add many learners, a few batches under way at a time: call it from `pulumi.run(main)`."""
        waiting = list(learners)
        under_way: list[list[asyncio.Future[Any]]] = []
        while waiting:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            # Only what this batch began is waited for: some tasks of the program never end.
            with _tasks_begun() as begun:
                for learner in batch:
                    self.enrol(learner)
            under_way.append(begun)
            if len(under_way) > BATCHES_UNDER_WAY and (oldest := under_way.pop(0)):
                await asyncio.wait(oldest)
            else:
                await asyncio.sleep(0)
        for begun in under_way:
            if begun:
                await asyncio.wait(begun)
