"""Stack outputs -> a frozen Lab, whether they come from the local state, the Pulumi CLI or a file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from components import limits
from rolelab.errors import CannotTell, UsageError
from rolelab.secret import Credentials, Secret
from rolelab.switch import Switch

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes for a value that it does not know (after a failed run with --continue-on-error): not there."""
MASKED = "[secret]"
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Form:
    """What a text has to look like, as a pattern and in words."""

    pattern: str
    words: str

    def fits(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value, re.ASCII) is not None


# Source: IAM User Guide, "IAM identifiers" (ARNs, names) and "IAM and AWS STS quotas".
_ACCOUNT = _Form(r"\d{12}", "an account's id of 12 digits")
_REGION = _Form(r"[a-z]{2,}(-[a-z0-9]+)+", "a region such as us-east-1")
_NAME = _Form(r"[\w+=,.@-]{1,64}", "a name of IAM")
_KEY_ID = _Form(r"[A-Za-z0-9]{16,128}", "an access key's id")
_POLICY_ARN = _Form(r"arn:[a-z-]+:iam::(aws|\d{12}):policy/[\x21-\x7e]+", "a managed policy's ARN")


def _arn_of(kind: str, name: str, account_id: str) -> _Form:
    pattern = rf"arn:[a-z-]+:iam::{account_id}:{kind}/([\x21-\x7e]+/)?{re.escape(name)}"
    return _Form(pattern, f"the ARN of {kind} {name} of account {account_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRole:
    """The role that the learners share."""

    name: str
    arn: str
    switch_role_url: str
    max_session_duration: int
    """Seconds."""
    managed_policies: tuple[str, ...] | None = None
    """ARNs of the declared managed policies; None where the outputs do not tell (an older lab)."""
    trust: Mapping[str, Any] | None = None
    """The declared trust policy as a document; None where the outputs do not tell."""

    @property
    def demanded(self) -> dict[str, str]:
        """Condition keys (in lower case) that the declared trust policy wants to be of one value."""
        return {
            key.lower(): value
            for statement in _statements(self.trust or {})
            if statement.get("Effect") == "Allow"
            for key, value in _mapping(
                _mapping(statement.get("Condition")).get("StringEquals")
            ).items()
            if isinstance(value, str)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One learner's user, with the access key."""

    name: str
    user_name: str
    user_arn: str
    access_key_id: str
    secret_access_key: Secret
    console_password: Secret | None

    @property
    def credentials(self) -> Credentials:
        """The learner's own key."""
        return Credentials(
            access_key_id=self.access_key_id, secret_access_key=self.secret_access_key
        )

    @property
    def session_name(self) -> str:
        """The name of the learner's sessions: the user's own, so that the trail shows who it was.

        Source: IAM User Guide, "IAM and AWS STS condition context keys", sts:RoleSessionName; two characters at least.
        """
        return self.user_name if len(self.user_name) > 1 else f"{self.user_name}-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Everything that the stack tells about the lab."""

    account_id: str
    region: str
    console_sign_in_url: str
    role: DeclaredRole
    learners: tuple[Learner, ...]
    grant: bool = True
    """Whether the learners may assume the role: False is the lesson before the inline policy is added."""

    def learner(self, name: str | None) -> Learner:
        """Return one learner by name; without a name the only one.

        Raises:
            UsageError: no such learner, or several and none named.
        """
        names = ", ".join(learner.name for learner in self.learners[:5]) + (
            ", …" if len(self.learners) > 5 else ""
        )
        if name is None and len(self.learners) == 1:
            return self.learners[0]
        if name is None:
            raise UsageError(
                f"the lab has {len(self.learners)} learners",
                where="--as",
                do=f"name one of {names}",
            )
        for learner in self.learners:
            if learner.name == name:
                return learner
        raise UsageError(f"no learner is called {name!r}", where="--as", do=f"name one of {names}")

    def switch(self, learner: Learner, *, seconds: int | None = None) -> Switch:
        """Return how a learner assumes the role, with all that its trust policy demands."""
        demanded = self.role.demanded
        return Switch(
            role_arn=self.role.arn,
            session_name=learner.session_name,
            seconds=seconds,
            external_id=demanded.get("sts:externalid", ""),
            source_identity=demanded.get("sts:sourceidentity", ""),
        )


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _statements(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    listed = document.get("Statement")
    return (
        [_mapping(each) for each in cast("list[object]", listed)]
        if isinstance(listed, list)
        else [_mapping(listed)]
    )


class _Reader:
    """Reads one mapping of the outputs; says where what is missing."""

    def __init__(self, values: Any, path: str, where: str) -> None:
        if not isinstance(values, Mapping):
            raise _incomplete(path or "the outputs", where)
        self._values = cast("Mapping[str, Any]", values)
        self._path = path
        self._where = where

    def text(self, key: str, form: _Form | None = None) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value or value == UNKNOWN:
            raise _incomplete(f"{self._path}{key}", self._where)
        if form is not None and not form.fits(value):
            raise self._strange(key, value, form.words)
        return value

    def seconds(self, key: str, bounds: tuple[int, int]) -> int:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _incomplete(f"{self._path}{key}", self._where)
        least, most = bounds
        # Compared, not converted: NaN and the infinities, which Python's JSON knows, have no whole number.
        if not (least <= value <= most and value == int(value)):
            raise self._strange(key, value, f"a whole number of seconds from {least} to {most}")
        return int(value)

    def _strange(self, key: str, value: object, words: str) -> UsageError:
        shown = repr(value)
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        return _strange(f"{self._path}{key}", f"{shown}, not {words}", self._where)

    def secret(self, key: str) -> Secret:
        value = self.text(key)
        if value == MASKED:
            raise UsageError(
                f"{self._path}{key} is masked",
                where=self._where,
                do="write the outputs with --show-secrets",
            )
        return Secret(value)

    def optional_secret(self, key: str) -> Secret | None:
        return self.secret(key) if self._values.get(key) is not None else None

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise _incomplete(f"{self._path}{key}", self._where)
        return value

    def optional_texts(self, key: str, form: _Form) -> tuple[str, ...] | None:
        value = self._values.get(key)
        if value is None or value == UNKNOWN:
            return None
        if not isinstance(value, list) or not all(
            isinstance(item, str) for item in cast("list[Any]", value)
        ):
            raise _incomplete(f"{self._path}{key}", self._where)
        texts = cast("list[str]", value)
        for text in texts:
            if not form.fits(text):
                raise self._strange(key, text, form.words)
        return tuple(texts)

    def optional_document(self, key: str) -> Mapping[str, Any] | None:
        value = self._values.get(key)
        if value is None or value == UNKNOWN:
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, Mapping):
            raise _incomplete(f"{self._path}{key}", self._where)
        document = cast("Mapping[str, Any]", value)
        statements = _statements(document)
        if not (statements and all(statements)):
            raise _strange(f"{self._path}{key}", "no policy document with statements", self._where)
        return document

    def inner(self, key: str) -> _Reader:
        return _Reader(self._values.get(key), f"{self._path}{key}.", self._where)

    def names(self) -> list[str]:
        """Return the keys, in order; each a name that can be shown."""
        if not self._values:
            raise _incomplete(self._path, self._where)
        for name in self._values:
            if not (name and name.isprintable()):
                raise _strange(
                    self._path.rstrip("."), f"has {name!r}, which is no name", self._where, verb=""
                )
        return sorted(self._values)


def _incomplete(what: str, where: str) -> UsageError:
    what = what.rstrip(".")
    do = "run `rolelab up` (or `pulumi up`) to its end, then try again"
    return UsageError(f"the outputs lack {what}", where=where, do=do)


def _strange(output: str, what: str, where: str, *, verb: str = "is ") -> UsageError:
    return UsageError(
        f"{output} {verb}{what}", where=where, do="use the outputs as the stack gives them"
    )


def parse(raw: Mapping[str, Any], *, where: str) -> Lab:
    """Read the outputs of a stack, as `pulumi stack output --json --show-secrets` prints them.

    Raises:
        UsageError: there is no deployed lab in them, or something in them is missing, masked or not of its form.
    """
    if not raw:
        raise UsageError(
            "there is no lab", where=where, do="run `rolelab up` (or `pulumi up`) first"
        )
    top = _Reader(raw, "", where)
    role = top.inner("role")
    learners = top.inner("learners")
    account_id = top.text("accountId", _ACCOUNT)
    role_name = role.text("name", _NAME)
    return Lab(
        account_id=account_id,
        region=top.text("region", _REGION),
        console_sign_in_url=top.text("consoleSignInUrl"),
        role=DeclaredRole(
            name=role_name,
            arn=role.text("arn", _arn_of("role", role_name, account_id)),
            switch_role_url=role.text("switchRoleUrl"),
            max_session_duration=role.seconds("maxSessionDuration", limits.ROLE_SESSION_SECONDS),
            managed_policies=role.optional_texts("managedPolicies", _POLICY_ARN),
            trust=role.optional_document("trust"),
        ),
        grant=top.flag("grant", default=True),
        learners=tuple(
            _learner(name, learners.inner(name), account_id) for name in learners.names()
        ),
    )


def _learner(name: str, values: _Reader, account_id: str) -> Learner:
    user_name = values.text("userName", _NAME)
    return Learner(
        name=name,
        user_name=user_name,
        user_arn=values.text("userArn", _arn_of("user", user_name, account_id)),
        access_key_id=values.text("accessKeyId", _KEY_ID),
        secret_access_key=values.secret("secretAccessKey"),
        console_password=values.optional_secret("consolePassword"),
    )


def from_file(path: Path) -> Lab:
    """Read the outputs from a file.

    Raises:
        UsageError: the file cannot be read, is no JSON object, or holds no whole lab.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", where=str(path), do="name a file of outputs"
        ) from None
    except (ValueError, RecursionError):
        # Brackets within brackets by the thousand are no outputs either.
        raise UsageError(
            "is not JSON",
            where=str(path),
            do="write it with `rolelab outputs --json --show-secrets`",
        ) from None
    if not isinstance(raw, dict):
        raise UsageError(
            "is no JSON object",
            where=str(path),
            do="write it with `rolelab outputs --json --show-secrets`",
        )
    return parse(cast("dict[str, Any]", raw), where=str(path))


def from_pulumi(stack: str, root: Path) -> Lab:
    """Ask the Pulumi CLI for the outputs of its stack.

    Raises:
        UsageError: no Pulumi CLI, no such stack, nothing deployed in it.
        CannotTell: the Pulumi CLI failed otherwise (passphrase, backend out of reach).
    """
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise UsageError(
            "the Pulumi CLI is not on PATH",
            where="--pulumi",
            do="install it, or leave --pulumi out",
        )
    asked = [
        pulumi,
        "--non-interactive",
        "stack",
        "output",
        "--json",
        "--show-secrets",
        "--stack",
        stack,
    ]
    done = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split()).removeprefix("error: ")
        kind = UsageError if done.returncode == 6 else CannotTell
        raise kind(
            said or "pulumi stack output failed",
            where=f"pulumi, stack {stack}",
            do="mend it and try again",
        )
    try:
        raw = json.loads(done.stdout)
    except ValueError:
        raise CannotTell(
            "`pulumi stack output` printed no JSON", where=f"pulumi, stack {stack}"
        ) from None
    return parse(raw, where=f"pulumi, stack {stack}")
