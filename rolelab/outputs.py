"""Stack outputs -> a frozen Lab; they come from the local state, the Pulumi CLI or a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from components import documents, limits
from rolelab.errors import CannotTell, UsageError
from rolelab.outputs_reader import (
    ACCOUNT,
    KEY_ID,
    NAME,
    POLICY_ARN,
    REGION,
    OutputsReader,
    arn_of,
    first_text,
    mapping_of,
    statements_of,
)
from rolelab.secret import Credentials, Secret
from rolelab.switch import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRole:
    """The role that the learners share."""

    name: str
    arn: str
    max_session_duration: int
    """Seconds."""
    managed_policies: tuple[str, ...] | None = None
    """ARNs of the declared managed policies; None where the outputs do not tell (an older lab)."""
    policy_documents: Mapping[str, Mapping[str, object]] = field(
        default_factory=dict[str, Mapping[str, object]]
    )
    """ARN of a declared customer managed policy -> what it says; lacks what the outputs do not
    tell (an older lab)."""
    trust: Mapping[str, object] | None = None
    """The declared trust policy as a document; None where the outputs do not tell."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """The declared tags, by which a recreated role is known as the lab's; none in an older lab."""

    @property
    def external_id(self) -> str:
        """The external id that the declared trust policy demands; of several the first."""
        for statement in statements_of(self.trust or {}):
            condition = mapping_of(mapping_of(statement.get("Condition")).get("StringEquals"))
            for key, value in condition.items():
                if key.lower() == "sts:externalid" and statement.get("Effect") == "Allow":
                    return first_text(value)
        return ""

    @property
    def asks_for_external_id(self) -> bool:
        """Whether the declared trust policy speaks of the external id in any way."""
        return "sts:externalid" in json.dumps(self.trust).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One learner's user, with the access key."""

    name: str
    user_name: str
    user_arn: str
    access_key_id: str
    secret_access_key: Secret
    console_password: Secret | None
    session_token: Secret | None = None
    """Of a console session; the learner of a lab made by hand may have no key of their own."""
    is_by_hand: bool = False
    """Whether nobody declared with what the user signs in: a password is fine, and none as well."""

    @property
    def credentials(self) -> Credentials:
        """The learner's own key, or console session."""
        return Credentials(
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            session_token=self.session_token,
        )

    @property
    def session_name(self) -> str:
        """The name of the learner's sessions: the user's own, so that the trail shows who it was.

        It has two characters at least.
        Source: IAM User Guide, "IAM and AWS STS condition context keys", sts:RoleSessionName.
        """
        return self.user_name if len(self.user_name) > 1 else f"{self.user_name}-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Everything that the stack tells about the lab."""

    account_id: str
    region: str
    role: DeclaredRole
    learners: tuple[Learner, ...]
    grant: bool = True
    """Whether the learners may assume the role; False is the lesson before the grant."""

    def learner(self, name: str | None, *, where: str = "--as") -> Learner:
        """Return one learner by name; without a name the only one. `where` it was named.

        Raises:
            UsageError: no such learner, or several and none named.
        """
        called = [learner for learner in self.learners if name in (None, learner.name)]
        if len(called) == 1:
            return called[0]
        count = len(self.learners)
        names = ", ".join(learner.name for learner in self.learners[:5])
        what = f"the lab has {count} learners" if name is None else f"no learner is called {name!r}"
        do = f"name one of {names}{', …' if count > 5 else ''}"
        raise UsageError(what, where=where, do=do)

    @property
    def trust_policy(self) -> Mapping[str, object]:
        """The declared trust policy: the outputs', or where they do not tell, the account alone."""
        if self.role.trust is not None:
            return self.role.trust
        partition = self.role.arn.split(":")[1]
        return documents.trust(documents.account_root(self.account_id, partition))

    @property
    def grant_policy(self) -> Mapping[str, object]:
        """The declared grant: permission to assume this role, and no other."""
        return documents.grant(self.role.arn)

    def switch(self, learner: Learner, *, seconds: int | None = None) -> Switch:
        """Return how a learner assumes the role, with the external id that it demands."""
        return Switch(
            role_arn=self.role.arn,
            session_name=learner.session_name,
            seconds=seconds,
            external_id=self.role.external_id,
        )


def made_by_hand(
    account_id: str, region: str, *, user: str, role: str, credentials: Credentials
) -> Lab:
    """Return what the lesson declares, for a user and a role that somebody made by hand.

    `user` and `role` are names, with the path where they have one.
    """
    role_arn = documents.role_arn(account_id, role)
    name = user.rpartition("/")[2]
    learner = Learner(
        name=name,
        user_name=name,
        user_arn=f"arn:aws:iam::{account_id}:user/{user}",
        access_key_id=credentials.access_key_id,
        secret_access_key=credentials.secret_access_key,
        console_password=None,
        session_token=credentials.session_token,
        is_by_hand=True,
    )
    declared = DeclaredRole(
        name=role.rpartition("/")[2],
        arn=role_arn,
        max_session_duration=limits.ROLE_SESSION_SECONDS[0],
        managed_policies=(documents.managed_policy("AmazonS3FullAccess"),),
        trust=documents.trust(documents.account_root(account_id)),
    )
    return Lab(
        account_id=account_id,
        region=region,
        role=declared,
        learners=(learner,),
    )


def parse(
    raw: Mapping[str, Any], *, where: str, make: str = "`rolelab up` (or `pulumi up`)"
) -> Lab:
    """Read the outputs of a stack, as `pulumi stack output --json --show-secrets` prints them.

    `make` is the command that makes the lab, for messages.

    Raises:
        UsageError: there is no lab in them, or a value is missing, masked or not of its form.
    """
    if not raw:
        do = f"run {make} first"
        raise UsageError("there is no lab", where=where, do=do)
    if missing := list(_not_exported(raw)):
        do = "export what docs/verification.md lists; the lab's own program does"
        raise UsageError(f"the outputs lack {', '.join(missing)}", where=where, do=do)
    top = OutputsReader(raw, where)
    role = top.inner("role")
    learners = top.inner("learners")
    account_id = top.text("accountId", ACCOUNT)
    role_name = role.text("name", NAME)
    return Lab(
        account_id=account_id,
        region=top.text("region", REGION),
        role=DeclaredRole(
            name=role_name,
            arn=role.text("arn", arn_of("role", role_name, account_id)),
            max_session_duration=role.seconds("maxSessionDuration", limits.ROLE_SESSION_SECONDS),
            managed_policies=role.optional_texts("managedPolicies", POLICY_ARN),
            policy_documents=role.documents("policyDocuments", POLICY_ARN),
            trust=role.optional_document("trust"),
            tags=role.optional_tags("tags"),
        ),
        grant=top.flag("grant", default=True),
        learners=tuple(
            _learner(name, learners.inner(name), account_id) for name in learners.names()
        ),
    )


_NEEDED = ("accountId", "region", "role", "learners")
_NEEDED_OF_ROLE = ("name", "arn", "maxSessionDuration")
_NEEDED_OF_LEARNER = ("userName", "userArn", "accessKeyId", "secretAccessKey")


def _not_exported(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a program does not export at all of what makes a lab, each by its path."""
    top = dict(raw)
    yield from (key for key in _NEEDED if key not in top)
    parts = [("role", mapping_of(top.get("role")), _NEEDED_OF_ROLE)]
    learners = mapping_of(top.get("learners"))
    parts += [
        (f"learners.{name}", mapping_of(learners[name]), _NEEDED_OF_LEARNER) for name in learners
    ]
    for path, values, needed in parts:
        # What is no mapping, or an empty one, is told as a whole.
        yield from (f"{path}.{key}" for key in needed if values and key not in values)


def _learner(name: str, values: OutputsReader, account_id: str) -> Learner:
    user_name = values.text("userName", NAME)
    return Learner(
        name=name,
        user_name=user_name,
        user_arn=values.text("userArn", arn_of("user", user_name, account_id)),
        access_key_id=values.text("accessKeyId", KEY_ID),
        secret_access_key=values.secret("secretAccessKey"),
        console_password=values.optional_secret("consolePassword"),
    )


_LONGEST = 64 * 2**20
"""Bytes of a file of outputs: 5,000 learners have two million. A device may have no end."""


def from_file(path: Path) -> Lab:
    """Read the outputs from a file.

    Raises:
        UsageError: the file cannot be read, is not a JSON object, or does not hold a whole lab.
    """
    where, do = str(path), "write it with `rolelab outputs --json --show-secrets`"
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
        raw: object = json.loads(text) if len(text) <= _LONGEST else None
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise UsageError(what, where=where, do="name a file of outputs") from None
    except (ValueError, RecursionError):
        # Brackets within brackets by the thousand are not outputs either.
        raise UsageError("is not JSON", where=where, do=do) from None
    if not isinstance(raw, dict):
        raise UsageError("is not a JSON object", where=where, do=do)
    return parse(cast("dict[str, Any]", raw), where=where)


def from_pulumi(stack: str, root: Path) -> Lab:
    """Ask the Pulumi CLI for the outputs of its stack.

    Raises:
        UsageError: no Pulumi CLI, no such stack, nothing deployed in it.
        CannotTell: the Pulumi CLI failed otherwise (passphrase, backend out of reach).
    """
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        do = "install it, or leave --pulumi out"
        raise UsageError("the Pulumi CLI is not on PATH", where="--pulumi", do=do)
    command = [pulumi, "--non-interactive", "stack", "output", "--json", "--show-secrets"]
    done = subprocess.run(
        [*command, "--stack", stack], cwd=root, capture_output=True, text=True, check=False
    )
    where = f"pulumi, stack {stack}"
    if done.returncode:
        said = " ".join(done.stderr.split()).removeprefix("error: ")
        kind = UsageError if done.returncode == 6 else CannotTell
        what = said or "pulumi stack output failed"
        raise kind(what, where=where, do="put it right and try again")
    try:
        raw = json.loads(done.stdout)
    except ValueError:
        raise CannotTell("`pulumi stack output` did not print JSON", where=where) from None
    return parse(raw, where=where, make=f"`pulumi up --stack {stack}`")
