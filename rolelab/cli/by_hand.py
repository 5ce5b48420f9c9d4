"""A lab that somebody made by hand on the local AWS: a user and a role, without outputs."""

from __future__ import annotations

import shlex
import sys
from getpass import getpass
from typing import TYPE_CHECKING

from rolelab.cli import target
from rolelab.errors import LabError, UsageError
from rolelab.nearest import did_you_mean
from rolelab.secret import Credentials, Secret

_LOOKED_AT = 10
"""Users, and roles, whose tags are read."""

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from rolelab.aws.endpoint import Endpoint
    from rolelab.localaws.process.record import Instance
    from rolelab.project import Project


def find(here: Project, user: str, role: str, key: str | None) -> target.Target:
    """Return the lab of a user and a role on the local AWS, as the lesson would declare it.

    The user proves who they are by what they enter: a password of the console, or with `key` the
    secret of that access key.

    Raises:
        UsageError: there is no such user or role, or what was entered is wrong.
        CannotTell: the local AWS cannot be had.
    """
    from rolelab import outputs
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    running = target.running(here)
    name = user.rpartition("/")[2]
    _require_both(running.endpoint(DEFAULT_ACCOUNT), name, role.rpartition("/")[2])
    if key:
        secret = _entered(f"Secret of access key {key}")
        credentials = Credentials(access_key_id=key, secret_access_key=secret)
    else:
        credentials = _console_session(running, DEFAULT_ACCOUNT, name)
    lab = outputs.made_by_hand(
        DEFAULT_ACCOUNT, running.region, user=user, role=role, credentials=credentials
    )
    return target.Target(
        lab=lab,
        endpoint=running.endpoint(DEFAULT_ACCOUNT),
        project=here,
        stack="made by hand",
        where=f"the local AWS, {running.url}",
    )


def commands(here: Project) -> str:
    """Return the commands about a user and a role that somebody made by hand.

    Empty where there are none on the local AWS, or it does not run: nothing is started for it.
    """
    from rolelab.localaws.process import probe
    from rolelab.localaws.process.record import DEFAULT_ACCOUNT

    running = probe.find(here.local_home).instance
    if running is None:
        return ""
    users, roles = made(running.endpoint(DEFAULT_ACCOUNT))
    if not users:
        return ""
    explain = ["rolelab", "explain", "--who", users[0]]
    if not roles:
        return f"`{shlex.join([*explain, 's3:ListAllMyBuckets'])}`"
    user, role = users[0].partition("/")[2], roles[0].partition("/")[2]
    verify = ["rolelab", "verify", "--user", user, "--role", role]
    return f"`{shlex.join(verify)}`, `{shlex.join([*explain, 'sts:AssumeRole', roles[0]])}`"


def made(endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Return the ARNs of the first few users and roles that no program of a lab has made.

    Nothing where the AWS does not say: this is a hint.
    """
    from rolelab.aws.callers import administrator

    try:
        with administrator(endpoint) as clients:
            return _made(clients.iam, "User"), _made(clients.iam, "Role")
    except LabError:
        return [], []


def _made(iam: IAMClient, kind: str) -> list[str]:
    from rolelab.aws.iam_calls import call, listed

    found: list[str] = []
    for entry in listed(iam, f"List{kind}s", f"{kind}s")[:_LOOKED_AT]:
        name = {f"{kind}Name": entry[f"{kind}Name"]}
        tags = {tag["Key"] for tag in call(iam, f"List{kind}Tags", "Tags", **name)}
        if "lab" not in tags and not entry["Path"].startswith("/aws-service-role/"):
            found.append(entry["Arn"])
    return found


def _require_both(endpoint: Endpoint, user: str, role: str) -> None:
    """Refuse what was never made: that it is missing is no finding on a lab.

    Raises:
        UsageError: there is no such user or role.
        LabError: the local AWS does not say.
    """
    from rolelab.aws.callers import administrator
    from rolelab.aws.failures import AwsFailure, as_lab_error
    from rolelab.aws.iam_calls import listed

    try:
        with administrator(endpoint) as clients:
            for kind, name in (("User", user), ("Role", role)):
                entries = listed(clients.iam, f"List{kind}s", f"{kind}s")
                names = [entry[f"{kind}Name"] for entry in entries]
                # AWS does not regard a name's case; what is spelled otherwise is found later.
                if name.lower() not in map(str.lower, names):
                    what = f"there is no {kind.lower()} {name}"
                    do = did_you_mean(name, names, otherwise="make it first, or name another one")
                    raise UsageError(what, where=f"--{kind.lower()}", do=do)
    except AwsFailure as failure:
        raise as_lab_error(failure) from None


def _console_session(running: Instance, account: str, name: str) -> Credentials:
    from rolelab.localaws.process import control

    who = {"account": account, "name": name, "ip": "127.0.0.1", "agent": "rolelab verify"}
    who["password"] = _entered(f"Console password of {name}").reveal()
    answer = control.sign_in(running, "password", who)
    if answer.get("kind") == "code":
        who["code"] = _entered(f"MFA code of {name}").reveal()
        answer = control.sign_in(running, "password", who)
    if answer.get("kind") != "signed in":
        do = "enter the user's console password, or give --key for an access key"
        if answer.get("kind") == "expired":
            do = "set a new one as an administrator, or give --key for an access key"
        raise UsageError(answer.get("message", "").rstrip("."), where=f"user {name}", do=do)
    return Credentials.temporary(answer.get("credentials", {}))


def _entered(prompt: str) -> Secret:
    """Return what is typed unseen, or without a terminal the next line of the standard input.

    Raises:
        UsageError: there is nothing, or no text.
    """
    is_typed = sys.stdin.isatty()
    try:
        line = getpass(f"{prompt}: ") if is_typed else sys.stdin.readline().rstrip("\n")
        # Bytes that are no text come as surrogates, where they do not fail at once.
        line.encode()
    except UnicodeError:
        what, do = f"{prompt}: what was entered is not UTF-8", "enter it as UTF-8"
        raise UsageError(what, where="standard input", do=do) from None
    if not (line or is_typed):
        raise UsageError(f"{prompt} is wanted", where="standard input", do="write it as a line")
    return Secret(line)
