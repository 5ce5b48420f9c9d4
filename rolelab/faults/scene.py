"""What a fault is, and the scene that it is played in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from components import documents
from rolelab.aws.clients import Clients
from rolelab.aws.failures import translated
from rolelab.errors import UsageError
from rolelab.iam import arns
from rolelab.iam.documents import as_list, as_mapping
from rolelab.outputs import Lab, Learner

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

PATH = "/rolelab-fault/"
"""Above every path that a fault uses, the role's name below it: as the labs of one account differ
in that, each finds its own again."""
OTHER_ACCOUNT = "111122223333"
"""AWS's own example of an account."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A running lab that may be broken, by its administrator."""

    lab: Lab
    learner: Learner
    clients: Clients

    @property
    def iam(self) -> IAMClient:
        """The administrator's IAM client."""
        return self.clients.iam

    @property
    def user(self) -> str:
        """Name of the learner's user."""
        return self.learner.user_name

    @property
    def role(self) -> str:
        """Name of the role."""
        return self.lab.role.name

    @property
    def role_arn(self) -> str:
        """ARN of the role."""
        return self.lab.role.arn

    @property
    def path(self) -> str:
        """Path of every group, policy, user and role that a fault adds to this lab."""
        return path_of(self.lab)

    @property
    def partition(self) -> str:
        """The lab's partition, such as `aws`."""
        return arns.partition_of(self.role_arn)

    def managed(self, name: str) -> str:
        """Return the ARN of an AWS managed policy."""
        return arns.managed_policy(name, self.partition)

    # -- small changes that many faults share -----------------------------------------------------

    @property
    def grant_name(self) -> str:
        """Name of the user's first inline policy, or the one it would be given."""
        names = self.iam.list_user_policies(UserName=self.user)["PolicyNames"]
        return names[0] if names else "AssumeRole"

    def put_grant(self, *statements: Mapping[str, object]) -> None:
        """Replace the grant."""
        self.put_user_policy(self.grant_name, *statements)

    def put_user_policy(self, name: str, *statements: Mapping[str, object]) -> None:
        """Give the user another inline policy."""
        self.iam.put_user_policy(
            UserName=self.user, PolicyName=name, PolicyDocument=as_text(*statements)
        )

    def put_role_policy(self, name: str, *statements: Mapping[str, object]) -> None:
        """Give the role an inline policy."""
        self.iam.put_role_policy(
            RoleName=self.role, PolicyName=name, PolicyDocument=as_text(*statements)
        )

    def put_trust(self, *statements: Mapping[str, object]) -> None:
        """Replace the role's trust policy."""
        self.iam.update_assume_role_policy(RoleName=self.role, PolicyDocument=as_text(*statements))

    def make_policy(self, name: str, *statements: Mapping[str, object]) -> str:
        """Make a customer managed policy and return its ARN; a fault's own is used again."""
        listed = self.iam.list_policies(Scope="Local", PathPrefix=self.path)["Policies"]
        for policy in listed:
            if policy.get("PolicyName") in (name, self._name_of_its_own(name)):
                return policy.get("Arn", "")
        make = partial(self.iam.create_policy, Path=self.path, PolicyDocument=as_text(*statements))
        try:
            made = make(PolicyName=name)
        except self.iam.exceptions.EntityAlreadyExistsException:
            made = make(PolicyName=self._name_of_its_own(name))
        return made["Policy"]["Arn"]  # pyright: ignore[reportTypedDictNotRequiredAccess]

    def make_group(self, name: str) -> str:
        """Make a group, put the user into it, and return its name; as with policies."""
        listed = self.iam.list_groups(PathPrefix=self.path)["Groups"]
        names = (name, self._name_of_its_own(name))
        there = next((group["GroupName"] for group in listed if group["GroupName"] in names), "")
        if not there:
            try:
                there = self.iam.create_group(GroupName=name, Path=self.path)["Group"]["GroupName"]
            except self.iam.exceptions.EntityAlreadyExistsException:
                there = self._name_of_its_own(name)
                self.iam.create_group(GroupName=there, Path=self.path)
        self.iam.add_user_to_group(GroupName=there, UserName=self.user)
        return there

    def _name_of_its_own(self, name: str) -> str:
        """Return a name for where another lab of the account, or its owner, has that one."""
        return f"{name}-{self.role}"

    def trusting(
        self, principal: object = None, *, conditions: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """Return the declared trust statement, of another principal or with more conditions."""
        statement = _first_statement(self.lab.trust_policy)
        return _with(statement, {"Principal": principal}, conditions)

    def granting(
        self, resource: object = None, *, conditions: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """Return the declared grant statement, perhaps on another resource or with conditions."""
        statement = _first_statement(self.lab.grant_policy)
        return _with(statement, {"Resource": resource}, conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break the lab."""

    name: str
    does: str
    """What it does, for whoever breaks the lab; a learner is not told."""
    apply: Callable[[Scene], object]
    fails: tuple[str, ...]
    """Ids of checks that must fail, beside others perhaps."""
    because: str
    """Words that the explanation of one of them must hold: which half, statement or element."""
    is_mendable: bool = True
    """False where no change of IAM brings it back, but a new `up` only (a lost key)."""
    console: bool | None = None
    """Whether the learner must have a console password, or none; None where it does not matter."""

    def fits(self, learner: Learner) -> bool:
        """Whether a learner's lab can be broken so."""
        return self.console is None or self.console == (learner.console_password is not None)

    def break_lab(self, scene: Scene) -> None:
        """Break the lab.

        Raises:
            UsageError: it does not fit the learner.
            AwsFailure: AWS refuses, or does not answer; the lab may be broken by half.
        """
        if not self.fits(scene.learner):
            has = "no" if self.console else "a"
            raise UsageError(
                f"the learner has {has} console password",
                where=self.name,
                do="choose another fault",
            )
        with translated(self.name):
            self.apply(scene)


@dataclass(frozen=True, slots=True)
class Harmless:
    """A change of the account that is nobody's business: the lab stays as it should be."""

    name: str
    apply: Callable[[Scene], object]


def path_of(lab: Lab) -> str:
    """Return the path of what faults add to a lab."""
    return f"{PATH}{lab.role.name}/"


def _first_statement(document: Mapping[str, object]) -> Mapping[str, object]:
    return as_mapping(as_list(document["Statement"])[0]) or {}


def _with(
    statement: Mapping[str, object],
    elements: Mapping[str, object],
    conditions: Mapping[str, object] | None,
) -> dict[str, object]:
    """Return a statement with the elements that are given, and with conditions beside its own."""
    changed = {**statement, **{name: value for name, value in elements.items() if value}}
    blocks = dict(as_mapping(statement.get("Condition")) or {})
    for operator, keys in (conditions or {}).items():
        blocks[operator] = {**(as_mapping(blocks.get(operator)) or {}), **(as_mapping(keys) or {})}
    return changed | ({"Condition": blocks} if blocks else {})


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    """Return a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def as_text(*statements: Mapping[str, object]) -> str:
    """Return a policy document as AWS takes it."""
    return json.dumps({"Version": documents.VERSION, "Statement": list(statements)})
