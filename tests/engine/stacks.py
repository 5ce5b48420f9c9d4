"""A Pulumi project in a folder and account of the test's own, run by the engine in this process."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolelab import project
from rolelab.aws.clients import Clients
from rolelab.engine import deploy, recorded, state, values
from rolelab.engine.stack import Home, Stack
from rolelab.engine.world import World
from rolelab.localaws.process.record import Instance
from rolelab.steps import Ended, Event, Failed, Message, Op, Planned, Severity, Step

HEAD = """
import json
import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions as Opts

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"AWS": f"arn:aws:iam::{aws.get_caller_identity().account_id}:root"}}]})
S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"

def allow(action, resource="*"):
    return pulumi.Output.json_dumps({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})

"""


@dataclass
class Ran:
    """What a run did."""

    result: deploy.Result
    events: list[Event]

    @property
    def ok(self) -> bool:
        return self.result.ok

    @property
    def steps(self) -> list[Step]:
        """Steps carried out, or planned in a preview, in order.

        Refreshes, components and the stack left out.
        """
        kind = Planned if self.result.summary.kind == "preview" else Ended
        return [
            event.step for event in self.events if isinstance(event, kind) and event.step.custom
        ]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]

    @property
    def did(self) -> list[tuple[str, str]]:
        """Operation and name of each step, sorted."""
        return sorted((step.op.value, step.name) for step in self.steps)

    @property
    def order(self) -> list[str]:
        """Each step as `operation name`, in order."""
        return [f"{step.op.value} {step.name}" for step in self.steps]

    def step(self, name: str, op: Op | None = None) -> Step:
        """Return the one step on the resource of that name."""
        (found,) = [step for step in self.steps if step.name == name and op in (None, step.op)]
        return found

    @property
    def counts(self) -> dict[str, int]:
        return {op.value: count for op, count in self.result.summary.counts.items()}

    @property
    def failures(self) -> list[str]:
        return [event.said for event in self.events if isinstance(event, Failed)]

    def messages(self, severity: Severity) -> list[str]:
        return [
            event.text
            for event in self.events
            if isinstance(event, Message) and event.severity is severity
        ]

    @property
    def errors(self) -> list[str]:
        """Everything that went wrong, in words."""
        return [*self.failures, *self.messages(Severity.ERROR)]

    @property
    def outputs(self) -> dict[str, Any]:
        return values.plain(self.result.outputs)


@dataclass
class StackRunner:
    """One stack of one project."""

    root: Path
    aws: Instance
    account: str
    clients: Clients
    stack: str = "dev"
    config: dict[str, str] = field(default_factory=dict[str, str])
    listener: Any = None

    def __post_init__(self) -> None:
        (self.root / "Pulumi.yaml").write_text("name: exp\nruntime: python\n")

    def program(self, text: str, *, head: str = HEAD) -> None:
        (self.root / "__main__.py").write_text(head + textwrap.dedent(text))

    @property
    def project(self) -> project.Project:
        return project.find(self.root)

    @property
    def folder(self) -> Path:
        return self.project.stack_home(self.stack)

    @property
    def home(self) -> Home:
        return Home("local", self.aws.instance_id, self.account)

    @property
    def value(self) -> Stack:
        """What the engine's calls take."""
        config = {key if ":" in key else f"exp:{key}": value for key, value in self.config.items()}
        return Stack(
            project=self.project,
            name=self.stack,
            configuration=config,
            endpoint=self.aws.endpoint(self.account),
            home=self.home,
        )

    @property
    def world(self) -> World:
        return state.read(self.folder)

    def up(self, text: str | None = None, **options: Any) -> Ran:
        return self._run(deploy.up, text, options)

    def preview(self, text: str | None = None, **options: Any) -> Ran:
        return self._run(deploy.preview, text, options)

    def destroy(self, *, only_preview: bool = False, **options: Any) -> Ran:
        events: list[Event] = []
        listener, chosen = self._listen(events), deploy.RunOptions(**options)
        result = deploy.destroy(self.value, listener, chosen, only_preview=only_preview)
        return Ran(result, events)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        return recorded.outputs(self.project, self.stack, show_secrets=show_secrets)

    def _run(self, call: Any, text: str | None, options: dict[str, Any]) -> Ran:
        if text is not None:
            self.program(text)
        events: list[Event] = []
        result = call(self.value, self._listen(events), deploy.RunOptions(**options))
        return Ran(result, events)

    def _listen(self, events: list[Event]) -> Any:
        def listen(event: Event) -> None:
            events.append(event)
            if self.listener:
                self.listener(event)

        return listen

    def left(self) -> dict[str, list[str]]:
        """Return what the account holds: names by kind, empty kinds left out."""
        return left(self.clients)

    def keys(self) -> dict[str, list[str]]:
        """Return each user's access key ids."""
        iam = self.clients.iam
        return {
            user["UserName"]: sorted(
                key.get("AccessKeyId", "")
                for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
            )
            for user in iam.list_users()["Users"]
        }


def left(clients: Clients) -> dict[str, list[str]]:
    """Return what an account holds: names by kind, empty kinds left out."""
    iam = clients.iam
    found = {
        "users": sorted(user["UserName"] for user in iam.list_users()["Users"]),
        "roles": sorted(role["RoleName"] for role in iam.list_roles()["Roles"]),
        "policies": sorted(
            policy.get("PolicyName", "") for policy in iam.list_policies(Scope="Local")["Policies"]
        ),
    }
    return {kind: names for kind, names in found.items() if names}


def in_step(clients: Clients, world: World) -> list[str]:
    """Compare what an account holds with the state, thing by thing; return the differences."""
    iam = clients.iam
    there: Counter[str] = Counter()
    for user in iam.list_users()["Users"]:
        name = user["UserName"]
        there[f"aws:iam/user:User {name}"] += 1
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            there[f"aws:iam/accessKey:AccessKey {key.get('AccessKeyId')}"] += 1
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            there[f"aws:iam/userPolicy:UserPolicy {name}:{policy}"] += 1
        for one in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            there[
                f"aws:iam/userPolicyAttachment:UserPolicyAttachment {name}/{one.get('PolicyArn')}"
            ] += 1
        try:
            iam.get_login_profile(UserName=name)
            there[f"aws:iam/userLoginProfile:UserLoginProfile {name}"] += 1
        except iam.exceptions.NoSuchEntityException:
            pass
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        there[f"aws:iam/role:Role {name}"] += 1
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            there[f"aws:iam/rolePolicy:RolePolicy {name}:{policy}"] += 1
        for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            there[
                f"aws:iam/rolePolicyAttachment:RolePolicyAttachment {name}/{one.get('PolicyArn')}"
            ] += 1
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        there[f"aws:iam/policy:Policy {policy.get('Arn')}"] += 1
    known = Counter(
        f"{resource.type} {resource.id}" for resource in world.everything if resource.custom
    )
    return [f"only in AWS: {one}" for one in (there - known)] + [
        f"only in the state: {one}" for one in (known - there)
    ]
